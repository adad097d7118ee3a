/* What stands on the map besides the places: nearer, farther, back to the start, and one note when something failed. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const WORDS = { zoom_in: ["+", "放大"], zoom_out: ["\u2212", "缩小"], reset: ["复位", "复位"], whose: ["归属", "查归属"] };

  let buttons = {};
  let notes = {};

  const Buttons = L.Control.extend({
    options: { position: "topright" },
    onAdd(map) {
      const actions = { zoom_in: () => map.zoomIn(), zoom_out: () => map.zoomOut(), reset: () => pingan.places.reset(), whose: () => pingan.whose.toggle() };
      const container = pingan.dom("div", { class: "map-buttons", role: "group" });
      buttons = {};
      for (const [name, act] of Object.entries(actions)) {
        buttons[name] = pingan.dom("button", { type: "button", class: name.replace("_", "-"), text: WORDS[name][0], onclick: act });
        container.append(buttons[name]);
      }
      container.append(pingan.basemap.make(), ...pingan.select.make(map));
      L.DomEvent.disableClickPropagation(container);
      return container;
    },
  });

  function add(map) {
    notes = {};
    new Buttons().addTo(map);
    words(map, {});
  }

  /** Write the buttons' words in the page's language. */
  function words(map, text) {
    for (const [name, button] of Object.entries(buttons)) {
      const word = (text && text[name]) || WORDS[name][1];
      button.title = word;
      button.setAttribute("aria-label", word);
      if (name === "reset") button.textContent = word;
      if (name === "whose") button.textContent = (text && text.whose_short) || WORDS.whose[0];
    }
  }

  /** Show a sentence over the map, a button if a click can mend it; null takes it away. */
  function note(map, sentence, mend, kind = "map-note") {
    const standing = notes[kind] && notes[kind].querySelector("button");
    if (standing && mend && standing.textContent === sentence) {
      standing.onclick = mend; // said once, though it failed again
      return;
    }
    if (notes[kind]) notes[kind].remove();
    delete notes[kind];
    if (!sentence) return;
    const content = mend ? pingan.dom("button", { type: "button", text: sentence }) : pingan.dom("span", { text: sentence });
    if (mend) content.onclick = mend;
    notes[kind] = pingan.dom("div", { class: kind, role: "status" }, content);
    L.DomEvent.disableClickPropagation(notes[kind]);
    map.getContainer().append(notes[kind]);
  }

  /** An open choice of the layer and the box of a place would lie on each other: the later one stays. */
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".folded-layers[open]")) if (!open.contains(event.target)) open.open = false;
  }, true);
  document.addEventListener("toggle", (event) => {
    if (event.target.matches(".folded-layers[open]")) pingan.box.hide();
  }, true);

  pingan.controls = { add, words, note };
})();
