/* The pointer of the projected screen: P darkens everything but what lies around the pointer, so that the whole room looks there. */
(function () {
  "use strict";

  const pingan = window.pingan;
  let veil = null;

  const projected = () => document.documentElement.dataset.theme === "projector";

  function follow(event) {
    veil.style.setProperty("--x", `${event.clientX}px`);
    veil.style.setProperty("--y", `${event.clientY}px`);
  }

  function put(on) {
    if (on === Boolean(veil)) return;
    if (on) {
      veil = pingan.dom("div", { class: "spotlight", "aria-hidden": "true" });
      document.body.append(veil);
      document.addEventListener("pointermove", follow, { passive: true });
    } else {
      document.removeEventListener("pointermove", follow);
      veil.remove();
      veil = null;
    }
    told();
  }

  /** Tell the switch, which Dash may make anew, whether the light is on. */
  function told() {
    const button = document.querySelector("button.spotlight-switch");
    const pressed = String(Boolean(veil));
    if (button && button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey || pingan.typing(event.target)) return;
    if (event.key.toLowerCase() === "p" && projected()) put(!veil);
    else if (event.key === "Escape" && veil) {
      event.preventDefault(); // it would also go up
      put(false);
    }
  }, true);

  document.addEventListener("click", (event) => {
    if (!event.target.closest || !event.target.closest("button.spotlight-switch")) return;
    put(!veil);
    if (veil) follow(event);
  });

  new MutationObserver(() => {
    if (!projected()) put(false);
    else told();
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"], childList: true, subtree: true });
})();
