// One ticket: its facts, its clocks, and everything that happened, message by message.

import { NotThere, ask } from "./api.js";
import { bar, card, h, keyed, setBar } from "./dom.js";
import { makeDue, updateDue, urgency } from "./due.js";
import { kindOf } from "./ticker.js";
import { brief, channel, moment, percent, plain, size, span, time, title } from "./words.js";

export function storyPage(number) {
  const head = h("div", { class: "title" });
  const facts = h("dl", { class: "facts" });
  const times = h("dl", { class: "facts" });
  const clocks = h("ul", { class: "clocks" });
  const none = h("p", { class: "empty", hidden: true }, "Nothing is promised yet.");
  const list = h("ol", { class: "story" });
  const body = h(
    "div", { class: "grid" },
    card("What happened", { className: "wide" }, list),
    h("div", { class: "narrow column" }, card("Promises", {}, clocks, none), card("Facts", {}, facts), card("Times", {}, times)),
  );
  const node = h("article", {}, head, body);
  const entries = new Map();
  let shown = "";
  let last = 0;

  async function refresh() {
    let answer;
    try {
      do {
        answer = await ask(`tickets/${encodeURIComponent(number)}`, { after: last });
        for (const entry of answer.timeline) entries.set(entry.id, entry);
        for (const message of answer.messages) entries.get(message.id).message = message;
        last += answer.timeline.length;
      } while (answer.next !== null);
    } catch (error) {
      if (!(error instanceof NotThere)) throw error;
      node.replaceChildren(h("div", { class: "notice" }, h("h1", {}, number), h("p", {}, error.message)));
      return;
    }
    const { ticket } = answer;
    keyed(list, [...entries.values()], { key: (entry) => entry.id, make: makeEntry });
    keyed(clocks, Object.entries(ticket.clocks), { key: ([metric]) => metric, make: makeClock, update: updateClock });
    none.hidden = Object.keys(ticket.clocks).length > 0;
    // Head and facts are made anew only when they changed, so that a selection in them lasts.
    const state = JSON.stringify(ticket);
    if (state === shown) return;
    shown = state;
    updateHead(head, ticket);
    facts.replaceChildren(...lines(factsOf(ticket)));
    times.replaceChildren(...lines(timesOf(ticket)));
  }

  return { node, title: number, nav: "tickets", parts: [[refresh, 2000]] };
}

function updateHead(head, ticket) {
  const due = makeDue();
  const current = { ...ticket, clock: ticket.clocks[ticket.next_metric] };
  updateDue(due, current);
  const mark = (text, kind = "") => (text ? h("span", { class: `mark ${kind}` }, text) : null);
  head.replaceChildren(
    h("p", { class: "path" }, ticket.number, " · ", channel(ticket.channel), " · opened ", brief(ticket.created_at)),
    h("h1", {}, ticket.subject ?? ""),
    h(
      "div", { class: "marks" },
      mark(plain(ticket.status), ticket.status === "resolved" || ticket.status === "closed" ? "good" : "accent"),
      mark(plain(ticket.priority), ticket.priority), mark(plain(ticket.category)), mark(plain(ticket.type)),
      mark(ticket.vip ? "VIP" : "", "accent"), mark(plain(ticket.tier)),
      mark(ticket.breached ? "a target missed" : "", "bad"), mark(ticket.at_risk ? "at risk" : "", "soon"),
      mark(ticket.merged_into ? "merged" : ""), mark(ticket.spam ? "spam" : "", "bad"),
      ...ticket.tags.map((tag) => mark(`#${tag}`)),
    ),
  );
}

const factsOf = (ticket) => [
  ["Requester", [ticket.requester_name, ticket.organisation].filter(Boolean).join(", ") || ticket.customer_id],
  ["With", ticket.agent ?? (ticket.live ? "nobody yet" : ticket.last_agent ?? "nobody")],
  ["Queue", ticket.queue && title(ticket.queue)],
  ["Category", ticket.category && `${plain(ticket.category)}${ticket.confidence === null ? "" : ` (${percent(ticket.confidence)})`}`],
  ["Language", ticket.language],
  ["Policy", ticket.policy],
  ["Messages", `${ticket.turns.requester} from the requester, ${ticket.turns.agent} answers, ${ticket.turns.notes} notes`],
  ["Assignments", ticket.transfers ? `${ticket.assignments}, ${ticket.transfers} to another agent` : ticket.assignments || null],
  ["Escalation", ticket.escalation_level ? `level ${ticket.escalation_level}` : null],
  ["Reopened", ticket.reopens || null],
  ["Rated", ticket.score ? `${ticket.score} of 5` : null],
];

