"use strict";
/* The wall's side of the phones: Q shows a code to scan; from then on phones turn the pages and highlight a place. */
(() => {
  const EVERY = 150; // between two questions [ms]
  const AGAIN = 400;
  const PATIENCE = 1500;
  const panel = document.getElementById("pair");
  if (!panel) return;
  const { meeting, lang } = document.body.dataset;
  const words = JSON.parse(panel.dataset.words);
  const base = `/meeting/${encodeURIComponent(meeting)}/pairing/`;
  const KEPT = `pingan.meeting.${meeting}`;
  const headers = { "X-Pingan-Request": "1", "Content-Type": "application/json" };
  let key = "";
  let page = (document.querySelector(".page.shown") || { dataset: { page: "" } }).dataset.page; // as it is shown here
  let place = "";
  let seen = -1;
  let line = Promise.resolve();

  const part = (id) => document.getElementById(id);
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  async function ask(where, options) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const answer = await fetch(where, { ...options, signal: stop.signal });
      if (answer.status === 404) return null;
      if (!answer.ok) throw new Error(String(answer.status));
      return await answer.json();
    } finally {
      clearTimeout(timer);
    }
  }

  // --- the key ---

  /** Let phones drive this wall: with the key that it had, or a new one. */
  async function open() {
    const query = new URLSearchParams(key ? { key } : {});
    if (lang !== "zh") query.set("lang", lang);
    const told = await ask(`${base}?${query}`, { method: "POST", headers });
    if (!told) throw new Error("refused");
    const anew = told.key !== key;
    key = told.key;
    seen = -1;
    try {
      sessionStorage.setItem(KEPT, key);
    } catch {
      // a browser that keeps nothing: after a reload the code is scanned again
    }
    part("pair-address").textContent = told.address ? new URL(told.address).host : "";
    part("pair-address").dataset.href = told.address;
    for (const id of ["pair-some", "pair-state"]) part(id).hidden = !told.address;
    part("pair-none").hidden = Boolean(told.address);
    if (told.code) {
      const code = new DOMParser().parseFromString(told.code, "image/svg+xml").documentElement;
      part("pair-code").replaceChildren(document.importNode(code, true));
    }
    if (page) await tell();
    if (anew) listen();
  }

  /** Tell what is shown here, one turn after the other. */
  function tell() {
    line = line.then(send, send);
    return line;
  }

  async function send() {
    const body = JSON.stringify({ page, place });
    const told = await ask(base + encodeURIComponent(key), { method: "POST", headers, body });
    if (told) seen = Math.max(seen, told.n);
  }

  async function listen() {
    for (;;) {
      try {
        const told = await ask(base + encodeURIComponent(key));
        if (!told) await open(); // a server that was started anew
        else take(told);
        await wait(EVERY);
      } catch {
        document.body.classList.remove("paired");
        await wait(AGAIN);
      }
    }
  }

  function take(told) {
    document.body.classList.toggle("paired", told.phone);
    part("pair-state").textContent = told.phone ? words.pair_there : words.pair_waiting;
    if (told.n <= seen) return; // nothing new, or asked before the last turn
    seen = told.n;
    if (!told.page || (told.page === page && told.place === place)) return;
    ({ page, place } = told);
    document.dispatchEvent(new CustomEvent("wall:go", { detail: { page, place } }));
  }

  document.addEventListener("wall:turned", ({ detail }) => {
    const now = detail.page || page;
    const lit = detail.place || "";
    if (now === page && lit === place) return; // a phone did it
    page = now;
    place = lit;
    if (key) tell().catch(() => {});
  });

  // --- the panel ---

  function toggle() {
    if (panel.open) {
      panel.close();
      return;
    }
    panel.show();
    if (!key) open().catch(() => { part("pair-state").textContent = words.pair_failed; });
  }

  document.addEventListener("keydown", (press) => {
    if (press.ctrlKey || press.metaKey || press.altKey) return;
    if (press.target.closest("input, select, textarea") || document.querySelector("dialog.decision-form[open]")) return;
    if (press.key === "q" || press.key === "Q") {
      press.preventDefault();
      toggle();
    } else if (press.key === "Escape" && panel.open) {
      press.preventDefault();
      press.stopImmediatePropagation();
      panel.close();
    }
  }, true);

  for (const each of document.querySelectorAll("[data-pair]")) each.addEventListener("click", toggle);
  part("pair-close").addEventListener("click", () => panel.close());

  try {
    const kept = sessionStorage.getItem(KEPT) || "";
    if (kept) {
      key = kept;
      open().catch(() => {});
      listen();
    }
  } catch {
    // no storage: the code is scanned again
  }
})();
