/* The method page: its link says what is read and what is supposed; sliders write the second half of it. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const clientside = window.dash_clientside;
  const URL_PART = "method-url";
  const SUPPOSED = ["weights", "target"];
  const WAIT_MS = 80;

  /* ---- the link ---- */

  let read = null;
  let supposed = null;

  /** Split the link: the page itself does not depend on what is supposed, and is not made again while a slider moves. */
  function readLink(search) {
    const whole = search || "";
    const query = new URLSearchParams(whole);
    SUPPOSED.forEach((name) => query.delete(name));
    const rest = query.toString() ? `?${query}` : "";
    const answer = [rest === read ? clientside.no_update : rest, whole === supposed ? clientside.no_update : whole];
    [read, supposed] = [rest, whole];
    for (const host of hosts()) if (!moving) show(host);
    return answer;
  }

  /** Go to another link; a slider on its way writes over its own steps, so that Back leads to before. */
  function go(search, replace) {
    const address = window.location.pathname + search + window.location.hash;
    if (replace) window.history.replaceState(null, "", address);
    else window.history.pushState(null, "", address);
    clientside.set_props(URL_PART, { search, href: window.location.href });
  }

  /** Write a query as Python does: names and numbers with their colons and commas. */
  const written = (query) => (query.toString() ? `?${query.toString().replace(/%3A/g, ":").replace(/%2C/g, ",")}` : "");

  // drawn links are no components, and links were made without what is supposed: it goes along
  document.addEventListener(
    "click",
    (click) => {
      const link = click.target.closest('a[href^="/method/"]');
      if (!link || click.ctrlKey || click.metaKey || click.shiftKey || click.button) return;
      const here = new URLSearchParams(window.location.search);
      const there = new URL(link.href);
      click.preventDefault();
      click.stopPropagation();
      const kept = link.classList.contains("as-it-is") ? [] : SUPPOSED;
      for (const name of kept) if (here.has(name)) there.searchParams.set(name, here.get(name));
      go(written(there.searchParams));
    },
    true,
  );

  /* ---- sliders ---- */

  let moving = false;
  let timer = null;
  const hosts = () => document.querySelectorAll("[data-sliders]");
  const given = (host) => JSON.parse(host.dataset.sliders);
  const short = (value) => String(Math.round(value * 100) / 100);
  const filled = (words, value) => words.replace("#", value);

  function draw(host) {
    const data = given(host);
    const rows = data.weights.map((each) => row(each.id, each.name, { min: 0, max: data.most, step: 1 }));
    const [low, high] = data.target.ends;
    const target = row("target", data.target.name, { min: low, max: high, step: 0.5 });
    target.classList.add("target");
    host.replaceChildren(...rows, pingan.dom("p", { class: "sum", role: "status" }), target);
    host.drawn = host.dataset.sliders;
    show(host);
  }

  function row(id, name, ends) {
    const input = pingan.dom("input", { type: "range", name: id, ...ends, oninput: moved, onchange: settled });
    return pingan.dom("label", { class: "slider" }, pingan.dom("span", { class: "name", text: name }), input, pingan.dom("output", {}));
  }

  /** Set the sliders to what the link says. */
  function show(host) {
    if (host.drawn !== host.dataset.sliders) return;
    const data = given(host);
    const query = new URLSearchParams(window.location.search);
    const chosen = new Map((query.get("weights") || "").split(",").filter(Boolean).map((part) => part.split(":")));
    for (const each of data.weights) {
      field(host, each.id).value = chosen.has(each.id) ? 100 * Number(chosen.get(each.id)) : each.own;
    }
    field(host, "target").value = query.get("target") || data.target.own;
    tell(host);
  }

  const field = (host, name) => host.querySelector(`input[name="${name}"]`);

  /** Write beside each slider what it comes to once all sum to 100 %. */
  function tell(host) {
    const data = given(host);
    const values = data.weights.map((each) => Number(field(host, each.id).value));
    const sum = values.reduce((total, value) => total + value, 0);
    data.weights.forEach((each, k) => {
      const input = field(host, each.id);
      const share = sum > 0 ? (100 * values[k]) / sum : 0;
      const words = filled(data.words.share, share.toFixed(1));
      input.setAttribute("aria-valuetext", `${short(values[k])} %, ${words}`);
      input.nextSibling.replaceChildren(pingan.dom("b", { text: short(values[k]) }), pingan.dom("small", { text: `${share.toFixed(1)}%`, title: words }));
      input.closest("label").classList.toggle("moved", Math.abs(values[k] - each.own) > 0.001);
    });
    const even = Math.abs(sum - 100) < 0.001;
    host.querySelector(".sum").textContent = even ? data.words.even : filled(data.words.sum, short(sum));
    const target = field(host, "target");
    target.nextSibling.replaceChildren(pingan.dom("b", { text: filled(data.words.points, target.value) }));
    return sum;
  }

  function moved(event) {
    const host = event.target.closest("[data-sliders]");
    const first = !moving;
    moving = true;
    if (tell(host) <= 0) return;
    if (first) write(host, false);
    else {
      clearTimeout(timer);
      timer = setTimeout(() => write(host, true), WAIT_MS);
    }
  }

  function settled(event) {
    const host = event.target.closest("[data-sliders]");
    clearTimeout(timer);
    if (tell(host) > 0) write(host, moving);
    moving = false;
  }

  /** Write the sliders into the link: only what differs from the method's own. */
  function write(host, replace) {
    const data = given(host);
    const query = new URLSearchParams(window.location.search);
    const weights = data.weights
      .map((each) => [each, Number(field(host, each.id).value)])
      .filter(([each, value]) => Math.abs(value - each.own) > 0.001)
      .map(([each, value]) => `${each.id}:${short(value) / 100}`);
    const target = Number(field(host, "target").value);
    if (weights.length) query.set("weights", weights.join(","));
    else query.delete("weights");
    if (target !== data.target.own) query.set("target", String(target));
    else query.delete("target");
    if (written(query) !== window.location.search) go(written(query), replace);
  }

  /* ---- what stands on the page only after it was filled ---- */

  let arrived = false;

  new MutationObserver(() => {
    pingan.drawParts();
    for (const host of hosts()) if (host.drawn !== host.dataset.sliders) draw(host);
    const anchor = window.location.hash.slice(1);
    const aim = !arrived && anchor ? document.getElementById(anchor) : null;
    if (aim && document.querySelector(".contents a")) {
      arrived = true;
      setTimeout(() => aim.scrollIntoView({ behavior: "instant" }), 50); // when the parts above have their height
    }
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-sliders", "data-drawn"] });

  /* ---- where the reader is ---- */

  const TOP_PX = 160;

  document.addEventListener(
    "scroll",
    (scroll) => {
      const page = scroll.target;
      if (!page.classList || !page.classList.contains("method-page")) return;
      const ended = page.scrollTop + page.clientHeight >= page.scrollHeight - 2;
      const links = [...document.querySelectorAll(".contents a")];
      const begun = links.filter((link) => document.querySelector(link.getAttribute("href")).getBoundingClientRect().top < page.getBoundingClientRect().top + TOP_PX);
      const here = ended ? links[links.length - 1] : begun[begun.length - 1];
      for (const link of links) link.classList.toggle("on", link === here);
    },
    { capture: true, passive: true },
  );

  pingan.expose("readLink", readLink);
})();
