/* The map below the places, where the operator has named one: pale tiles of this server, whose they are, and a switch. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const PANE = "pingan-basemap";
  const AGAIN_MS = 30000;

  let layer = null; // the tiles, { url, map, tiles, seen, failed }
  let line = null; // whose they are
  let button = null;

  /** Give the switch; it is there only where there is a basemap. */
  function make() {
    button = pingan.dom("button", { type: "button", class: "basemap-switch", hidden: true, onclick: () => pingan.tell({ kind: "basemap" }) });
    return button;
  }

  /** Lay the tiles that the view wants below the places, or none; what lies there already stays. */
  function refresh(s) {
    const wanted = s.data && s.data.basemap;
    const url = wanted && wanted.url && wanted.shown ? wanted.url : null;
    if (layer && (layer.url !== url || layer.map !== s.map)) remove();
    if (url && !layer) add(s.map, url, wanted.zooms);
    label(wanted);
    tell(s.map, wanted);
  }

  function add(map, url, [least, most]) {
    if (!map.getPane(PANE)) {
      const pane = map.createPane(PANE);
      pane.style.zIndex = 200;
      pane.style.pointerEvents = "none";
    }
    const zooms = { minNativeZoom: least, maxNativeZoom: most, minZoom: 0, maxZoom: map.getMaxZoom() };
    const mine = (layer = { url, map, seen: false, failed: false, timer: null });
    mine.tiles = L.tileLayer(url, { pane: PANE, ...zooms, noWrap: true, updateWhenZooming: false });
    mine.tiles.on("tileload", () => {
      if (layer !== mine || (mine.seen && !mine.failed)) return;
      mine.seen = true;
      mine.failed = false;
      show(mine);
    });
    mine.tiles.on("tileerror", () => {
      if (layer !== mine || mine.failed) return;
      mine.failed = true;
      mine.timer = setTimeout(() => layer === mine && mine.tiles.redraw(), AGAIN_MS);
      show(mine);
    });
    mine.tiles.addTo(map);
  }

  function remove() {
    clearTimeout(layer.timer);
    layer.map.getContainer().classList.remove("has-basemap");
    layer.tiles.remove();
    layer = null;
  }

  /** The places let the tiles shine through once there are some; until then the map is as it is without. */
  function show(mine) {
    mine.map.getContainer().classList.toggle("has-basemap", mine.seen);
    const s = pingan.places.scene();
    if (s) tell(s.map, s.data && s.data.basemap);
  }

  function label(wanted) {
    if (!button) return;
    button.hidden = !(wanted && wanted.url);
    if (button.hidden) return;
    button.textContent = wanted.text.basemap;
    button.title = wanted.shown ? wanted.text.basemap_hide : wanted.text.basemap_show;
    button.setAttribute("aria-label", button.title);
    button.setAttribute("aria-pressed", String(Boolean(wanted.shown)));
  }

  /** Write whose the map is in its corner, and that tiles are missing while they are. */
  function tell(map, wanted) {
    const failed = layer && layer.failed ? wanted && wanted.text.basemap_failed : "";
    const bare = failed && !layer.seen; // nothing is shown whose source could be named
    const words = [failed, wanted && (bare ? wanted.without : wanted.credit)].filter(Boolean).join(" · ");
    if (line && (!words || line.parentNode !== map.getContainer())) {
      line.remove();
      line = null;
    }
    if (!words) return;
    if (!line) {
      line = pingan.dom("div", { class: "map-credit", role: "note" });
      map.getContainer().append(line);
    }
    if (line.textContent !== words) line.textContent = words;
    watch();
  }

  let watcher = null;

  /** Keep the line above a legend that stands across the foot of the map, as on a phone. */
  function watch() {
    const legend = document.querySelector(".map-wrap > .legend");
    if (watcher || !legend) return;
    watcher = new ResizeObserver(() => {
      if (!line) return;
      const [map, over] = [line.parentNode.getBoundingClientRect(), legend.getBoundingClientRect()];
      const across = over.width > 0.9 * map.width && over.height > 0;
      line.style.setProperty("--under", across ? `${Math.max(0, map.bottom - over.top)}px` : "0px");
    });
    watcher.observe(legend);
    watcher.observe(line.parentNode);
  }

  /** Tell a test what lies below the places. */
  function state() {
    return { url: layer && layer.url, seen: Boolean(layer && layer.seen), failed: Boolean(layer && layer.failed), credit: line ? line.textContent : "" };
  }

  pingan.basemap = { make, refresh, state };
})();
