// The table of tickets: on the desk the most urgent ones, in the list whatever was asked for.

import { ask } from "./api.js";
import { card, h, keyed, setClass, setHref, setText } from "./dom.js";
import { makeDue, updateDue } from "./due.js";
import { brief as shortly, channel, plain, title } from "./words.js";

const COLUMNS = [
  ["Ticket", ""], ["Subject", ""], ["Priority", ""], ["Status", "later"], ["Channel", "optional long"],
  ["With", "later"], ["Opened", "optional long"], ["Next due", ""],
];

export function makeTable(label, { brief = false } = {}) {
  const body = h("tbody");
  const head = h("tr", {}, COLUMNS.map(([name, className]) => h("th", { scope: "col", class: className }, name)));
  const table = h("table", { class: brief ? "tickets brief" : "tickets", "aria-label": label }, h("thead", {}, head), body);
  const empty = h("p", { class: "empty", hidden: true }, "No tickets.");
  const node = h("div", { class: "scroll" }, table, empty);
  node.update = (tickets) => {
    keyed(body, tickets, { key: (ticket) => ticket.id, make: makeRow, update: updateRow });
    table.hidden = tickets.length === 0;
    empty.hidden = tickets.length > 0;
  };
  return node;
}

function makeRow() {
  const parts = {
    link: h("a", { class: "id" }), subject: h("span"), priority: h("span"), status: h("span"),
    channel: h("span"), owner: h("span"), opened: h("time"), due: makeDue(),
  };
  const cell = (className, child) => h("td", { class: className }, child);
  const row = h(
    "tr", {},
    cell("", parts.link), cell("subject", parts.subject), cell("", parts.priority), cell("later", parts.status),
    cell("optional long soft", parts.channel), cell("later", parts.owner), cell("optional long soft", parts.opened), cell("", parts.due),
  );
  return Object.assign(row, { parts });
}

function updateRow({ parts: row }, ticket) {
  setHref(row.link, `#/tickets/${encodeURIComponent(ticket.number)}`);
  setText(row.link, ticket.number);
  setText(row.subject, ticket.subject ?? "");
  row.subject.title = ticket.subject ?? "";
  setText(row.priority, plain(ticket.priority) || "untriaged");
  setClass(row.priority, `mark ${ticket.priority ?? ""}`);
  setText(row.status, plain(ticket.status));
  setText(row.channel, channel(ticket.channel));
  setText(row.owner, ticket.agent ?? (ticket.queue ? `waits in ${ticket.queue}` : "–"));
  setClass(row.owner, ticket.agent ? "" : "soft");
  setText(row.opened, shortly(ticket.created_at));
  updateDue(row.due, ticket);
}

const NAMES = {
  live: (value) => (value === "true" ? "open" : "over"),
  waiting: () => "waiting for an agent",
  breached: () => "a target missed",
  at_risk: () => "at risk",
  figure: (value) => plain(value.replaceAll(".", " ")),
  from: (value) => `from ${shortly(value)}`,
  to: (value) => `to ${shortly(value)}`,
  created_since: (value) => `opened since ${shortly(value)}`,
  by: () => null,
};

/** The list page: `parameters` are those of /v1/tickets, or of /v1/drill where `figure` is among them. */
export function listPage(parameters) {
  const table = makeTable("Tickets");
  const more = h("button", { class: "more", hidden: true, onclick: () => extend() }, "Show more");
  const told = [...parameters].map(([name, value]) => (NAMES[name] ? NAMES[name](value) : `${title(name)} ${plain(value)}`));
  const beside = h("span", { class: "beside" }, told.filter(Boolean).join(" · ") || "all");
  const page = h("div", { class: "grid" }, card("Tickets", { className: "full", beside }, table, more));
  let after = null;
  let tickets = [];
  let pages = 1;

  const one = (from) => (parameters.has("figure")
    ? ask("drill", Object.fromEntries(parameters))
    : ask("tickets", { limit: 50, sort: parameters.get("live") ? "urgent" : "newest", ...Object.fromEntries(parameters), after: from }));

  async function refresh() {
    let cursor = null;
    const found = [];
    for (let i = 0; i < pages; i += 1) {
      const answer = await one(cursor);
      found.push(...answer.tickets);
      cursor = answer.after;
      if (!cursor) break;
    }
    [tickets, after] = [found, cursor];
    table.update(tickets);
    more.hidden = !after;
  }

  async function extend() {
    pages += 1;
    await refresh();
  }

  return { node: page, title: "Tickets", nav: "tickets", parts: [[refresh, 4000]] };
}
