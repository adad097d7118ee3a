/* Many small maps as pictures of one geometry, and the tables that tell every map to those who cannot see it. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const MOST_ROWS = 400;
  const FRAMES = 60;
  const SHRUNK = 0.4;

  let payload = null;

  /* ---- small maps ---- */

  const pictures = () => [...document.querySelectorAll("canvas[data-small]")];

  /** Draw all pictures when the page has them; React may put them there a few frames later. */
  async function paint(data) {
    const mine = (payload = data);
    const file = await pingan.geometry.load(data.small.geometry);
    for (let k = 0; k < FRAMES; k += 1) {
      if (payload !== mine) return;
      if (pictures().length === data.small.classes.length && pictures()[0].clientWidth) break;
      await new Promise(requestAnimationFrame);
    }
    draw(data, file);
    pingan.compareTables(data, file);
  }

  function draw(data, file) {
    const began = performance.now();
    const all = pictures();
    if (!all.length || !all[0].clientWidth) return;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [all[0].clientWidth, all[0].clientHeight];
    const order = pingan.geometry.indices(data.small.show);
    const { paths, places } = pathsOf(data, file, order, width, height);
    const border = pingan.token(data.small.circles ? "--map-hatch" : "--map-border");
    all.forEach((canvas) => {
      const classes = data.small.classes[Number(canvas.dataset.small)];
      canvas.width = width * ratio;
      canvas.height = height * ratio;
      const pen = canvas.getContext("2d");
      pen.scale(ratio, ratio);
      pen.strokeStyle = border;
      pen.lineWidth = order.length > 1000 ? 0 : order.length > 100 ? 0.4 : 0.8;
      paths.forEach((path, k) => {
        const look = data.small.palette[classes[k]];
        const land = data.small.circles && classes[k] >= 0 ? data.small.circles.land : null;
        pen.fillStyle = look ? look.fill : land || pingan.compare.hatch(null);
        pen.fill(path, "evenodd");
        if (pen.lineWidth && order.length <= 1000) pen.stroke(path);
      });
      if (data.small.circles) dots(pen, data.small, Number(canvas.dataset.small), places);
    });
    pingan.time("small", data.small.names.length, order.length, performance.now() - began);
  }

  /** Draw the counts of a picture as circles, as much smaller than those of the large maps as it is itself. */
  function dots(pen, small, which, places) {
    const { largest, radius, fill } = small.circles;
    const unit = (SHRUNK * radius) / Math.sqrt(largest);
    pen.fillStyle = `${fill}59`;
    small.values[which].forEach((value, k) => {
      if (!value) return;
      pen.beginPath();
      pen.arc(...places[k], unit * Math.sqrt(value), 0, 2 * Math.PI);
      pen.fill();
    });
  }

  /** Give each place's outline and label point once, in the pixels of a picture. */
  function pathsOf(data, file, order, width, height) {
    const [[south, west], [north, east]] = data.small.fit;
    const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
    const scale = Math.min((width - 8) / ((east - west) * squeeze), (height - 8) / (north - south));
    const [left, top] = [(width - (east - west) * squeeze * scale) / 2, (height - (north - south) * scale) / 2];
    const x = (position) => left + (position.lng - west) * squeeze * scale;
    const y = (position) => top + (north - position.lat) * scale;
    const labels = order.map((index) => pingan.geometry.shape(file, index).label);
    const places = labels.map((label) => [x(label), y(label)]);
    const paths = order.map((index) => {
      const path = new Path2D();
      for (const rings of pingan.geometry.shape(file, index).latlngs) {
        for (const ring of rings) {
          ring.forEach((position, k) => (k ? path.lineTo(x(position), y(position)) : path.moveTo(x(position), y(position))));
          path.closePath();
        }
      }
      return path;
    });
    return { paths, places };
  }

  let timer = null;
  window.addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(() => payload && payload.small && pictures().length && paint(payload), 150);
  });

  /* ---- tables, written when they are opened ---- */

  /** Keep what the tables tell, and rewrite those that are open. */
  function compareTables(data) {
    payload = data;
    requestAnimationFrame(() => document.querySelectorAll(".as-table[open] [data-table]").forEach(fill));
  }

  document.addEventListener(
    "toggle",
    (event) => {
      const host = event.target.open && event.target.querySelector && event.target.querySelector("[data-table]");
      if (host) fill(host);
    },
    true,
  );

  async function fill(host) {
    const data = payload;
    const what = host.dataset.table;
    if (!data || (what === "small") !== Boolean(data.small)) return;
    const part = data.small || data[what === "diff" ? "a" : what];
    if (!part) return;
    const file = await pingan.geometry.load(part.geometry);
    const order = pingan.geometry.indices(part.show);
    const name = (k) => (data.lang === "en" && file.names_en && file.names_en[order[k]]) || file.names[order[k]];
    const [heads, cells] = what === "small" ? ofSmall(data) : what === "diff" ? ofDifference(data) : ofSide(data, part);
    const numbers = order.slice(0, MOST_ROWS).map((_, k) => cells(k));
    const sides = heads.map((_, j) => (numbers.some((row) => /^[+\u2212\d]/.test(row[j])) ? "number" : "")); // no data stands where its number would
    const rows = numbers.map((row, k) => pingan.dom("tr", {}, pingan.dom("th", { scope: "row", text: name(k) }), ...row.map((text, j) => pingan.dom("td", { text, class: sides[j] }))));
    const head = pingan.dom("tr", {}, ...[data.text.name, ...heads].map((text, k) => pingan.dom("th", { scope: "col", text, class: k ? sides[k - 1] : "" })));
    const table = pingan.dom("table", {}, pingan.dom("thead", {}, head), pingan.dom("tbody", {}, ...rows));
    const more = order.length > MOST_ROWS ? pingan.dom("p", { class: "muted", text: data.text.more.replace("##", order.length).replace("#", MOST_ROWS) }) : null;
    host.replaceChildren(pingan.dom("div", { class: "table", tabindex: 0 }, table), ...(more ? [more] : []));
  }

  const written = (part, k) => (part.value[k] === null ? "" : pingan.number(part.value[k], part.decimals));
  const wordOf = (data, part, k) => (part.palette[part.class[k]] ? part.palette[part.class[k]].word : data.text.no_data);

  function ofSide(data, part) {
    const unit = part.unit ? `${part.label} ${part.unit}` : part.label;
    const scored = part.measure === "score";
    const counted = Boolean(part.count); // beside a score or a rate; a count is its own value
    const heads = [unit, ...(scored ? [data.text.interval_label, ""] : []), ...(counted ? [data.text.count] : [])];
    const interval = (k) => (part.low && part.low[k] !== null ? `${pingan.number(part.low[k], 1)}–${pingan.number(part.high[k], 1)}` : "");
    return [heads, (k) => [written(part, k) || data.text.no_data, ...(scored ? [interval(k), wordOf(data, part, k)] : []), ...(counted ? [pingan.number(part.count[k], 0)] : [])]];
  }

  function ofDifference(data) {
    const { a, b, diff } = data;
    const sure = (k) => (diff.value[k] === null ? data.text.no_data : diff.sure[k] ? data.text.sure : data.text.not_sure);
    const change = (k) => (diff.value[k] === null ? "" : pingan.compare.signed(diff.value[k], diff.decimals));
    return [[a.name, b.name, data.text.difference, data.text.certainty], (k) => [written(a, k), written(b, k), change(k), sure(k)]];
  }

  function ofSmall(data) {
    const { names, values, decimals } = data.small;
    return [names, (k) => values.map((each) => (each[k] === null ? data.text.no_data : pingan.number(each[k], decimals)))];
  }

  pingan.smallMaps = { paint };
  pingan.compareTables = compareTables;
})();
