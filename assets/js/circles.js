/* Counts as circles: one canvas above the places; a circle's area says the number, on a scale that no period changes. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const PANE = "pingan-circles";
  const HEIGHT = 426; // above the places and their outlines, below what is pointed at and the labels
  const PAD = 0.2; // of the map's size on every side, so that a drag uncovers circles
  const LAND = 0;
  const NO_DATA = -1;
  const FULL = 2 * Math.PI;
  const TINY = 4; // smaller circles have no line, which would be all that is seen [px]

  /** Give data of counts the one class that all places wear, so that all else may treat them as any other. */
  function plain(data) {
    if (!data.circles) return data;
    const classes = new Array(data.value.length).fill(LAND);
    data.circles.missing.forEach((k) => (classes[k] = NO_DATA));
    return { ...data, class: classes, palette: [{ fill: data.circles.land, ink: pingan.token("--ink"), mark: "", word: "" }] };
  }

  function attach(s) {
    const pane = s.map.getPane(PANE) || s.map.createPane(PANE);
    pane.style.zIndex = HEIGHT;
    pane.style.pointerEvents = "none"; // hover and click belong to the places
    s.circles = pingan.dom("canvas", { class: "leaflet-zoom-hide", "aria-hidden": "true" });
    pane.append(s.circles);
    s.map.on("moveend resize viewreset", () => refresh(s));
  }

  /** Give a place's label point in pixels of zoom 0; projected once. */
  function pointOf(s, index) {
    const shape = pingan.geometry.shape(s.file, index);
    shape.point = shape.point || s.map.project(shape.label, 0);
    return shape.point;
  }

  /** List what is to be drawn in or near the view, larger circles first, so that smaller ones stand on them. */
  function listed(s, origin, size) {
    const { circles, value } = s.data;
    const scale = s.map.getZoomScale(s.map.getZoom(), 0);
    const unit = (circles.radius * parseFloat(pingan.token("--circle-scale"))) / Math.sqrt(circles.largest);
    const found = [];
    s.order.forEach((index, k) => {
      if (!value[k] || pingan.places.classOf(s.data, k) === NO_DATA) return;
      const at = pointOf(s, index);
      const [x, y, r] = [at.x * scale - origin.x, at.y * scale - origin.y, unit * Math.sqrt(value[k])];
      if (x + r > 0 && y + r > 0 && x - r < size.x && y - r < size.y) found.push({ x, y, r });
    });
    return found.sort((a, b) => b.r - a.r);
  }

  /** Draw the circles of the present data; without any the canvas is empty. */
  function refresh(s) {
    const canvas = s.circles;
    const shown = Boolean(s.data && s.data.circles && s.data.value && !s.drawing);
    canvas.hidden = !shown;
    s.circled = 0;
    if (!shown) return;
    const began = performance.now();
    const pad = s.map.getSize().multiplyBy(PAD).round();
    const size = s.map.getSize().add(pad.multiplyBy(2));
    const corner = s.map.containerPointToLayerPoint(pad.multiplyBy(-1)).round();
    const ratio = window.devicePixelRatio || 1;
    Object.assign(canvas, { width: size.x * ratio, height: size.y * ratio });
    Object.assign(canvas.style, { width: `${size.x}px`, height: `${size.y}px` });
    L.DomUtil.setPosition(canvas, corner);
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.strokeStyle = s.data.circles.fill;
    context.lineWidth = 1.5;
    const all = listed(s, s.map.getPixelOrigin().add(corner), size);
    for (const { x, y, r } of all) {
      context.beginPath();
      context.arc(x, y, r, 0, FULL);
      context.fillStyle = s.data.circles.fill + (r < TINY ? "66" : "2e"); // as thin as the legend has it
      context.fill();
      if (r >= TINY) context.stroke();
    }
    s.circled = all.length;
    pingan.time("circles", s.key, all.length, performance.now() - began);
  }

  pingan.circles = { plain, attach, refresh };
})();
