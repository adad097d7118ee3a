"use strict";
/* Decisions at the wall: D opens a form that has filled in what the page says; buttons on the page of decisions take one back. */
(() => {
  const form = document.getElementById("decide-form");
  const { meeting, lang } = document.body.dataset;
  if (!form) return;
  const words = JSON.parse(form.dataset.words);
  const base = `/meeting/${encodeURIComponent(meeting)}`;
  const headers = { "X-Pingan-Request": "1", "Content-Type": "application/json" };
  const part = (id) => document.getElementById(`decide-${id}`);
  const JOINED = /[、，,;；/]\s*/;
  let offered = null;
  let asking = 0;
  let baseline = 0;

  const address = (path, fields = {}) => {
    const query = new URLSearchParams(fields);
    if (lang !== "zh") query.set("lang", lang);
    return query.size ? `${base}${path}?${query}` : base + path;
  };

  function say(sentence) {
    part("said").textContent = sentence;
  }

  async function answerOf(request) {
    const answer = await request;
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.error || "");
    return told;
  }

  // --- filling in ---

  const load = () => answerOf(fetch(address("/drafts"))).then((told) => { offered = told; return told; });

  /** What the page that is shown proposes. */
  function drafted() {
    const shown = document.querySelector(".page.shown");
    return offered.pages[shown ? shown.dataset.page : ""] || offered.pages[""];
  }

  function option(value, label) {
    const made = document.createElement("option");
    made.value = value;
    made.textContent = label;
    return made;
  }

  function fill() {
    const draft = drafted();
    const units = [...new Set([...draft.units, ...offered.units])];
    document.getElementById("decide-units").replaceChildren(...units.map((unit) => option(unit, "")));
    part("problem").value = draft.problem;
    part("measure").value = "";
    part("lead").value = draft.lead;
    part("helpers").value = draft.units.filter((unit) => unit !== draft.lead).join("、");
    part("place").replaceChildren(...offered.places.map((place) => option(place.token, place.name)));
    part("types").replaceChildren(...draft.types.map((each) => option(each.ids.join(","), each.name)));
    part("start").value = offered.start;
    part("deadline").value = offered.deadline;
    say("");
    count();
  }

  /** Count what is to move, in the data of the meeting. */
  async function count() {
    const mine = (asking += 1);
    part("baseline").textContent = words.decide_baseline.replace("{n}", "…");
    try {
      const fields = { place: part("place").value, types: part("types").value };
      const told = await answerOf(fetch(address("/baseline", fields)));
      if (mine !== asking) return;
      baseline = told.n;
      part("baseline").textContent = words.decide_baseline.replace("{n}", String(baseline));
      part("target").max = String(baseline);
      part("target").value = String(Math.floor(baseline * offered.target + 1e-9));
    } catch {
      if (mine === asking) say(words.decide_failed);
    }
  }

  async function open() {
    if (form.open) return;
    const panel = document.getElementById("pair");
    if (panel && panel.open) panel.close();
    form.showModal();
    try {
      if (!offered) await load();
      fill();
    } catch {
      say(words.decide_failed);
    }
    part("measure").focus();
  }

  part("place").addEventListener("change", count);
  part("types").addEventListener("change", count);
  part("close").addEventListener("click", () => form.close());

  // --- keeping ---

  function draft() {
    const helpers = part("helpers").value.split(JOINED).map((unit) => unit.trim()).filter(Boolean);
    return {
      problem: part("problem").value.trim(),
      measure: part("measure").value.trim(),
      lead: part("lead").value.trim(),
      helpers,
      place: part("place").value,
      types: part("types").value.split(",").filter(Boolean),
      target: part("target").value === "" ? null : Number(part("target").value),
      start: part("start").value,
      deadline: part("deadline").value,
      front: drafted().front,
    };
  }

  form.querySelector("form").addEventListener("submit", async (submit) => {
    submit.preventDefault();
    if (!offered) return;
    const body = draft();
    if (!(body.problem && body.measure && body.lead && body.start && body.deadline)) {
      say(words.decide_missing);
      return;
    }
    part("keep").disabled = true;
    try {
      await answerOf(fetch(address("/decisions"), { method: "POST", headers, body: JSON.stringify(body) }));
      show();
    } catch (error) {
      say(error.message || words.decide_failed);
    } finally {
      part("keep").disabled = false;
    }
  });

  /** Show the decisions: the page is asked for again, for it is written on the server. */
  function show() {
    location.hash = "decisions";
    location.reload();
  }

  // --- taking back ---

  document.addEventListener("click", async (click) => {
    const button = click.target.closest("[data-withdraw]");
    if (!button) return;
    if (!button.classList.contains("sure")) {
      button.classList.add("sure");
      button.textContent = words.decide_withdraw_sure;
      setTimeout(() => {
        button.classList.remove("sure");
        button.textContent = words.decide_withdraw;
      }, 4000);
      return;
    }
    button.disabled = true;
    const where = address(`/decisions/${encodeURIComponent(button.dataset.withdraw)}`);
    try {
      await answerOf(fetch(where, { method: "DELETE", headers }));
      show();
    } catch (error) {
      button.disabled = false;
      button.textContent = error.message || words.decide_failed;
    }
  });

  // --- the key ---

  document.addEventListener("keydown", (press) => {
    if (press.ctrlKey || press.metaKey || press.altKey || form.open) return;
    if (press.target.closest("input, select, textarea")) return;
    if (press.key === "d" || press.key === "D") {
      press.preventDefault();
      open();
    }
  });
  form.addEventListener("keydown", (press) => {
    press.stopPropagation(); // arrows and letters are for the form now
    if (press.key === "Enter" && (press.ctrlKey || press.metaKey)) form.querySelector("form").requestSubmit();
  });

  // --- what stands on the page of decisions ---

  function button(sentence, about) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "chip";
    made.textContent = sentence;
    Object.assign(made.dataset, about);
    return made;
  }

  const inside = document.querySelector('[data-page="decisions"] .inside');
  if (inside) {
    const bar = document.createElement("p");
    bar.className = "to-decide";
    const ask = button(words.decide_open, {});
    ask.addEventListener("click", open);
    bar.append(ask);
    const cards = [...inside.querySelectorAll("[data-decision]")];
    for (const card of cards) {
      card.lastElementChild.append(button(words.decide_withdraw, { withdraw: card.dataset.decision }));
    }
    if (cards.length) {
      const choose = button(words.decide_withdraw_which, {});
      choose.addEventListener("click", () => inside.classList.toggle("withdrawing"));
      bar.append(choose);
    }
    inside.append(bar);
    dispatchEvent(new Event("resize")); // the page is fitted again
  }
  addEventListener("load", () => setTimeout(() => load().catch(() => {}), 500));
})();
