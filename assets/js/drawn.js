/* Long parts come as data and are drawn at once: a component for each of their words would take seconds. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const drawn = new WeakMap(); // element → the data that it shows
  const WHOLE = /(\d+(?:\u2009[\d.%]+)+|\d{4}-\d{2}-\d{2})/; // a number with thin spaces, a date

  /** Write a text: no line ends within a number or a date, though thin spaces and hyphens let lines break. */
  function written(text) {
    const parts = text.split(WHOLE); // every second one is such a piece
    if (parts.length < 3 || parts.join("") === parts[1]) return document.createTextNode(text);
    return pingan.dom("bdi", {}, ...parts.map((part, k) => (k % 2 ? pingan.dom("bdi", { class: "unbroken" }, part) : part)));
  }

  /** Build a text, or an element from its tag, attributes and children; "" stands for several in a row. */
  function build(spec) {
    if (typeof spec === "string") return written(spec);
    const [tag, attributes, ...children] = spec;
    if (tag === "option") return pingan.dom(tag, attributes, children.join("")); // holds nothing but text
    const built = children.filter((child) => child !== null).map(build);
    if (tag) return pingan.dom(tag, attributes, ...built);
    const row = document.createDocumentFragment();
    row.append(...built);
    return row;
  }

  function drawParts() {
    for (const host of document.querySelectorAll("[data-drawn]")) {
      const given = host.dataset.drawn;
      if (drawn.get(host) === given) continue;
      drawn.set(host, given);
      host.replaceChildren(...JSON.parse(given).map(build));
    }
  }

  new MutationObserver(drawParts).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-drawn"] });

  pingan.drawParts = drawParts;

  /* ---- links between views: the page stays, only its address changes, as Dash's own links do it ---- */

  const plain = (click) => !(click.button || click.metaKey || click.shiftKey || click.altKey || click.ctrlKey || click.defaultPrevented);

  document.body.addEventListener("click", (click) => {
    const link = click.target.closest && click.target.closest('[data-drawn] a[href^="/?"], [data-drawn] a[href="/"]');
    if (!link || link.target || !plain(click) || location.pathname !== "/") return;
    click.preventDefault();
    history.pushState({}, "", link.getAttribute("href"));
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  });
})();
