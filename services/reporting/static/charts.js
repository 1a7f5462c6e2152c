// Charts as plain SVG: a pair of bars for each hour or day, and bars by name.

import { bar, h, keyed, s, setBar, setClass, setHref, setText } from "./dom.js";
import { day, hour, number } from "./words.js";

const HEIGHT = 210;
const NARROWEST = 280;
const LABEL = 64;
const LEFT = 34;
const BOTTOM = 22;

/** A round number of at most four steps that covers `most`. */
function scale(most) {
  for (let unit = 1; ; unit *= 10) {
    for (const step of [1, 2, 5]) {
      if (step * unit * 4 >= most) return step * unit;
    }
  }
}

/** `slots`: [{start, end, created, resolved}] in order, none left out. Drawn for a width in pixels. */
export function volume(slots, byDay, pixels) {
  const all = Math.max(pixels, NARROWEST);
  const step = scale(Math.max(4, ...slots.map((slot) => Math.max(slot.created, slot.resolved))));
  const top = step * 4;
  const y = (value) => (HEIGHT - BOTTOM) * (1 - value / top) + 6;
  const width = (all - LEFT) / slots.length;
  const told = (slot) => (byDay ? day(slot.start) : `${day(slot.start)}, ${hour(slot.start)}`);
  const total = (name) => slots.reduce((sum, slot) => sum + slot[name], 0);
  const chart = s("svg", {
    class: "chart", viewBox: `0 0 ${all} ${HEIGHT + 6}`, role: "group",
    "aria-label": `Volume: ${total("created")} tickets created, ${total("resolved")} resolved`,
  });
  for (let line = 0; line <= 4; line += 1) {
    const at = y(line * step);
    chart.append(
      s("line", { class: "rule", x1: LEFT, x2: all, y1: at, y2: at }),
      s("text", { x: LEFT - 8, y: at + 4, "text-anchor": "end" }, number(line * step)),
    );
  }
  const every = Math.ceil((slots.length * LABEL) / all);
  slots.forEach((slot, index) => {
    const x = LEFT + index * width;
    chart.append(...column(slot, "created", "first", x + width * 0.14, width * 0.36, y, told));
    chart.append(...column(slot, "resolved", "second", x + width * 0.52, width * 0.36, y, told));
    if ((slots.length - 1 - index) % every === 0) {
      const label = byDay || slot.start.getHours() === 0 ? day(slot.start) : hour(slot.start);
      chart.append(s("text", { x: x + width / 2, y: HEIGHT + 4, "text-anchor": "middle" }, label));
    }
  });
  return chart;
}

function column(slot, figure, className, x, width, y, told) {
  if (!slot[figure]) return [];
  const height = Math.max(y(0) - y(slot[figure]), 2);
  const query = new URLSearchParams({ figure, from: slot.start.toISOString(), to: slot.end.toISOString() });
  const label = `${slot[figure]} ${figure}, ${told(slot)}`;
  return [
    s(
      "a", { href: `#/tickets?${query}`, "aria-label": label },
      s("title", {}, label),
      s("rect", { class: className, x, y: y(0) - height, width, height, rx: Math.min(2.5, width / 3) }),
    ),
  ];
}

/** Bars by name; each leads to `href(row)`. */
export function bars() {
  const list = h("ul", { class: "rows" });
  list.update = (rows, { most = Math.max(1, ...rows.map((row) => row.share)) } = {}) => {
    keyed(list, rows, { key: (row) => row.id, make: makeRow, update: (node, row) => updateRow(node, row, most) });
  };
  return list;
}

function makeRow() {
  const name = h("a");
  const value = h("b");
  const beside = h("span", { class: "soft" });
  const strip = bar();
  const row = h("li", {}, h("div", { class: "line" }, name, h("span", {}, beside, " ", value)), strip);
  return Object.assign(row, { parts: { name, value, beside, strip } });
}

function updateRow({ parts }, row, most) {
  setText(parts.name, row.name);
  setHref(parts.name, row.href);
  setText(parts.value, row.value);
  setText(parts.beside, row.beside ?? "");
  setClass(parts.strip, `bar ${row.kind ?? "accent"}`);
  setBar(parts.strip, row.share / most);
}
