/* Geometry files: fetched once, kept in memory, decoded place by place when a place is first drawn. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const KEPT_FILES = 24;
  const files = new Map();

  const NOTHING = { level: null, origin: [0, 0], scale: 1, ids: [], names: [], labels: [], shapes: [], decoded: [] };

  /** Resolve to a geometry file; a failed fetch is forgotten so that a later one may succeed. No address, no places. */
  function load(url) {
    if (!url) return Promise.resolve(NOTHING);
    if (files.has(url)) {
      const kept = files.get(url);
      files.delete(url);
      files.set(url, kept); // the map remembers insertion order: last used goes last
      return kept;
    }
    const began = performance.now();
    const loading = pingan.fetchJson(url).then(
      (file) => {
        pingan.time("fetch", url, file.ids.length, performance.now() - began);
        return unpack(file);
      },
      (error) => {
        files.delete(url);
        throw error;
      },
    );
    files.set(url, loading);
    if (files.size > KEPT_FILES) files.delete(files.keys().next().value);
    return loading;
  }

  /** Write words and first points out in full: the file tells both as steps from the one before (layers/features.py). */
  function unpack(file) {
    for (const words of [file.ids, file.names, file.names_en].filter(Boolean)) {
      for (let i = 1; i < words.length; i += 1) if (words[i] === 0) words[i] = raised(words[i - 1]);
    }
    let x = 0;
    let y = 0;
    for (const polygons of file.shapes) {
      for (const rings of polygons) {
        for (const ring of rings) {
          ring[0] = x += ring[0];
          ring[1] = y += ring[1];
        }
      }
    }
    file.decoded = new Array(file.shapes.length);
    return file;
  }

  /** Raise the number at a word's end by one, keeping its width. */
  function raised(word) {
    return word.replace(/[0-9]{1,15}$/, (number) => String(Number(number) + 1).padStart(number.length, "0"));
  }

  /** Turn one delta-coded ring into Leaflet positions; also give its area in square file units. */
  function ringOf(file, flat) {
    const [lon0, lat0] = file.origin;
    const scale = file.scale;
    const ring = new Array(flat.length / 2);
    let x = 0;
    let y = 0;
    let twice = 0;
    for (let i = 0; i < flat.length; i += 2) {
      const [beforeX, beforeY] = [x, y];
      x += flat[i];
      y += flat[i + 1];
      if (i > 0) twice += beforeX * y - x * beforeY;
      ring[i / 2] = L.latLng(lat0 + y * scale, lon0 + x * scale);
    }
    twice += x * flat[1] - flat[0] * y;
    return { ring, area: Math.abs(twice) / 2 };
  }

  /** Give a place's multipolygon and area, decoding it at the first call. */
  function shape(file, index) {
    if (!file.decoded[index]) {
      let area = 0;
      const latlngs = file.shapes[index].map((polygon) =>
        polygon.map((flat, hole) => {
          const decoded = ringOf(file, flat);
          area += hole ? -decoded.area : decoded.area;
          return decoded.ring;
        }),
      );
      const bounds = L.latLngBounds();
      latlngs.forEach((rings) => rings[0].forEach((position) => bounds.extend(position)));
      if (!bounds.isValid()) bounds.extend(labelOf(file, index) || L.latLng(file.origin[1], file.origin[0])); // too small to draw
      const label = labelOf(file, index) || bounds.getCenter();
      file.decoded[index] = { latlngs, area, label, bounds };
      file.shapes[index] = null; // the decoded form replaces the coded one
    }
    return file.decoded[index];
  }

  function labelOf(file, index) {
    if (!file.labels) return null;
    const [x, y] = file.labels[index];
    return L.latLng(file.origin[1] + y * file.scale, file.origin[0] + x * file.scale);
  }

  /** List the indices of half-open ranges [[first, end], …]. */
  function indices(ranges) {
    return ranges.flatMap(([first, end]) => Array.from({ length: end - first }, (_, i) => first + i));
  }

  pingan.geometry = { load, unpack, shape, indices };
})();
