"use strict";
/* The phone page: choose a place once, see what is to be looked at in it, also without a network. What is chosen stands
   in the link and on the phone, nowhere else. */
(() => {
  const FORMAT = 1;
  const CHOICE = "pingan.m.place";
  const DATA = "pingan-m-data";
  const PATIENCE = 45000;
  const SVG = "http://www.w3.org/2000/svg";
  const MOVED = 6;
  const lang = document.body.dataset.lang;
  const words = JSON.parse(document.body.dataset.words);
  const part = (id) => document.getElementById(id);
  let shown = ""; // the answer that is drawn, as text
  let place = "";

  // --- small helpers ---

  /** Make an element with texts and elements in it. */
  function make(tag, about, ...inside) {
    const made = document.createElement(tag);
    Object.assign(made, about);
    made.append(...inside.filter((each) => each !== ""));
    return made;
  }

  function draw(tag, about, ...inside) {
    const made = document.createElementNS(SVG, tag);
    Object.entries(about).forEach(([name, value]) => made.setAttribute(name, value));
    made.append(...inside);
    return made;
  }

  function fill(id, ...inside) {
    part(id).replaceChildren(...inside);
  }

  function address(path, fields) {
    const query = new URLSearchParams(fields);
    if (lang !== "zh") query.set("lang", lang);
    return query.size ? `${path}?${query}` : path;
  }

  /** Ask the server, and wait for all of the answer; what takes too long has failed. */
  async function ask(where, how = {}) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const answer = await fetch(where, { ...how, signal: stop.signal, headers: { Accept: "application/json" } });
      return { ok: answer.ok, status: answer.status, text: await answer.text() };
    } finally {
      clearTimeout(timer);
    }
  }

  const remembered = () => {
    try {
      return localStorage.getItem(CHOICE) || "";
    } catch {
      return "";
    }
  };

  const remember = (token) => {
    try {
      localStorage.setItem(CHOICE, token);
    } catch {
      // a browser that keeps nothing: the link has it
    }
  };

  // --- which of both views ---

  function route() {
    const token = new URLSearchParams(location.search).get("place") || remembered();
    const choosing = !token || location.hash === "#choose";
    part("choose").hidden = !choosing;
    part("place").hidden = choosing || place !== token || !shown;
    part("refresh").hidden = choosing;
    part("change").hidden = choosing && !token;
    say("change", choosing ? words.phone_return : words.phone_change_place);
    const other = new URLSearchParams(token ? { place: token } : {});
    if (lang === "zh") other.set("lang", "en");
    part("language").href = `/m/?${other}`;
    if (choosing) {
      say("mine", "");
      say("within", "");
      say("name", words.phone_choose);
      say("age", "");
      if (!part("list").childElementCount) open("");
    } else if (token !== place) {
      show(token);
    } else if (shown) {
      tell(JSON.parse(shown), false);
    }
  }

  function choose(token) {
    remember(token);
    history.pushState(null, "", address("/m/", { place: token }));
    scrollTo(0, 0);
    route();
  }

  function say(id, sentence) {
    part(id).textContent = sentence;
  }

  // --- the data of a place ---

  async function show(token) {
    place = token;
    shown = "";
    say("age", words.phone_loading);
    const where = address("/m/data", { place: token });
    const kept = await keptAnswer(where);
    if (place !== token) return;
    if (kept) draws(kept, !navigator.onLine);
    await refresh();
  }

  /** Ask for the newest data; without an answer what is kept stays, and says so. */
  async function refresh() {
    const token = place;
    const where = address("/m/data", { place: token });
    let answer = null;
    try {
      answer = await ask(where);
    } catch {
      // told below
    }
    if (place !== token) return;
    if (answer && answer.ok) {
      if (!remembered()) remember(token); // the first link that is opened is a choice too
      draws(answer.text, false);
      keep(where, answer.text);
    } else if (answer && answer.status === 400) {
      const told = JSON.parse(answer.text); // there is no such place any more
      remember("");
      place = "";
      history.replaceState(null, "", address("/m/", {}));
      route();
      say("age", told.error);
    } else if (shown) {
      age(JSON.parse(shown), !answer);
    } else {
      say("age", answer || navigator.onLine ? words.phone_failed : words.phone_nothing_kept);
    }
  }

  async function keptAnswer(where) {
    if (!("caches" in window)) return "";
    const answer = await (await caches.open(DATA)).match(where);
    return answer ? answer.text() : "";
  }

  /** Keep the data of this place, and of no other. */
  async function keep(where, text) {
    if (!("caches" in window)) return;
    const kept = await caches.open(DATA);
    const others = (await kept.keys()).filter((each) => new URL(each.url).searchParams.get("place") !== place);
    await Promise.all(others.map((each) => kept.delete(each)));
    await kept.put(where, new Response(text, { headers: { "Content-Type": "application/json" } }));
  }

  function draws(text, offline) {
    const told = JSON.parse(text);
    if (told.format !== FORMAT) {
      say("age", words.phone_new_page);
      return;
    }
    if (text !== shown) {
      shown = text;
      body(told);
    }
    tell(told, offline);
    part("place").hidden = location.hash === "#choose";
  }

  function tell(told, offline) {
    say("mine", told.mine);
    say("within", told.within);
    say("name", told.name);
    document.title = `${told.name} · ${told.mine}`;
    age(told, offline);
  }

  /** Say how old the data are, by the phone's own clock. */
  function age(told, offline) {
    const now = new Date();
    const [year, month, day] = told.asOf.split("-").map(Number);
    const days = Math.round((Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()) - Date.UTC(year, month - 1, day)) / 864e5);
    const old = days > 0 ? words.phone_days.replace("@n", days) : words.phone_today;
    const parts = told.asOf ? [words.as_of.replace("@day", told.asOf), old] : [];
    fill("age", parts.join(" · "), ...(offline ? [" · ", make("b", {}, words.phone_offline)] : []));
  }

  function body(told) {
    say("simulated", told.simulated);
    part("simulated").hidden = !told.simulated;
    say("said", told.said);
    say("note", told.note);
    fill("spots", ...told.spots.map(spot));
    say("period", told.period);
    fill("numbers", ...told.numbers.map(number));
    fill("units", ...told.units.places.map(unit));
    say("no-unit", told.units.note);
    part("atlas").href = told.atlas;
    map(told);
  }

  function spot(told, k) {
    const line = make("h3", {}, told.where ? `${told.kind} · ${told.where}` : told.kind);
    const leg = told.leg ? make("p", { className: "leg" }, told.leg) : "";
    return make("li", { id: `spot-${k + 1}` }, make("b", {}, String(k + 1)), make("div", {}, line, make("p", {}, told.why), leg));
  }

  function number(told) {
    const inside = [told.value ? make("strong", {}, told.value) : ""];
    if (told.band) inside.push(make("span", { className: `band ${told.band}` }, told.word));
    return make("div", {}, make("dt", {}, told.label), make("dd", {}, ...inside, told.note));
  }

  function unit(told) {
    return make("li", {}, make("span", {}, told.level), make("div", {}, told.unit ? make("b", {}, told.unit) : "", told.name));
  }

  // --- the map ---

  let view = null; // metres of the middle and pixels a metre
  let redraw = () => {};
  let fit = () => {};

  function map(told) {
    const svg = part("map");
    const [lon0, lat0] = told.map.origin;
    const up = 111320;
    const across = up * Math.cos((lat0 * Math.PI) / 180);
    const shapes = decode(told.map.shapes, told.map.scale * across, -told.map.scale * up);
    const marks = told.spots.map((each) => [(each.lon - lon0) * across, (lat0 - each.lat) * up]);
    const land = draw("g", {});
    shapes.forEach((each, k) => k && land.append(draw("path", { d: each.path })));
    land.append(draw("path", { d: shapes[0].path, class: "mine" }));
    const way = draw("polyline", {});
    const names = shapes.slice(1).map((each, k) => [each, draw("text", {}, told.map.names[k + 1])]);
    const spots = marks.map((_, k) => mark(k + 1));
    svg.replaceChildren(land, ...names.map(([, name]) => name), way, ...spots);

    redraw = () => {
      const { width, height } = svg.getBoundingClientRect();
      if (!width || !view) return;
      const at = ([x, y]) => [(x - view.x) * view.scale + width / 2, (y - view.y) * view.scale + height / 2];
      const [left, top] = at([0, 0]);
      land.setAttribute("transform", `translate(${left} ${top}) scale(${view.scale})`);
      const placed = marks.map(at);
      const over = part("nearer").parentNode.getBoundingClientRect(); // the buttons stand in the corner
      over.x -= svg.getBoundingClientRect().left;
      over.y -= svg.getBoundingClientRect().top + 8;
      way.setAttribute("points", placed.map(([x, y]) => `${x},${y}`).join(" "));
      placed.forEach(([x, y], k) => spots[k].setAttribute("transform", `translate(${x} ${y})`));
      names.forEach(([each, name]) => {
        const [x, y] = at(each.middle);
        name.setAttribute("transform", `translate(${x} ${y})`);
        const wide = name.textContent.length * (lang === "en" ? 8 : 14);
        const room = each.width * view.scale > 8 + wide;
        const free = placed.every(([a, b]) => Math.abs(a - x) > 48 || Math.abs(b - y) > 24);
        const whole = x > wide / 2 && x + wide / 2 < width && (x + wide / 2 < over.left || y < over.top);
        name.setAttribute("visibility", room && free && whole ? "visible" : "hidden");
      });
    };
    fit = () => {
      const { width, height } = svg.getBoundingClientRect();
      if (!width) return; // it is seen later
      const box = bounds([...shapes[0].corners, ...marks]);
      const scale = Math.min(width / (box.width * 1.35), height / (box.height * 1.35), 2);
      view = { x: box.middle[0], y: box.middle[1], scale: scale || 1 };
      redraw();
    };
    view = null;
    fit();
  }

  /** Decode rings of steps into SVG paths in metres. */
  function decode(shapes, wide, high) {
    let x0 = 0;
    let y0 = 0;
    return shapes.map((polygons) => {
      const corners = [];
      const path = polygons.flat().map((flat) => {
        let x = x0 + flat[0];
        let y = y0 + flat[1];
        [x0, y0] = [x, y];
        const ring = [[x * wide, y * high]];
        for (let k = 2; k < flat.length; k += 2) {
          x += flat[k];
          y += flat[k + 1];
          ring.push([x * wide, y * high]);
        }
        corners.push(...ring);
        return `M${ring.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join("L")}Z`;
      });
      return { path: path.join(""), corners, ...bounds(corners) };
    });
  }

  function bounds(points) {
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    return { middle: [(left + right) / 2, (top + bottom) / 2], width: Math.max(right - left, 50), height: Math.max(bottom - top, 50) };
  }

  function mark(n) {
    const link = draw("a", { class: "spot", href: `#spot-${n}`, "aria-label": String(n) });
    link.append(draw("circle", { r: 24 }), draw("circle", { r: 15 }), draw("text", {}, String(n)));
    link.addEventListener("click", (event) => {
      event.preventDefault();
      document.querySelectorAll(".on").forEach((each) => each.classList.remove("on"));
      link.classList.add("on");
      part(`spot-${n}`).classList.add("on");
      part(`spot-${n}`).scrollIntoView({ block: "nearest", behavior: "smooth" });
    });
    return link;
  }

  /** Zoom by a factor around a point of the map [px], the middle by default. */
  function zoom(factor, x, y) {
    if (!view) return;
    const { width, height } = part("map").getBoundingClientRect();
    const [dx, dy] = [(x ?? width / 2) - width / 2, (y ?? height / 2) - height / 2];
    const scale = Math.min(Math.max(view.scale * factor, 0.005), 8);
    view = { x: view.x + dx / view.scale - dx / scale, y: view.y + dy / view.scale - dy / scale, scale };
    redraw();
  }

  function gestures() {
    const svg = part("map");
    const fingers = new Map();
    let start = null;
    const spread = () => {
      const [a, b] = [...fingers.values()];
      return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, far: Math.hypot(a.x - b.x, a.y - b.y) };
    };
    svg.addEventListener("pointerdown", (event) => {
      fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      start = { x: event.clientX, y: event.clientY, moved: fingers.size > 1 };
    });
    svg.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before || !view) return;
      if (!start.moved && Math.hypot(event.clientX - start.x, event.clientY - start.y) < MOVED) return;
      if (!start.moved) svg.setPointerCapture(event.pointerId); // from now on it is no tap
      start.moved = true;
      const held = fingers.size === 2 ? spread() : null;
      const box = svg.getBoundingClientRect();
      fingers.set(event.pointerId, { x: event.clientX - box.left, y: event.clientY - box.top });
      const now = fingers.get(event.pointerId);
      if (held) {
        const then = spread();
        view.x -= (then.x - held.x) / view.scale;
        view.y -= (then.y - held.y) / view.scale;
        zoom(held.far ? then.far / held.far : 1, then.x, then.y);
      } else if (fingers.size === 1) {
        view.x -= (now.x - before.x) / view.scale;
        view.y -= (now.y - before.y) / view.scale;
        redraw();
      }
    });
    ["pointerup", "pointercancel", "pointerleave"].forEach((name) => svg.addEventListener(name, (event) => fingers.delete(event.pointerId)));
    svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.offsetX, event.offsetY);
    }, { passive: false });
    part("nearer").addEventListener("click", () => zoom(1.6));
    part("farther").addEventListener("click", () => zoom(1 / 1.6));
    part("whole").addEventListener("click", () => fit());
    new ResizeObserver(() => (view ? redraw() : fit())).observe(svg);
  }

  // --- choosing ---

  /** Open a place of the list; one without finer places is chosen at once. */
  async function open(token) {
    let told = null;
    try {
      const answer = await ask(address("/m/places", { within: token }));
      if (answer.ok) told = JSON.parse(answer.text);
    } catch {
      // told below
    }
    if (!told) {
      say("inside", words.phone_failed);
      return;
    }
    if (told.mine && !told.places.length) {
      choose(told.id);
      return;
    }
    say("inside", told.name);
    const rows = told.places.map((each) => row(each.name, each.open ? "›" : "", "", () => (each.open ? open(each.id) : choose(each.id))));
    if (told.mine) rows.unshift(row(words.phone_choose_here.replace("@name", told.name), "", "choose", () => choose(told.id)));
    if (told.up !== null) rows.unshift(row(`‹ ${words.phone_back}`, "", "", () => open(told.up)));
    fill("list", ...rows);
  }

  function row(name, beside, look, act) {
    const button = make("button", { type: "button", className: look }, name, beside ? make("small", {}, beside) : "");
    button.addEventListener("click", act);
    return make("li", {}, button);
  }

  let typed = 0;
  function search() {
    clearTimeout(typed);
    typed = setTimeout(async () => {
      const asked = part("query").value.trim();
      let told = null;
      if (asked) {
        try {
          const answer = await ask(address("/search", { q: asked }));
          if (answer.ok) told = JSON.parse(answer.text);
        } catch {
          // told below
        }
      }
      if (part("query").value.trim() !== asked) return;
      const places = told ? told.places.filter((each) => each.id) : [];
      fill("found", ...places.map((each) => row(each.name, each.about, "", () => pick(each.id))));
      say("found-said", !asked ? "" : !told ? words.search_failed : places.length ? "" : words.search_nothing);
    }, 250);
  }

  async function pick(token) {
    await open(token);
    part("inside").scrollIntoView({ block: "start" });
  }

  /** Ask for the position once, on this tap; it goes into the body of one question, so into no log, and is forgotten. */
  function locate() {
    const hint = (sentence) => say("found-said", sentence);
    if (!isSecureContext || !navigator.geolocation) {
      hint(words.phone_unsafe);
      return;
    }
    hint(words.phone_locating);
    navigator.geolocation.getCurrentPosition(
      async ({ coords }) => {
        try {
          const body = new URLSearchParams({ lon: coords.longitude.toFixed(5), lat: coords.latitude.toFixed(5) });
          const answer = await ask(address("/at", {}), { method: "POST", body });
          const here = answer.ok ? JSON.parse(answer.text).places.find((each) => each.id) : null;
          hint(here ? "" : words.phone_away);
          if (here) await open(here.id);
        } catch {
          hint(words.phone_failed);
        }
      },
      () => hint(words.phone_denied),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 },
    );
  }

  // --- beginning ---

  part("change").addEventListener("click", () => {
    if (location.hash !== "#choose") location.hash = "#choose";
    else if (remembered() || place) choose(place || remembered());
  });
  part("refresh").addEventListener("click", () => refresh());
  part("query").addEventListener("input", search);
  part("locate").addEventListener("click", locate);
  addEventListener("popstate", route);
  addEventListener("online", () => place && refresh());
  addEventListener("offline", () => shown && age(JSON.parse(shown), true));
  if (!isSecureContext) say("found-said", words.phone_unsafe);
  gestures();
  route();
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/m/sw.js", { scope: "/m/" }).catch(() => {});
})();
