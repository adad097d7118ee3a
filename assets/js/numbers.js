/* The numbers of a chart as a table, made of what is drawn when a reader asks for it. */
(function () {
  "use strict";

  const pingan = window.pingan;

  const cells = (tag, given, more = {}) => given.map((text) => pingan.dom(tag, { ...more, text: String(text) }));

  /** Write a table: the heads of its columns, and rows that begin with their own head. */
  function table(heads, rows) {
    const lines = rows.map(([head, ...numbers]) => pingan.dom("tr", {}, ...headCells([head], "row"), ...cells("td", numbers)));
    const first = pingan.dom("thead", {}, pingan.dom("tr", {}, ...headCells(heads, "col")));
    return pingan.dom("table", {}, first, pingan.dom("tbody", {}, ...lines));
  }

  /** Heads are texts, or elements that hold them. */
  const headCells = (given, scope) => given.map((head) => pingan.dom("th", { scope }, head));

  /** A head that keeps to its hour or weekday. */
  function keeper(words, title, hour, weekday) {
    return pingan.dom("button", { type: "button", class: "keep", title, text: words, onclick: () => pingan.hours.keep(hour, weekday) });
  }

  /** A course: the newest period first, each as its hover says it. */
  function course(graph, { heads }) {
    const line = graph.data.find((trace) => trace.customdata);
    return line ? table(heads, line.customdata.map((row) => [...row]).reverse()) : null;
  }

  /** Hours by weekdays, with the sums of both; where something happened the heads keep to it. */
  function week(graph, { heads, unit, total, keep }) {
    const counts = graph.calcdata?.[0]?.[0]?.z;
    if (!counts) return null;
    const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
    const row = (name, numbers) => [name, ...[...numbers, sum(numbers)].map((n) => pingan.number(n))];
    const days = [...counts].map((day) => sum([...day]));
    const hours = [...counts[0].keys()].map((hour) => {
      const numbers = [...counts].map((day) => day[hour]);
      const name = `${hour}${unit}`;
      return row(sum(numbers) ? keeper(name, keep, hour, null) : name, numbers);
    });
    const named = heads.map((head, k) => (days[k - 1] ? keeper(head, keep, null, k - 1) : head));
    return table(named, [...hours, row(total, days)]);
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
