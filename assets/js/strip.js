/* The time strip: arrows walk along it, dragging or Shift chooses a span of periods, and play shows the map through all of them. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const SPEEDS = [1, 2, 4];
  const FRAME_MS = 480; // at single speed
  const SLOW_MS = 200;
  const PATIENCE_MS = 15000;
  const SLOP_PX = 4; // less than this is a click
  const EDGE_PX = 7; // so near to the end of a span a drag moves that end

  const find = (selector) => document.querySelector(`#strip ${selector}`);
  const columns = () => find(".strip-columns");
  const links = () => Array.from(document.querySelectorAll("#strip .strip-columns > .period"));
  const wordsOf = (link) => link.querySelector(".offstage").textContent;
  const periodOf = (link) => new URL(link.href).searchParams.get("period");

  /** Give what the server wrote beside the columns. */
  function facts() {
    const { days, kind, spans, first, last, words } = columns().dataset;
    return { days: days.split(","), kind, spans: spans === "yes", first, last, words: JSON.parse(words) };
  }

  /* ---- one tab stop, and what is told of the period under the pointer ---- */

  let now = ""; // what the page says of the present period

  /** Dress what Dash has drawn anew: the present column is the tab stop, and is in sight where columns scroll. */
  function dress() {
    const all = links();
    if (!all.length) return;
    const chosen = all.filter((link) => link.matches(".on, .in"));
    const stop = all.find((link) => link === document.activeElement) || chosen[chosen.length - 1] || all[all.length - 1];
    all.forEach((link) => {
      link.tabIndex = link === stop ? 0 : -1;
      link.draggable = false;
      if (link.matches(".on")) link.setAttribute("aria-current", "date");
      else link.removeAttribute("aria-current");
      link.classList.toggle("first", link === chosen[0]);
      link.classList.toggle("last", link === chosen[chosen.length - 1]);
    });
    reveal(chosen[chosen.length - 1] || stop);
  }

  /** Where columns scroll, bring one into sight. */
  function reveal(link) {
    const strip = columns();
    if (strip.scrollWidth <= strip.clientWidth) return;
    const [left, right] = [link.offsetLeft, link.offsetLeft + link.offsetWidth];
    if (left < strip.scrollLeft || right > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = left - strip.clientWidth / 2;
  }

  /** Write a line into the strip's head; null brings the present period's back. */
  function tell(line) {
    const place = find(".strip-read");
    if (!place) return;
    if (place.dataset.told !== place.textContent) now = place.textContent; // Dash wrote it
    const said = line === null ? now : line;
    place.textContent = said;
    place.dataset.told = said;
  }

  /** Say a line to who does not see the strip. */
  function say(line) {
    const place = find(".strip-said");
    if (place) place.textContent = line;
  }

  new MutationObserver((changes) => {
    const strip = document.getElementById("strip");
    if (strip && changes.some(({ target }) => strip.contains(target) && !target.closest?.(".strip-said, .strip-read, .menu"))) dress();
  }).observe(document.documentElement, { childList: true, subtree: true });

  const columnAt = (event) => event.target.closest?.("#strip .strip-columns > .period") || null;

  document.addEventListener("pointerover", (event) => {
    if (played || brush) return;
    const link = columnAt(event);
    if (link) tell(wordsOf(link));
    else if (find(".strip-read")?.dataset.told) tell(null);
  });
  document.addEventListener("focusin", (event) => {
    const link = columnAt(event);
    if (link && !played) tell(wordsOf(link));
  });
  document.addEventListener("focusout", (event) => {
    if (columnAt(event) && !played && !brush) tell(null);
  });

  /* ---- a span of periods ---- */

  let brush = null; // {from, to, moved}: ends of the span that is being chosen
  let swallow = false; // the click that ends a drag is none

  const before = (day) => new Date(Date.parse(day) - 86400000).toISOString().slice(0, 10);

  /** Name the period of columns `a` to `b`: one period, a span of days, or, of months only, a whole quarter or year. */
  function named(a, b) {
    const { days, kind, spans } = facts();
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    if (low === high) return periodOf(links()[low]);
    const [start, end] = [days[low], days[high + 1]];
    if (spans) return `${start}..${before(end)}`;
    const [year, month] = [start.slice(0, 4), Number(start.slice(5, 7))];
    const months = (Number(end.slice(0, 4)) - Number(year)) * 12 + Number(end.slice(5, 7)) - month;
    if (kind === "year" || !start.endsWith("-01") || !end.endsWith("-01")) return null;
    if (months === 12 && month === 1) return year;
    if (months === 3 && month % 3 === 1) return `${year}-Q${(month + 2) / 3}`;
    return null;
  }

  function preview() {
    const all = links();
    const [low, high] = [Math.min(brush.from, brush.to), Math.max(brush.from, brush.to)];
    all.forEach((link, k) => link.classList.toggle("brushed", k >= low && k <= high));
    const span = named(low, high);
    tell(span === null ? facts().words.strip_months_only : span.replace("..", " – "));
  }

  /** Look at the chosen span, if it is one that can be looked at. */
  function choose() {
    const { from, to } = brush;
    leave();
    const period = named(from, to);
    if (period === null) {
      const sentence = facts().words.strip_months_only;
      tell(sentence);
      say(sentence);
    } else pingan.tell({ kind: "period", period });
  }

  function leave() {
    brush = null;
    links().forEach((link) => link.classList.remove("brushed"));
    tell(null);
  }

  /** At an end of the present span, give its other end: a drag from here widens or narrows it. */
  function otherEnd(link, x) {
    const all = links();
    const chosen = all.filter((each) => each.matches(".on, .in"));
    const { left, right } = link.getBoundingClientRect();
    const edge = Math.min(EDGE_PX, (right - left) / 2);
    if (!chosen.length || (chosen.length === 1 && right - left < 3 * EDGE_PX)) return null;
    if (link === chosen[chosen.length - 1] && right - x < edge) return all.indexOf(chosen[0]);
    if (link === chosen[0] && x - left < edge) return all.indexOf(chosen[chosen.length - 1]);
    return null;
  }

  document.addEventListener("pointerdown", (event) => {
    const link = columnAt(event);
    if (!link || event.button > 0 || event.pointerType === "touch" || played) return; // a finger scrolls
    const k = links().indexOf(link);
    const other = otherEnd(link, event.clientX);
    brush = { from: other === null ? k : other, to: k, x: event.clientX, moved: false };
  });

  document.addEventListener("pointermove", (event) => {
    if (!brush || brush.keys) return;
    if (!brush.moved && Math.abs(event.clientX - brush.x) < SLOP_PX) return;
    brush.moved = true;
    const all = links();
    const to = all.findIndex((link) => event.clientX < link.getBoundingClientRect().right);
    brush.to = to < 0 ? all.length - 1 : to;
    preview();
  });

  document.addEventListener("pointerup", () => {
    if (!brush || brush.keys) return;
    if (!brush.moved) {
      brush = null;
      return;
    }
    swallow = true;
    setTimeout(() => (swallow = false), 0);
    choose();
  });

  document.addEventListener("pointercancel", () => brush && !brush.keys && leave());
  document.addEventListener("dragstart", (event) => columnAt(event) && event.preventDefault());

  /* ---- keys ---- */

  const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

  function onStripKey(event, link) {
    const all = links();
    const k = all.indexOf(link);
    if (event.key === " ") toggle();
    else if (event.key in STEPS || event.key === "Home" || event.key === "End") {
      const aim = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : k + STEPS[event.key];
      const to = Math.max(0, Math.min(all.length - 1, aim));
      walk(all, k, to);
      if (event.shiftKey) {
        brush = { from: brush ? brush.from : k, to, keys: true };
        preview();
        say(find(".strip-read").textContent);
      }
    } else if (event.key === "Enter" && brush) choose();
    else if (event.key === "Escape" && brush) leave();
    else return false;
    return true;
  }

  function walk(all, from, to) {
    all[from].tabIndex = -1;
    all[to].tabIndex = 0;
    all[to].focus();
  }

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (played && !["Tab", "Shift"].includes(event.key)) {
        event.preventDefault();
        event.stopPropagation();
        stop();
        return;
      }
      const link = columnAt(event);
      if (link && onStripKey(event, link)) {
        event.preventDefault();
        event.stopPropagation();
      }
    },
    true,
  );

  document.addEventListener("keyup", (event) => {
    if (event.key === "Shift" && brush && brush.keys) choose();
  });

  // [ and ] step wherever the reader is
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || pingan.typing(event.target)) return;
    if (event.key !== "[" && event.key !== "]") return;
    const step = document.querySelectorAll(".periods .step")[event.key === "[" ? 0 : 1];
    if (step && step.matches("a")) step.click();
  });

  /* ---- any span of days ---- */

  document.addEventListener(
    "toggle",
    (event) => {
      const fold = event.target.closest?.("#strip .strip-span");
      if (fold && fold.open) fill(fold);
    },
    true,
  );

  /** Put two dates into the fold: the present span's first and last day. */
  function fill(fold) {
    const { first, last, days, words } = facts();
    const chosen = links().map((link, k) => (link.matches(".on, .in, .part") ? k : -1)).filter((k) => k >= 0);
    const ends = chosen.length ? [days[chosen[0]], before(days[chosen[chosen.length - 1] + 1])] : [first, last];
    const span = /(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)/.exec(new URLSearchParams(location.search).get("period") || "");
    const field = (name, value) => pingan.dom("input", { type: "date", name, min: first, max: last, value, required: true });
    const [from, to] = [field("from", span ? span[1] : ends[0] < first ? first : ends[0]), field("to", span ? span[2] : ends[1] > last ? last : ends[1])];
    const submit = (event) => {
      event.preventDefault();
      fold.open = false;
      const [a, b] = [from.value, to.value].sort();
      pingan.tell({ kind: "period", period: `${a}..${b}` });
    };
    const said = pingan.dom("p", { class: "span-words" }); // the fields write dates as the browser likes, this line as the page does
    const day = (value) => new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" }).format(new Date(value));
    const tellSpan = () => {
      const ends = [from.value, to.value].filter(Boolean).sort();
      said.textContent = ends.length === 2 ? ends.map(day).join(" – ") : "";
    };
    tellSpan();
    const form = pingan.dom(
      "form",
      { onsubmit: submit, oninput: tellSpan },
      pingan.dom("label", {}, pingan.dom("span", { text: words.strip_from }), from),
      pingan.dom("label", {}, pingan.dom("span", { text: words.strip_to }), to),
      said,
      pingan.dom("button", { type: "submit", text: words.strip_apply }),
    );
    fold.querySelector(".menu").replaceChildren(form);
    from.focus();
  }

  document.addEventListener("click", (event) => {
    const fold = find(".strip-span[open]");
    if (fold && !fold.contains(event.target)) fold.open = false;
  });

  document.addEventListener("keydown", (event) => {
    const fold = event.target.closest?.("#strip .strip-span[open]");
    if (!fold || event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    fold.open = false;
    fold.querySelector("summary").focus();
  }, true);

  /* ---- play ---- */

  let played = null; // what is being played, from the click on
  let speed = SPEEDS[0];

  function toggle() {
    if (played) stop();
    else play();
  }

  /** Read a frame's classes: one byte a place. */
  const bytes = (packed) => Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));

  async function play() {
    const button = find(".play");
    if (!button || button.disabled || brush) return;
    const mine = (played = { search: location.search, stop: new AbortController(), at: null, frames: null });
    const { words } = facts();
    const slow = setTimeout(() => tell(words.strip_waiting), SLOW_MS);
    button.setAttribute("aria-busy", "true");
    document.documentElement.dataset.playing = "soon";
    try {
      const frames = await pingan.fetchJson(`/frames${location.search}`, { signal: mine.stop.signal });
      if (played !== mine) return;
      if (location.search !== mine.search || pingan.places.scene()?.key !== frames.key || frames.periods.length < 2) return end();
      mine.frames = { ...frames, classes: frames.classes.map(bytes) };
      begin(words);
    } catch (error) {
      if (played !== mine) return;
      end();
      if (error.name !== "AbortError") tell(words.strip_failed);
    } finally {
      clearTimeout(slow);
      button.removeAttribute("aria-busy");
    }
  }

  /** Begin at the present period, at the first one if it is the last; the page steps back. */
  function begin(words) {
    const { periods } = played.frames;
    const present = links().find((link) => link.matches(".on, .in"));
    const k = present ? periods.indexOf(periodOf(present)) : -1;
    const root = document.documentElement;
    root.style.setProperty("--playing-word", `"${words.strip_playing}"`);
    root.dataset.playing = played.frames.values[0] ? "yes" : "bare";
    played.label = pingan.dom("div", { class: "play-label", "aria-hidden": "true" }, pingan.dom("strong"), pingan.dom("span"));
    document.querySelector(".map-wrap").append(played.label);
    pingan.box.hide();
    say(words.strip_playing);
    show(k < 0 || k === periods.length - 1 ? 0 : k);
    played.timer = setTimeout(next, FRAME_MS / speed);
  }

  function next() {
    const began = performance.now();
    if (!show(played.at + 1)) return;
    if (played.at === played.frames.periods.length - 1) stop();
    else played.timer = setTimeout(next, Math.max(0, FRAME_MS / speed - (performance.now() - began)));
  }

  /** Show frame `k` on the map; tell whether the map is still the one that is played. */
  function show(k) {
    const { frames, at, label } = played;
    const scene = pingan.places.scene();
    if (!scene || scene.key !== frames.key || (at !== null && !scene.data.painted)) {
      end(); // something else was painted
      return false;
    }
    pingan.places.frame(frames.classes[k], frames.values[k], frames.counts[k]);
    played.at = k;
    label.firstChild.textContent = frames.names[k];
    label.lastChild.textContent = frames.closing[k];
    links().forEach((link) => link.classList.toggle("playing", periodOf(link) === frames.periods[k]));
    const link = find(".strip-columns > .playing");
    if (link) reveal(link);
    tell(link ? wordsOf(link) : frames.names[k]);
    return true;
  }

  /** Stop at the period reached: it becomes the view, with one entry in the history. */
  function stop() {
    clearTimeout(played.timer);
    if (!played.frames || played.at === null || played.leaving) return played.leaving || end();
    const period = played.frames.periods[played.at];
    if (period === shownPeriod()) return end();
    pingan.tell({ kind: "period", period });
    played.leaving = true;
    wait(played, performance.now() + PATIENCE_MS, () => shownPeriod() === period && !pingan.places.scene()?.data.painted);
    return undefined;
  }

  const shownPeriod = () => document.querySelector("#panel .headline")?.dataset.period;

  /** Keep the page dimmed until panel and map tell of the same period. */
  function wait(mine, until, ready) {
    if (played !== mine) return;
    if (ready() || performance.now() > until) end();
    else setTimeout(() => wait(mine, until, ready), 50);
  }

  function end() {
    if (!played) return;
    clearTimeout(played.timer);
    played.stop.abort();
    played.label?.remove();
    played = null;
    pingan.places.frame(null);
    delete document.documentElement.dataset.playing;
    links().forEach((link) => link.classList.remove("playing"));
    tell(null);
    say("");
  }

  document.addEventListener(
    "click",
    (event) => {
      const hold = () => {
        event.preventDefault();
        event.stopPropagation();
      };
      if (swallow && event.target.closest?.("#strip, .map-column")) return hold();
      const button = event.target.closest?.("#strip button");
      if (button && button.matches(".play")) return toggle();
      if (button && button.matches(".speed")) {
        speed = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length];
        button.textContent = `${speed}×`;
        return undefined;
      }
      if (!played) return undefined;
      if (columnAt(event)) return jump(columnAt(event));
      hold();
      return stop();
    },
    true,
  );

  /** A click on a period while playing goes there. */
  function jump(link) {
    const period = periodOf(link);
    clearTimeout(played.timer);
    if (period === shownPeriod()) return end();
    played.leaving = true;
    wait(played, performance.now() + PATIENCE_MS, () => shownPeriod() === period && !pingan.places.scene()?.data.painted);
    return undefined;
  }

  window.addEventListener("popstate", end);

  pingan.strip = { state: () => (played ? { at: played.at, n: played.frames?.periods.length || 0, leaving: Boolean(played.leaving) } : null) };
})();
