/* The page itself: its language, theme and title. */
(function () {
  "use strict";

  const pingan = window.pingan;

  /** Carry language, theme and title over to the document. */
  function applyDocument(data) {
    if (!data) return window.dash_clientside.no_update;
    const root = document.documentElement;
    const before = root.dataset.theme;
    root.lang = data.lang === "en" ? "en" : "zh-CN";
    root.dataset.theme = data.theme || "light";
    if (data.title) document.title = data.title;
    if (before !== root.dataset.theme && pingan.places) pingan.places.restyle(); // other pages have no places
    return { lang: root.lang, theme: root.dataset.theme };
  }

  pingan.expose("applyDocument", applyDocument);
})();
