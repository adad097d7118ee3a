/* The map without a mouse: arrows walk from place to place, Enter opens, Backspace and Escape go up, F turns the projector type on. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  /** Make the map's box reachable and listen to it. */
  function attach(s) {
    const container = s.map.getContainer();
    container.tabIndex = 0;
    container.setAttribute("role", "application");
    container.addEventListener("keydown", (event) => onMapKey(s, event));
    container.addEventListener("blur", () => pingan.box.leave());
  }

  function words(s) {
    s.map.getContainer().setAttribute("aria-label", (s.data.text && s.data.text.map) || "");
  }

  /** List places whose label point is in view; the viewport never follows the keyboard. */
  function inView(s) {
    const size = s.map.getSize();
    return s.order
      .map((index, k) => ({ k, at: s.map.latLngToContainerPoint(pingan.geometry.shape(s.file, index).label) }))
      .filter(({ at }) => at.x >= 0 && at.y >= 0 && at.x <= size.x && at.y <= size.y);
  }

  /** Find the nearest place in a direction; what lies aside counts double. */
  function neighbour(places, from, [dx, dy]) {
    let best = null;
    for (const place of places) {
      const [x, y] = [place.at.x - from.x, place.at.y - from.y];
      const ahead = x * dx + y * dy;
      const aside = Math.abs(x * dy - y * dx);
      if (ahead < 1 || aside > 2 * ahead) continue;
      const distance = ahead + 2 * aside;
      if (!best || distance < best.distance) best = { place, distance };
    }
    return best && best.place;
  }

  function go(s, place) {
    pingan.places.select(s, place.k);
    pingan.box.show(s, place.k, place.at);
    pingan.box.speak(s, place.k);
  }

  function onMapKey(s, event) {
    if (!s.data || event.target !== s.map.getContainer() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && s.focused !== null) {
      event.preventDefault();
      pingan.places.drill(s, s.focused);
      return;
    }
    if (!(event.key in ARROWS) && event.key !== "Home") return;
    event.preventDefault();
    const places = inView(s);
    if (!places.length) return;
    const present = places.find(({ k }) => k === s.focused);
    if (event.key === "Home") go(s, places[0]);
    else if (present) go(s, neighbour(places, present.at, ARROWS[event.key]) || present);
    else go(s, nearest(places, s.map.getSize().divideBy(2)));
  }

  function nearest(places, to) {
    return places.reduce((a, b) => (b.at.distanceTo(to) < a.at.distanceTo(to) ? b : a));
  }

  /** Close what is open over the page; tell whether there was anything. */
  function closeOpen() {
    const open = document.querySelectorAll("details.siblings[open]");
    open.forEach((menu) => menu.removeAttribute("open"));
    return open.length > 0;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || pingan.typing(event.target)) return;
    if (event.key === "Escape" && closeOpen()) return;
    if (event.key === "Backspace" || event.key === "Escape") {
      if (!pingan.map) return;
      event.preventDefault();
      pingan.places.up();
    } else if (event.key.toLowerCase() === "f" && !event.repeat) {
      pingan.tell({ kind: "theme" });
    }
  });

  // a menu closes when the reader goes elsewhere or has chosen
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.siblings[open]").forEach((menu) => {
      if (!menu.contains(event.target) || event.target.closest("a")) menu.removeAttribute("open");
    });
  });

  pingan.keyboard = { attach, words, neighbour, ARROWS };
})();
