/* Who looks after a point: right click, long press, or the map's button and a click; one card with a link for every level. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const GAP = 14;
  const NOTE = "whose-note";
  const HOLD_MS = 550;
  const HOLD_SLOP = 10; // a finger that moves farther drags the map [px]

  let card = null; // {map, element, latlng, before}
  let armed = null; // the map on which the next click asks
  let asking = null;

  const words = () => pingan.search.words();

  /* ---- asking ---- */

  /** Ask about a position and show the card; a newer question makes an older one pointless. */
  async function ask(lon, lat) {
    const map = pingan.map;
    if (!map) return;
    close();
    const body = new URLSearchParams({ lon: lon.toFixed(6), lat: lat.toFixed(6) });
    const mine = (asking = new AbortController());
    try {
      const found = await pingan.fetchJson(`/at${location.search}`, { retries: 1, signal: mine.signal, body });
      if (mine === asking) show(map, found);
    } catch (error) {
      if (error.name === "AbortError" || mine !== asking) return;
      show(map, { lon, lat, position: `${lon.toFixed(5)}, ${lat.toFixed(5)}`, system: "WGS-84", places: [], note: words().whose_failed || "" });
    }
  }

  /* ---- the card ---- */

  function show(map, found) {
    close();
    pingan.box.hide();
    const { dom } = pingan;
    const text = words();
    const element = dom(
      "div",
      { class: "whose-card", role: "group", tabindex: "-1", "aria-label": text.whose_title },
      dom("h2", { text: text.whose_title }),
      dom("button", { type: "button", class: "close", "aria-label": text.close, text: "×", onclick: close }),
      dom("p", { class: "position" }, dom("span", { text: found.position }), dom("small", { text: found.system })),
      dom("p", { class: "away", text: text.whose_away, hidden: true }),
      found.places.length ? dom("ul", {}, ...found.places.map(row)) : null,
      found.note ? dom("p", { class: "note", text: found.note }) : null,
    );
    const pin = L.circleMarker([found.lat, found.lon], {
      pane: "pingan-marks",
      renderer: L.svg({ pane: "pingan-marks" }),
      interactive: false,
      radius: 8,
      weight: 3,
      className: "whose-pin",
    }).addTo(map);
    card = { map, element, pin, before: document.activeElement };
    L.DomEvent.disableClickPropagation(element);
    L.DomEvent.disableScrollPropagation(element);
    map.getContainer().closest(".map-wrap").append(element);
    map.on("move zoomend resize", position);
    position();
    element.focus({ preventScroll: true });
  }

  /** Write one level: its word, the place as a link, its code, who looks after it. */
  function row(place) {
    const { dom } = pingan;
    const link = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      close();
      pingan.goTo(place);
    };
    return dom(
      "li",
      {},
      dom("span", { class: "level", text: place.level }),
      place.id ? dom("a", { href: place.href, text: place.name, onclick: link }) : dom("span", { class: "none", text: place.name }),
      place.code ? dom("span", { class: "code", text: place.code }) : null,
      place.unit ? dom("span", { class: "unit", text: place.unit }) : null,
    );
  }

  /** Stand beside the point and inside the map; the map itself does not move. */
  function position() {
    if (!card) return;
    const { map, element, pin } = card;
    const at = map.latLngToContainerPoint(pin.getLatLng());
    const size = map.getSize();
    const away = at.x < 0 || at.y < 0 || at.x > size.x || at.y > size.y;
    element.querySelector(".away").hidden = !away;
    const [w, h] = [element.offsetWidth, element.offsetHeight];
    const beside = (value, length, room) => (value + GAP + length > room ? value - GAP - length : value + GAP);
    const inside = (value, length, room) => Math.max(4, Math.min(room - length - 4, value));
    const x = away ? (size.x - w) / 2 : beside(at.x, w, size.x);
    const y = away ? (size.y - h) / 2 : beside(at.y, h, size.y);
    const box = map.getContainer();
    element.style.left = `${Math.round(box.offsetLeft + inside(x, w, size.x))}px`;
    element.style.top = `${Math.round(box.offsetTop + inside(y, h, size.y))}px`;
    element.classList.remove("high");
    const covered = box.offsetTop + at.y > element.offsetTop - GAP; // a phone's card stands at the foot, or else above
    element.classList.toggle("high", covered && !away);
  }

  function close() {
    if (asking) asking.abort();
    asking = null;
    if (!card) return;
    const { map, element, pin, before } = card;
    const focused = element.contains(document.activeElement);
    card = null;
    map.off("move zoomend resize", position);
    pin.remove();
    element.remove();
    if (focused && before && before.isConnected) before.focus({ preventScroll: true });
  }

  /* ---- the button: the next click on the map asks ---- */

  function arm(map) {
    pingan.select.end(); // one tool at a time
    armed = map;
    map.getContainer().classList.toggle("asks-whose", true);
    pressed(true);
    pingan.box.hide();
    pingan.controls.note(map, words().whose_hint, null, NOTE);
  }

  function disarm() {
    if (!armed) return;
    armed.getContainer().classList.remove("asks-whose");
    pingan.controls.note(armed, null, null, NOTE);
    armed = null;
    pressed(false);
  }

  function pressed(is) {
    document.querySelectorAll(".map-buttons .whose").forEach((button) => button.setAttribute("aria-pressed", String(is)));
  }

  function toggle() {
    if (armed) disarm();
    else if (pingan.map) arm(pingan.map);
  }

  /** Take the click before the places do: it asks and does not drill. */
  function onClick(event) {
    if (!armed || !armed.getContainer().contains(event.target)) return;
    if (event.target.closest(".leaflet-control")) {
      if (event.target.closest(".map-buttons button:not(.whose)")) disarm(); // another of the map's tools
      return;
    }
    event.stopPropagation();
    event.preventDefault();
    if (armed.dragging.moved()) return; // the map was moved, nothing was pointed at
    const { lng, lat } = armed.mouseEventToLatLng(event);
    disarm();
    ask(lng, lat);
  }

  document.addEventListener("click", onClick, true);

  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || pingan.search.isOpen() || (!card && !armed)) return;
      event.preventDefault();
      event.stopPropagation();
      close();
      disarm();
    },
    true,
  );

  // what is written in one language is not left standing in the other
  new MutationObserver(() => {
    close();
    disarm();
  }).observe(document.documentElement, { attributeFilter: ["lang", "data-theme"] });

  /* ---- a long press: not every phone's browser makes a contextmenu of it ---- */

  let finger = null; // {x, y, timer}: the finger that rests on the map
  let answered = false; // the press has asked: what else the browser makes of it is nothing

  function lift() {
    if (finger) clearTimeout(finger.timer);
    finger = null;
  }

  document.addEventListener("pointerdown", (event) => {
    const second = finger !== null;
    lift();
    answered = false;
    const map = pingan.map;
    if (second || event.pointerType !== "touch" || !map || !map.getContainer().contains(event.target) || event.target.closest(".leaflet-control")) return;
    const { clientX: x, clientY: y } = event;
    finger = { x, y, timer: setTimeout(() => hold(map, { clientX: x, clientY: y }), HOLD_MS) };
  }, true);

  document.addEventListener("pointermove", (event) => {
    if (finger && Math.hypot(event.clientX - finger.x, event.clientY - finger.y) > HOLD_SLOP) lift();
  }, true);

  for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, lift, true);

  function hold(map, at) {
    lift();
    answered = true;
    disarm();
    const { lng, lat } = map.mouseEventToLatLng(at).wrap();
    ask(lng, lat);
  }

  document.addEventListener("click", (event) => {
    if (!answered) return;
    answered = false; // the finger was lifted
    event.stopImmediatePropagation();
    event.preventDefault();
  }, true);

  /** Listen to right clicks and long presses, on this map and on those that Dash makes later. */
  L.Map.addInitHook(function () {
    this.on("contextmenu", ({ latlng, originalEvent }) => {
      if (this !== pingan.map || answered) return;
      lift();
      answered = Boolean(originalEvent && originalEvent.pointerType === "touch");
      disarm();
      const { lng, lat } = latlng.wrap();
      ask(lng, lat);
    });
    this.on("unload", () => {
      if (card && card.map === this) close();
      if (armed === this) armed = null;
    });
  });

  pingan.whose = { ask, toggle, close };
})();
