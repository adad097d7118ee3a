/* The phone's bottom sheet: three stops, by drag and by tap. */
(function () {
  "use strict";

  const STOPS = ["peek", "half", "full"];
  const PEEK_PX = 92; // title and score, as in the style sheet
  const SLOP_PX = 6; // less than this is a tap
  const THROW_MS = 150; // how far ahead a fast finger is followed

  /** Measure the three stops; the highest leaves the header free. */
  function heights() {
    const header = document.querySelector(".topbar")?.getBoundingClientRect().bottom || 0;
    return { peek: PEEK_PX, half: window.innerHeight * 0.5, full: window.innerHeight - header };
  }

  let drag = null;

  /** Bring the sheet to one of its stops. */
  function stopAt(sheet, stop) {
    sheet.dataset.stop = stop;
    sheet.style.removeProperty("--sheet-height");
    sheet.style.setProperty("--sheet-full", `${heights().full}px`);
    sheet.querySelector(".sheet-handle")?.setAttribute("aria-expanded", String(stop !== "peek"));
    if (stop === "peek") sheet.scrollTop = 0;
  }

  const handleOf = (event) => event.target.closest && event.target.closest("#sheet .sheet-handle");

  document.addEventListener("pointerdown", (event) => {
    const handle = handleOf(event);
    if (!handle || event.button > 0) return;
    const sheet = handle.closest("#sheet");
    drag = { sheet, from: event.clientY, height: sheet.getBoundingClientRect().height, moved: false, y: event.clientY, at: event.timeStamp, speed: 0 };
    handle.setPointerCapture(event.pointerId);
  });

  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const by = drag.from - event.clientY;
    if (!drag.moved && Math.abs(by) < SLOP_PX) return;
    drag.moved = true;
    drag.sheet.classList.add("dragging");
    const elapsed = Math.max(1, event.timeStamp - drag.at);
    drag.speed = (drag.y - event.clientY) / elapsed;
    Object.assign(drag, { y: event.clientY, at: event.timeStamp });
    const height = Math.min(heights().full, Math.max(PEEK_PX, drag.height + by));
    drag.sheet.style.setProperty("--sheet-height", `${height}px`);
  });

  function release() {
    if (!drag) return;
    const { sheet, moved, speed } = drag;
    drag = null;
    sheet.classList.remove("dragging");
    if (!moved) return;
    const aim = sheet.getBoundingClientRect().height + speed * THROW_MS;
    const stops = heights();
    stopAt(sheet, STOPS.reduce((a, b) => (Math.abs(stops[b] - aim) < Math.abs(stops[a] - aim) ? b : a)));
    sheet.dataset.dragged = "yes"; // the click that follows a drag is not a tap
    setTimeout(() => delete sheet.dataset.dragged, 0);
  }

  window.addEventListener("resize", () => {
    document.getElementById("sheet")?.style.setProperty("--sheet-full", `${heights().full}px`);
  });

  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", release);

  document.addEventListener("click", (event) => {
    const sheet = handleOf(event)?.closest("#sheet");
    if (!sheet || sheet.dataset.dragged) return;
    const present = STOPS.indexOf(sheet.dataset.stop || "peek");
    stopAt(sheet, STOPS[(present + 1) % STOPS.length]);
  });
})();
