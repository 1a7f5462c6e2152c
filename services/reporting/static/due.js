// The countdown to a ticket's next due time: green, amber below a quarter or when warned, red when missed.

import { bar, h, setBar, setClass, setText } from "./dom.js";
import { now } from "./api.js";
import { countdown, moment, plain } from "./words.js";

const shown = new Map();

export function makeDue() {
  const left = h("b");
  const metric = h("small");
  const strip = bar();
  const node = h("span", { class: "due" }, h("span", { class: "left" }, left, metric), strip);
  node.parts = { left, metric, strip };
  return node;
}

export function updateDue(node, ticket) {
  shown.set(node, ticket);
  tick(node, ticket);
}

export function urgency(ticket) {
  const { clock, next_due_at: due } = ticket;
  if (!clock || !due) return "";
  const seconds = (Date.parse(due) - now()) / 1000;
  if (seconds < 0 || clock.missed_at) return "bad";
  return clock.warned || seconds < 0.25 * (clock.target_seconds ?? 0) ? "soon" : "good";
}

function tick(node, ticket) {
  const { clock, next_due_at: due } = ticket;
  const { left, metric, strip } = node.parts;
  if (!clock || !due) {
    setClass(node, "due");
    setText(left, ticket.live ? "–" : "");
    setText(metric, ticket.live ? "no clock runs" : "");
    setBar(strip, 0);
    return;
  }
  const seconds = (Date.parse(due) - now()) / 1000;
  const kind = urgency(ticket);
  setClass(node, `due ${kind}`);
  setText(left, seconds < 0 ? `−${countdown(seconds)}` : countdown(seconds));
  setText(metric, plain(ticket.next_metric).replace(" response", " reply"));
  node.title = `${plain(ticket.next_metric)} due ${moment(due)}`;
  const total = (Date.parse(due) - Date.parse(clock.started_at)) / 1000;
  setBar(strip, seconds < 0 ? 1 : total > 0 ? 1 - seconds / total : 0);
}

setInterval(() => {
  for (const [node, ticket] of shown) {
    if (node.isConnected) tick(node, ticket);
    else shown.delete(node);
  }
}, 1000);
