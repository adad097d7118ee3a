/* The drawer of filters: what is no link in it. Hours are drawn over the bars or chosen from two lists; Escape and × close it. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const drawer = () => document.querySelector(".filters[open]");

  let drawn = null; // the hours under the pointer: { bars, from, to }

  /* ---- open and shut ---- */

  function close() {
    const open = drawer();
    if (!open) return false;
    open.open = false;
    open.querySelector("summary").focus({ preventScroll: true });
    return true;
  }

  document.addEventListener("click", (event) => {
    const open = drawer();
    if (!open) return;
    if (event.target.closest(".filters-close") || event.target === open) close(); // its backdrop on a phone is the drawer itself
  });

  document.addEventListener(
    "keydown",
    (event) => {
      const open = event.key === "Escape" && !event.defaultPrevented ? drawer() : null;
      if (!open || !(open.contains(document.activeElement) || document.activeElement === document.body)) return;
      event.preventDefault();
      event.stopPropagation();
      close();
    },
    true,
  );

  /* ---- hours ---- */

  /** Take hours from `first` to `end`; all day is no filter. */
  function take(first, end) {
    if (first === end) return;
    pingan.tell({ kind: "hours", hours: first === 0 && end === 24 ? "" : `${first}-${end}` });
  }

  document.addEventListener("change", (event) => {
    const clocks = event.target.closest && event.target.closest(".clocks");
    if (!clocks) return;
    take(Number(clocks.querySelector(".clock-from").value), Number(clocks.querySelector(".clock-to").value));
  });

  function hourAt(bars, x) {
    const box = bars.getBoundingClientRect();
    return Math.max(0, Math.min(23, Math.floor((24 * (x - box.left)) / box.width)));
  }

  function show() {
    const [low, high] = [Math.min(drawn.from, drawn.to), Math.max(drawn.from, drawn.to)];
    [...drawn.bars.children].forEach((hour, k) => hour.classList.toggle("drawn", k >= low && k <= high));
    return [low, high + 1];
  }

  function forget() {
    if (drawn) [...drawn.bars.children].forEach((hour) => hour.classList.remove("drawn"));
    drawn = null;
  }

  document.addEventListener("pointerdown", (event) => {
    const bars = event.target.closest && event.target.closest(".hour-bars");
    if (!bars || event.button > 0) return;
    event.preventDefault();
    bars.setPointerCapture(event.pointerId);
    const hour = hourAt(bars, event.clientX);
    drawn = { bars, from: hour, to: hour };
    show();
  });

  document.addEventListener("pointermove", (event) => {
    if (!drawn) return;
    drawn.to = hourAt(drawn.bars, event.clientX);
    show();
  });

  document.addEventListener("pointerup", () => {
    if (!drawn) return;
    const hours = show();
    forget();
    take(...hours);
  });

  document.addEventListener("pointercancel", forget);
})();
