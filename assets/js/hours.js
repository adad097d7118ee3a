/* The chart of hours by weekdays: a click on a cell keeps to that hour and weekday, and once more lets them go. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const TWICE_MS = 500;
  const bound = new WeakSet();

  /** Keep to an hour, a weekday or both: 0 to 23, and 0 for Monday; null leaves either as it is. */
  function keep(hour, weekday) {
    pingan.tell({ kind: "moment", hours: hour === null ? "" : `${hour}-${hour + 1}`, weekdays: weekday === null ? "" : String(weekday + 1) });
  }

  /** Listen to the chart, which Plotly draws when it likes. */
  function bind() {
    const graph = document.querySelector("#hours .js-plotly-plot");
    if (!graph || !graph.on || bound.has(graph)) return;
    bound.add(graph);
    let last = 0;
    graph.on("plotly_click", ({ points }) => {
      if (Date.now() - last < TWICE_MS) return; // Plotly tells of a tap twice
      last = Date.now();
      const [weekday, hour] = points[0].pointIndex;
      if (graph.calcdata[0][0].z[weekday][hour]) keep(hour, weekday); // where nothing happened there is nothing to see
    });
  }

  new MutationObserver(bind).observe(document.documentElement, { childList: true, subtree: true });

  pingan.hours = { keep };
})();
