/* Long tables and long lists of choices, drawn from data: a component for each of their cells would take seconds. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const drawn = new WeakMap(); // element → the data that it shows

  /** A piece of a cell: a text, or one of few kinds of text; never markup. */
  function piece(given) {
    if (typeof given === "string") return document.createTextNode(given);
    if (given.href) return pingan.dom("a", { class: "back", href: given.href, text: given.text });
    if (given.pair) return pingan.dom("span", {}, pingan.dom("i", { text: given.pair[0] }), document.createTextNode(given.pair[1]));
    return pingan.dom(given.tag === "small" ? "small" : given.tag === "code" ? "code" : "span", { text: given.text });
  }

  const pieces = (cell) => (Array.isArray(cell) ? cell : [cell]).map(piece);

  function table(data) {
    const names = data.heads.map((head) => (Array.isArray(head) ? head.map((part) => part.text || part).join(" ") : head));
    const heads = data.heads.map((head, k) => pingan.dom("th", { scope: "col", class: data.kinds[k] }, ...pieces(head)));
    const rows = data.rows.map((row) => {
      const cells = row.cells.map((cell, k) => pingan.dom("td", { class: data.kinds[k], "data-label": names[k] }, ...pieces(cell)));
      return pingan.dom("tr", { class: row.name || "" }, ...cells);
    });
    return [pingan.dom("table", {}, pingan.dom("thead", {}, pingan.dom("tr", {}, ...heads)), pingan.dom("tbody", {}, ...rows))];
  }

  function choices(data) {
    return data.options.map(([value, label]) => pingan.dom("option", { value, text: label, selected: value === data.value }));
  }

  function draw() {
    for (const [name, make] of [["rows", table], ["options", choices]]) {
      for (const element of document.querySelectorAll(`[data-${name}]`)) {
        const given = element.dataset[name];
        if (drawn.get(element) === given) continue;
        drawn.set(element, given);
        element.replaceChildren(...make(JSON.parse(given)));
      }
    }
  }

  new MutationObserver(draw).observe(document.documentElement, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["data-rows", "data-options"],
  });
})();
