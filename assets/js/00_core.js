/* The one namespace, and the few tools that every other file here uses. Sorted first; the others may load in any order. */
(function () {
  "use strict";

  const pingan = (window.pingan = window.pingan || {});
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  clientside.pingan = clientside.pingan || {};

  /** Make a function callable from Python as ClientsideFunction("pingan", name). */
  pingan.expose = function (name, call) {
    clientside.pingan[name] = call;
    pingan[name] = call;
  };

  /* ---- measurements ---- */

  const KEPT_TIMINGS = 500;
  pingan.timings = [];

  /** Keep one measurement; `ms` is main-thread time unless the kind says otherwise. */
  pingan.time = function (kind, key, n, ms) {
    pingan.timings.push({ kind, key, n, ms: Math.round(ms * 10) / 10 });
    if (pingan.timings.length > KEPT_TIMINGS) pingan.timings.shift();
  };

  /* ---- elements: text is set as text, never parsed as markup ---- */

  /** Build an element; `attributes` may hold `text`, `on<event>` functions and plain attributes. */
  pingan.dom = function (tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "text") element.textContent = value;
      else if (name === "style") Object.entries(value).forEach(([key, given]) => (key.startsWith("--") ? element.style.setProperty(key, given) : (element.style[key] = given)));
      else if (typeof value === "function") element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };

  /** Read a design token such as "--map-border" from the page's current theme. */
  pingan.token = function (name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  };

  /* ---- numbers ---- */

  /** Write a number with a true minus sign and thin spaces between thousands. */
  pingan.number = function (value, decimals) {
    if (value === null || value === undefined || Number.isNaN(value)) return "";
    const [whole, part] = Math.abs(value).toFixed(decimals || 0).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u2009");
    const written = part ? `${grouped}.${part}` : grouped;
    return value < 0 && /[1-9]/.test(written) ? `\u2212${written}` : written;
  };

  /* ---- network ---- */

  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const hopeless = (status) => status >= 400 && status < 500 && status !== 408 && status !== 429;

  /** Fetch JSON, trying again after 300, 600 and 1200 ms; an answer that cannot mend itself fails at once. A question with
      a body is posted, and stands in no address and no log. */
  pingan.fetchJson = async function (url, { retries = 3, signal, body } = {}) {
    for (let attempt = 0; ; attempt += 1) {
      let failure;
      try {
        const response = await fetch(url, { method: body ? "POST" : "GET", body, signal, credentials: "same-origin" });
        if (response.ok) return await response.json();
        failure = new Error(`${response.status} for ${url}`);
        failure.final = hopeless(response.status);
      } catch (error) {
        failure = error;
      }
      if (failure.final || failure.name === "AbortError" || attempt >= retries) throw failure;
      await pause(300 * 2 ** attempt);
    }
  };

  const SOON_MS = 500;
  const SELDOM_MS = 5000;

  /** Ask until there is an answer, ever more seldom; null once it is no longer `wanted`. Each failure is `told`, with what
      asks again at once; one that cannot mend itself is thrown. */
  pingan.insist = async function (ask, wanted, told = () => {}) {
    for (let ms = SOON_MS; ; ms = Math.min(SELDOM_MS, 2 * ms)) {
      try {
        const answer = await ask();
        return wanted() ? answer : null;
      } catch (error) {
        if (!wanted()) return null;
        if (error.final) throw error;
      }
      await new Promise((wake) => {
        setTimeout(wake, ms);
        told(wake);
      });
      if (!wanted()) return null;
    }
  };

  /* ---- what the page tells Python ---- */

  const UNASKED_MS = 1000;
  pingan.tellers = new Map(); // by the name of the store that takes the events

  /**
   * Make the one way by which a page tells Python something. Dash drops the answer to an event when a newer one is sent, so
   * an event waits until the one before is answered: two quick clicks both count.
   */
  pingan.teller = function (store) {
    const waiting = [];
    let told = Date.now(); // grows over reloads too, so that equal events still differ
    let under = 0; // when the event under way was sent, 0 for none
    let asked = false; // whether Dash has passed it on: before the page is alive, it does not

    function next() {
      const event = waiting.shift();
      under = event ? Date.now() : 0;
      asked = false;
      if (event) clientside.set_props(store, { data: event });
    }

    pingan.tellers.set(store, { asked: () => (asked = true), answered: next });
    return (event) => {
      told += 1;
      waiting.push({ ...event, n: told });
      if (!under || (!asked && Date.now() - under > UNASKED_MS)) next();
    };
  };

  pingan.tell = pingan.teller("map-event");

  /** Is the reader typing, so that single letters and Backspace belong to the text field? */
  pingan.typing = function (target) {
    return Boolean(target && target.closest && target.closest("input, textarea, select, [contenteditable=''], [contenteditable='true']"));
  };

  /* ---- the Leaflet map ---- */

  const MAP_ID = "map";
  const waiting = [];
  pingan.map = null;

  /** Resolve to the map on the page, now or as soon as it is there. */
  pingan.whenMap = function () {
    return pingan.map ? Promise.resolve(pingan.map) : new Promise((resolve) => waiting.push(resolve));
  };

  if (!window.L) throw new Error("Leaflet is not on the page: import dash_leaflet before the first request.");

  // after a reset leaflet sets a renderer down by parts of a pixel, which blurs it: it belongs where it was drawn for
  const reset = window.L.Renderer.prototype._reset;
  window.L.Renderer.include({
    _reset() {
      reset.call(this);
      window.L.DomUtil.setPosition(this._container, this._bounds.min);
    },
  });

  // dash-leaflet shows its map to nobody; leaflet itself offers this hook to extensions
  window.L.Map.addInitHook(function () {
    if (this.getContainer().id !== MAP_ID) return;
    this.whenReady(() => {
      pingan.map = this;
      waiting.splice(0).forEach((resolve) => resolve(this));
    });
    this.on("unload", () => {
      if (pingan.map === this) pingan.map = null;
    });
  });
})();
