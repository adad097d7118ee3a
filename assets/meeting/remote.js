"use strict";
/* A phone beside the wall: it turns its pages, highlights a place, and shows what concerns its own unit. It asks the
   server several times a second which page is shown; what is lost with the network is asked again at once. */
(() => {
  const EVERY = 250; // between two questions [ms]
  const AGAIN = 400; // after one that failed
  const PATIENCE = 1500; // for an answer
  const LATE = 2500; // a turn that could not be sent for so long is given up
  const UNIT = "pingan.meeting.unit";
  const { meeting, lang } = document.body.dataset;
  const words = JSON.parse(document.body.dataset.words);
  const part = (id) => document.getElementById(id);
  const key = new URLSearchParams(location.search).get("key") || "";
  const base = `/meeting/${encodeURIComponent(meeting)}`;
  const channel = `${base}/pairing/${encodeURIComponent(key)}`;
  let about = null; // the meeting
  let edition = -1;
  let page = "";
  let place = "";
  let n = -1; // of the last turn that is known: what has a smaller one was asked before it
  let turns = 0;
  let line = Promise.resolve();
  let failed = 0;
  let link = null; // "", lost or ended

  // --- small helpers ---

  function make(tag, looks, ...inside) {
    const made = document.createElement(tag);
    Object.assign(made, looks);
    made.append(...inside.filter((each) => each !== ""));
    return made;
  }

  function say(id, sentence) {
    if (part(id).textContent !== sentence) part(id).textContent = sentence;
  }

  const put = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  async function ask(where, options) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const answer = await fetch(where, { ...options, signal: stop.signal });
      if (answer.status === 404) return { gone: true };
      if (!answer.ok) throw new Error(String(answer.status));
      return await answer.json();
    } finally {
      clearTimeout(timer);
    }
  }

  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  const remembered = () => {
    try {
      return localStorage.getItem(UNIT) || "";
    } catch {
      return "";
    }
  };

  const remember = (unit) => {
    try {
      localStorage.setItem(UNIT, unit);
    } catch {
      // a browser that keeps nothing: it is chosen again
    }
  };

  // --- what the wall shows ---

  async function listen() {
    for (;;) {
      try {
        const told = await ask(`${channel}?phone=1`);
        failed = 0;
        connected(told.gone ? "ended" : "");
        if (!told.gone) await take(told);
        await wait(told.gone ? 1000 : EVERY);
      } catch {
        failed += 1;
        if (failed > 1) connected("lost");
        await wait(AGAIN);
      }
      while (document.hidden) await new Promise((done) => addEventListener("visibilitychange", done, { once: true }));
    }
  }

  async function take(told) {
    if (told.edition !== edition) {
      about = await ask(`${base}/remote.json${lang === "zh" ? "" : `?lang=${lang}`}`);
      edition = told.edition;
      begin();
      show(page, place);
    }
    if (told.n <= n) return;
    n = told.n;
    show(told.page, told.place);
  }

  function connected(state) {
    if (state === link) return;
    link = state;
    document.body.classList.toggle("lost", state !== "");
    say("state", { "": words.remote_together, lost: words.remote_lost, ended: words.remote_ended }[state]);
    if (state !== "ended") return show(page, place);
    for (const each of document.querySelectorAll("nav button, #pages button, #chips button")) each.disabled = true;
  }

  // --- turning ---

  /** Turn here at once, and on the wall as soon as it can be told; one turn after the other, and only the last. */
  function turn(toPage, toPlace) {
    const mine = (turns += 1);
    show(toPage, toPlace);
    line = line.then(() => send(mine, toPage, toPlace));
  }

  async function send(mine, toPage, toPlace) {
    const end = performance.now() + LATE;
    const options = {
      method: "POST",
      headers: { "X-Pingan-Request": "1", "Content-Type": "application/json" },
      body: JSON.stringify({ page: toPage, place: toPlace }),
    };
    while (mine === turns && performance.now() < end) {
      try {
        const told = await ask(channel, options);
        if (told.gone) connected("ended");
        else n = Math.max(n, told.n);
        return;
      } catch {
        await wait(AGAIN);
      }
    }
    if (mine === turns) n = -1; // what the wall shows is shown again
  }

  const index = () => (about ? about.pages.findIndex((each) => each.id === page) : -1);

  function step(by) {
    if (!about) return;
    const to = Math.min(Math.max(index() + by, 0), about.pages.length - 1);
    if (to !== index()) turn(about.pages[to].id, "");
  }

  part("back").addEventListener("click", () => step(-1));
  part("forward").addEventListener("click", () => step(1));

  // --- drawing ---

  function begin() {
    say("heading", about.heading);
    part("simulated").hidden = !about.simulated;
    say("simulated", about.simulated);
    part("pages").replaceChildren(
      ...about.pages.map((each, k) => {
        const button = make("button", { type: "button", textContent: `${k + 1}  ${each.title}` });
        button.addEventListener("click", () => turn(each.id, ""));
        return make("li", {}, button);
      }),
    );
    const unit = remembered();
    const known = part("unit").firstElementChild;
    part("unit").replaceChildren(
      known,
      ...about.units.map((name) => make("option", { value: name, textContent: name, selected: name === unit })),
    );
    mine();
  }

  function show(toPage, toPlace) {
    page = toPage;
    place = toPlace;
    if (!about) return;
    const at = index();
    const now = about.pages[at];
    say("title", now ? now.title : words.remote_on_wall);
    say("where", now ? put(words.remote_of, { k: at + 1, n: about.pages.length }) : "");
    [...part("pages").children].forEach((row, k) => {
      row.firstElementChild.disabled = false;
      row.firstElementChild.classList.toggle("on", k === at);
      row.firstElementChild.setAttribute("aria-current", k === at ? "page" : "false");
    });
    part("back").disabled = at <= 0;
    part("forward").disabled = at < 0 || at === about.pages.length - 1;
    const places = now ? now.places : [];
    part("places").hidden = !places.length;
    part("chips").replaceChildren(
      ...places.map(([token, name]) => {
        const on = token === place;
        const button = make("button", { type: "button", textContent: name, className: on ? "on" : "" });
        button.setAttribute("aria-pressed", String(on));
        button.addEventListener("click", () => turn(page, on ? "" : token));
        return button;
      }),
    );
    mine();
  }

  /** Show what concerns the chosen unit; the page on the wall is marked if it does. */
  function mine() {
    if (!about) return;
    const unit = part("unit").value;
    const ours = (each) => unit && each.units.includes(unit);
    const rows = [
      ...about.fronts.filter(ours).map((each) =>
        make(
          "button",
          { type: "button", className: each.page && each.page === page ? "row on" : "row", disabled: !each.page,
            onclick: () => turn(each.page, "") },
          make("b", { textContent: each.name }),
          make("span", { textContent: each.told }),
        ),
      ),
      ...about.decisions.filter(ours).map((each) =>
        make(
          "div",
          { className: "row decided" },
          make("b", { textContent: each.title }),
          ...each.told.map((sentence) => make("span", { textContent: sentence })),
        ),
      ),
    ];
    part("mine").replaceChildren(...rows);
    if (unit && !rows.length) part("mine").append(make("p", { className: "note", textContent: words.remote_nothing }));
    const here = about.pages[index()];
    document.body.classList.toggle("ours", Boolean(here && ours(here)));
  }

  part("unit").addEventListener("change", () => {
    remember(part("unit").value);
    mine();
  });

  if (key) listen();
  else connected("ended");
})();
