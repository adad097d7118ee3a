/* Incidents as rings and dots, asked for by the part of the map in view: a ring's arcs are what it holds, its number how many.
 * A ring opens what it holds, or says what lies at its one address; late answers are dropped. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const CALM_MS = 200;
  const SLOW_MS = 200;
  const PANE = "pingan-points";
  const SVG = "http://www.w3.org/2000/svg";
  const DAY_MS = 86400000;
  const NO_HOUR = -1;
  const MONTH_ONLY = -2;
  const CASING = 1.5;
  const DOT = 24; // what can be hit; what is seen is smaller
  const DOT_RADIUS = 6.5;
  const THUMB = 44;
  const SQUARE = 64; // what the server bundles [px], or a multiple of it by two
  const EXACT_FROM = 17; // from this zoom on nothing is moved aside
  const MOST_LISTED = 8;
  const OFFSET = 12;
  const PHONE = "(max-width: 600px)";

  let asking = null; // AbortController of the question that is not answered yet
  let timer = null;
  let box = null; // the box that tells about a ring or a dot

  /* ---- asking ---- */

  function attach(s) {
    s.points = L.layerGroup().addTo(s.map);
    s.mark = L.layerGroup().addTo(s.map);
    s.rings = [];
    s.asked = null;
    s.ringsKey = new Key().addTo(s.map);
    s.map.on("moveend", () => soon(s));
    s.map.on("movestart click", hide);
  }

  function soon(s) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      refresh(s);
    }, CALM_MS);
  }

  /** Fetch what the view needs; the same question is not asked twice, but again for as long as it is not answered. */
  async function refresh(s) {
    mark(s);
    const wanted = s.data && s.data.points;
    if (!wanted || s.map.getZoom() < wanted.from_zoom) {
      if (asking) asking.abort();
      asking = null;
      clear(s);
      pingan.controls.note(s.map, null, null, "points-note");
      return;
    }
    const url = questionOf(s.map, wanted.url);
    if (url === s.asked) return;
    s.asked = url;
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    const wait = () => mine === asking && s.ringsKey.say(wanted.text.rings_wait);
    const slow = setTimeout(wait, SLOW_MS);
    const missed = (mend) => {
      clearTimeout(slow);
      clear(s);
      pingan.controls.note(s.map, wanted.text.points_failed, mend, "points-note");
    };
    const again = (wake) =>
      missed(() => {
        wait();
        wake();
      });
    try {
      const answer = await pingan.insist(() => pingan.fetchJson(url, { retries: 1, signal: mine.signal }), () => mine === asking, again);
      if (!answer) return;
      s.asked = url;
      draw(s, answer);
    } catch {
      missed(() => refresh(s));
    } finally {
      clearTimeout(slow);
      if (mine === asking) asking = null;
    }
  }

  function questionOf(map, url) {
    const bounds = map.getBounds();
    const corners = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((degrees) => degrees.toFixed(5));
    return `${url}${url.includes("?") ? "&" : "?"}bbox=${corners.join(",")}&zoom=${map.getZoom().toFixed(2)}`;
  }

  function clear(s) {
    const had = s.rings.length;
    s.asked = null;
    s.rings = [];
    s.points.clearLayers();
    s.ringsKey.hide();
    hide();
    if (had) pingan.labels.layout(s);
  }

  /** Give the room that rings and dots take, in world pixels of the present zoom: labels keep off it. */
  function boxes(s) {
    return s.rings.map(({ latlng, side }) => {
      const { x, y } = s.map.project(latlng);
      return { left: x - side / 2, right: x + side / 2, top: y - side / 2, bottom: y + side / 2 };
    });
  }

  /* ---- drawing ---- */

  function draw(s, answer) {
    const began = performance.now();
    const held = s.points.getLayers().some((layer) => layer.getElement() === document.activeElement);
    hide();
    s.points.clearLayers();
    s.answer = answer;
    s.rings = answer.clusters.map((cluster) => bundle(s, answer, cluster));
    s.ringsKey.show(s.data.points.text, answer);
    pingan.controls.note(s.map, null, null, "points-note");
    const first = s.rings.reduce((a, b) => (a && a.n >= b.n ? a : b), null);
    if (first) first.element.tabIndex = 0; // one stop for all: the arrows walk among them
    if (held) (first ? first.element : s.map.getContainer()).focus({ preventScroll: true });
    pingan.time("points", s.key, s.rings.length, performance.now() - began);
    pingan.labels.layout(s);
  }

  /** Put one bundle on the map: where it is, how many it holds, and how it says so. */
  function bundle(s, answer, [lat, lon, n, parts, square, ...when]) {
    const words = n > 1 ? composition(s, answer, n, parts) : lineOf(s, answer, when);
    const [picture, side] = n > 1 ? ring(n, parts, answer.key) : dot(answer.key[parts[0]][1]);
    const icon = L.divIcon({ html: picture, className: n > 1 ? "incident-circle" : "incident-dot", iconSize: [side, side] });
    const marker = L.marker(n > 1 ? apart(s.map, [lat, lon], side) : [lat, lon], { icon, pane: PANE, keyboard: false }).addTo(s.points);
    const element = marker.getElement();
    const me = { n, square, words, latlng: marker.getLatLng(), element, side: n > 1 ? side : 2 * DOT_RADIUS };
    for (const [name, value] of Object.entries({ role: "button", tabindex: -1, "aria-label": words, title: words })) element.setAttribute(name, value);
    marker.on("click", (event) => {
      L.DomEvent.stopPropagation(event);
      open(s, me);
    });
    element.addEventListener("keydown", (event) => onKey(s, me, event));
    return me;
  }

  /** Move a ring into its own square of the screen, so that seen from afar no two lie on each other. */
  function apart(map, latlng, side) {
    const zoom = map.getZoom();
    if (zoom >= EXACT_FROM || side > SQUARE) return latlng;
    const inside = (at) => Math.min(Math.max(at, Math.floor(at / SQUARE) * SQUARE + side / 2), Math.floor(at / SQUARE) * SQUARE + SQUARE - side / 2);
    const { x, y } = map.project(latlng, zoom);
    return map.unproject([inside(x), inside(y)], zoom);
  }

  function svg(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...children);
    return element;
  }

  /** Make a ring whose area grows with the number that stands in it; its path is as long as the number, its arcs as long as
   * the counts of its parts. */
  function ring(n, parts, key) {
    const side = Math.round(Math.min(n < 1e5 ? 60 : 76, 24 + 4 * Math.sqrt(n)));
    const [middle, thick] = [side / 2, Math.max(4.5, side / 7)];
    const radius = middle - CASING - thick / 2;
    const turned = `rotate(-90 ${middle} ${middle})`;
    const arcs = [];
    const cuts = [];
    let from = 0;
    for (let k = 0; k < parts.length; k += 2) {
      const [part, count] = [parts[k], parts[k + 1]];
      const dash = { pathLength: n, "stroke-dasharray": `${count} ${n - count}`, "stroke-dashoffset": -from, transform: turned };
      arcs.push(svg("circle", { cx: middle, cy: middle, r: radius, fill: "none", stroke: key[part][1], "stroke-width": thick, "data-part": part, "data-n": count, ...dash }));
      const angle = (2 * Math.PI * from) / n - Math.PI / 2;
      const at = (r) => [middle + r * Math.cos(angle), middle + r * Math.sin(angle)];
      const [[x1, y1], [x2, y2]] = [at(radius - thick / 2), at(radius + thick / 2)];
      if (parts.length > 2) cuts.push(svg("line", { x1, y1, x2, y2, class: "cut" }));
      from += count;
    }
    const number = svg("text", { x: middle, y: middle }, pingan.number(n, 0));
    const back = svg("circle", { cx: middle, cy: middle, r: middle, class: "back" });
    return [svg("svg", { viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true" }, back, ...arcs, ...cuts, number), side];
  }

  function dot(colour) {
    const side = window.matchMedia("(pointer: coarse)").matches ? THUMB : DOT;
    const middle = side / 2;
    const back = svg("circle", { cx: middle, cy: middle, r: DOT_RADIUS, class: "back" });
    return [svg("svg", { viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true" }, back, svg("circle", { cx: middle, cy: middle, r: 4.5, fill: colour, class: "spot" })), side];
  }

  /* ---- words ---- */

  const put = (sentence, values) => sentence.replace(/@([a-z]+)/g, (_, name) => values[name]);

  function composition(s, { key }, n, parts) {
    const { text } = s.data.points;
    const named = [];
    for (let k = 0; k < parts.length; k += 2) named.push(`${key[parts[k]][0]} ${pingan.number(parts[k + 1], 0)}`);
    return put(text.ring_says, { n: pingan.number(n, 0), parts: named.join(text.comma) });
  }

  /** Say what a single incident is and when it was. */
  function lineOf(s, { types }, [type, day, hour]) {
    const { text } = s.data.points;
    const date = new Date(day * DAY_MS).toISOString().slice(0, hour === MONTH_ONLY ? 7 : 10);
    const clock = hour === MONTH_ONLY ? "" : hour === NO_HOUR ? text.rows_no_hour : put(text.rows_hour, { hour });
    return `${types[type]} \u00b7 ${date} ${clock}`.trim();
  }

  /* ---- opening ---- */

  /** Zoom in to what a ring holds; what lies at one address, or a dot, is told in a box. */
  async function open(s, me) {
    const { text } = s.data.points;
    if (me.n === 1) {
      show(s, me, [pingan.dom("p", { text: me.words })]);
      return;
    }
    try {
      const { n, bounds, types } = await pingan.fetchJson(`${s.asked}&ring=${me.square}`, { retries: 1 });
      if (!s.rings.includes(me)) return;
      const [[south, west], [north, east]] = bounds;
      const most = s.map.getMaxZoom();
      if ((south < north || west < east) && s.map.getZoom() < most) {
        const area = L.latLngBounds(bounds);
        const zoom = Math.min(most, Math.max(s.map.getZoom() + 1, Math.floor(s.map.getBoundsZoom(area, false, L.point(96, 96)))));
        s.map.setView(area.getCenter(), zoom, { animate: false });
        return;
      }
      const rows = types.slice(0, MOST_LISTED).map(([word, count]) => line(null, word, count));
      const rest = types.slice(MOST_LISTED).reduce((sum, [, count]) => sum + count, 0);
      if (rest) rows.push(line(null, text.rings_other, rest));
      show(s, me, [pingan.dom("strong", { text: put(text.ring_here, { n: pingan.number(n, 0) }) }), pingan.dom("ul", {}, ...rows)]);
    } catch (error) {
      if (s.rings.includes(me)) pingan.controls.note(s.map, text.points_failed, () => refreshAnew(s), "points-note");
    }
  }

  function refreshAnew(s) {
    s.asked = null;
    refresh(s);
  }

  function line(colour, word, count) {
    const swatch = colour ? pingan.dom("i", { class: "swatch", style: { background: colour } }) : null;
    return pingan.dom("li", {}, swatch, pingan.dom("span", { class: "word", text: word }), pingan.dom("span", { class: "n", text: pingan.number(count, 0) }));
  }

  function show(s, me, content) {
    hide();
    const { text } = s.data.points;
    const shut = pingan.dom("button", { type: "button", class: "close", "aria-label": text.close, title: text.close, text: "\u00d7", onclick: () => leave(me) });
    const element = pingan.dom("div", { class: "incident-box", role: "dialog", "aria-label": me.words }, shut, ...content);
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      leave(me);
    });
    s.map.getContainer().closest(".map-wrap").append(element);
    box = element;
    place(s.map, element, s.map.latLngToContainerPoint(me.latlng));
    pingan.box.hide();
    if (document.activeElement === me.element) shut.focus({ preventScroll: true });
  }

  /** Keep the box inside the map, above or below what it tells about. */
  function place(map, element, at) {
    const size = map.getSize();
    const inside = map.getContainer();
    const [w, h] = [element.offsetWidth, element.offsetHeight];
    const x = Math.min(Math.max(4, at.x - w / 2), size.x - w - 4);
    const y = at.y - OFFSET - h - 20 > 4 ? at.y - OFFSET - h - 20 : at.y + OFFSET + 20;
    element.style.transform = `translate(${Math.round(inside.offsetLeft + x)}px, ${Math.round(inside.offsetTop + y)}px)`;
  }

  function hide() {
    if (box) box.remove();
    box = null;
  }

  function leave(me) {
    hide();
    me.element.focus({ preventScroll: true });
  }

  function onKey(s, me, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { ARROWS, neighbour } = pingan.keyboard;
    if (event.key === "Enter" || event.key === " ") open(s, me);
    else if (event.key === "Escape" && box) hide();
    else if (event.key in ARROWS) {
      const all = s.rings.map((other) => ({ other, at: s.map.latLngToContainerPoint(other.latlng) }));
      const next = neighbour(all, s.map.latLngToContainerPoint(me.latlng), ARROWS[event.key]);
      if (next) go(me, next.other);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function go(from, to) {
    from.element.tabIndex = -1;
    to.element.tabIndex = 0;
    to.element.focus({ preventScroll: true });
  }

  /* ---- the key: how many are in view, and what the colours mean ---- */

  const Key = L.Control.extend({
    options: { position: "topright" },
    onAdd() {
      this.total = pingan.dom("summary", {});
      this.list = pingan.dom("ul", {});
      this.aside = pingan.dom("p", { class: "aside" });
      this.fold = pingan.dom("details", { open: !window.matchMedia(PHONE).matches }, this.total, this.list, this.aside);
      this.plain = pingan.dom("p", { class: "plain", role: "status" });
      this.element = pingan.dom("div", { class: "rings-key", role: "group", hidden: true }, this.plain, this.fold);
      L.DomEvent.disableClickPropagation(this.element);
      L.DomEvent.disableScrollPropagation(this.element);
      return this.element;
    },
    /** Show a sentence above the key, or alone. */
    say(words) {
      this.element.hidden = !words && this.fold.hidden;
      this.plain.textContent = words;
      this.plain.hidden = !words;
    },
    show(text, { n, key, aside, empty }) {
      this.element.setAttribute("aria-label", text.rings_key);
      this.fold.hidden = n === 0;
      this.total.textContent = put(text.rings_total, { n: pingan.number(n, 0) });
      this.list.replaceChildren(...key.filter(([, , count]) => count).map(([word, colour, count]) => line(colour, word, count)));
      this.aside.textContent = aside;
      this.aside.hidden = !aside;
      this.say(n === 0 ? [empty, aside].filter(Boolean).join(text.stop) : "");
    },
    hide() {
      this.fold.hidden = true;
      this.say("");
    },
  });

  /* ---- one incident of the list, marked by the link that led here ---- */

  const MARK = /^#at=(-?\d{1,2}\.\d{1,5}),(-?\d{1,3}\.\d{1,5})$/;

  function mark(s, near) {
    s.mark.clearLayers();
    const found = MARK.exec(window.location.hash);
    if (!found || !s.data || !s.data.points) return;
    const at = L.latLng(Number(found[1]), Number(found[2]));
    const picture = svg("svg", { viewBox: "0 0 48 48", "aria-hidden": "true" }, ...["casing", "line"].flatMap((name) => [svg("circle", { cx: 24, cy: 24, r: 15, class: name }), svg("path", { d: "M24 1v10M24 37v10M1 24h10M37 24h10", class: name })]));
    const html = pingan.dom("div", {}, picture, pingan.dom("span", { text: s.data.points.text.mark_here }));
    const icon = L.divIcon({ html, className: "incident-mark", iconSize: [48, 48] });
    L.marker(at, { icon, pane: "pingan-marks", interactive: false, keyboard: false }).addTo(s.mark);
    if (near && !s.map.getBounds().contains(at)) s.map.panTo(at, { animate: false });
  }

  function remark() {
    const s = pingan.places.scene();
    if (s && s.data) mark(s, true);
  }

  window.addEventListener("popstate", remark);
  window.addEventListener("hashchange", remark);
  // a link within the same place changes nothing that the server is asked for
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href*='#at=']");
    if (link && link.search === window.location.search) setTimeout(remark, 0);
  });

  pingan.incidents = { attach, refresh, boxes, busy: () => asking !== null || timer !== null };
})();
