/* The map below the places, where the operator has named one: pale tiles of this server, whose they are, and a switch. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const PANE = "pingan-basemap";
  const AGAIN_MS = 30000;

  const laid = new WeakMap(); // by map: { map, wanted, layer, line, watcher }
  const switches = [];
  let last = null;

  /** Give a switch; it is there only where there is a basemap. */
  function make(act) {
    const button = pingan.dom("button", { type: "button", class: "basemap-switch", hidden: true, onclick: act || (() => pingan.tell({ kind: "basemap" })) });
    switches.push(button);
    return button;
  }

  /** Lay the tiles that the view of the map page wants below its places. */
  function refresh(s) {
    lay(s.map, s.data && s.data.basemap);
  }

  /** Lay tiles below the places of a map, or none; what lies there already stays. */
  function lay(map, wanted) {
    const mine = laid.get(map) || { map, layer: null, line: null, watcher: null };
    laid.set(map, (last = mine));
    mine.wanted = wanted;
    const url = wanted && wanted.url && wanted.shown ? wanted.url : null;
    if (mine.layer && mine.layer.url !== url) remove(mine);
    if (url && !mine.layer) add(mine, url, wanted.zooms);
    switches.filter((button) => map.getContainer().contains(button)).forEach((button) => label(button, wanted));
    tell(mine);
  }

  function add(mine, url, [least, most]) {
    const { map } = mine;
    if (!map.getPane(PANE)) {
      const pane = map.createPane(PANE);
      pane.style.zIndex = 200;
      pane.style.pointerEvents = "none";
    }
    const zooms = { minNativeZoom: least, maxNativeZoom: most, minZoom: 0, maxZoom: map.getMaxZoom() };
    const layer = (mine.layer = { url, seen: false, failed: false, timer: null });
    layer.tiles = L.tileLayer(url, { pane: PANE, ...zooms, noWrap: true, updateWhenZooming: false });
    layer.tiles.on("tileload", () => {
      if (mine.layer !== layer || (layer.seen && !layer.failed)) return;
      layer.seen = true;
      layer.failed = false;
      show(mine);
    });
    layer.tiles.on("tileerror", () => {
      if (mine.layer !== layer || layer.failed) return;
      layer.failed = true;
      layer.timer = setTimeout(() => mine.layer === layer && layer.tiles.redraw(), AGAIN_MS);
      show(mine);
    });
    layer.tiles.addTo(map);
  }

  function remove(mine) {
    clearTimeout(mine.layer.timer);
    mine.map.getContainer().classList.remove("has-basemap");
    mine.layer.tiles.remove();
    mine.layer = null;
  }

  /** The places let the tiles shine through once there are some; until then the map is as it is without. */
  function show(mine) {
    mine.map.getContainer().classList.toggle("has-basemap", mine.layer.seen);
    tell(mine);
  }

  function label(button, wanted) {
    button.hidden = !(wanted && wanted.url);
    if (button.hidden) return;
    button.textContent = wanted.text.basemap;
    button.title = wanted.shown ? wanted.text.basemap_hide : wanted.text.basemap_show;
    button.setAttribute("aria-label", button.title);
    button.setAttribute("aria-pressed", String(Boolean(wanted.shown)));
  }

  /** Write whose the map is in its corner, and that tiles are missing while they are. */
  function tell(mine) {
    const { layer, wanted } = mine;
    const failed = layer && layer.failed ? wanted && wanted.text.basemap_failed : "";
    const bare = failed && !layer.seen; // nothing is shown whose source could be named
    const words = [failed, wanted && (bare ? wanted.without : wanted.credit)].filter(Boolean).join(" · ");
    if (!words && mine.line) {
      mine.line.remove();
      mine.line = null;
    }
    if (!words) return;
    if (!mine.line) {
      mine.line = pingan.dom("div", { class: "map-credit", role: "note" });
      mine.map.getContainer().append(mine.line);
    }
    if (mine.line.textContent !== words) mine.line.textContent = words;
    watch(mine);
  }

  /** Keep the line above a legend that stands across the foot of the map, as on a phone. */
  function watch(mine) {
    const legend = document.querySelector(".map-wrap > .legend");
    if (mine.watcher || !legend) return;
    mine.watcher = new ResizeObserver(() => {
      if (!mine.line) return;
      const [map, over] = [mine.map.getContainer().getBoundingClientRect(), legend.getBoundingClientRect()];
      const across = over.width > 0.9 * map.width && over.height > 0;
      mine.line.style.setProperty("--under", across ? `${Math.max(0, map.bottom - over.top)}px` : "0px");
    });
    mine.watcher.observe(legend);
    mine.watcher.observe(mine.map.getContainer());
  }

  /** Tell a test what lies below the places. */
  function state() {
    const { layer, line } = last || {};
    return { url: layer ? layer.url : null, seen: Boolean(layer && layer.seen), failed: Boolean(layer && layer.failed), credit: line ? line.textContent : "" };
  }

  pingan.basemap = { make, lay, refresh, state };
})();
