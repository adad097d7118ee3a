/* The map page's alerts: what somebody found when looking is told to the server; pressed again, it is taken back. */
(function () {
  "use strict";

  /** Tell the server one answer; say whether it has kept it. */
  async function tell(id, answer) {
    const told = await fetch(`/alerts/${id}?answer=${answer}`, {
      method: "POST",
      headers: { "X-Pingan-Request": "1" },
    }).catch(() => null);
    return Boolean(told && told.ok);
  }

  document.addEventListener("click", async (click) => {
    const button = click.target.closest ? click.target.closest("[data-answer]") : null;
    if (!button) return;
    const { id, answer } = JSON.parse(button.dataset.answer);
    const pressed = button.getAttribute("aria-pressed") !== "true";
    const buttons = [...button.parentElement.querySelectorAll("[data-answer]")];
    for (const each of buttons) each.disabled = true;
    const kept = await tell(id, pressed ? answer : "");
    for (const each of buttons) {
      each.disabled = false;
      if (kept) each.setAttribute("aria-pressed", String(pressed && each === button));
    }
    button.classList.toggle("failed", !kept);
  });
})();
