/* The numbers of a chart as a table, made of what is drawn when a reader asks for it. */
(function () {
  "use strict";

  const pingan = window.pingan;

  const cells = (tag, given, more = {}) => given.map((text) => pingan.dom(tag, { ...more, text: String(text) }));

  /** Write a table: the heads of its columns, and rows that begin with their own head. */
  function table(heads, rows) {
    const lines = rows.map(([head, ...numbers]) => pingan.dom("tr", {}, ...cells("th", [head], { scope: "row" }), ...cells("td", numbers)));
    const first = pingan.dom("thead", {}, pingan.dom("tr", {}, ...cells("th", heads, { scope: "col" })));
    return pingan.dom("table", {}, first, pingan.dom("tbody", {}, ...lines));
  }

  /** A course: the newest period first, each as its hover says it. */
  function course(graph, { heads }) {
    const line = graph.data.find((trace) => trace.customdata);
    return line ? table(heads, line.customdata.map((row) => [...row]).reverse()) : null;
  }

  /** Hours by weekdays, with the sums of both. */
  function week(graph, { heads, unit, total }) {
    const counts = graph.calcdata?.[0]?.[0]?.z;
    if (!counts) return null;
    const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
    const row = (name, numbers) => [name, ...[...numbers, sum(numbers)].map((n) => pingan.number(n))];
    const hours = [...counts[0].keys()].map((hour) => row(`${hour}${unit}`, [...counts].map((day) => day[hour])));
    return table(heads, [...hours, row(total, [...counts].map((day) => sum([...day])))]);
  }

  document.addEventListener("toggle", (event) => {
    const folded = event.target;
    const into = folded.matches?.("details.numbers[open]") && folded.querySelector("[data-numbers]");
    if (!into || into.firstChild) return;
    const graph = folded.closest(".card").querySelector(".js-plotly-plot");
    const words = JSON.parse(into.dataset.numbers);
    const made = graph && (words.unit === undefined ? course(graph, words) : week(graph, words));
    if (made) into.replaceChildren(made);
  }, true);
})();
