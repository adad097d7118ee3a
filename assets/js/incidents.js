/* Incidents as dots and counted circles, asked for by the part of the map in view; late answers are dropped. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const CALM_MS = 200;

  let asking = null; // AbortController of the request on its way
  let timer = null;

  function attach(s) {
    s.pointsRenderer = L.svg({ pane: "pingan-points", padding: 0.1 });
    s.points = L.layerGroup().addTo(s.map);
    s.asked = null;
    s.map.on("moveend", () => soon(s));
  }

  function soon(s) {
    clearTimeout(timer);
    timer = setTimeout(() => refresh(s), CALM_MS);
  }

  /** Fetch what the view needs; the same question is not asked twice. */
  async function refresh(s) {
    const wanted = s.data && s.data.points;
    if (!wanted || s.map.getZoom() < wanted.from_zoom) {
      if (asking) asking.abort();
      s.asked = null;
      s.points.clearLayers();
      pingan.controls.note(s.map, null, null, "points-note");
      return;
    }
    const url = questionOf(s.map, wanted.url);
    if (url === s.asked) return;
    s.asked = url;
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    try {
      const answer = await pingan.fetchJson(url, { retries: 1, signal: mine.signal });
      if (mine !== asking || s.asked !== url) return;
      draw(s, answer);
      pingan.controls.note(s.map, null, null, "points-note");
    } catch (error) {
      if (error.name === "AbortError" || mine !== asking) return;
      s.asked = null;
      s.points.clearLayers();
      pingan.controls.note(s.map, (s.data.text && s.data.text.points_failed) || "事件点未能加载", null, "points-note");
    }
  }

  function questionOf(map, url) {
    const bounds = map.getBounds();
    const corners = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((degrees) => degrees.toFixed(5));
    return `${url}${url.includes("?") ? "&" : "?"}bbox=${corners.join(",")}&zoom=${Math.round(map.getZoom())}`;
  }

  function draw(s, { clusters, types }) {
    s.points.clearLayers();
    clusters.forEach(([lat, lon, n, label, type]) => {
      const words = [(types && types[type]) || "", label || ""].filter(Boolean).join(" \u00b7 ");
      const layer = n > 1 ? circle(lat, lon, n, words) : dot(s, lat, lon);
      s.points.addLayer(layer);
      if (n === 1 && words) titled(layer, words);
    });
    pingan.time("points", s.key, clusters.length, 0);
  }

  function dot(s, lat, lon) {
    return L.circleMarker([lat, lon], { renderer: s.pointsRenderer, pane: "pingan-points", radius: 4, weight: 1.5, className: "incident-dot", interactive: false });
  }

  /** Give a dot its words as an SVG title, which is plain text. */
  function titled(layer, words) {
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = words;
    layer.getElement().append(title);
  }

  /** Make a circle whose area grows with the number that stands in it. */
  function circle(lat, lon, n, words) {
    const side = Math.round(Math.min(64, 20 + 4 * Math.sqrt(n)));
    const html = pingan.dom("span", { text: pingan.number(n, 0) });
    const icon = L.divIcon({ html, className: "incident-circle", iconSize: [side, side] });
    return L.marker([lat, lon], { icon, pane: "pingan-points", interactive: false, keyboard: false, title: words });
  }

  pingan.incidents = { attach, refresh };
})();
