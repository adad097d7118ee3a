/* A phone's header is one line; its button opens the rest of it over the map, and it stays open while one chooses. */
(function () {
  "use strict";

  const header = () => document.getElementById("topbar");

  /** Open or shut the menu; `data-open` stands on the header itself, whose content every view writes anew. */
  function put(open) {
    header().toggleAttribute("data-open", open);
    told();
  }

  /** Tell the button, which may be new, whether the menu is open. */
  function told() {
    const button = header()?.querySelector(".more");
    const expanded = String(Boolean(button && header().hasAttribute("data-open")));
    if (button && button.getAttribute("aria-expanded") !== expanded) button.setAttribute("aria-expanded", expanded);
  }

  document.addEventListener("click", (event) => {
    const top = header();
    if (!top || !event.target.closest) return;
    if (event.target.closest("#topbar .more")) put(!top.hasAttribute("data-open"));
    else if (top.hasAttribute("data-open") && event.target.isConnected && !top.contains(event.target)) put(false);
  });

  document.addEventListener("keydown", (event) => {
    const top = header();
    if (event.key !== "Escape" || event.defaultPrevented || !top || !top.hasAttribute("data-open")) return;
    event.preventDefault();
    event.stopPropagation();
    put(false);
    top.querySelector(".more").focus();
  }, true);

  new MutationObserver(told).observe(document.documentElement, { childList: true, subtree: true });
})();
