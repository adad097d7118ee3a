/* The pattern above the places: outlines, rings, a picture and their numbers, asked for by the layer and kept for the way back. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const KEPT = 24;
  const PATIENT_MS = 400; // from here on the reader is told that something is being worked out
  const EARTH_M = 40075016.686;
  const LEAST_RING = 4; // a ring seen from afar is a small circle [px]
  const FONT = "600 12px system-ui, sans-serif";
  const GAP = 2;
  const TILE = 8;
  const PROJECTED = 3; // as many as the projected card lists
  const FIRST = 5; // as many as the card lists at once: these are always shown, beside their spot where they must
  const SHIFTS = 8; // a number moves aside by at most so many half heights

  const answers = new Map(); // address → promise of what is drawn
  let began = null; // when a layer was chosen
  let latest = 0; // number of the newest question; older ones give up
  let asking = 0; // number of the question that is not answered yet, 0 for none

  const addressOf = (wanted, layer) => `${wanted.url}&layer=${layer}`;

  /** Resolve to what is drawn at an address; a failed question is forgotten so that it may be asked again. */
  function load(url) {
    if (!answers.has(url)) {
      const loading = pingan.fetchJson(url, { retries: 1 }).then(
        (answer) => ({ ...answer, file: answer.shapes ? pingan.geometry.unpack(answer.shapes) : null }),
        (error) => {
          answers.delete(url);
          throw error;
        },
      );
      answers.set(url, loading);
      if (answers.size > KEPT) answers.delete(answers.keys().next().value);
    }
    return answers.get(url);
  }

  function attach(s) {
    s.map.getPane("pingan-marks").classList.add("pattern-marks");
    s.pattern = { url: null, answer: null, layers: L.layerGroup().addTo(s.map), rings: [], marks: L.layerGroup().addTo(s.map), boxes: null };
    s.pattern.renderers = Object.fromEntries(["fills", "pattern"].map((name) => [name, L.canvas({ pane: `pingan-${name}`, padding: 0.3 })]));
    s.map.on("zoomend", () => {
      if (!s.pattern.answer) return;
      s.pattern.rings.forEach((ring) => ring.setRadius(radiusOf(s, ring)));
      number(s);
    });
  }

  /** Draw what the view wants, or nothing; what is drawn already stays. */
  async function refresh(s) {
    const wanted = s.data && s.data.pattern;
    const url = wanted && wanted.layer ? addressOf(wanted, wanted.layer) : null;
    if (url === s.pattern.url) return;
    s.pattern.url = url;
    pingan.controls.note(s.map, null, null, "layer-note");
    if (!url) {
      latest += 1;
      asking = 0;
      clear(s);
      return;
    }
    const words = s.data.text || {};
    const mine = (latest += 1);
    const wait = () => mine === latest && pingan.controls.note(s.map, words.layer_wait, null, "layer-note");
    const slow = setTimeout(wait, PATIENT_MS);
    const missed = (mend) => {
      clearTimeout(slow);
      clear(s);
      pingan.controls.note(s.map, words.layer_failed, mend, "layer-note");
    };
    const again = (wake) =>
      missed(() => {
        wait();
        wake();
      });
    asking = mine;
    try {
      const answer = await pingan.insist(() => load(url), () => mine === latest, again);
      if (!answer) return;
      draw(s, answer);
      pingan.controls.note(s.map, null, null, "layer-note");
    } catch {
      s.pattern.url = null; // so that it may be asked for again
      missed(() => refresh(s));
    } finally {
      if (asking === mine) asking = 0;
      clearTimeout(slow);
    }
  }

  function clear(s) {
    const had = s.pattern.answer;
    s.pattern.layers.clearLayers();
    s.pattern.marks.clearLayers();
    Object.assign(s.pattern, { answer: null, rings: [], boxes: null });
    if (!s.pattern.url || had) s.map.getContainer().classList.remove("pattern-fades");
    if (had && had.marks && had.marks.length) pingan.labels.layout(s);
  }

  function draw(s, answer) {
    const start = performance.now();
    s.pattern.layers.clearLayers();
    Object.assign(s.pattern, { answer, rings: [], boxes: null });
    s.map.getContainer().classList.toggle("pattern-fades", Boolean(answer.fades));
    if (answer.image) picture(s, answer.image);
    if (answer.file) areas(s, answer);
    if (answer.rings) rings(s, answer.rings);
    number(s);
    pingan.labels.layout(s);
    measure(answer, performance.now() - start);
  }

  /** Note how long drawing took, and how long the reader waited since the click, to the frame after. */
  function measure(answer, ms) {
    pingan.time("pattern", answer.layer, countOf(answer), ms);
    if (began === null) return;
    const since = began;
    began = null;
    requestAnimationFrame(() => setTimeout(() => pingan.time("layer", answer.layer, countOf(answer), performance.now() - since), 0));
  }

  const countOf = (answer) => (answer.file ? answer.look.length : answer.rings ? answer.rings.at.length : answer.image ? 1 : 0);

  /* ---- what is drawn ---- */

  const still = (s, name) => ({ pane: `pingan-${name}`, renderer: s.pattern.renderers[name], interactive: false, lineJoin: "round", smoothFactor: 0.5 });
  const width = () => parseFloat(pingan.token("--pattern-width")) || 2;

  /** Draw all areas of one look as one path: a fill with its tile, or a line on a pale casing. */
  function areas(s, { file, look, looks }) {
    looks.forEach((is, kind) => {
      const mine = look.flatMap((each, k) => (each === kind ? pingan.geometry.shape(file, k).latlngs : []));
      const path = (style) => L.polygon(mine, { ...still(s, is.fill ? "fills" : "pattern"), ...style }).addTo(s.pattern.layers);
      if (is.fill) {
        path({ stroke: false, fillColor: is.fill, fillOpacity: 0.9 });
        if (is.hatch) path({ stroke: false, fillColor: tile(is.hatch), fillOpacity: 1 });
        path({ fill: false, color: is.line, weight: 0.75 });
      } else {
        path({ fill: false, color: pingan.token("--paper"), weight: width() + 3 });
        path({ fill: false, color: is.line, weight: width(), dashArray: is.dash });
      }
    });
  }

  const tiles = new Map();

  /** Make a transparent tile with white strokes. */
  function tile(path) {
    if (!tiles.has(path)) {
      const context = pingan.dom("canvas", { width: TILE, height: TILE }).getContext("2d");
      Object.assign(context, { strokeStyle: "#ffffff", lineWidth: 1.5, lineCap: "round" });
      context.stroke(new Path2D(path));
      tiles.set(path, context.createPattern(context.canvas, "repeat"));
    }
    return tiles.get(path);
  }

  /** Draw circles on the ground; those with a series are thicker and tinted. */
  function rings(s, { radius_m: metres, at, look }) {
    s.pattern.rings = at.map(([lat, lon, n]) => {
      const style = n > 1 ? { weight: width() + 1, fillColor: look.line, fillOpacity: 0.18 } : { weight: width() * 0.75, fill: false };
      const ring = L.circleMarker([lat, lon], { ...still(s, "pattern"), color: look.line, opacity: n > 1 ? 1 : 0.75, ...style });
      ring.metres = metres;
      ring.setRadius(radiusOf(s, ring));
      return ring.addTo(s.pattern.layers);
    });
  }

  function radiusOf(s, ring) {
    const { lat } = ring.getLatLng();
    const perPixel = (EARTH_M * Math.cos((lat * Math.PI) / 180)) / 2 ** (s.map.getZoom() + 8);
    return Math.max(LEAST_RING, ring.metres / perPixel);
  }

  function picture(s, { src, bounds }) {
    L.imageOverlay(src, bounds, { pane: "pingan-fills", interactive: false, className: "pattern-picture" }).addTo(s.pattern.layers);
  }

  /* ---- numbers: the first ones win, and no two overlap ---- */

  const pencil = document.createElement("canvas").getContext("2d");

  /** Give the ways aside, nearest first: in half heights to the right and up. */
  const aside = (() => {
    const steps = Array.from({ length: 2 * SHIFTS + 1 }, (_, k) => k - SHIFTS);
    return steps.flatMap((x) => steps.map((y) => [x, y])).sort((a, b) => Math.hypot(...a) - Math.hypot(...b) || b[1] - a[1]);
  })();

  /** Choose which marks have room at the present zoom; boxes in its world pixels, bottom in the middle of the spot's northern
   * edge. The first ones move aside where others have their room, and tell by how much: `dx`, `dy`. */
  function boxes(s) {
    const { answer, boxes: kept } = s.pattern || {};
    const zoom = s.map.getZoom();
    if (!answer || !answer.marks || zoom < (answer.marks_from_zoom || 0)) return [];
    if (kept && kept.zoom === zoom) return kept.list;
    const size = parseFloat(pingan.token("--mark-size")) || 12;
    pencil.font = FONT.replace("12px", `${size}px`);
    const list = [];
    const most = document.documentElement.dataset.theme === "projector" ? PROJECTED : answer.marks.length;
    const always = answer.marks_from_zoom ? 0 : FIRST; // what only a near view has room for is no list's number
    answer.marks.slice(0, most).forEach(([lat, lon, words], n) => {
      const at = s.map.project([lat, lon], zoom);
      const [w, h] = [Math.max(size * 1.7, pencil.measureText(words).width + size), size * 1.7];
      for (const [x, y] of n < always ? aside : [[0, 0]]) {
        const [dx, dy] = [(x * h) / 2, (-y * h) / 2];
        const box = { left: at.x + dx - w / 2 - GAP, right: at.x + dx + w / 2 + GAP, top: at.y + dy - h - 2 * GAP, bottom: at.y + dy, lat, lon, words, w, h, dx, dy };
        const meets = (other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom;
        if (list.some(meets)) continue;
        list.push(box);
        break;
      }
    });
    s.pattern.boxes = { zoom, list };
    return list;
  }

  function number(s) {
    s.pattern.marks.clearLayers();
    const zoom = s.map.getZoom();
    for (const { lat, lon, words, w, h, dx, dy } of boxes(s)) {
      const html = pingan.dom("span", { text: words });
      const icon = L.divIcon({ html, className: "pattern-mark", iconSize: [w, h], iconAnchor: [w / 2 - dx, h + GAP - dy] });
      if (dx || dy) leader(s, [lat, lon], s.map.unproject(s.map.project([lat, lon], zoom).add([dx, dy - h / 2 - GAP]), zoom));
      L.marker([lat, lon], { icon, pane: "pingan-marks", interactive: false, keyboard: false }).addTo(s.pattern.marks);
    }
  }

  /** Draw the line from a spot to its number that had to move aside; it ends below the middle of the number. */
  function leader(s, from, to) {
    L.polyline([from, to], { ...still(s, "pattern"), color: pingan.token("--pattern"), weight: 1.5 }).addTo(s.pattern.marks);
  }

  /* ---- the choice ---- */

  const layerOf = (event) => {
    const link = event.target.closest ? event.target.closest(".layers a") : null;
    return link ? new URL(link.href).searchParams.get("layer") || "" : null;
  };

  // the finger is down some time before the click: the question is asked meanwhile
  document.addEventListener("pointerdown", (event) => {
    const layer = layerOf(event);
    const wanted = pingan.places.scene()?.data?.pattern;
    if (layer && wanted) load(addressOf(wanted, layer)).catch(() => null);
  });

  document.addEventListener(
    "click",
    (event) => {
      const layer = layerOf(event);
      const s = pingan.places.scene();
      if (layer === null || !s || !s.data || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      began = layer ? performance.now() : null;
      s.data.pattern = { ...s.data.pattern, layer }; // drawn at once; the answer to the link will say the same
      refresh(s);
    },
    true,
  );

  /** Tell a test which layer is drawn, of how many figures, with which numbers. */
  function state() {
    const s = pingan.places.scene();
    const answer = s && s.pattern.answer;
    return answer ? { layer: answer.layer, n: countOf(answer), marks: boxes(s).map(({ words }) => words) } : null;
  }

  /** Draw again with the widths and sizes of another theme. */
  function restyle(s) {
    if (s.pattern.answer) draw(s, s.pattern.answer);
  }

  pingan.patterns = { attach, refresh, restyle, boxes, state, busy: () => asking !== 0 };
})();
