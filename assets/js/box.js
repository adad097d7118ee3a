/* The one box that tells about a place: beside the pointer, at the focused place, or docked under the thumb. */
(function () {
  "use strict";

  const pingan = window.pingan;
  const OFFSET = 16;

  let box = null;
  let told = null; // rank told about now

  /** Write the lines of place `k`: name, value, interval, change, count, hint. */
  function lines(s, k, touch) {
    const { data } = s;
    const { dom, number } = pingan;
    const text = data.text || {};
    const kind = pingan.places.classOf(data, k);
    const look = kind < 0 ? null : data.palette[kind];
    const at = (column) => (Array.isArray(column) ? column[k] : null);
    const has = (value) => value !== null && value !== undefined;
    const unit = text.unit ? `\u2009${text.unit}` : "";
    const written = has(at(data.value)) ? number(at(data.value), data.decimals) + unit : text.no_data || "";
    const row = (label, ...content) => dom("div", { class: "row" }, dom("span", { class: "label", text: label || "" }), ...content);

    const chip = look && look.mark ? dom("i", { class: "mark", "aria-hidden": "true", text: look.mark, style: { background: look.fill, color: look.ink } }) : null;
    const word = look && look.word ? dom("span", { class: "word", text: look.word }) : null;
    return [
      dom("strong", { class: "name", text: pingan.places.nameOf(s, k) }),
      row(text.value, dom("span", { class: "figure", text: written }), chip, word),
      has(at(data.low)) && has(at(data.high))
        ? row(text.interval, dom("span", { text: `${number(at(data.low), data.decimals)}\u2013${number(at(data.high), data.decimals)}` }))
        : null,
      has(at(data.change)) ? row(text.change, ...changeOf(data, k, text)) : null,
      has(at(data.count)) ? row(text.count, dom("span", { text: number(at(data.count), 0) })) : null,
      pingan.places.opens(s, k) ? hintOf(k, text, touch) : null,
    ];
  }

  /** Write the change with its sign; an arrow, where one has a sense, is filled if the change is significant, else hollow and said so. */
  function changeOf(data, k, text) {
    const change = data.change[k];
    const sure = Array.isArray(data.sure) ? Boolean(data.sure[k]) : true;
    const size = pingan.number(change, data.decimals);
    if (!/[1-9]/.test(size)) return [pingan.dom("span", { text: text.no_change || (data.lang === "en" ? "no change" : "持平") })];
    const arrow = change > 0 ? (sure ? "▲" : "△") : sure ? "▼" : "▽";
    return [
      data.arrows === 0 ? null : pingan.dom("span", { class: "arrow", "aria-hidden": "true", text: arrow }),
      pingan.dom("span", { text: change > 0 ? `+${size}` : size }),
      sure ? null : pingan.dom("span", { class: "unsure", text: text.not_sure || "" }),
    ];
  }

  function hintOf(k, text, touch) {
    if (!touch) return pingan.dom("div", { class: "hint", text: text.hint || "" });
    const s = pingan.places.scene();
    return pingan.dom("button", { type: "button", class: "open", text: text.open || "打开", onclick: () => pingan.places.drill(s, k) });
  }

  /** Make the box and the region that speaks to the keyboard's user; they stand beside the map so that the legend cannot cover them. */
  function boxOn(map) {
    const container = map.getContainer().closest(".map-wrap") || map.getContainer();
    if (box && box.element.parentNode === container) return box;
    const element = pingan.dom("div", { class: "place-box", hidden: true });
    const spoken = pingan.dom("div", { class: "offstage", "aria-live": "polite" });
    container.append(element, spoken);
    L.DomEvent.disableClickPropagation(element);
    box = { element, spoken };
    return box;
  }

  /** Show place `k` beside a point of the map. */
  function show(s, k, point) {
    const { element } = boxOn(s.map);
    if (told !== k || element.hidden || element.classList.contains("docked")) fill(s, k, false);
    place(element, s.map, point);
  }

  /** Show place `k` with a button under the thumb; `high` when the finger is in the lower half, so that the place stays in sight. */
  function dock(s, k, high) {
    const { element } = boxOn(s.map);
    fill(s, k, true);
    element.classList.toggle("high", high);
    element.style.transform = "";
  }

  function fill(s, k, docked) {
    told = k;
    box.element.classList.toggle("docked", docked);
    box.element.replaceChildren(...lines(s, k, docked).filter(Boolean));
    box.element.hidden = false;
  }

  /** Keep the box inside the map and off the pointer. */
  function place(element, map, point) {
    const size = map.getSize();
    const [w, h] = [element.offsetWidth, element.offsetHeight];
    const x = point.x + OFFSET + w > size.x ? point.x - OFFSET - w : point.x + OFFSET;
    const y = point.y + OFFSET + h > size.y ? point.y - OFFSET - h : point.y + OFFSET;
    const inside = map.getContainer();
    const [left, top] = inside.contains(element) ? [0, 0] : [inside.offsetLeft, inside.offsetTop];
    element.style.transform = `translate(${Math.round(left + Math.max(4, x))}px, ${Math.round(top + Math.max(4, y))}px)`;
  }

  function hide() {
    told = null;
    if (box) box.element.hidden = true;
  }

  /** Hide when the keyboard goes elsewhere; a docked box stays, its button is about to be pressed. */
  function leave() {
    if (box && !box.element.classList.contains("docked")) hide();
  }

  /** Give the words of a line; marks and arrows are for the eye. */
  function wordsOf(line) {
    const parts = Array.from(line.childNodes).filter((part) => !(part.getAttribute && part.getAttribute("aria-hidden")));
    return parts.map((part) => part.textContent).join(" ");
  }

  /** Say place `k` aloud, in one sentence. */
  function speak(s, k) {
    const { spoken } = boxOn(s.map);
    spoken.textContent = lines(s, k, false)
      .filter((line) => line && !line.classList.contains("hint"))
      .map(wordsOf)
      .join(", ");
  }

  /** Rewrite an open box after a recolour, in its place. */
  function refresh(s) {
    if (!box || box.element.hidden || told === null || told >= s.order.length) return;
    fill(s, told, box.element.classList.contains("docked"));
  }

  pingan.box = { show, dock, hide, leave, speak, refresh };
})();
