/* The choropleth: draws the places of a view once, recolours them as often as wanted, and moves the viewport only when the key changes. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const MOST_IN_SVG = 200; // more outlines than this are repainted faster on canvas
  const MOST_WITH_BORDERS = 1000;
  const NO_DATA = -1;
  const SLOW_MS = 200;
  const PATIENCE_MS = 5000;
  const AGAIN_MS = 1000;
  const HIDDEN_MS = 60; // a hidden window draws no frame
  const DENSE_PX = 14;
  const HATCH = "pingan-hatch";
  const PANES = { around: 350, places: 400, outline: 420, fills: 410, pattern: 425, hover: 430, points: 450, labels: 460, marks: 470 };

  let scene = null; // everything drawn on the present map
  let latest = 0; // number of the newest paint; older ones give up
  let busy = 0;
  let ahead = null; // an answer that is painted already, and on its way through Dash
  let clicked = null; // when the last drill was asked for
  let missed = null; // the paint whose outlines are asked for again in a moment
  let misses = 0; // in a row

  /* ---- looks ---- */

  let looks = null;

  /** Read the map's colours and line widths from the tokens, once a theme. */
  function look() {
    if (!looks) {
      const names = ["ink", "paper", "accent", "ground", "map-border", "map-around", "map-around-line", "map-hatch"];
      looks = Object.fromEntries(names.map((name) => [name, pingan.token(`--${name}`)]));
      for (const width of ["border", "around", "here", "hover", "focus"]) {
        looks[`${width}-width`] = parseFloat(pingan.token(`--map-${width}-width`));
      }
      looks.pattern = hatch(looks);
    }
    return looks;
  }

  /** Make the no-data hatch twice: an SVG pattern in the page, and the same for canvas. */
  function hatch({ ground, "map-hatch": line }) {
    document.getElementById(`${HATCH}-host`)?.remove();
    const svg = (tag, attributes, ...children) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
      Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
      element.append(...children);
      return element;
    };
    const path = "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4";
    const pattern = svg(
      "pattern",
      { id: HATCH, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
      svg("rect", { width: 8, height: 8, fill: ground }),
      svg("path", { d: path, stroke: line, "stroke-width": 1.5 }),
    );
    document.body.append(svg("svg", { id: `${HATCH}-host`, width: 0, height: 0, "aria-hidden": "true", class: "offstage" }, svg("defs", {}, pattern)));

    const tile = pingan.dom("canvas", { width: 8, height: 8 });
    const context = tile.getContext("2d");
    context.fillStyle = ground;
    context.fillRect(0, 0, 8, 8);
    context.strokeStyle = line;
    context.lineWidth = 1.5;
    context.stroke(new Path2D(path));
    return context.createPattern(tile, "repeat");
  }

  function fillOf(data, k, canvas) {
    const kind = classOf(data, k);
    if (kind === NO_DATA) return canvas ? look().pattern : `url(#${HATCH})`;
    return data.palette[kind].fill;
  }

  /** Give place `k`'s fill and border; between hatched places a white border would not be seen, among tiny ones it
   * would be all that is seen: these are edged in their own colour. */
  function styleOf(s, data, k) {
    const fill = fillOf(data, k, s.canvas);
    const missing = classOf(data, k) === NO_DATA;
    if (s.dense) return { fillColor: fill, color: missing ? look()["map-hatch"] : fill, weight: missing ? 0.2 : 0.5 };
    const line = missing || data.circles || data.palette[classOf(data, k)].pale ? "map-hatch" : "map-border";
    return { fillColor: fill, color: look()[line], weight: look()["border-width"] };
  }

  /** Are the places so small on the screen that borders would swamp them? */
  function isDense(s) {
    if (s.order.length <= MOST_WITH_BORDERS) return false;
    const areas = s.order.map((index) => pingan.geometry.shape(s.file, index).area).sort((a, b) => a - b);
    const side = Math.sqrt(areas[areas.length >> 1]) * s.file.scale;
    return (side * 256 * 2 ** s.map.getZoom()) / 360 < DENSE_PX;
  }

  /** Dress all places anew when zooming has made them large or small enough. */
  function redress(s) {
    if (!s.data || s.drawing || isDense(s) === s.dense) return;
    s.dense = !s.dense;
    s.layers.forEach((layer, k) => layer.setStyle(styleOf(s, s.data, k)));
  }

  /** Give place `k`'s class index, or -1 where nothing is known. */
  function classOf(data, k) {
    const kind = data.class ? data.class[k] : NO_DATA;
    return kind === null || kind === undefined || !data.palette[kind] ? NO_DATA : kind;
  }

  /* ---- the scene ---- */

  /** Give the panes, renderers and empty layers of a map; made again when Dash makes the map again. */
  function sceneOf(map) {
    if (scene && scene.map === map) return scene;
    for (const [name, height] of Object.entries(PANES)) {
      const pane = map.getPane(`pingan-${name}`) || map.createPane(`pingan-${name}`);
      pane.style.zIndex = height;
      if (name !== "places" && name !== "points") pane.style.pointerEvents = "none";
    }
    const still = { interactive: false, fill: false, lineJoin: "round", smoothFactor: 0.5 };
    const top = L.svg({ pane: "pingan-hover", padding: 0.3 });
    const outline = (renderer, pane) => L.polygon([], { ...still, renderer, pane });
    const outlineRenderer = L.svg({ pane: "pingan-outline", padding: 0.3 });
    scene = {
      map,
      key: null,
      data: null,
      file: null,
      order: [],
      layers: [],
      fills: [],
      group: L.featureGroup(),
      around: null,
      aroundRenderer: L.canvas({ pane: "pingan-around", padding: 0.3 }),
      hereCasing: outline(outlineRenderer, "pingan-outline").addTo(map),
      here: outline(outlineRenderer, "pingan-outline").addTo(map),
      hover: outline(top, "pingan-hover").addTo(map),
      casing: outline(top, "pingan-hover").addTo(map),
      focus: outline(top, "pingan-hover").addTo(map),
      focused: null,
      hovered: null,
      fitted: null,
      lacking: 0, // the turn of the paint whose context is not there yet
    };
    map.doubleClickZoom.disable();
    map.keyboard.disable();
    listen(scene);
    dressOutlines(scene);
    pingan.controls.add(map);
    pingan.labels.attach(scene);
    pingan.keyboard.attach(scene);
    pingan.circles.attach(scene);
    pingan.incidents.attach(scene);
    pingan.patterns.attach(scene);
    pingan.select.attach(scene);
    return scene;
  }

  function dressOutlines(s) {
    const is = look();
    s.here.setStyle({ color: is.ink, weight: is["here-width"], fill: s.order.length === 0, fillColor: is.paper, fillOpacity: 1 });
    s.hereCasing.setStyle({ color: is.paper, weight: is["here-width"] + 3 });
    s.hover.setStyle({ color: is.accent, weight: is["hover-width"] });
    s.casing.setStyle({ color: is.paper, weight: is["focus-width"] + 4 });
    s.focus.setStyle({ color: is.ink, weight: is["focus-width"] });
  }

  /** When the map's box changes, fit again if the reader has not moved the map, else keep the centre. */
  function listen(s) {
    const watcher = new ResizeObserver(() => {
      s.map.invalidateSize({ animate: false });
      const size = s.map.getSize();
      if (!s.fitted || size.x === 0 || size.equals(s.fitted.size) || !untouched(s)) return;
      const drawn = location.search === s.search || s.fitted.frame !== frameOf(); // not what the next view's header takes
      if (drawn) fit(s, s.fitted.bounds);
    });
    watcher.observe(s.map.getContainer());
    s.map.on("unload", () => {
      watcher.disconnect();
      if (scene === s) scene = null;
    });
    s.map.on("dragstart", () => s.fitted && (s.fitted.dragged = true));
    s.map.on("click", () => select(s, null));
    s.map.on("zoomend", () => redress(s));
  }

  /* ---- where the viewport goes ---- */

  /** Fit bounds into the part of the map that no panel covers; never animated, so that shapes are projected once. */
  function fit(s, bounds) {
    if (!bounds.isValid()) return;
    const size = s.map.getSize();
    if (size.x === 0 || size.y === 0) {
      s.fitted = { bounds, size, zoom: s.map.getZoom(), frame: "" }; // again when there is room
      return;
    }
    const { paddings, over } = roomIn(s);
    const views = paddings.map((padding) => viewOf(s.map, bounds, padding)).sort((a, b) => b.zoom - a.zoom || a.lost - b.lost);
    const best = views.find((view) => over.every((box) => !covers(s, view, box, bounds))) || views[views.length - 1];
    s.map.setView(s.map.unproject(best.center, best.zoom), best.zoom, { animate: false, reset: true }); // exactly there: else a small move is cut to whole pixels
    s.fitted = { bounds, size, zoom: best.zoom, frame: frameOf() };
  }

  /** Name what a layout of the page hangs on: another one is another box for the map. */
  const frameOf = () => `${window.innerWidth}x${window.innerHeight} ${document.documentElement.lang} ${document.documentElement.dataset.theme}`;

  /** Give the zoom, and the centre in world pixels, at which bounds fill the map but for a padding. */
  function viewOf(map, bounds, { left, right, top, bottom }) {
    const zoom = map.getBoundsZoom(bounds, false, L.point(left + right, top + bottom));
    const middle = map.project(bounds.getNorthWest(), zoom).add(map.project(bounds.getSouthEast(), zoom)).divideBy(2);
    return { zoom, center: middle.add(L.point(right - left, bottom - top).divideBy(2)), lost: left + right + top + bottom };
  }

  /** Would a box over the map hide part of a place, in the bounds that are to be seen? */
  function covers(s, view, box, bounds) {
    const corner = (x, y) => s.map.unproject(view.center.subtract(s.map.getSize().divideBy(2)).add(L.point(x, y)), view.zoom);
    const [sw, ne] = [corner(box.left, box.bottom), corner(box.right, box.top)];
    const [south, west] = [Math.max(sw.lat, bounds.getSouth()), Math.max(sw.lng, bounds.getWest())];
    const [north, east] = [Math.min(ne.lat, bounds.getNorth()), Math.min(ne.lng, bounds.getEast())];
    if (south >= north || west >= east) return false;
    const { extents } = s;
    for (let k = 0; k < s.order.length; k += 1) {
      const at = 4 * k;
      if (extents[at] > north || extents[at + 1] > east || extents[at + 2] < south || extents[at + 3] < west) continue;
      const { latlngs } = pingan.geometry.shape(s.file, s.order[k]);
      if (latlngs.some((rings) => meets(rings[0], { south, west, north, east }))) return true;
    }
    return false;
  }

  /** List south, west, north and east of all places: plain numbers, for they are gone through often. */
  function extentsOf(file, order) {
    const extents = new Float64Array(4 * order.length);
    order.forEach((index, k) => {
      const { bounds } = pingan.geometry.shape(file, index);
      extents.set([bounds.getSouth(), bounds.getWest(), bounds.getNorth(), bounds.getEast()], 4 * k);
    });
    return extents;
  }

  /** Does an outline meet a box, or surround it? Edges are short, so their extents will do. */
  function meets(ring, { south, west, north, east }) {
    const [lat, lng] = [(south + north) / 2, (west + east) / 2];
    let inside = false;
    for (let i = 0; i < ring.length; i += 1) {
      const [a, b] = [ring[i], ring[(i + 1) % ring.length]];
      const apart = Math.max(a.lat, b.lat) < south || Math.min(a.lat, b.lat) > north || Math.max(a.lng, b.lng) < west || Math.min(a.lng, b.lng) > east;
      if (!apart) return true;
      if (a.lat > lat !== b.lat > lat && lng < a.lng + ((lat - a.lat) / (b.lat - a.lat)) * (b.lng - a.lng)) inside = !inside;
    }
    return inside;
  }

  /** Has the reader not moved the map since it was fitted? */
  function untouched(s) {
    return !s.fitted.dragged && s.map.getZoom() === s.fitted.zoom;
  }

  /** List the paddings worth trying and the boxes that must not hide a place. What stands at the map's corners has the room
   * that the style sheet keeps for it, whatever is there just now: the same places in the same box always fit the same way. */
  function roomIn({ map }) {
    const container = map.getContainer();
    const box = container.getBoundingClientRect();
    const gap = Math.min(24, box.width / 16);
    const style = getComputedStyle(container);
    const [tools, chips, legend, buttons, pattern] = ["tools", "chips", "legend", "buttons", "pattern"].map((name) => {
      const [width, height] = style.getPropertyValue(`--over-${name}`).trim().split(" ").map(Number);
      return { width: Math.min(width, box.width), height };
    });
    const sheet = sheetOver(box);
    const wide = sheet && sheet.width > box.width * 0.6;
    const limit = (value, whole) => Math.max(gap, Math.min(value, whole * 0.5));
    const foot = limit(wide ? box.bottom - sheet.top + gap : gap, box.height);
    const tops = [limit(chips.height, box.height)]; // chips come and go, and move no map
    const lefts = [0, 0.25, 0.5, 0.75, 1].map((part) => limit(part * legend.width + gap, box.width));
    const bottoms = [0, 0.25, 0.5, 0.75, 1].map((part) => Math.max(foot, limit(part * legend.height, box.height)));
    const rights = [gap, limit(buttons.width, box.width), ...(sheet && !wide ? [limit(box.right - sheet.left + 8, box.width)] : [])];
    const sides = lefts.flatMap((left) => rights.map((right) => ({ left, right })));
    const paddings = sides.flatMap((side) => tops.flatMap((top) => bottoms.map((bottom) => ({ ...side, top, bottom }))));
    const [right, bottom] = [box.width, box.height];
    const over = [
      { left: 0, right: tools.width, top: 0, bottom: tools.height },
      { left: 0, right: legend.width, top: bottom - legend.height, bottom },
      { left: right - buttons.width, right, top: 0, bottom: buttons.height },
      { left: right - pattern.width, right, top: bottom - pattern.height, bottom },
    ];
    if (sheet && !wide) over.push({ left: sheet.left - box.left - 8, right, top: 0, bottom });
    return { paddings, over };
  }

  /** Give the sheet's box where it lies over the map, or null: the reader has pulled it up. */
  function sheetOver(box) {
    const found = document.getElementById("sheet")?.getBoundingClientRect();
    const apart = !found || !found.width || found.left >= box.right || found.right <= box.left || found.top >= box.bottom || found.bottom <= box.top;
    return apart ? null : found;
  }

  /** Move back to where the present places were first shown. */
  function reset() {
    if (scene && scene.data) fit(scene, boundsOf(scene));
  }

  function boundsOf(s) {
    return s.data.fit ? L.latLngBounds(s.data.fit) : s.group.getBounds();
  }

  /* ---- drawing ---- */

  /** Replace all places: the only step that costs in proportion to the vertices. */
  function draw(s, data, file) {
    const order = pingan.geometry.indices(data.show);
    const canvas = order.length > MOST_IN_SVG;
    s.group.remove();
    if (s.renderer) s.renderer.remove(); // an idle canvas would swallow the pointer
    hovered(s, null);
    select(s, null);
    Object.assign(s, { key: data.key, data, file, order, extents: extentsOf(file, order), canvas, fills: [], drawing: true });
    fit(s, data.fit ? L.latLngBounds(data.fit) : boundsAround(file, order));
    s.search = location.search;
    s.dense = isDense(s);

    const pane = "pingan-places";
    s.renderer = canvas ? L.canvas({ pane, padding: 0.2, tolerance: 0 }) : L.svg({ pane, padding: 0.3 });
    const common = { pane, renderer: s.renderer, fillOpacity: 1, lineJoin: "round", smoothFactor: 0.5 };
    s.layers = order.map((index, k) => {
      s.fills[k] = classOf(data, k);
      const layer = L.polygon(pingan.geometry.shape(file, index).latlngs, { ...common, ...styleOf(s, data, k) });
      layer.rank = k;
      return layer;
    });
    s.group = L.featureGroup(s.layers).on({ mouseover: onOver, mousemove: onMove, mouseout: onOut, click: onClick });
    s.group.addTo(s.map);
    s.drawing = false;
  }

  function boundsAround(file, order) {
    return order.reduce((bounds, index) => bounds.extend(pingan.geometry.shape(file, index).bounds), L.latLngBounds());
  }

  /** Change only the fills that differ; layers, viewport, hover and focus stay. */
  function recolour(s, data) {
    const same = (data.palette || []).map((each, kind) => JSON.stringify(each) === JSON.stringify((s.data.palette || [])[kind]));
    s.data = data;
    s.layers.forEach((layer, k) => {
      const kind = classOf(data, k);
      if (kind === s.fills[k] && (kind === NO_DATA || same[kind])) return;
      s.fills[k] = kind;
      layer.setStyle(styleOf(s, data, k));
    });
  }

  /** Show one moment of a series on the places that are painted: their classes, and values and counts where they are
   * known; without classes what was painted comes back. Viewport and labels stay where they are. */
  function frame(classes, values, counts) {
    const s = scene;
    if (!s || !s.data || s.drawing || (!classes && !s.data.painted)) return;
    const began = performance.now();
    const painted = s.data.painted || s.data;
    const moment = { class: classes, value: values, count: counts, low: null, high: null, change: null, sure: null, painted };
    recolour(s, classes ? { ...painted, ...moment } : painted);
    pingan.circles.refresh(s);
    if (classes) pingan.labels.follow(s);
    else pingan.labels.layout(s);
    pingan.box.refresh(s);
    pingan.time("frame", s.key, s.order.length, performance.now() - began);
  }

  /** Draw the present place's outline and its pale neighbours, when their files are there; a file that fails is asked for
   * again for as long as its place is looked at. */
  async function drawContext(s, data, turn) {
    const wanted = JSON.stringify([data.here, data.around]);
    if (wanted === s.context) return;
    const load = (part) => (part ? pingan.geometry.load(part.geometry) : null);
    const current = () => turn === latest && scene === s;
    s.lacking = turn;
    const files = await pingan.insist(() => Promise.all([load(data.here), load(data.around)]), current).catch(() => null);
    if (s.lacking === turn) s.lacking = 0;
    if (files) context(s, data, wanted, files);
  }

  function context(s, data, wanted, [hereFile, aroundFile]) {
    s.context = wanted;
    dressOutlines(s); // a place without finer ones is itself the picture
    const latlngs = hereFile ? pingan.geometry.shape(hereFile, data.here.index).latlngs : [];
    s.here.setLatLngs(latlngs);
    s.hereCasing.setLatLngs(hereFile === s.file ? latlngs : []); // among its equals it must stand out
    if (s.around) s.around.remove();
    s.around = aroundFile ? neighbours(s, aroundFile, data.around.show) : null;
    if (s.around) s.around.addTo(s.map);
  }

  /** Make all neighbours one path: they share a look and nobody points at them. */
  function neighbours(s, file, ranges) {
    const is = look();
    const latlngs = pingan.geometry.indices(ranges).flatMap((index) => pingan.geometry.shape(file, index).latlngs);
    return L.polygon(latlngs, {
      pane: "pingan-around",
      renderer: s.aroundRenderer,
      interactive: false,
      fillColor: is["map-around"],
      fillOpacity: 1,
      color: is["map-around-line"],
      weight: is["around-width"],
      smoothFactor: 0.5,
    });
  }

  /* ---- pointing ---- */

  let pointer = "mouse";
  document.addEventListener("pointerdown", (event) => (pointer = event.pointerType), true);

  const rankOf = (event) => (event.propagatedFrom || event.layer).rank;

  function hovered(s, k) {
    s.hovered = k;
    s.hover.setLatLngs(k === null ? [] : s.layers[k].getLatLngs());
  }

  function onOver(event) {
    if (!scene || pointer === "touch") return;
    hovered(scene, rankOf(event));
    pingan.box.show(scene, scene.hovered, event.containerPoint);
  }

  function onMove(event) {
    if (!scene || pointer === "touch") return;
    pingan.box.show(scene, rankOf(event), event.containerPoint);
  }

  function onOut() {
    if (!scene || pointer === "touch") return;
    hovered(scene, null);
    pingan.box.hide();
  }

  /** A mouse drills at once; a finger first selects, and drills with the second tap on the same place. */
  function onClick(event) {
    L.DomEvent.stopPropagation(event);
    const k = rankOf(event);
    if (pointer === "touch" && scene.focused !== k) {
      select(scene, k);
      pingan.box.dock(scene, k, event.containerPoint.y > scene.map.getSize().y / 2);
    } else {
      drill(scene, k);
    }
  }

  /** Put the 3 px outline on place `k`, or take it away. */
  function select(s, k) {
    s.focused = k;
    const latlngs = k === null ? [] : s.layers[k].getLatLngs();
    s.casing.setLatLngs(latlngs);
    s.focus.setLatLngs(latlngs);
    if (k === null) pingan.box.hide();
  }

  /** Can place `k` be opened? The present place is open already. */
  function opens(s, k) {
    const { here, geometry } = s.data;
    if (here && here.geometry === geometry && here.index === s.order[k]) return false;
    return Boolean(Array.isArray(s.data.drill) ? s.data.drill[k] : s.data.drill);
  }

  function drill(s, k) {
    if (k === null || !opens(s, k)) return;
    clicked = performance.now();
    pingan.tell({ kind: "drill", id: s.file.ids[s.order[k]] });
  }

  function up() {
    clicked = performance.now();
    pingan.tell({ kind: "up" });
  }

  /** Give place `k`'s name in the page's language. */
  function nameOf(s, k) {
    const index = s.order[k];
    return (s.data.lang === "en" && s.file.names_en && s.file.names_en[index]) || s.file.names[index];
  }

  /* ---- painting ---- */

  /** Show what `data` says; the whole contract is in the callback that sends it. */
  function paint(asked) {
    const painted = ahead && ahead.asked === asked ? ahead.painted : null;
    ahead = null;
    return painted || paintNow(asked);
  }

  /** Recolour with an answer before Dash has worked through it, which takes longer than the map; resolves when the colours
   * are on the screen. Other places wait for Dash: where they fit hangs on the chips and the legend that come with them. */
  async function paintAhead(asked) {
    if (!scene || !scene.data || scene.key !== asked.key) return;
    const mine = (ahead = { asked, painted: paintNow(asked) });
    setTimeout(() => mine === ahead && (ahead = null), PATIENCE_MS);
    await mine.painted.catch(() => null);
    const shown = new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
    await Promise.race([shown, new Promise((resolve) => setTimeout(resolve, HIDDEN_MS))]);
  }

  async function paintNow(asked) {
    const skip = window.dash_clientside.no_update;
    if (!asked) return skip;
    const data = pingan.circles.plain(asked);
    const turn = (latest += 1);
    const began = performance.now();
    let file = null;
    busy += 1;
    const slow = setTimeout(() => pingan.map?.getContainer().classList.add("is-waiting"), SLOW_MS);
    try {
      const map = await pingan.whenMap();
      file = await pingan.geometry.load(data.geometry);
      if (turn !== latest) return skip;
      pingan.controls.note(map, null);
      misses = 0;
      return show(sceneOf(map), data, file, turn);
    } catch (error) {
      if (turn !== latest) return skip;
      if (!pingan.map) throw error;
      failed(data, file || error.final ? null : turn);
      return { key: data.key, n: 0, ms: performance.now() - began, failed: String(error.message || error) };
    } finally {
      busy -= 1;
      clearTimeout(slow);
      if (turn === latest) pingan.map?.getContainer().classList.remove("is-waiting");
    }
  }

  /** Draw or recolour, then everything that hangs on it, and measure. */
  function show(s, data, file, turn) {
    const began = performance.now();
    const again = s.key === data.key && s.file === file;
    if (again) recolour(s, data);
    else draw(s, data, file);
    const ms = performance.now() - began;
    pingan.time(again ? "recolour" : "draw", data.key, s.order.length, ms);
    drawContext(s, data, turn);
    pingan.circles.refresh(s);
    pingan.controls.words(s.map, data.text);
    pingan.keyboard.words(s);
    pingan.labels.layout(s);
    pingan.box.refresh(s);
    pingan.incidents.refresh(s);
    pingan.patterns.refresh(s);
    pingan.select.words(data.text);
    pingan.select.refresh(s);
    pingan.basemap.refresh(s);
    if (data.next) idle(() => pingan.geometry.load(data.next).catch(() => null));
    if (!again) measureDrill(data.key, s.order.length);
    return { key: data.key, n: s.order.length, ms: Math.round(ms * 10) / 10 };
  }

  // the next level's outlines are fetched while the reader reads
  const idle = window.requestIdleCallback || ((call) => setTimeout(call, 500));

  /** Note how long the reader waited, from the click to the frame after the drawing. */
  function measureDrill(key, n) {
    if (clicked === null) return;
    const since = clicked;
    clicked = null;
    requestAnimationFrame(() => setTimeout(() => pingan.time("drill", key, n, performance.now() - since), 0));
  }

  /** Say that the borders could not be fetched; a click tries once more and tells Dash what became of it. So does time while
   * `turn` is the newest paint; null where trying by itself is of no use. */
  function failed(data, turn) {
    clicked = null;
    const text = data.text || {};
    const again = async () => {
      const painted = await paint(data);
      if (painted && painted !== window.dash_clientside.no_update) window.dash_clientside.set_props("map-painted", { data: painted });
    };
    pingan.controls.note(pingan.map, text.retry || "地图边界未能加载，点此重试", again);
    if (turn === null) return;
    missed = turn;
    setTimeout(() => turn === latest && again(), Math.min(PATIENCE_MS, AGAIN_MS * 2 ** misses));
    misses += 1;
  }

  /** Read the tokens again after a change of theme. */
  function restyle() {
    looks = null;
    if (!scene || !scene.data) return;
    const is = look();
    dressOutlines(scene);
    scene.layers.forEach((layer, k) => layer.setStyle(styleOf(scene, scene.data, k)));
    if (scene.around) scene.around.setStyle({ fillColor: is["map-around"], color: is["map-around-line"], weight: is["around-width"] });
    pingan.patterns.restyle(scene);
    pingan.select.restyle(scene);
    pingan.labels.layout(scene, true);
  }

  /** Tell a test what is on the map now. */
  function state() {
    if (!scene || !scene.data) return { key: null, ids: [], classes: [], values: [], focused: null, labels: 0, pending: busy > 0 || missed === latest };
    const id = (k) => scene.file.ids[scene.order[k]];
    const { lat, lng } = scene.map.getCenter();
    return {
      key: scene.key,
      ids: scene.order.map((_, k) => id(k)),
      classes: scene.layers.map((_, k) => classOf(scene.data, k)),
      values: scene.data.value || [],
      focused: scene.focused === null ? null : id(scene.focused),
      zoom: scene.map.getZoom(),
      center: [lat, lng],
      labels: pingan.labels.count(),
      pattern: pingan.patterns.state(),
      area: scene.data.area || null,
      pending: busy > 0 || missed === latest || ahead !== null || scene.lacking === latest || pingan.patterns.busy() || pingan.incidents.busy() || (clicked !== null && performance.now() - clicked < PATIENCE_MS),
    };
  }

  pingan.places = { frame, select, drill, up, reset, restyle, opens, nameOf, classOf, scene: () => scene };
  pingan.state = state;
  pingan.paintAhead = paintAhead;
  pingan.expose("paint", paint);
})();
