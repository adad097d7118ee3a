/* A part of the map is chosen by a box, a circle or a drawn line; it stays outlined until its chip is taken away. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const TOOLS = ["box", "circle", "lasso"];
  const WORDS = { select: "选区", select_box: "框选", select_circle: "圈选", select_lasso: "圈画", select_end: "取消" };
  const MOST_CORNERS = 60; // a link has to hold them
  const LEAST_PX = 8; // smaller ones are a slip of the hand
  const STEP_PX = 16;
  const DIM = 0.45;
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  let text = {};
  let buttons = {};
  let fold = null;
  let tool = null; // the tool at work: { kind, map, overlay, path, hint, size, shape, drawing }

  const word = (key) => text[key] || WORDS[key] || "";

  /* ---- the buttons ---- */

  /** Give the buttons of the tools; on a phone they are folded behind one. */
  function make(map) {
    const toggle = () => fold.setAttribute("aria-expanded", String(fold.getAttribute("aria-expanded") !== "true"));
    fold = pingan.dom("button", { type: "button", class: "select-fold", "aria-expanded": "false", onclick: toggle });
    buttons = {};
    for (const kind of TOOLS) {
      const press = (event) => (tool && tool.kind === kind ? end() : start(map, kind, event.detail === 0));
      buttons[kind] = pingan.dom("button", { type: "button", class: `select-tool select-${kind}`, "aria-pressed": "false", onclick: press });
    }
    words({});
    return [fold, ...Object.values(buttons)];
  }

  function words(given) {
    text = given || {};
    if (fold) fold.textContent = word("select");
    for (const [kind, button] of Object.entries(buttons)) {
      button.textContent = word(`select_${kind}`);
      button.title = word(`select_${kind}_hint`);
    }
    if (tool) tell();
  }

  /* ---- shapes, in pixels of the map's box ---- */

  function outlineOf(shape) {
    if (shape.kind === "box") {
      const { x0, y0, x1, y1 } = shape;
      return `M${x0},${y0}H${x1}V${y1}H${x0}Z`;
    }
    if (shape.kind === "circle") {
      const { x, y, r } = shape;
      return `M${x - r},${y}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0Z`;
    }
    return `M${shape.points.map(([x, y]) => `${x},${y}`).join("L")}Z`;
  }

  /** Is it more than a slip of the hand? */
  function isLarge(shape) {
    if (shape.kind === "circle") return shape.r >= LEAST_PX / 2;
    if (shape.kind === "box") return Math.abs(shape.x1 - shape.x0) >= LEAST_PX && Math.abs(shape.y1 - shape.y0) >= LEAST_PX;
    const span = (axis) => Math.max(...shape.points.map((p) => p[axis])) - Math.min(...shape.points.map((p) => p[axis]));
    return span(0) >= LEAST_PX && span(1) >= LEAST_PX && thin(shape.points).length >= 3;
  }

  /** Write a shape as it stands in a link. */
  function written(map, shape) {
    const at = (x, y) => map.containerPointToLatLng([x, y]).wrap();
    const degrees = (...numbers) => numbers.map((n) => n.toFixed(5)).join(",");
    if (shape.kind === "box") {
      const [nw, se] = [at(Math.min(shape.x0, shape.x1), Math.min(shape.y0, shape.y1)), at(Math.max(shape.x0, shape.x1), Math.max(shape.y0, shape.y1))];
      return `box:${degrees(nw.lng, se.lat, se.lng, nw.lat)}`;
    }
    if (shape.kind === "circle") {
      const centre = at(shape.x, shape.y);
      return `circle:${degrees(centre.lng, centre.lat)},${Math.max(radius(map, shape), 1).toFixed(1)}`;
    }
    const corners = thin(shape.points).map(([x, y]) => at(x, y));
    return `lasso:${corners.map(({ lng, lat }) => degrees(lng, lat)).join(",")}`;
  }

  function radius(map, { x, y, r }) {
    return map.distance(map.containerPointToLatLng([x, y]), map.containerPointToLatLng([x + r, y]));
  }

  /** Say how large it is on the ground. */
  function sizeOf(map, shape) {
    const length = (metres) => (metres >= 1000 ? `${pingan.number(metres / 1000, 1)} km` : `${pingan.number(metres, 0)} m`);
    if (!shape || shape.kind === "lasso") return "";
    if (shape.kind === "circle") return `r = ${length(radius(map, shape))}`;
    const at = (x, y) => map.containerPointToLatLng([x, y]);
    const corner = at(shape.x0, shape.y0);
    return `${length(map.distance(corner, at(shape.x1, shape.y0)))} × ${length(map.distance(corner, at(shape.x0, shape.y1)))}`;
  }

  /** Leave out corners that hardly matter (Douglas and Peucker) until few enough are left. */
  function thin(points, most = MOST_CORNERS) {
    let kept = points;
    for (let tolerance = 1; kept.length > most || tolerance === 1; tolerance *= 1.5) kept = simplified(points, tolerance);
    return kept;
  }

  function simplified(points, tolerance) {
    const keep = new Array(points.length).fill(false);
    keep[0] = keep[points.length - 1] = true;
    const parts = [[0, points.length - 1]];
    while (parts.length) {
      const [first, last] = parts.pop();
      let [farthest, most] = [-1, tolerance];
      for (let k = first + 1; k < last; k += 1) {
        const distance = fromLine(points[k], points[first], points[last]);
        if (distance > most) [farthest, most] = [k, distance];
      }
      if (farthest < 0) continue;
      keep[farthest] = true;
      parts.push([first, farthest], [farthest, last]);
    }
    return points.filter((_, k) => keep[k]);
  }

  /** Give the distance of a point from a line between two others. */
  function fromLine([x, y], [ax, ay], [bx, by]) {
    const [dx, dy] = [bx - ax, by - ay];
    const length = dx * dx + dy * dy;
    const part = length ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
    return Math.hypot(x - ax - part * dx, y - ay - part * dy);
  }

  /* ---- the tool at work ---- */

  function start(map, kind, byKey) {
    end();
    pingan.box.hide();
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    picture.append(path);
    const overlay = pingan.dom("div", { class: "select-overlay", tabindex: "0", role: "application" }, picture);
    const [said, size] = [pingan.dom("span", {}), pingan.dom("span", { class: "size" })];
    const hint = pingan.dom("div", { class: "select-hint", role: "status" }, said, size, pingan.dom("button", { type: "button", text: word("select_end"), onclick: end }));
    L.DomEvent.disableClickPropagation(overlay);
    L.DomEvent.disableClickPropagation(hint);
    tool = { kind, map, overlay, path, hint, said, size, shape: null, drawing: null, pans: map.dragging.enabled() };
    map.dragging.disable();
    map.getContainer().append(overlay);
    (map.getContainer().closest(".map-wrap") || map.getContainer()).append(hint); // the legend must not cover it
    buttons[kind].classList.add("is-on");
    buttons[kind].setAttribute("aria-pressed", "true");
    const listen = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: forget, keydown: onKey };
    for (const [name, call] of Object.entries(listen)) overlay.addEventListener(name, call);
    tool.byKey = byKey;
    tell();
    overlay.focus({ preventScroll: true });
    if (byKey && kind !== "lasso") show(middle());
  }

  function end() {
    if (!tool) return;
    const { kind, map, overlay, hint, pans } = tool;
    const had = overlay.contains(document.activeElement) || hint.contains(document.activeElement);
    tool = null;
    overlay.remove();
    hint.remove();
    if (pans) map.dragging.enable();
    buttons[kind].classList.remove("is-on");
    buttons[kind].setAttribute("aria-pressed", "false");
    fold.setAttribute("aria-expanded", "false");
    if (had) (buttons[kind].offsetParent ? buttons[kind] : fold).focus({ preventScroll: true });
  }

  function tell() {
    const hint = word(tool.byKey && tool.kind !== "lasso" ? "select_keys" : `select_${tool.kind}_hint`);
    tool.said.textContent = hint;
    tool.overlay.setAttribute("aria-label", hint);
    tool.size.textContent = sizeOf(tool.map, tool.shape);
  }

  function show(shape) {
    tool.shape = shape;
    tool.path.setAttribute("d", shape ? outlineOf(shape) : "");
    tool.size.textContent = sizeOf(tool.map, shape);
  }

  /** Take what is drawn: it becomes part of the link. */
  function take() {
    const { map, shape } = tool;
    if (!shape || !isLarge(shape)) return show(null);
    const area = written(map, shape);
    end();
    pingan.tell({ kind: "area", area });
  }

  function pointOf(event) {
    const box = tool.overlay.getBoundingClientRect();
    const inside = (value, size) => Math.round(Math.max(0, Math.min(size, value)));
    return [inside(event.clientX - box.left, box.width), inside(event.clientY - box.top, box.height)];
  }

  function down(event) {
    if (event.button > 0) return;
    event.preventDefault();
    if (!event.isPrimary) return forget(); // a second finger: not drawing any more
    tool.overlay.focus({ preventScroll: true });
    tool.overlay.setPointerCapture(event.pointerId);
    tool.drawing = { id: event.pointerId, points: [pointOf(event)] };
    show(null);
  }

  function move(event) {
    if (!tool.drawing || event.pointerId !== tool.drawing.id) return;
    const [[x0, y0], [x, y]] = [tool.drawing.points[0], pointOf(event)];
    tool.drawing.points.push([x, y]);
    if (tool.kind === "box") show({ kind: "box", x0, y0, x1: x, y1: y });
    else if (tool.kind === "circle") show({ kind: "circle", x: x0, y: y0, r: Math.round(Math.hypot(x - x0, y - y0)) });
    else show({ kind: "lasso", points: tool.drawing.points });
  }

  function up(event) {
    if (!tool.drawing || event.pointerId !== tool.drawing.id) return;
    tool.drawing = null;
    take();
  }

  function forget() {
    tool.drawing = null;
    show(null);
  }

  /* ---- without a pointer ---- */

  function middle() {
    const { x, y } = tool.map.getSize();
    const half = Math.round(Math.min(x, y) / 6);
    const [cx, cy] = [Math.round(x / 2), Math.round(y / 2)];
    return tool.kind === "circle" ? { kind: "circle", x: cx, y: cy, r: half } : { kind: "box", x0: cx - half, y0: cy - half, x1: cx + half, y1: cy + half };
  }

  function moved(shape, dx, dy) {
    if (shape.kind === "circle") return { ...shape, x: shape.x + dx, y: shape.y + dy };
    return { ...shape, x0: shape.x0 + dx, y0: shape.y0 + dy, x1: shape.x1 + dx, y1: shape.y1 + dy };
  }

  function resized(shape, dx, dy) {
    if (shape.kind === "circle") return { ...shape, r: Math.max(LEAST_PX, shape.r + dx + dy) };
    return { ...shape, x1: Math.max(shape.x0 + LEAST_PX, shape.x1 + dx), y1: Math.max(shape.y0 + LEAST_PX, shape.y1 + dy) };
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || tool.kind === "lasso") return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (tool.shape) take();
    } else if (event.key in ARROWS) {
      event.preventDefault();
      const [dx, dy] = ARROWS[event.key].map((way) => way * STEP_PX);
      tool.byKey = true;
      show(tool.shape ? (event.shiftKey ? resized : moved)(tool.shape, dx, dy) : middle());
      tell();
    }
  }

  document.addEventListener(
    "keydown",
    (event) => {
      if (!tool || event.key !== "Escape") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      end();
    },
    true,
  );

  /* ---- what is selected ---- */

  function attach(s) {
    const pane = s.map.getPane("pingan-area") || s.map.createPane("pingan-area");
    pane.style.zIndex = 422;
    pane.style.pointerEvents = "none";
    const common = { pane: "pingan-area", renderer: L.svg({ pane: "pingan-area", padding: 1 }), interactive: false, lineJoin: "round", smoothFactor: 0 };
    s.areaOutside = L.polygon([], { ...common, stroke: false, fillOpacity: DIM, className: "area-outside" }).addTo(s.map);
    s.areaCasing = L.polygon([], { ...common, fill: false, opacity: 0.9 }).addTo(s.map);
    s.areaLine = L.polygon([], { ...common, fill: false, className: "area-line" }).addTo(s.map);
    s.area = "";
    s.map.on("unload", () => {
      tool = null;
    });
  }

  const WORLD = [[-85, -540], [-85, 540], [85, 540], [85, -540]];

  /** Outline the area of a view, and dim what lies outside of it. */
  function refresh(s) {
    const parts = s.data.area || [];
    const wanted = JSON.stringify(parts);
    if (wanted === s.area) return;
    s.area = wanted;
    restyle(s);
    s.areaLine.setLatLngs(parts);
    s.areaCasing.setLatLngs(parts);
    s.areaOutside.setLatLngs(parts.length ? [WORLD, ...parts.flat()] : []);
  }

  function restyle(s) {
    const width = parseFloat(pingan.token("--map-hover-width")) + 0.5;
    s.areaLine.setStyle({ color: pingan.token("--accent"), weight: width });
    s.areaCasing.setStyle({ color: pingan.token("--paper"), weight: width + 3 });
    s.areaOutside.setStyle({ fillColor: pingan.token("--ground") });
  }

  pingan.select = { make, words, attach, refresh, restyle, start, end, thin, busy: () => tool !== null };
})();
