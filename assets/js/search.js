/* The search box: opened by "/" or the word in the header, arrows choose, Enter goes; late answers are dropped. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const CALM_MS = 120;
  const MOST = 40;
  const LIST = "search-list";

  let box = null;
  let answer = null; // what the list shows: {asked, places, point, said}
  let active = -1; // option that Enter takes
  let asking = null; // AbortController of the question on its way
  let timer = null;
  let composing = false;
  let hurry = false; // Enter was pressed before the answer came
  let before = null; // what had the focus

  /** Read the words that the server wrote into the header in the page's language. */
  function words() {
    const opener = document.querySelector(".search-open");
    return opener ? JSON.parse(opener.dataset.words) : {};
  }

  /** Make the box once; it stands beside what Dash draws. */
  function made() {
    if (box) return box;
    const { dom } = pingan;
    const input = dom("input", {
      type: "text",
      role: "combobox",
      maxlength: MOST,
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      enterkeyhint: "search",
      "aria-autocomplete": "list",
      "aria-controls": LIST,
      "aria-expanded": "false",
      oninput: (event) => event.isComposing || composing || soon(),
      oncompositionstart: () => (composing = true),
      oncompositionend: () => {
        composing = false;
        soon();
      },
    });
    const shut = dom("button", { type: "button", class: "close", text: "×", onclick: close });
    const list = dom("ul", { id: LIST, role: "listbox" });
    const said = dom("p", { class: "said", role: "status" });
    const line = dom("div", { class: "line" }, dom("i", { class: "glass", "aria-hidden": "true" }), input, shut);
    const element = dom("div", { class: "search-box", role: "search", hidden: true, onkeydown: onKey }, line, list, said);
    element.addEventListener("focusout", (event) => event.relatedTarget && !element.contains(event.relatedTarget) && close());
    document.body.append(element);
    box = { element, input, list, said, shut };
    return box;
  }

  function isOpen() {
    return Boolean(box) && !box.element.hidden;
  }

  function open() {
    const { element, input, list, shut } = made();
    const text = words();
    if (!isOpen()) before = document.activeElement;
    input.placeholder = text.search_ask || "";
    for (const part of [element, input, list]) part.setAttribute("aria-label", text.search_label || "");
    shut.setAttribute("aria-label", text.close || "");
    place(element);
    element.hidden = false;
    input.focus();
    input.select();
    if (answer) ask(); // what was found may be called otherwise by now
  }

  /** Stand below the header's word, inside the window. */
  function place(element) {
    const opener = document.querySelector(".search-open");
    const at = opener ? opener.getBoundingClientRect() : { bottom: 48, right: window.innerWidth };
    element.style.top = `${Math.round(at.bottom + 4)}px`;
    element.style.right = `${Math.max(8, Math.round(window.innerWidth - at.right))}px`;
  }

  function close() {
    if (!isOpen()) return;
    forget();
    box.element.hidden = true;
    const to = before && before.isConnected && before !== document.body ? before : document.querySelector(".search-open");
    before = null;
    if (box.element.contains(document.activeElement) && to) to.focus({ preventScroll: true });
  }

  /** Let go of what is asked or about to be. */
  function forget() {
    clearTimeout(timer);
    if (asking) asking.abort();
    asking = null;
    hurry = false;
  }

  /* ---- asking ---- */

  function soon() {
    clearTimeout(timer);
    hurry = false;
    timer = setTimeout(ask, CALM_MS);
  }

  async function ask() {
    const asked = box.input.value;
    const wasHurry = hurry;
    forget();
    hurry = wasHurry;
    if (!asked.trim()) {
      show({ asked, places: [], point: null, said: "" });
      return;
    }
    const query = new URLSearchParams(location.search);
    query.set("q", asked);
    const mine = (asking = new AbortController());
    const began = performance.now();
    try {
      const found = await pingan.fetchJson(`/search?${query}`, { retries: 1, signal: mine.signal });
      if (mine !== asking) return;
      asking = null;
      pingan.time("search", asked, found.places.length, performance.now() - began);
      show({ asked, ...found });
      if (hurry) go(active);
    } catch (error) {
      if (error.name === "AbortError" || mine !== asking) return;
      asking = null;
      hurry = false;
      show({ asked, places: [], point: null, said: words().search_failed || "", failed: true });
    }
  }

  /* ---- the list ---- */

  function show(found) {
    answer = found;
    const rows = found.point ? [{ name: found.point.name, about: "WGS-84", code: "" }] : found.places;
    box.list.replaceChildren(...rows.map(option));
    box.said.textContent = found.said;
    box.said.classList.toggle("failed", Boolean(found.failed));
    box.input.setAttribute("aria-expanded", String(rows.length > 0));
    choose(rows.length ? 0 : -1);
  }

  function option(row, k) {
    const { dom } = pingan;
    return dom(
      "li",
      {
        id: `${LIST}-${k}`,
        role: "option",
        "aria-selected": "false",
        onmousedown: (event) => event.preventDefault(), // the text keeps the focus
        onmousemove: () => choose(k),
        onclick: () => go(k),
      },
      dom("span", { class: "name", text: row.name }),
      dom("span", { class: "code", text: row.code }),
      dom("span", { class: "about", text: row.about }),
    );
  }

  function choose(k) {
    active = k;
    [...box.list.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === k)));
    const row = box.list.children[k];
    if (row) {
      box.input.setAttribute("aria-activedescendant", row.id);
      row.scrollIntoView({ block: "nearest" });
    } else box.input.removeAttribute("aria-activedescendant");
  }

  /** Go to an option: a position opens its card, a place its view. */
  function go(k) {
    if (!answer || k < 0) return;
    const { point, places } = answer;
    close();
    if (point) pingan.whose.ask(point.lon, point.lat);
    else pingan.goTo(places[k]);
  }

  /** Open a place by the one writer of the view; the city itself is no place to drill into, its link is. */
  pingan.goTo = function (place) {
    if (place.id) pingan.tell({ kind: "drill", id: place.id });
    else window.dash_clientside.set_props("url", { search: new URL(place.href, location.href).search });
  };

  /* ---- keys ---- */

  function onKey(event) {
    if (event.isComposing || composing || event.keyCode === 229) return; // the keys are the input method's
    const n = box.list.children.length;
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown" && n) choose((active + 1) % n);
    else if (event.key === "ArrowUp" && n) choose((active - 1 + n) % n);
    else if (event.key === "Enter" && event.target === box.input) enter();
    else {
      event.stopPropagation();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Take the chosen option; of a text whose answer is still to come, its first. */
  function enter() {
    if (answer && answer.asked === box.input.value && !asking) {
      go(active);
      return;
    }
    hurry = true;
    ask();
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || pingan.typing(event.target)) return;
    if (event.key !== "/" && event.key !== "／") return;
    event.preventDefault();
    open();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest(".search-open")) isOpen() ? close() : open();
    else if (isOpen() && !box.element.contains(event.target)) close();
  });

  window.addEventListener("resize", () => isOpen() && place(box.element));

  pingan.search = { isOpen, words };
})();
