/* The comparison page's maps: A and B side by side and moved as one, one above the other with a bar, or their difference. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const clientside = window.dash_clientside;
  const IDS = { a: "compare-map-a", b: "compare-map-b" };
  const EVENT = "compare-event";
  const PAINTED = "compare-painted";
  const URL_PART = "compare-url";
  const NO_DATA = -1;
  const LEAST = 22; // smaller places get no label [px]
  const SLACK = 1.25; // a label may be a little wider than its place
  const STEP = 0.02; // what an arrow key moves the bar
  const FAR = 1e6;
  const TINY = 4; // smaller circles have no line, which would be all that is seen [px]

  /* ---- the two maps ---- */

  const maps = { a: null, b: null };
  const waiting = [];

  // dash-leaflet shows its maps to nobody; leaflet itself offers this hook to extensions
  window.L.Map.addInitHook(function () {
    const side = Object.keys(IDS).find((key) => IDS[key] === this.getContainer().id);
    if (!side) return;
    this.whenReady(() => {
      maps[side] = this;
      furnish(this, side);
      if (maps.a && maps.b) waiting.splice(0).forEach((resolve) => resolve());
    });
  });

  const ready = () => (maps.a && maps.b ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)));

  /** Give a map its panes, buttons and box. */
  function furnish(map, side) {
    const panes = { around: 390, "places-a": 400, "places-b": 401, "circles-a": 410, "circles-b": 411, outline: 420, hover: 430, "labels-a": 460, "labels-b": 461 };
    for (const [name, height] of Object.entries(panes)) {
      const pane = map.createPane(`cmp-${name}`);
      pane.style.zIndex = height;
      if (!name.startsWith("places")) pane.style.pointerEvents = "none";
    }
    const still = { interactive: false, fill: false, lineJoin: "round", smoothFactor: 0.5 };
    const line = (pane) => L.polygon([], { ...still, pane, renderer: L.svg({ pane, padding: 0.3 }) }).addTo(map);
    map.parts = { side, sheets: {}, around: line("cmp-around"), here: line("cmp-outline"), hover: line("cmp-hover"), box: pingan.dom("div", { class: "place-box", role: "tooltip", hidden: true }) };
    map.getContainer().append(map.parts.box, buttons(map));
    map.on("move", () => follow(map));
    map.on("moveend zoomend", () => Object.values(map.parts.sheets).forEach(label));
    map.on("move zoomend", () => clip(map));
    map.on("click", () => point(null));
    new ResizeObserver(() => resized(map)).observe(map.getContainer());
  }

  function buttons(map) {
    const acts = { zoom_in: ["+", () => map.zoomIn()], zoom_out: ["\u2212", () => map.zoomOut()], reset: ["", () => fit(true)] };
    const group = pingan.dom("div", { class: "map-buttons", role: "group" });
    for (const [name, [sign, act]] of Object.entries(acts)) {
      group.append(pingan.dom("button", { type: "button", "data-word": name, text: sign, onclick: act }));
    }
    group.lastChild.before(pingan.basemap.make(() => tell({ kind: "basemap" })));
    L.DomEvent.disableClickPropagation(group);
    return group;
  }

  /* ---- looks ---- */

  let hatches = new Map(); // "missing", or a fill → canvas pattern

  /** Hatch missing places on the ground one way, and what is not significant over its pale colour the other way. */
  function hatch(fill) {
    const key = fill || "missing";
    if (!hatches.has(key)) {
      const tile = pingan.dom("canvas", { width: 8, height: 8 });
      const pen = tile.getContext("2d");
      pen.fillStyle = fill || pingan.token("--ground");
      pen.fillRect(0, 0, 8, 8);
      pen.strokeStyle = pingan.token(fill ? "--compare-unsure" : "--map-hatch");
      pen.lineWidth = fill ? 1 : 1.5;
      pen.stroke(new Path2D(fill ? "M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4" : "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4"));
      hatches.set(key, pen.createPattern(tile, "repeat"));
    }
    return hatches.get(key);
  }

  const classOf = (data, k) => (data.palette[data.class[k]] ? data.class[k] : NO_DATA);
  const chance = (data, k) => Boolean(data.diff && !data.sure[k]);

  /** Give counts, which have no classes, the one that all their circles wear. */
  function plain(part) {
    if (part.class) return part;
    const look = { fill: part.circles.fill, ink: pingan.token("--ink"), mark: "", word: "" };
    return { ...part, class: part.value.map((value) => (value === null ? NO_DATA : 0)), palette: [look] };
  }

  /** A colour is full, and its place outlined, where it says more than chance may; under circles the land is plain. */
  function styleOf(sheet, k) {
    const { data } = sheet;
    const kind = classOf(data, k);
    const dense = sheet.order.length > 2000;
    const thin = { color: pingan.token("--map-border"), weight: dense ? 0.4 : parseFloat(pingan.token("--map-border-width")) };
    const grey = { ...thin, color: pingan.token("--map-hatch") };
    if (kind === NO_DATA) return { ...grey, fillColor: hatch(null) };
    if (data.circles) return { ...grey, fillColor: data.circles.land };
    const { fill, pale } = data.palette[kind];
    if (chance(data, k)) return { ...(dense ? { ...thin, color: pale } : grey), fillColor: hatch(pale) };
    if (data.diff && !dense) return { fillColor: fill, color: pingan.token("--ink"), weight: 0.75 * parseFloat(pingan.token("--map-here-width")) };
    return { ...thin, fillColor: fill, ...(dense ? { color: fill } : {}) };
  }

  /* ---- sheets: the places of one side on one map ---- */

  let shown = null; // the payload that is on the maps
  let latest = 0;

  /** Draw a side's places in a pane of a map, or change only the fills that differ where they are drawn already. */
  function drawSheet(map, layerName, data, file) {
    const key = JSON.stringify([data.geometry, data.show]);
    const began = performance.now();
    let sheet = map.parts.sheets[layerName];
    const again = sheet && sheet.key === key && sheet.file === file;
    if (!again) {
      removeSheet(map, layerName);
      const order = pingan.geometry.indices(data.show);
      const pane = `cmp-places-${layerName}`;
      const renderer = L.canvas({ pane, padding: 0.2, tolerance: 0 });
      sheet = map.parts.sheets[layerName] = { map, name: layerName, key, file, order, renderer, data, ranks: new Map(), looks: [], labels: [] };
      order.forEach((index, k) => sheet.ranks.set(file.ids[index], k));
      const common = { pane, renderer, fillOpacity: 1, lineJoin: "round", smoothFactor: 0.5 };
      sheet.layers = order.map((index, k) => {
        const look = styleOf(sheet, k);
        sheet.looks[k] = look;
        const layer = L.polygon(pingan.geometry.shape(file, index).latlngs, { ...common, ...look });
        layer.rank = k;
        return layer;
      });
      const on = { mouseover: (e) => over(sheet, e), mousemove: (e) => over(sheet, e), mouseout: () => pointer !== "touch" && point(null), click: (e) => clicked(sheet, e) };
      sheet.group = L.featureGroup(sheet.layers).on(on).addTo(map);
      sheet.rounds = L.layerGroup().addTo(map);
    } else {
      sheet.data = data;
      sheet.layers.forEach((layer, k) => {
        const look = styleOf(sheet, k);
        const old = sheet.looks[k];
        if (old.fillColor === look.fillColor && old.color === look.color && old.weight === look.weight) return;
        sheet.looks[k] = look;
        layer.setStyle(look);
      });
    }
    if (data.diff) sheet.layers.forEach((layer, k) => data.sure[k] && layer.bringToFront()); // no neighbour hides their outline
    drawCircles(sheet);
    pingan.time(again ? "recolour" : "draw", `${map.parts.side}${layerName}`, sheet.order.length, performance.now() - began);
    return sheet;
  }

  /** Draw counts, or their differences, as circles; what may be chance is hollow. */
  function drawCircles(sheet) {
    const { data, map, name, rounds } = sheet;
    rounds.clearLayers();
    if (!data.circles) return;
    const pane = `cmp-circles-${name}`;
    sheet.brush = sheet.brush || L.canvas({ pane, padding: 0.2 });
    const unit = (data.circles.radius * parseFloat(pingan.token("--circle-scale"))) / Math.sqrt(data.circles.largest);
    const drawn = sheet.order.map((index, k) => ({ index, k, radius: unit * Math.sqrt(Math.abs(data.value[k] || 0)) })).filter((each) => each.radius > 0);
    drawn.sort((one, other) => other.radius - one.radius);
    for (const { index, k, radius } of drawn) {
      const colour = data.palette[classOf(data, k)].fill;
      const look = data.diff ? { color: pingan.token("--ink"), weight: chance(data, k) ? 1 : 1.5, fillColor: colour, fillOpacity: chance(data, k) ? 0 : 0.85 } : { color: colour, weight: radius < TINY ? 0 : 1.5, fillColor: colour, fillOpacity: radius < TINY ? 0.4 : 0.18 };
      rounds.addLayer(L.circleMarker(pingan.geometry.shape(sheet.file, index).label, { pane, renderer: sheet.brush, interactive: false, radius, ...look }));
    }
  }

  function removeSheet(map, name) {
    const sheet = map.parts.sheets[name];
    if (!sheet) return;
    sheet.group.remove();
    sheet.rounds.remove();
    if (sheet.brush) sheet.brush.remove();
    sheet.renderer.remove(); // an idle canvas would swallow the pointer
    sheet.labels.forEach((element) => element.remove());
    delete map.parts.sheets[name];
  }

  /* ---- painting ---- */

  async function paintCompare(data) {
    if (!data) return clientside.no_update;
    const turn = (latest += 1);
    const began = performance.now();
    if (data.small) pingan.smallMaps.paint(data);
    else if (!data.mode) return idle(data);
    else {
      try {
        await ready();
        const parts = data.mode === "difference" ? [data.a] : [data.a, data.b];
        const load = (part) => (part ? pingan.geometry.load(part.geometry) : null);
        const [files, heres, arounds] = await Promise.all([parts, parts.map((part) => part.here), parts.map((part) => part.around)].map((each) => Promise.all(each.map(load))));
        if (turn !== latest) return clientside.no_update;
        show({ ...data, a: plain(data.a), b: plain(data.b) }, files, heres, arounds);
      } catch (error) {
        if (turn === latest) failed(data);
        return { failed: String(error.message || error) };
      }
    }
    pingan.compareTables(data);
    return { mode: data.mode, ms: Math.round(performance.now() - began) };
  }

  function idle(data) {
    shown = null;
    return { mode: data.mode };
  }

  function show(data, files, heres, arounds) {
    const theme = shown && shown.theme;
    const framed = shown && frameOf(shown) === frameOf(data);
    shown = data;
    if (theme !== data.theme) hatches = new Map();
    document.querySelectorAll(".compare-note").forEach((note) => note.remove());
    for (const map of [maps.a, maps.b]) {
      map.invalidateSize({ animate: false });
      map.parts.box.hidden = true;
      map.getContainer().classList.toggle("is-swiped", data.mode === "swipe");
      map.getContainer().querySelectorAll("[data-word]").forEach((button) => {
        const word = data.text[button.dataset.word];
        button.title = word;
        button.setAttribute("aria-label", word);
        if (button.dataset.word === "reset") button.textContent = word;
      });
    }
    const name = data.mode === "difference" ? data.text.map_diff : data.text.map_a;
    maps.a.getContainer().setAttribute("aria-label", data.mode === "swipe" ? `${data.text.map_a} | ${data.text.map_b}` : name);
    maps.b.getContainer().setAttribute("aria-label", data.text.map_b);
    if (!framed) fit();
    pingan.basemap.lay(maps.a, data.basemap);
    pingan.basemap.lay(maps.b, data.mode === "side" ? data.basemap : null);
    const first = data.mode === "difference" ? { ...data.a, ...data.diff, diff: true } : data.a;
    drawSheet(maps.a, "a", first, files[0]);
    if (data.mode === "swipe") drawSheet(maps.a, "b", data.b, files[1]);
    else removeSheet(maps.a, "b");
    if (data.mode === "side") drawSheet(maps.b, "b", data.b, files[1]);
    outline(maps.a, data.a, heres[0], arounds[0]);
    if (data.mode === "side") outline(maps.b, data.b, heres[1], arounds[1]);
    bar(data);
    sheets().forEach(label);
    point(null);
  }

  /** Name what decides where the maps look: the places, and the room for them. */
  const frameOf = (data) => JSON.stringify([data.a.fit, data.b.fit, data.mode === "side"]);

  /** List what is in view; the second map keeps its places while it is hidden. */
  const sheets = () => (shown ? (shown.mode === "side" ? [maps.a, maps.b] : [maps.a]) : []).flatMap((map) => Object.values(map.parts.sheets));

  /** Draw the outline of the place whose inside is shown, and its neighbours as pale land. */
  function outline(map, part, hereFile, aroundFile) {
    const { here, around } = map.parts;
    here.setLatLngs(hereFile ? pingan.geometry.shape(hereFile, part.here.index).latlngs : []);
    here.setStyle({ color: pingan.token("--ink"), weight: parseFloat(pingan.token("--map-here-width")) });
    around.setLatLngs(aroundFile ? pingan.geometry.indices(part.around.show).flatMap((index) => pingan.geometry.shape(aroundFile, index).latlngs) : []);
    around.setStyle({ fill: true, fillOpacity: 1, fillColor: pingan.token("--map-around"), color: pingan.token("--map-around-line"), weight: parseFloat(pingan.token("--map-around-width")) });
  }

  /** Say that the borders could not be fetched; a click tries once more. */
  function failed(data) {
    const again = async () => clientside.set_props(PAINTED, { data: await paintCompare(data) });
    const note = pingan.dom("div", { class: "map-note compare-note", role: "status" }, pingan.dom("button", { type: "button", text: data.text.retry, onclick: again }));
    L.DomEvent.disableClickPropagation(note);
    if (maps.a) maps.a.getContainer().append(note);
  }

  /* ---- where the maps look: what is done to one is done to the other ---- */

  let leading = false; // a map that follows must not lead
  let anchor = null; // where both began: {a: {center, zoom}, b: …}

  function fit() {
    if (!shown) return;
    const side = shown.mode === "side";
    const views = {};
    for (const key of ["a", "b"]) {
      const map = key === "b" && side ? maps.b : maps.a;
      const bounds = L.latLngBounds(shown[key].fit);
      if (map.getSize().x === 0) return;
      views[key] = { center: bounds.getCenter(), zoom: map.getBoundsZoom(bounds, false, L.point(32, 32)) };
    }
    if (shown.same || !side) views.a = views.b = around(); // the same places may have their incidents elsewhere
    else if (Math.abs(views.a.zoom - views.b.zoom) <= 1.5) views.a.zoom = views.b.zoom = Math.min(views.a.zoom, views.b.zoom); // areas compare
    anchor = views;
    leading = true;
    maps.a.setView(views.a.center, views.a.zoom, { animate: false });
    if (side) maps.b.setView(views.b.center, views.b.zoom, { animate: false });
    leading = false;
    [maps.a, maps.b].forEach(clip);
  }

  /** Give the view that holds what both sides are to show. */
  function around() {
    const bounds = L.latLngBounds(shown.a.fit).extend(shown.b.fit);
    return { center: bounds.getCenter(), zoom: maps.a.getBoundsZoom(bounds, false, L.point(32, 32)) };
  }

  /** Move the other map by as many pixels and as many steps of zoom as this one has been moved. */
  function follow(map) {
    if (leading || !shown || shown.mode !== "side" || !anchor) return;
    const here = map.parts.side;
    const there = here === "a" ? "b" : "a";
    const other = maps[there];
    const zoom = anchor[there].zoom + map.getZoom() - anchor[here].zoom;
    const moved = map.project(map.getCenter(), map.getZoom()).subtract(map.project(anchor[here].center, map.getZoom()));
    leading = true;
    other.setView(other.unproject(other.project(anchor[there].center, zoom).add(moved), zoom), zoom, { animate: false });
    leading = false;
  }

  let size = "";

  function resized(map) {
    map.invalidateSize({ animate: false });
    const now = `${maps.a && maps.a.getSize()}|${maps.b && maps.b.getSize()}`;
    if (now !== size && shown) fit();
    size = now;
    clip(map);
  }

  /* ---- pointing: the same place on both ---- */

  let pointer = "mouse";
  let pointed = null;
  document.addEventListener("pointerdown", (event) => (pointer = event.pointerType), true);

  const rankOf = (event) => (event.propagatedFrom || event.layer).rank;
  const idOf = (sheet, k) => sheet.file.ids[sheet.order[k]];
  const nameOf = (sheet, k) => (shown.lang === "en" && sheet.file.names_en && sheet.file.names_en[sheet.order[k]]) || sheet.file.names[sheet.order[k]];

  function over(sheet, event) {
    if (pointer !== "touch") point(idOf(sheet, rankOf(event)), sheet.map, event.containerPoint);
  }

  /** A mouse opens a place at once, a finger with the second tap on it. */
  function clicked(sheet, event) {
    L.DomEvent.stopPropagation(event);
    const id = idOf(sheet, rankOf(event));
    if (pointer === "touch" && pointed !== id) point(id, sheet.map, event.containerPoint);
    else tell({ kind: "drill", side: shown.mode === "side" ? sheet.map.parts.side : sheet.name, id });
  }

  const tell = pingan.teller(EVENT);

  /** Outline a place on both maps and write its numbers beside the pointer, on the other map beside the place. */
  function point(id, where, at) {
    pointed = id;
    for (const map of [maps.a, maps.b]) {
      if (!map || !shown) continue;
      const sheet = Object.values(map.parts.sheets).find((each) => each.ranks.has(id));
      const { hover, box } = map.parts;
      if (!sheet || id === null) {
        hover.setLatLngs([]);
        box.hidden = true;
        continue;
      }
      const k = sheet.ranks.get(id);
      hover.setLatLngs(sheet.layers[k].getLatLngs());
      hover.setStyle({ color: pingan.token("--accent"), weight: parseFloat(pingan.token("--map-hover-width")) });
      box.replaceChildren(...lines(sheet, k));
      box.hidden = false;
      place(map, box, map === where ? at : map.latLngToContainerPoint(pingan.geometry.shape(sheet.file, sheet.order[k]).label));
    }
  }

  function place(map, box, at) {
    const room = map.getSize();
    const x = at.x + 16 + box.offsetWidth > room.x ? at.x - 16 - box.offsetWidth : at.x + 16;
    const y = Math.min(at.y + 16, room.y - box.offsetHeight - 4);
    box.style.transform = `translate(${Math.max(4, Math.round(x))}px, ${Math.max(4, Math.round(y))}px)`;
  }

  const row = (label, ...rest) => pingan.dom("div", { class: "row" }, pingan.dom("span", { class: "label", text: label }), ...rest);
  const words = (text, name) => pingan.dom("span", { class: name || "", text });

  /** Write a place's name, its value in A and B as far as they show it, and their difference. */
  function lines(sheet, k) {
    const id = idOf(sheet, k);
    const parts = [pingan.dom("span", { class: "name", text: nameOf(sheet, k) })];
    for (const key of ["a", "b"]) {
      const data = shown[key];
      const j = key === sheet.name || shown.same ? k : otherRank(key, id);
      if (j === undefined) continue;
      parts.push(row(data.name, ...valueOf(data, j)));
    }
    const diff = shown.diff;
    if (diff) parts.push(row(shown.text.difference, ...changeOf(diff, k)));
    return parts;
  }

  function otherRank(key, id) {
    const sheet = sheets().find((each) => each.name === key);
    return sheet && sheet.ranks.get(id);
  }

  function valueOf(data, j) {
    const kind = classOf(data, j);
    if (kind === NO_DATA) return [words(shown.text.no_data, "unsure")];
    const look = data.palette[kind];
    const found = [words(pingan.number(data.value[j], data.decimals), "figure")];
    if (look.mark) found.push(pingan.dom("span", { class: "mark", text: look.mark, style: { background: look.fill, color: look.ink } }), words(look.word));
    else if (data.unit) found.push(words(data.unit, "unsure"));
    return found;
  }

  const signed = (value, decimals) => (value > 0 ? `+${pingan.number(value, decimals)}` : pingan.number(value, decimals));

  function changeOf(diff, k) {
    const value = diff.value[k];
    if (value === null) return [words(shown.text.no_data, "unsure")];
    const sure = Boolean(diff.sure[k]);
    const mark = !value ? "" : value > 0 ? (sure ? "▲ " : "△ ") : sure ? "▼ " : "▽ ";
    return [words(mark + signed(value, diff.decimals), "figure"), words(sure ? shown.text.sure : shown.text.not_sure, sure ? "" : "unsure")];
  }

  /* ---- labels: what is certain wins, then the larger place, and no two overlap ---- */

  const pencil = document.createElement("canvas").getContext("2d");

  function label(sheet) {
    const { map } = sheet;
    sheet.labels.forEach((element) => element.remove());
    sheet.labels = [];
    if (!shown || !map.getSize().x) return;
    const px = parseFloat(pingan.token("--label-size"));
    pencil.font = `600 ${px}px ${pingan.token("--font")}`;
    const view = map.getPixelBounds();
    const scale = map.getZoomScale(map.getZoom(), 0);
    const candidates = sheet.order.map((index, k) => ({ k, ...boxAt(sheet, index, scale) })).filter((each) => Math.min(each.w, each.h) >= LEAST);
    const certain = (each) => Number(Boolean(sheet.data.diff && sheet.data.sure[each.k]));
    candidates.sort((a, b) => certain(b) - certain(a) || b.area - a.area);
    const taken = [underButtons(map, view.min)];
    const added = document.createDocumentFragment();
    const origin = map.getPixelOrigin();
    for (const { k, at, w, h } of candidates) {
      const data = sheet.data;
      const kind = classOf(data, k);
      const number = kind === NO_DATA ? "" : data.diff ? signed(data.value[k], data.decimals) : pingan.number(data.value[k], data.decimals);
      const mark = kind === NO_DATA ? "" : data.palette[kind].mark;
      const value = [number, mark].filter(Boolean).join(" ");
      const name = nameOf(sheet, k);
      const width = Math.max(pencil.measureText(name).width, pencil.measureText(value).width);
      const height = px * 1.25 * (value ? 2 : 1);
      if (width > w * SLACK || height > h * SLACK) continue;
      const box = [at.x - width / 2 - 3, at.x + width / 2 + 3, at.y - height / 2 - 1, at.y + height / 2 + 1];
      if (box[0] < view.min.x || box[1] > view.max.x || box[2] < view.min.y || box[3] > view.max.y) continue;
      if (taken.some((o) => box[0] < o[1] && o[0] < box[1] && box[2] < o[3] && o[2] < box[3])) continue;
      taken.push(box);
      const dark = kind !== NO_DATA && !data.circles && !chance(data, k) && data.palette[kind].ink.toLowerCase() === "#ffffff";
      const element = pingan.dom("div", { class: dark ? "place-label dark" : "place-label" }, words(name, "name"), value ? words(value, "value") : null);
      element.style.transform = `translate(${Math.round(at.x - origin.x)}px, ${Math.round(at.y - origin.y)}px) translate(-50%, -50%)`;
      sheet.labels.push(element);
      added.append(element);
    }
    map.getPane(`cmp-labels-${sheet.name}`).append(added);
  }

  /** Give the room that the buttons of a map take [world px]; no label goes below them. */
  function underButtons(map, min) {
    const group = map.getContainer().querySelector(".map-buttons");
    const [x, y] = [min.x + group.offsetLeft, min.y + group.offsetTop];
    return [x, x + group.offsetWidth, y, y + group.offsetHeight];
  }

  /** Give a place's label point and extent [world px at the zoom of `scale`]; projected once, scaled ever after. */
  function boxAt(sheet, index, scale) {
    const shape = pingan.geometry.shape(sheet.file, index);
    if (!shape.world) {
      const [sw, ne, at] = [shape.bounds.getSouthWest(), shape.bounds.getNorthEast(), shape.label].map((position) => sheet.map.project(position, 0));
      shape.world = { at, w: ne.x - sw.x, h: sw.y - ne.y };
    }
    const { at, w, h } = shape.world;
    return { area: shape.area, at: at.multiplyBy(scale), w: w * scale, h: h * scale };
  }

  /* ---- the bar between A and B ---- */

  let share = 0.5;
  let handle = null;

  function bar(data) {
    if (data.mode !== "swipe") {
      if (handle) handle.remove();
      handle = null;
      clip(maps.a);
      return;
    }
    if (!handle) {
      handle = pingan.dom("div", { class: "swipe-bar", role: "slider", tabindex: 0, "aria-orientation": "horizontal", "aria-valuemin": 0, "aria-valuemax": 100 }, pingan.dom("span", { text: "A ◂▸ B" }));
      handle.addEventListener("pointerdown", grab);
      handle.addEventListener("keydown", nudge);
      L.DomEvent.disableClickPropagation(handle);
      maps.a.getContainer().append(handle);
    }
    handle.setAttribute("aria-label", data.text.bar);
    move(share);
  }

  function grab(event) {
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    const drag = (next) => {
      const box = maps.a.getContainer().getBoundingClientRect();
      move((next.clientX - box.left) / box.width);
    };
    const done = () => {
      handle.removeEventListener("pointermove", drag);
      ["pointerup", "pointercancel"].forEach((name) => handle.removeEventListener(name, done));
    };
    handle.addEventListener("pointermove", drag);
    ["pointerup", "pointercancel"].forEach((name) => handle.addEventListener(name, done));
  }

  function nudge(event) {
    const to = { ArrowLeft: share - STEP, ArrowRight: share + STEP, PageDown: share - 5 * STEP, PageUp: share + 5 * STEP, Home: 0, End: 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // the map's own keys would pan
    move(to);
  }

  function move(to) {
    share = Math.min(1, Math.max(0, to));
    handle.style.left = `${100 * share}%`;
    handle.setAttribute("aria-valuenow", Math.round(100 * share));
    handle.setAttribute("aria-valuetext", `A ${Math.round(100 * share)}%`);
    clip(maps.a);
  }

  /** Cut A off on the right of the bar and B on its left; without a bar nothing is cut. */
  function clip(map) {
    if (!map || map !== maps.a) return;
    const swiped = shown && shown.mode === "swipe";
    const x = map.containerPointToLayerPoint([share * map.getSize().x, 0]).x;
    const cut = (from, to) => `polygon(${from}px ${-FAR}px, ${to}px ${-FAR}px, ${to}px ${FAR}px, ${from}px ${FAR}px)`;
    for (const [side, path] of [["a", cut(-FAR, x)], ["b", cut(x, FAR)]]) {
      for (const pane of ["places", "circles", "labels"]) map.getPane(`cmp-${pane}-${side}`).style.clipPath = swiped ? path : "";
    }
  }

  /* ---- links and keys of the page ---- */

  // drawn links are no components: they change the address as those do, without loading the page
  document.addEventListener(
    "click",
    (click) => {
      const link = click.target.closest('a[href^="/compare/"]');
      if (!link || click.ctrlKey || click.metaKey || click.shiftKey || click.button) return;
      const { pathname, search } = new URL(link.href);
      click.preventDefault();
      click.stopPropagation();
      window.history.pushState(null, "", pathname + search);
      clientside.set_props(URL_PART, { search, href: window.location.href });
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    if (pingan.typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "f" || event.key === "F") tell({ kind: "theme" });
    if (event.key === "Escape") point(null);
  });

  // a menu gives way to what is chosen next
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".chooser details[open]")) if (!open.contains(event.target)) open.open = false;
  });

  /** Tell a test what is on the maps. */
  pingan.compareState = function () {
    const view = (map) => (map ? { zoom: map.getZoom(), center: [map.getCenter().lat, map.getCenter().lng], box: map.parts.box.hidden ? null : map.parts.box.innerText } : null);
    return { mode: shown ? shown.mode : "", share, a: view(maps.a), b: view(maps.b), sheets: sheets().map((s) => ({ map: s.map.parts.side, name: s.name, ids: s.order.map((_, k) => idOf(s, k)), classes: s.order.map((_, k) => classOf(s.data, k)), labels: s.labels.length })) };
  };

  pingan.compare = { hatch, classOf, signed, sheets, maps };
  pingan.expose("paintCompare", paintCompare);
})();
