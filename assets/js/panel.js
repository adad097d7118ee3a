/* The panel follows its own links: what a link in it opens is scrolled to, for it may lie above the reader's place.
   Another place is read from its top; Back returns to where the reader was. */
(function () {
  "use strict";

  const MARGIN = 12; // pixels
  const HANDLE = 24; // of the sheet on a phone, which covers what lies under it
  const LATE_MS = 3000; // so long the cards of a place may come one after another
  const read = new Map(); // how far down each link was read
  let wanted = "";
  let shown = { search: location.search, place: null };
  let back = null; // where to return to, and until when to try

  function opened(link) {
    if (link.matches(".counted, .n, .see, .risen") || link.closest(".pages, .incidents-card thead")) return ".incidents-card";
    return link.closest(".effects") ? ".reasons" : "";
  }

  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest ? event.target.closest("#panel a") : null;
      wanted = link ? opened(link) : "";
    },
    true,
  );

  window.addEventListener("popstate", () => {
    back = { top: read.get(location.search) || 0, until: Date.now() + LATE_MS, begun: false };
  });

  for (const kind of ["wheel", "pointerdown", "keydown"]) {
    document.addEventListener(kind, () => { back = null; }, { capture: true, passive: true }); // the reader's own way
  }

  document.addEventListener(
    "scroll",
    (event) => {
      if (event.target.id === "sheet" && !(back && back.begun)) read.set(shown.search, event.target.scrollTop);
    },
    true,
  );

  /** Begin another place at its top, or where it was left. */
  function follow() {
    const headline = document.querySelector("#panel .headline");
    const place = new URLSearchParams(location.search).get("place") || "";
    if (!headline || headline.dataset.place !== place) return; // not there yet
    const sheet = headline.closest(".panel");
    const another = shown.place !== null && shown.place !== place;
    shown = { search: location.search, place };
    if (another && back) back.begun = true;
    if (back && back.begun && getComputedStyle(sheet).overflowY !== "hidden") {
      sheet.scrollTop = back.top;
      if (sheet.scrollTop >= back.top - 1 || Date.now() > back.until) back = null;
    } else if (another) {
      sheet.scrollTop = 0;
    }
  }

  new MutationObserver(() => {
    follow();
    const card = wanted && document.querySelector(`#panel ${wanted}`);
    if (!card) return;
    wanted = "";
    requestAnimationFrame(() => {
      const sheet = card.closest(".panel");
      const handle = sheet.querySelector(".sheet-handle");
      const cover = handle && handle.offsetHeight ? HANDLE : 0;
      const below = card.getBoundingClientRect().top - sheet.getBoundingClientRect().top - cover;
      if (below < 0 || below > sheet.clientHeight / 2) sheet.scrollTop += below - MARGIN;
    });
  }).observe(document.documentElement, { childList: true, characterData: true, subtree: true });
})();
