/* The small map of the data page: outlines of the coarse levels, places at fault on top; a line of the list goes there. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const MAP = "data-map";
  let map = null;
  const waiting = [];

  window.L.Map.addInitHook(function () {
    if (this.getContainer().id !== MAP) return;
    this.whenReady(() => {
      map = this;
      waiting.splice(0).forEach((resolve) => resolve(this));
    });
  });

  const ready = () => (map ? Promise.resolve(map) : new Promise((resolve) => waiting.push(resolve)));

  let drawn = "";
  let layers = [];
  let whole = null;

  function polygons(file, indices, className) {
    return indices.map((index) => L.polygon(pingan.geometry.shape(file, index).latlngs, { className, interactive: false }));
  }

  /** Draw the city once, and the places at fault; an answer that was overtaken is dropped. */
  async function drawBoundaries(view) {
    const key = JSON.stringify(view);
    if (!view || key === drawn) return window.dash_clientside.no_update;
    drawn = key;
    const target = await ready();
    const outlines = await Promise.all(view.outlines.map((url) => pingan.geometry.load(url)));
    const wrong = await Promise.all(view.wrong.map(async ({ url, ids }) => [await pingan.geometry.load(url), new Set(ids)]));
    if (drawn !== key) return window.dash_clientside.no_update;
    layers.forEach((layer) => layer.remove());
    const everything = (file) => file.ids.map((_, index) => index);
    layers = outlines.flatMap((file, depth) => polygons(file, everything(file), `outline depth-${depth}`));
    for (const [file, ids] of wrong) {
      layers.push(...polygons(file, everything(file).filter((index) => ids.has(file.ids[index])), "at-fault"));
    }
    layers.forEach((layer) => layer.addTo(target));
    const bounds = L.latLngBounds([]);
    layers.forEach((layer) => bounds.extend(layer.getBounds()));
    if (bounds.isValid()) {
      whole = bounds;
      target.invalidateSize();
      target.fitBounds(bounds, { animate: false });
    }
    return { drawn: layers.length };
  }

  document.addEventListener("click", (click) => {
    const line = click.target.closest("[data-bounds]");
    if (!line || !map) return;
    const again = line.classList.contains("on");
    document.querySelectorAll("[data-bounds].on").forEach((other) => other.classList.remove("on"));
    line.classList.toggle("on", !again);
    map.fitBounds(again && whole ? whole : L.latLngBounds(JSON.parse(line.dataset.bounds)), { maxZoom: 16, padding: [24, 24], animate: false });
  });

  pingan.expose("drawBoundaries", drawBoundaries);
})();
