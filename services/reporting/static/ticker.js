// What just happened, newest first.

import { h, keyed } from "./dom.js";
import { time } from "./words.js";

const KINDS = {
  SlaBreached: "bad", TicketEscalated: "bad", NotificationFailed: "bad", DeliveryFailed: "bad", ProgressStalled: "soon",
  SlaWarning: "soon", TicketReopened: "soon", TicketQueued: "soon", CommandRejected: "soon",
  TicketResolved: "good", SlaFulfilled: "good", SlaCorrected: "good",
};

export function kindOf(entry) {
  if (entry.type === "SlaFulfilled" && entry.text.includes(" late,")) return "soon";
  return KINDS[entry.type] ?? "";
}

export function ticker() {
  const list = h("ol", { class: "ticker", tabindex: "0", "aria-label": "Latest events" });
  list.update = (entries) => keyed(list, entries, { key: (entry) => entry.id, make: makeLine });
  return list;
}

function makeLine(entry) {
  return h(
    "li", {},
    h("time", { datetime: entry.at }, time(entry.at)),
    h(
      "span", { class: "what" },
      h("a", { class: "id", href: `#/tickets/${encodeURIComponent(entry.number)}` }, entry.number),
      " ",
      h("span", { class: kindOf(entry), title: entry.why ?? null }, entry.text),
    ),
  );
}
