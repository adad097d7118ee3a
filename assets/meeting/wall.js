/* The wall of a meeting: turns pages, chooses places of a map and drills into them, fills the screen, points. What it offers other scripts: layers/meeting/wall.py. */
(function () {
  "use strict";

  const pages = Array.from(document.querySelectorAll(".page"));
  const number = document.getElementById("number");
  const drill = document.getElementById("drill");
  const said = document.getElementById("said");
  const small = window.matchMedia("(max-width: 900px)");
  const above = []; // what was drilled into, the last on top
  let shown = 0;
  let veil = null;
  let asking = null;

  // --- pages ---

  const idOf = (page) => page.dataset.page;
  const indexOf = (id) => pages.findIndex((page) => idOf(page) === id);

  function show(k, by) {
    const next = Math.max(0, Math.min(pages.length - 1, k));
    if (next !== shown) {
      leaveAll();
      choose("", null);
    }
    pages[shown].classList.remove("shown");
    shown = next;
    pages[shown].classList.add("shown");
    number.textContent = `${shown + 1} / ${pages.length}`;
    fit(pages[shown]);
    history.replaceState(null, "", `#${idOf(pages[shown])}`);
    if (by) turned(by);
  }

  function turned(by) {
    document.dispatchEvent(new CustomEvent("wall:turned", { detail: { page: idOf(pages[shown]), place: chosen(), by } }));
  }

  /** Set a crowded page in smaller letters. */
  function fit(page) {
    page.classList.remove("tight");
    const inside = page.querySelector(".inside");
    if (small.matches || !inside) return;
    const foot = inside.getBoundingClientRect().bottom + 1;
    const boxes = inside.querySelectorAll(":scope > *, :scope > * > *, table, p, svg");
    const over = Array.from(boxes).some((box) => box.getBoundingClientRect().bottom > foot);
    const full = Array.from(inside.children).some((box) => box.scrollHeight > box.clientHeight + 2);
    if (over || full) page.classList.add("tight");
  }

  // --- places of a map ---

  const map = () => (drill.hidden ? pages[shown] : drill).querySelector(".map");
  const areas = (figure) => (figure ? Array.from(figure.querySelectorAll(".area")) : []);
  const current = () => areas(map()).find((area) => area.classList.contains("at"));

  function chosen() {
    const area = current();
    return area ? area.dataset.place : "";
  }

  function choose(place, by) {
    const figure = map();
    if (!figure) return;
    const line = figure.querySelector(".closing");
    if (line.dataset.closing === undefined) line.dataset.closing = line.textContent;
    let found = null;
    for (const area of areas(figure)) {
      const is = area.dataset.place === place && place !== "";
      area.classList.toggle("at", is);
      area.tabIndex = is ? 0 : -1;
      if (is) found = area;
    }
    if (found) found.parentNode.insertBefore(found, figure.querySelector(".whole")); // its outline above its neighbours'
    line.classList.toggle("named", Boolean(found));
    line.textContent = found ? `${found.dataset.name}　${found.dataset.value}` : line.dataset.closing;
    if (by) turned(by);
  }

  function step(by) {
    const order = areas(map()).sort((a, b) => a.dataset.place.localeCompare(b.dataset.place));
    if (!order.length) return false;
    const at = order.indexOf(current());
    const next = at < 0 ? (by > 0 ? 0 : order.length - 1) : (at + by + order.length) % order.length;
    choose(order[next].dataset.place, "hand");
    return true;
  }

  // --- drilling ---

  async function enter() {
    const area = current();
    if (!area) return step(1);
    const address = document.body.dataset.map;
    if (!address || asking) return false;
    const query = new URLSearchParams({ page: idOf(pages[shown]), place: area.dataset.place, lang: document.body.dataset.lang });
    asking = new AbortController();
    try {
      const answer = await fetch(`${address}?${query}`, { signal: asking.signal, headers: { accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      if (found.html) put(found.html, area.dataset.place);
      else say(document.body.dataset.nothing || "");
    } catch (error) {
      if (error.name !== "AbortError") say(document.body.dataset.failed || "");
    } finally {
      asking = null;
    }
    return true;
  }

  /** Show a drilled map; its markup comes from this meeting's own server, where all texts in it are escaped. */
  function put(markup, place) {
    above.push({ place, markup });
    const parsed = new DOMParser().parseFromString(markup, "text/html");
    drill.replaceChildren(...Array.from(parsed.body.childNodes).map((node) => document.adoptNode(node)));
    drill.hidden = false;
    document.body.classList.add("drilled");
  }

  function leave() {
    const left = above.pop();
    if (!left) return false;
    const under = above.pop();
    if (under) {
      put(under.markup, under.place);
    } else {
      drill.hidden = true;
      drill.replaceChildren();
      document.body.classList.remove("drilled");
    }
    choose(left.place, "hand");
    return true;
  }

  function leaveAll() {
    if (asking) asking.abort();
    above.length = 0;
    drill.hidden = true;
    drill.replaceChildren();
    document.body.classList.remove("drilled");
  }

  let silence = 0;
  function say(words) {
    said.textContent = words;
    window.clearTimeout(silence);
    silence = window.setTimeout(() => (said.textContent = ""), 4000);
  }

  // --- the pointer, and the whole screen ---

  function follow(event) {
    veil.style.setProperty("--x", `${event.clientX}px`);
    veil.style.setProperty("--y", `${event.clientY}px`);
  }

  function point(on) {
    if (on === Boolean(veil)) return;
    if (on) {
      veil = document.createElement("div");
      veil.className = "spotlight";
      veil.setAttribute("aria-hidden", "true");
      document.body.append(veil);
      document.addEventListener("pointermove", follow, { passive: true });
    } else {
      document.removeEventListener("pointermove", follow);
      veil.remove();
      veil = null;
    }
  }

  function fill() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => {});
  }

  /** Leave the innermost of what is open. */
  function back() {
    if (veil) point(false);
    else if (above.length) leave();
    else if (current()) choose("", "hand");
    else return false;
    return true;
  }

  // --- keys and clicks ---

  const typing = (target) => target instanceof Element && Boolean(target.closest("input, select, textarea, [contenteditable], #overlay"));
  const pressing = (target) => target instanceof Element && Boolean(target.closest("a, button, summary"));

  const KEYS = {
    ArrowRight: () => show(shown + 1, "hand"),
    PageDown: () => show(shown + 1, "hand"),
    " ": () => show(shown + 1, "hand"),
    ArrowLeft: () => show(shown - 1, "hand"),
    PageUp: () => show(shown - 1, "hand"),
    Home: () => show(0, "hand"),
    End: () => show(pages.length - 1, "hand"),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Enter: enter,
    Escape: back,
    f: fill,
    p: () => point(!veil),
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || small.matches) return;
    if ((event.key === "Enter" || event.key === " ") && pressing(event.target)) return;
    const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || (event.repeat && event.key.length === 1)) return;
    if (act() !== false) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    const go = target.closest("[data-go]");
    const area = target.closest(".area");
    if (go && !small.matches) {
      event.preventDefault();
      show(indexOf(go.dataset.go), "hand");
    } else if (target.closest("[data-leave]")) {
      leave();
    } else if (area) {
      if (area.classList.contains("at")) enter();
      else choose(area.dataset.place, "hand");
    }
  });

  document.getElementById("back").addEventListener("click", () => show(shown - 1, "hand"));
  document.getElementById("on").addEventListener("click", () => show(shown + 1, "hand"));

  document.addEventListener("wall:go", (event) => {
    const { page, place } = event.detail;
    const k = page === undefined ? shown : indexOf(page);
    if (k >= 0 && k !== shown) show(k, "script");
    if (place !== undefined && place !== chosen()) choose(place, "script");
  });

  window.addEventListener("hashchange", () => {
    const k = indexOf(decodeURIComponent(location.hash.slice(1)));
    if (k >= 0 && k !== shown) show(k, "hand");
  });
  window.addEventListener("resize", () => fit(pages[shown]));
  if (document.fonts) document.fonts.ready.then(() => fit(pages[shown]));

  document.body.classList.add("live");
  const first = indexOf(decodeURIComponent(location.hash.slice(1)));
  show(first < 0 ? 0 : first, null);
})();
