/* Dash's own calls over a bad line: they wait and try again; a refusal is told in words. Everything else is fetched as ever. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const PATH = "/_dash-update-component";
  const MAP_VIEW = "map-view";
  const PANEL = "panel.children";
  const CARD = "..pattern.children...pattern-key.children..";
  const MAP_FIRST_MS = 400;
  const FIRST_PAUSE_S = 0.4; // a call that was dropped by chance is soon made again
  const LONGEST_PAUSE_S = 8;
  const TOLD_MS = 8000;
  const WORDS = {
    lost: ["网络中断，页面停留在上一状态，恢复后自动重试", "Connection lost; the page shows the last state and will try again"],
    refused: ["服务器未能回答，请稍后再试", "The server could not answer; please try again later"],
  };

  const plain = window.fetch.bind(window);
  const waiting = new Set(); // calls that have failed at least once
  let newest = null; // the last call for the map
  let refusal = ""; // what the server said last, for as long as it is shown
  let forgetting = null;

  const word = (name) => WORDS[name][document.documentElement.lang.startsWith("en") ? 1 : 0];
  const nothing = () => new Response(null, { status: 204 }); // Dash takes it as: no update

  /* ---- the bar ---- */

  function show() {
    const host = document.querySelector(".map-wrap") || document.body;
    let bar = document.querySelector(".network-bar");
    if (!bar || bar.parentNode !== host) {
      if (bar) bar.remove();
      bar = pingan.dom("div", { class: "network-bar", role: "status" });
      host.append(bar);
    }
    bar.textContent = waiting.size ? word("lost") : refusal;
  }

  function refused(sentence) {
    refusal = sentence;
    clearTimeout(forgetting);
    forgetting = setTimeout(() => {
      refusal = "";
      show();
    }, TOLD_MS);
    show();
  }

  /* ---- the calls ---- */

  /** Read which output a call is for, and at which address it was made. */
  function callOf(body) {
    const { output, inputs = [], state = [], changedPropIds = [] } = JSON.parse(body);
    const address = [...inputs, ...state].flat().find((part) => part && part.property === "search");
    const teller = pingan.tellers.get((changedPropIds[0] || "").split(".")[0]);
    return { output, address: address && address.value, teller, over: false, wake: () => {} };
  }

  /** Let older waiting calls go that a newer one makes pointless: for the same output, or made at an address since left. */
  function supersede(call) {
    for (const other of waiting) {
      const left = call.address !== undefined && other.address !== undefined && other.address !== call.address;
      if (other.output !== call.output && !left) continue;
      other.over = true;
      other.wake();
    }
  }

  const pause = (call, seconds) =>
    new Promise((resolve) => {
      call.wake = resolve;
      setTimeout(resolve, seconds * 1000);
    });

  /** Fetch until there is a whole answer; one that nobody needs any more gives up. */
  async function persist(url, options, call) {
    for (let seconds = FIRST_PAUSE_S; ; seconds = Math.min(LONGEST_PAUSE_S, 2 * seconds)) {
      try {
        const response = await plain(url, options);
        await response.clone().arrayBuffer(); // the line may also break in the middle
        return response;
      } catch (error) {
        if (error.name === "AbortError") throw error;
      }
      if (!call.over) {
        waiting.add(call);
        show();
        await pause(call, seconds);
      }
      if (call.over) return nothing();
    }
  }

  /** Let the map have its answer first, if it is to the newest question; then Dash gets it, parsed already. */
  async function seen(response, call) {
    const ofMap = pingan.paintAhead && call.output.includes(`${MAP_VIEW}.data`);
    if (response.status !== 200 || !(ofMap || call.teller)) return response;
    const answer = await response.json();
    const view = ofMap && answer.response && answer.response[MAP_VIEW];
    if (view && view.data && call === newest) await pingan.paintAhead(view.data);
    response.json = () => Promise.resolve(answer);
    return response;
  }

  /** Answer at once what needs no server: without a layer there is neither its card nor its legend. */
  function known(call) {
    if (call.output !== CARD || new URLSearchParams(call.address || "").has("layer")) return null;
    const response = { pattern: { children: [] }, "pattern-key": { children: [] } };
    return new Response(JSON.stringify({ multi: true, response }), { status: 200, headers: { "Content-Type": "application/json" } });
  }

  /** Let the map have the server to itself first: the panel is asked for once it is painted, or has taken too long. */
  async function mapFirst(call) {
    await Promise.resolve(); // both are sent in one turn
    const over = newest && newest.address === call.address && newest.painted;
    if (over) await Promise.race([over, new Promise((resolve) => setTimeout(resolve, MAP_FIRST_MS))]);
  }

  async function ask(url, options) {
    const call = callOf(options.body);
    let painted = () => {};
    if (call.output.includes(`${MAP_VIEW}.data`)) {
      newest = call;
      call.painted = new Promise((resolve) => (painted = resolve));
    }
    if (call.teller) call.teller.asked();
    supersede(call);
    try {
      if (call.output.includes(PANEL)) {
        await mapFirst(call);
        if (newest && newest.address !== call.address) return nothing(); // the reader is elsewhere by now
      }
      const response = known(call) || (await persist(url, options, call));
      if (response.status < 400) return await seen(response, call);
      const answer = await response.json().catch(() => null);
      refused((answer && answer.error) || word("refused"));
      return nothing();
    } finally {
      painted();
      if (waiting.delete(call)) show();
      if (call.teller) setTimeout(call.teller.answered); // Dash has the answer in its hands by then
    }
  }

  window.fetch = function (url, options) {
    const ours = options && options.method === "POST" && typeof options.body === "string" && new URL(url, location.href).pathname.endsWith(PATH);
    return ours ? ask(url, options) : plain(url, options);
  };

  window.addEventListener("online", () => waiting.forEach((call) => call.wake()));
})();
