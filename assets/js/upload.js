/* Uploading: a file goes to the server in pieces, as it is; a piece that a bad line lost is sent again. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const PIECE = 8 * 1024 * 1024;
  const TRIES = 4;
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  let chosen = null; // the file that was picked last
  let sending = null; // { request, stopped, token }

  /* ---- choosing ---- */

  function accept(zone, file) {
    const kinds = zone.dataset.pick.split(",");
    const form = zone.closest("[data-form]");
    const good = Boolean(file) && kinds.some((kind) => file.name.toLowerCase().endsWith(kind));
    chosen = good ? file : null;
    form.querySelector("[data-chosen]").textContent = good ? `${file.name} · ${size(file.size)}` : "";
    note(form, good ? "" : form.querySelector("[data-upload]").dataset.bad);
  }

  const size = (bytes) => (bytes < 1024 * 1024 ? `${pingan.number(bytes / 1024, 1)} KB` : `${pingan.number(bytes / 1024 / 1024, 1)} MB`);

  function note(form, sentence) {
    const line = form.querySelector("[data-upload-note]");
    line.textContent = sentence;
    line.hidden = !sentence;
  }

  document.addEventListener("click", (click) => {
    const zone = click.target.closest("[data-pick]");
    if (zone) {
      const input = pingan.dom("input", { type: "file", accept: zone.dataset.pick, onchange: () => accept(zone, input.files[0]) });
      input.click();
    }
    const start = click.target.closest("[data-upload]");
    if (start) upload(start.closest("[data-form]"), start);
    if (click.target.closest("[data-upload-stop], .wizard .close")) stop();
  });

  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (drag) => {
      const zone = drag.target.closest && drag.target.closest("[data-pick]");
      if (kind !== "dragleave") drag.preventDefault(); // a file dropped beside must not open in the window
      if (!zone) return;
      zone.classList.toggle("over", kind === "dragover");
      if (kind === "drop") accept(zone, drag.dataTransfer.files[0]);
    });
  }

  /* ---- sending ---- */

  /** Send one piece; resolve to the server's answer, with its status. */
  function send(address, body, moved) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      sending.request = request;
      request.open("POST", address);
      request.setRequestHeader("X-Pingan-Request", "1");
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.responseType = "json";
      request.upload.onprogress = (progress) => moved(progress.loaded);
      request.onload = () => resolve({ status: request.status, ...(request.response || {}) });
      request.onerror = () => reject(new Error("network"));
      request.onabort = () => reject(new Error("stopped"));
      request.send(body);
    });
  }

  async function persist(address, body, moved) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send(address, body, moved);
      } catch (error) {
        if (sending.stopped || attempt >= TRIES) throw error;
        await pause(1000 * attempt);
      }
    }
  }

  async function upload(form, button) {
    const fields = pingan.desk.fields(form);
    if (!chosen || (fields.source !== undefined && !fields.source.trim())) return note(form, button.dataset.none);
    const file = chosen;
    const lang = button.dataset.upload;
    sending = { request: null, stopped: false, token: "" };
    note(form, "");
    busy(form, true);
    try {
      let at = 0;
      do {
        const first = `/data/upload?name=${encodeURIComponent(file.name)}&size=${file.size}&lang=${lang}`;
        const address = sending.token ? `/data/upload/${sending.token}?at=${at}&lang=${lang}` : first;
        const answer = await persist(address, file.slice(at, at + PIECE), (loaded) => moved(form, (at + loaded) / (file.size || 1)));
        if (sending.stopped) throw new Error("stopped");
        if (answer.status !== 200) throw Object.assign(new Error("refused"), { sentence: answer.error });
        sending.token = answer.token;
        at = answer.received;
      } while (at < file.size);
      chosen = null;
      pingan.desk.tell({ ...fields, kind: "inspect", token: sending.token });
    } catch (error) {
      if (!sending.stopped) note(form, error.sentence || button.dataset.lost);
      forget(sending.token);
    } finally {
      sending = null;
      busy(form, false);
    }
    return undefined;
  }

  function stop() {
    if (!sending) return;
    sending.stopped = true;
    if (sending.request) sending.request.abort();
  }

  /** Have the server remove what came so far; it also would by itself, after a day. */
  function forget(token) {
    if (token) fetch(`/data/upload/${token}`, { method: "DELETE", headers: { "X-Pingan-Request": "1" } }).catch(() => {});
  }

  function busy(form, on) {
    form.querySelector("[data-sent]").hidden = !on;
    form.querySelector("[data-upload-stop]").hidden = !on;
    form.querySelector("[data-upload]").disabled = on;
    form.querySelector("[data-pick]").disabled = on;
  }

  function moved(form, share) {
    const bar = form.querySelector("[data-sent]");
    bar.querySelector("progress").value = share;
    bar.querySelector("span").textContent = `${Math.floor(100 * Math.min(share, 1))}\u2009%`;
  }

  window.addEventListener("beforeunload", (leaving) => {
    if (sending) leaving.preventDefault(); // the browser asks before a half-sent file is lost
  });
})();
