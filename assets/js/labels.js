/* Labels on the map: name first, value second; the larger place wins, and no two ever overlap. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const SLACK = 1.3; // a label may be a little wider than its place
  const GAP = 3;
  const SHIFTS = [0, -0.6, 0.6, -1.2, 1.2, -1.8, 1.8]; // where numbers of spots stand, a label moves up or down [its heights]
  const LEAST = 10; // smaller places get no label [px]
  const BARE = 16; // a mark without a name needs a place this large [px]
  // on a map 香湾 is enough for 香湾街道
  const SUFFIX = /^(.{2,}?)(?:街道|社区|镇|乡|村|区| (?:District|Subdistrict|Town|Township|Community|Village))$/;
  const COVERS = ":scope > .legend, :scope > .chips > *, :scope > .layers > *, :scope > .filters > summary, :scope > .pattern-legend, .map-buttons";
  const MOST_MEASURED = 8000; // widths kept for each font
  const CELL = 64; // side of the buckets in which neighbours are sought [px]

  let chosen = []; // [{k, parts, x, y}] in world pixels of `zoom`, for the whole set: panning changes nothing
  let shown = new Map(); // rank → element
  const measured = new Map(); // font → text → width
  let type = null;
  let placed = null; // the pixel origin that the elements are placed from

  /** Listen to what changes the room for labels (zoom) or the part in view (pan). */
  function attach(s) {
    const pane = s.map.getPane("pingan-labels");
    pane.classList.add("leaflet-zoom-hide");
    shown = new Map();
    chosen = [];
    let stale = false;
    s.map.on("zoomend viewreset", () => (stale = true));
    s.map.on("moveend", () => {
      if (stale) layout(s);
      else render(s);
      stale = false;
    });
    const again = () => !s.drawing && chosen.length && render(s);
    const covers = new ResizeObserver(again); // what stands on the map comes after it, and changes
    const wrap = s.map.getContainer().closest(".map-wrap");
    for (const part of wrap.querySelectorAll(":scope > :is(.legend, .pattern-legend, .chips, .layers, .filters)")) covers.observe(part);
    s.map.on("unload", () => covers.disconnect());
  }

  /* ---- measuring ---- */

  /** Read the two text sizes from the style sheet through one hidden label. */
  function typeOf(pane) {
    const probe = labelOf({ name: "永", value: "0" });
    probe.style.visibility = "hidden";
    pane.append(probe);
    const [name, value] = [".name", ".value"].map((part) => {
      const style = getComputedStyle(probe.querySelector(part));
      return { font: `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`, height: parseFloat(style.lineHeight) || parseFloat(style.fontSize) * 1.2 };
    });
    probe.remove();
    return { name, value };
  }

  const pencil = document.createElement("canvas").getContext("2d");

  /** Measure a text, once; what was measured is forgotten when it has become much, for numbers come in ever new ones. */
  function widthOf(text, font) {
    if (!measured.has(font)) measured.set(font, new Map());
    const widths = measured.get(font);
    let width = widths.get(text);
    if (width === undefined) {
      if (widths.size >= MOST_MEASURED) widths.clear();
      pencil.font = font;
      width = pencil.measureText(text).width;
      widths.set(text, width);
    }
    return width;
  }

  function boxOf(parts) {
    const lines = ["name", "value"].filter((part) => parts[part]);
    return {
      w: Math.max(...lines.map((part) => widthOf(parts[part], type[part].font))),
      h: lines.reduce((sum, part) => sum + type[part].height, 0),
    };
  }

  /* ---- choosing ---- */

  /** List what place `k` may be labelled with, best first: no number without its name, a bare mark only where it hints at an
   * exception from the class that is most `common`; `short` says that no name is written in full. */
  function wordings(s, k, common, short) {
    const kind = pingan.places.classOf(s.data, k);
    const look = kind < 0 ? null : s.data.palette[kind];
    const value = s.data.value ? s.data.value[k] : null;
    const known = value !== null && value !== undefined && look;
    const full = pingan.places.nameOf(s, k);
    const name = short ? full.replace(SUFFIX, "$1") : full;
    const mark = (look && look.mark) || "";
    if (!known) return [{ name }];
    const written = pingan.number(value, s.data.decimals);
    const marked = mark ? `${written} ${mark}` : written;
    const dark = look.ink.toLowerCase() === "#ffffff";
    return [{ name, value: marked, dark }, { name, dark }, ...(mark && kind !== common ? [{ value: mark, dark, bare: true }] : [])];
  }

  /** Give the class that most places wear. */
  function commonest(s) {
    const counts = new Map();
    s.order.forEach((_, k) => {
      const kind = pingan.places.classOf(s.data, k);
      counts.set(kind, (counts.get(kind) || 0) + 1);
    });
    return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), [null, 0])[0];
  }

  /** Choose labels for all places at the present zoom; names are shortened, all of them, if that lets more places be named. */
  function choose(s) {
    const scale = s.map.getZoomScale(s.map.getZoom(), 0);
    const candidates = s.order
      .map((index, k) => candidate(s, index, k, scale))
      .filter(({ room }) => Math.min(room.w, room.h) >= LEAST)
      .sort((a, b) => b.known - a.known || b.area - a.area);
    const full = fill(s, candidates, false);
    if (named(full) === candidates.length) return full;
    const short = fill(s, candidates, true);
    return named(short) > named(full) ? short : full;
  }

  const named = (labels) => labels.filter(({ parts }) => parts.name).length;

  /** Give a place's label point and extent [px at the zoom of `scale`]; projected once, scaled ever after. */
  function candidate(s, index, k, scale) {
    const shape = pingan.geometry.shape(s.file, index);
    if (!shape.world) {
      const [sw, ne, at] = [shape.bounds.getSouthWest(), shape.bounds.getNorthEast(), shape.label].map((position) => s.map.project(position, 0));
      shape.world = { at, w: ne.x - sw.x, h: sw.y - ne.y };
    }
    const { at, w, h } = shape.world;
    return { k, area: shape.area, at: at.multiplyBy(scale), room: { w: w * scale, h: h * scale }, known: pingan.places.classOf(s.data, k) >= 0 };
  }

  /** Give each place, in order of priority, the best wording that fits it and meets no label before it. */
  function fill(s, candidates, short) {
    const taken = new Map();
    const labels = [];
    const common = commonest(s);
    const numbers = pingan.patterns.boxes(s);
    const rings = pingan.incidents.boxes(s);
    numbers.forEach((box) => claim(taken, box)); // numbers of spots go first
    rings.forEach((box) => claim(taken, box, true)); // rings may touch one another
    const shifts = numbers.length || rings.length ? SHIFTS : [0];
    for (const { k, room, at } of candidates) {
      for (const parts of wordings(s, k, common, short)) {
        if (parts.bare && Math.min(room.w, room.h) < BARE) continue;
        const { w, h } = boxOf(parts);
        if (w > room.w * SLACK || h > room.h * SLACK) continue;
        const ys = shifts.filter((shift) => !shift || Math.abs(shift) * h + h / 2 <= room.h / 2).map((shift) => at.y + shift * h);
        const boxAt = (y) => ({ left: at.x - w / 2 - GAP, right: at.x + w / 2 + GAP, top: y - h / 2 - 1, bottom: y + h / 2 + 1 });
        const y = ys.find((each) => claim(taken, boxAt(each)));
        if (y === undefined) continue;
        labels.push({ k, parts, x: at.x, y, w, h, room });
        break;
      }
    }
    return labels;
  }

  /** Take a box's room if it is free, or whatever lies there. */
  function claim(taken, box, whatever) {
    const cells = [];
    for (let x = Math.floor(box.left / CELL); x <= Math.floor(box.right / CELL); x += 1) {
      for (let y = Math.floor(box.top / CELL); y <= Math.floor(box.bottom / CELL); y += 1) cells.push(`${x},${y}`);
    }
    const meets = (other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom;
    if (!whatever && cells.some((cell) => (taken.get(cell) || []).some(meets))) return false;
    cells.forEach((cell) => (taken.has(cell) ? taken.get(cell).push(box) : taken.set(cell, [box])));
    return true;
  }

  /* ---- showing ---- */

  function labelOf(parts) {
    return pingan.dom(
      "div",
      { class: parts.dark ? "place-label dark" : "place-label" },
      parts.name ? pingan.dom("span", { class: "name", text: parts.name }) : null,
      parts.value ? pingan.dom("span", { class: "value", text: parts.value }) : null,
    );
  }

  /** Choose again and show; `fresh` also forgets the text sizes, after a change of theme. */
  function layout(s, fresh) {
    if (!s.data || s.drawing || s.map.getSize().x === 0) return;
    const began = performance.now();
    if (fresh || !type) type = typeOf(s.map.getPane("pingan-labels"));
    chosen = choose(s);
    shown.forEach((element) => element.remove());
    shown = new Map();
    render(s);
    pingan.time("labels", s.key, chosen.length, performance.now() - began);
  }

  /** Write the present values into the labels that stand; none moves, comes or goes. */
  function follow(s) {
    for (const label of chosen) {
      const all = wordings(s, label.k, null, false);
      const same = all.find((parts) => Boolean(parts.bare) === Boolean(label.parts.bare)) || {};
      const { dark } = all[0];
      label.parts = { ...label.parts, dark, value: label.parts.value === undefined ? undefined : same.value || "" };
      const element = shown.get(label.k);
      if (!element) continue;
      element.classList.toggle("dark", Boolean(dark));
      const value = element.querySelector(".value");
      if (value) value.textContent = label.parts.value;
    }
  }

  /** Keep elements only for labels in or near the view; none is cut at its edge or covered by what stands on the map. */
  function render(s) {
    const pane = s.map.getPane("pingan-labels");
    const origin = s.map.getPixelOrigin();
    if (!placed || !origin.equals(placed)) {
      shown.forEach((element) => element.remove()); // also a fit at the same zoom moves the origin
      shown = new Map();
      placed = origin;
    }
    const view = s.map.getPixelBounds();
    const places = settle(s, view);
    const added = document.createDocumentFragment();
    for (const label of chosen) {
      const at = places.get(label.k);
      if (at && !shown.has(label.k)) {
        const element = labelOf(label.parts);
        shown.set(label.k, element);
        added.append(element);
      } else if (!at && shown.has(label.k)) {
        shown.get(label.k).remove();
        shown.delete(label.k);
      }
      if (at) shown.get(label.k).style.transform = `translate(${Math.round(at.x - origin.x)}px, ${Math.round(at.y - origin.y)}px) translate(-50%, -50%)`;
    }
    pane.append(added);
  }

  /** Give where each label in or near the view stands: a cut or covered one moves aside within its place, or is left out. */
  function settle(s, view) {
    const pad = view.getSize().multiplyBy(0.25);
    const near = L.bounds(view.min.subtract(pad), view.max.add(pad));
    const covers = coversOf(s.map, view);
    const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    const free = (box, taken) => box.left >= view.min.x && box.right <= view.max.x && box.top >= view.min.y && box.bottom <= view.max.y && !taken.some((each) => meet(box, each));
    const inside = [];
    const places = new Map();
    const stuck = [];
    for (const label of chosen) {
      if (!near.contains(L.point(label.x, label.y))) continue;
      const box = around(label, label.x, label.y);
      const outside = !meet(box, { left: view.min.x, right: view.max.x, top: view.min.y, bottom: view.max.y });
      if (outside) places.set(label.k, label); // in sight as soon as the map is dragged
      else if (free(box, covers)) {
        places.set(label.k, label);
        inside.push(box);
      } else stuck.push(label);
    }
    for (const label of stuck) {
      const { x, y, w, h, room } = label;
      const [right, below] = [Math.max(0, (room.w - w) / 2), Math.max(0, (room.h - h) / 2)];
      const [left, top] = [Math.max(view.min.x + w / 2 + GAP, Math.min(view.max.x - w / 2 - GAP, x)), Math.max(view.min.y + h / 2 + 1, Math.min(view.max.y - h / 2 - 1, y))];
      const aims = [[left, top], ...covers.flatMap((c) => [[c.right + w / 2 + GAP, top], [c.left - w / 2 - GAP, top], [left, c.top - h / 2 - 1], [left, c.bottom + h / 2 + 1]])];
      const within = aims.filter(([ax, ay]) => Math.abs(ax - x) <= Math.min(right, w) && Math.abs(ay - y) <= Math.min(below, h));
      const at = within.find(([ax, ay]) => free(around(label, ax, ay), [...covers, ...inside]));
      if (!at) continue;
      places.set(label.k, { x: at[0], y: at[1] });
      inside.push(around(label, ...at));
    }
    return places;
  }

  const around = ({ w, h }, x, y) => ({ left: x - w / 2 - GAP, right: x + w / 2 + GAP, top: y - h / 2 - 1, bottom: y + h / 2 + 1 });

  /** Give the boxes of what stands on the map [world pixels]. */
  function coversOf(map, view) {
    const frame = map.getContainer().getBoundingClientRect();
    const wrap = map.getContainer().closest(".map-wrap");
    return [...wrap.querySelectorAll(COVERS)]
      .map((element) => element.getBoundingClientRect())
      .filter(({ width, height }) => width && height)
      .map(({ left, right, top, bottom }) => ({
        left: left - frame.left + view.min.x,
        right: right - frame.left + view.min.x,
        top: top - frame.top + view.min.y,
        bottom: bottom - frame.top + view.min.y,
      }));
  }

  pingan.labels = { attach, layout, follow, count: () => shown.size };
})();
