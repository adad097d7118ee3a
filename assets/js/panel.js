/* The panel follows its own links: what a link in it opens is scrolled to, for it may lie above the reader's place. */
(function () {
  "use strict";

  const MARGIN = 12; // pixels
  const HANDLE = 24; // of the sheet on a phone, which covers what lies under it
  let wanted = "";

  function opened(link) {
    if (link.matches(".counted, .n, .see, .risen") || link.closest(".pages")) return ".incidents-card";
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

  new MutationObserver(() => {
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
