"use strict";
/* The lobby: ask the server to prepare a meeting, or bring a dossier; then go to its wall. */
(() => {
  const lang = document.body.dataset.lang;
  const words = JSON.parse(document.body.dataset.words);
  const part = (id) => document.getElementById(id);
  const form = part("new");
  const dossier = part("dossier");

  function say(sentence, failed) {
    part("said").textContent = sentence;
    part("said").classList.toggle("failed", Boolean(failed));
  }

  function address(path, fields) {
    const query = new URLSearchParams(fields);
    if (lang !== "zh") query.set("lang", lang);
    return query.size ? `${path}?${query}` : path;
  }

  /** Ask for something that takes a while; on success go where the answer leads. */
  async function go(where, body, sentence) {
    const controls = [...document.querySelectorAll("button, select, input")];
    for (const each of controls) each.disabled = true;
    say(sentence);
    let said = words.lobby_failed;
    try {
      const answer = await fetch(where, { method: "POST", headers: { "X-Pingan-Request": "1" }, body });
      const told = await answer.json();
      if (answer.ok) {
        location.assign(told.href);
        return;
      }
      said = told.error || said;
    } catch {
      // the sentence below
    }
    for (const each of controls) each.disabled = false;
    say(said, true);
  }

  addEventListener("pageshow", (shown) => {
    if (!shown.persisted) return; // come back from the wall: the page is as it was left
    for (const each of document.querySelectorAll("button, select, input")) each.disabled = false;
    say("");
  });

  if (form) {
    form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      const fields = { place: part("place").value, period: part("period").value };
      if (!fields.place) delete fields.place;
      go(address("/meeting/new", fields), null, words.lobby_preparing);
    });
  }
  if (dossier) {
    dossier.addEventListener("change", () => {
      if (dossier.files.length) go(address("/meeting/dossier", {}), dossier.files[0], words.lobby_reading);
    });
  }
})();
