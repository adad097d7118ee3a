/* The data page's desk: what is clicked becomes an event for Python; a job under way is watched; slow answers are fetched again. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const EVENT = "data-event";
  const VERSION = "data-version";
  const POLL_MS = 500;
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  /* ---- events ---- */

  const tell = pingan.teller(EVENT);
  let readings = 0;

  /** Have the page read the store again. */
  function refresh() {
    readings += 1;
    window.dash_clientside.set_props(VERSION, { data: `read ${readings}` });
  }

  /** Read the named fields of a form and its ticks. */
  function fields(form) {
    const found = {};
    for (const field of form.querySelectorAll("input[name], select[name]")) found[field.name] = field.value;
    for (const tick of form.querySelectorAll("[data-tick]")) {
      const box = tick.querySelector("input");
      found[tick.dataset.tick] = box && box.checked ? 1 : 0;
    }
    return found;
  }

  document.addEventListener("click", (click) => {
    const button = click.target.closest("[data-event]");
    if (!button) return;
    const form = button.closest("[data-form]");
    tell({ ...(form ? fields(form) : {}), ...JSON.parse(button.dataset.event) });
  });

  document.addEventListener("keydown", (press) => {
    if (press.key !== "Escape" || pingan.typing(press.target)) return;
    const close = document.querySelector(".drawer:not(.wizard) a.close"); // an import is not given up by a slip
    if (close) close.click();
  });

  /* ---- jobs ---- */

  let watched = "";

  /** Follow the job that the import waits for, and say when it has ended. */
  async function watchJob(state) {
    const number = (state && state.job) || "";
    if (number === watched) return window.dash_clientside.no_update;
    watched = number;
    while (watched && watched === number) {
      const lang = document.documentElement.lang === "en" ? "en" : "zh";
      const job = await pingan.fetchJson(`/data/jobs/${number}?lang=${lang}`).catch((error) => (error.final ? { state: "gone" } : null));
      if (watched !== number) break;
      if (job && job.state !== "running") {
        watched = "";
        tell({ kind: "job", token: state.token });
        break;
      }
      if (job) showProgress(number, job);
      await pause(POLL_MS);
    }
    return window.dash_clientside.no_update;
  }

  function showProgress(number, job) {
    const working = document.querySelector(`[data-job="${number}"]`);
    if (!working) return;
    if (job.said) working.querySelector(".doing").textContent = job.said;
    if (job.share > 0) working.querySelector("progress").value = job.share;
  }

  /* ---- what is not ready yet ---- */

  let polling = false;

  async function poll(address) {
    polling = true;
    for (;;) {
      await pause(2 * POLL_MS);
      if (!document.querySelector("[data-poll]")) break;
      const answer = await pingan.fetchJson(address).catch(() => null);
      if (answer && answer.ready) {
        refresh();
        break;
      }
    }
    polling = false;
  }

  new MutationObserver(() => {
    const waiting = document.querySelector("[data-poll]");
    if (waiting && !polling) poll(waiting.dataset.poll);
  }).observe(document.documentElement, { childList: true, subtree: true });

  pingan.desk = { tell, fields, refresh };
  pingan.expose("watchJob", watchJob);
})();