const timesOf = (ticket) => [
  ["Opened", moment(ticket.created_at)],
  ["Acknowledged", since(ticket, "acknowledged_at")],
  ["First assigned", since(ticket, "first_assigned_at")],
  ["First response", since(ticket, "first_response_at")],
  ["Resolved", since(ticket, "resolved_at")],
  ["Closed", since(ticket, "closed_at")],
  ...Object.entries(ticket.status_seconds).map(([status, seconds]) => [`Was ${plain(status)}`, span(seconds)]),
];

function since(ticket, name) {
  if (!ticket[name]) return null;
  return `${moment(ticket[name])} (after ${span((Date.parse(ticket[name]) - Date.parse(ticket.created_at)) / 1000)})`;
}

function lines(pairs) {
  return pairs.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
}

const CLOCK = { running: "runs", paused: "paused", met: "kept", breached: "missed", late: "done late", cancelled: "not awaited" };

function makeClock([metric]) {
  const due = makeDue();
  const state = h("span");
  const target = h("span", { class: "soft" });
  const strip = bar();
  const node = h("li", {}, h("div", { class: "line" }, h("span", {}, title(metric), " ", target), state), strip, due);
  return Object.assign(node, { parts: { due, state, target, strip } });
}

function updateClock({ parts: node }, [metric, clock]) {
  const running = clock.due_at && (clock.state === "running" || clock.state === "breached");
  const ticket = { live: true, clock, next_due_at: running ? clock.due_at : null, next_metric: metric };
  const kind = { met: "good", late: "bad", breached: "bad", paused: "" }[clock.state] ?? urgency(ticket);
  const when = clock.ended_at ? ` ${brief(clock.ended_at)}` : clock.state === "paused" ? `, ${span(clock.remaining_seconds)} left` : "";
  node.state.textContent = `${CLOCK[clock.state] ?? clock.state}${when}`;
  node.state.className = `mark ${kind}`;
  node.target.textContent = clock.target_seconds ? `within ${span(clock.target_seconds)}${clock.business ? " of business time" : ""}` : "";
  node.strip.hidden = Boolean(running);
  node.due.hidden = !running;
  node.strip.className = `bar ${kind}`;
  setBar(node.strip, clock.state === "paused" ? 1 - clock.remaining_seconds / clock.target_seconds : 1);
  if (running) updateDue(node.due, ticket);
}

function makeEntry(entry) {
  const { who } = entry;
  const by = who.kind === "agent" || who.kind === "bot" ? who.id : who.kind === "requester" ? "requester" : who.id;
  return h(
    "li", { class: `entry ${who.kind} ${kindOf(entry)}` },
    h("time", { datetime: entry.at, title: moment(entry.at) }, brief(entry.at), h("span", { class: "hidden" }, ` ${time(entry.at)}`)),
    h(
      "div", {},
      h("span", { class: "text" }, entry.text), " ", h("span", { class: "by" }, by),
      entry.why ? h("span", { class: "why" }, entry.why) : null,
      entry.words ? h("span", { class: "words" }, entry.words) : null,
      entry.message ? makeMessage(entry.message) : null,
    ),
  );
}

function makeMessage(message) {
  const side = message.side === "agent" || message.side === "bot" ? "agent" : message.side;
  const files = (message.attachments ?? []).map((file) => h("span", { class: "mark" }, `${file.filename ?? "file"}, ${size(file.size)}`));
  return h(
    "div", {},
    h("div", { class: `message ${side}` }, message.text ?? ""),
    message.cut ? h("span", { class: "why" }, "The text goes on; only its beginning is kept here.") : null,
    files.length ? h("div", { class: "files" }, files) : null,
  );
}
