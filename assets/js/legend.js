/* Breaks of one's own: written into the legend's field, sent with Enter; and the menu of schemes, which stays open while
 * one tries them. Everything else in the legend is a link. */
(function () {
  "use strict";

  const pingan = window.pingan;

  /** Read ascending numbers, whatever stands between them; null if there are none, or they do not ascend. */
  function breaksIn(text) {
    const parts = text.trim().split(/[\s,，、;；]+/).filter(Boolean);
    const right = parts.every((part, k) => /^\d{1,6}(\.\d{1,6})?$/.test(part) && (k === 0 || Number(part) > Number(parts[k - 1])));
    return parts.length && parts.length < 9 && right ? parts : null;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.closest?.(".own-breaks")) return;
    const parts = breaksIn(event.target.value);
    event.target.setAttribute("aria-invalid", String(!parts));
    if (parts) pingan.tell({ kind: "scheme", scheme: `manual:${parts.join(",")}` });
  });

  let open = false;
  document.addEventListener("toggle", (event) => event.target.matches?.(".schemes") && (open = event.target.open), true);

  // every view writes the legend anew
  pingan.whenMap().then(() => {
    const legend = document.querySelector(".map-wrap > .legend");
    const reopen = () => legend.querySelectorAll(".schemes").forEach((menu) => (menu.open = open));
    new MutationObserver(reopen).observe(legend, { childList: true });
  });
})();
