// The desk at a glance: headline, the most urgent tickets, figures, agents, queues, what just happened.

import { ask } from "./api.js";
import { bars, volume } from "./charts.js";
import { bar, card, h, keyed, setBar, setClass, setHref, setText } from "./dom.js";
import { makeTable } from "./tickets.js";
import { ticker } from "./ticker.js";
import { ZONE, channel, number, percent, plain, span, title } from "./words.js";

const HOUR = 3_600_000;
const SPANS = { "24 h": 24, "7 days": 168, "30 days": 720 };

const TILES = [
  ["Open", "#/tickets?live=true", (l) => l.open, () => "", (l) => `${number(l.awaiting_reply)} await our reply`],
  ["Waiting", "#/tickets?waiting=true", (l) => l.waiting, () => "", () => "for an agent"],
  ["Assigned", "#/tickets?live=true&waiting=false", (l) => l.assigned, () => "", (l) => `${number(l.status?.pending)} pending`],
  ["At risk", "#/tickets?at_risk=true", (l) => l.at_risk, (n) => (n ? "soon" : ""), () => "warned, not yet missed"],
  ["Breached", "#/tickets?live=true&breached=true", (l) => l.breached, (n) => (n ? "bad" : ""), () => "open, a target missed"],
];

export function deskPage() {
  const board = makeTable("Most urgent tickets", { brief: true });
  const headline = h("section", { class: "headline", "aria-label": "Right now" });
  const figures = makeFigures();
  const people = makePeople();
  const latest = ticker();
  const node = h(
    "div", {},
    h("h1", { class: "hidden" }, "The desk right now"),
    headline,
    h(
      "div", { class: "grid" },
      h("div", { class: "wide column" }, card("Most urgent", { beside: h("a", { class: "beside", href: "#/tickets?live=true" }, "all open tickets") }, board), figures.volume, people.agents),
      h("div", { class: "narrow column" }, figures.sla, figures.spreads, card("Just now", {}, latest), figures.categories, people.queues),
    ),
  );
  return {
    node,
    title: "Desk",
    nav: "desk",
    parts: [
      [async () => updateHeadline(headline, await ask("summary", { zone: ZONE })), 2000],
      [async () => board.update((await ask("tickets", { sort: "urgent", live: true, limit: 12 })).tickets), 2000],
      [async () => latest.update((await ask("events", { limit: 40 })).events), 2000],
      [people.refresh, 4000],
      [figures.refresh, 10_000],
    ],
    // Figures of another span are asked for at once.
    listen: (refresh) => figures.listen(refresh),
  };
}

function updateHeadline(node, { live, today, open_here: openHere }) {
  const created = {
    name: "Created today",
    href: `#/tickets?${new URLSearchParams({ created_since: today.since })}`,
    figure: today.created ?? 0,
    kind: "",
    beside: `${number(today.resolved)} resolved`,
  };
  const tiles = TILES.map(([name, href, figure, kind, beside]) => {
    const value = figure(live) ?? 0;
    return { name, href, figure: value, kind: kind(value), beside: beside(live) };
  });
  keyed(node, [...tiles, created], { key: (tile) => tile.name, make: makeTile, update: updateTile });
  const note = openHere ? "No API tokens are set up: only this machine may read this page." : "";
  setText(document.getElementById("note"), note);
}

function makeTile(tile) {
  const figure = h("span", { class: "figure" });
  const beside = h("span", { class: "beside" });
  const node = h("a", { href: tile.href }, h("span", { class: "name" }, tile.name), figure, beside);
  return Object.assign(node, { parts: { figure, beside } });
}

function updateTile(node, tile) {
  setClass(node, `tile ${tile.kind}`);
  setHref(node, tile.href);
  setText(node.parts.figure, number(tile.figure));
  setText(node.parts.beside, tile.beside);
}

// --- figures of a span ---------------------------------------------------------------------------

function makeFigures() {
  let chosen = "24 h";
  let changed = () => {};
  const choice = h("div", { class: "choice push", role: "group", "aria-label": "Span" });
  for (const name of Object.keys(SPANS)) {
    choice.append(h("button", { type: "button", "aria-pressed": String(name === chosen), onclick: () => choose(name) }, name));
  }
  const chart = h("div");
  const legend = h("span", { class: "legend" }, h("span", {}, h("i"), "created"), h("span", {}, h("i", { class: "second" }), "resolved"));
  const heading = h("span", { class: "push" });
  heading.append(legend);
  const sla = bars();
  const empty = h("p", { class: "empty", hidden: true }, "No target was due yet.");
  const categories = bars();
  const spreads = makeSpreads();
  const besides = [h("span", { class: "beside" }), h("span", { class: "beside" }), h("span", { class: "beside" })];

  function choose(name) {
    chosen = name;
    for (const button of choice.children) button.setAttribute("aria-pressed", String(button.textContent === name));
    changed();
  }

  async function refresh() {
    const hours = SPANS[chosen];
    const to = new Date(Math.ceil(Date.now() / HOUR) * HOUR);
    const from = new Date(to - hours * HOUR);
    const bounds = { from: from.toISOString(), to: to.toISOString() };
    const [byHour, byCategory, kept] = await Promise.all([
      ask("rollups", { ...bounds, by: "hour" }), ask("rollups", { ...bounds, by: "category" }), ask("sla", bounds),
    ]);
    const label = chosen === "24 h" ? "last 24 hours" : `last ${chosen}`;
    for (const beside of besides) setText(beside, label);
    chart.replaceChildren(volume(slots(byHour.lines, from, hours), hours > 24, chart.clientWidth));
    updateSla(sla, empty, kept, bounds);
    spreads.update(byHour.total);
    const most = byCategory.lines.filter((line) => line.created > 0).sort((a, b) => b.created - a.created).slice(0, 8);
    categories.update(most.map((line) => ({
      id: line.category, name: title(line.category), value: number(line.created), share: line.created,
      href: `#/tickets?${new URLSearchParams({ figure: "created", ...bounds, by: "category", value: line.category })}`,
    })));
  }

  return {
    refresh,
    listen: (callback) => { changed = callback; },
    volume: h("section", { class: "card", "aria-labelledby": "volume" }, h("header", {}, h("h2", { id: "volume" }, "Volume"), legend, choice), chart),
    sla: card("Service levels", { beside: besides[0] }, sla, empty),
    spreads: card("How long it takes", { beside: besides[1] }, spreads),
    categories: card("Categories", { beside: besides[2] }, categories),
  };
}

/** Each hour, or beyond a day each local day, also those in which nothing happened. */
function slots(lines, from, hours) {
  const found = new Map();
  const all = [];
  for (let i = 0; i < hours; i += 1) {
    const start = new Date(from.getTime() + i * HOUR);
    const end = new Date(start.getTime() + HOUR);
    const name = hours > 24 ? start.toDateString() : start.toISOString();
    const last = all.at(-1);
    if (last && last.name === name) last.end = end;
    else all.push({ name, start, end, created: 0, resolved: 0 });
    found.set(start.getTime(), all.at(-1));
  }
  for (const line of lines) {
    const slot = found.get(Date.parse(line.hour));
    if (!slot) continue;
    slot.created += line.created ?? 0;
    slot.resolved += line.resolved ?? 0;
  }
  return all;
}

function updateSla(list, empty, kept, bounds) {
  const rows = Object.entries(kept.metrics).filter(([, line]) => line.compliance !== null);
  empty.hidden = rows.length > 0;
  list.update(rows.map(([metric, line]) => ({
    id: metric,
    name: title(metric),
    value: percent(line.compliance, 1),
    beside: line.breached ? `${number(line.breached)} of ${number(line.met + line.breached)} missed` : `all ${number(line.met)} kept`,
    share: line.compliance,
    kind: line.compliance >= 0.95 ? "good" : line.compliance >= 0.8 ? "soon" : "bad",
    href: `#/tickets?${new URLSearchParams({ figure: `sla.${metric}.breached`, ...bounds })}`,
  })), { most: 1 });
}

const SPREADS = [["first_response", "First response"], ["next_response", "Next response"], ["resolution", "Resolution"], ["wait", "Wait for an agent"]];

function makeSpreads() {
  const body = h("tbody");
  const head = ["", "median", "9 of 10 within", "count"].map((name, i) => h("th", { scope: "col", class: i ? "number" : "" }, name));
  const table = h("table", { class: "spreads" }, h("thead", {}, h("tr", {}, head)), body);
  table.update = (total) => keyed(body, SPREADS, {
    key: ([name]) => name,
    make: ([, label]) => h("tr", {}, h("th", { scope: "row" }, label), ...[0, 1, 2].map((i) => h("td", { class: i < 2 ? "number" : "number soft" }))),
    update: (row, [name]) => {
      const line = total[name] ?? {};
      [span(line.median_seconds), span(line.p90_seconds), number(line.count)].forEach((text, i) => setText(row.children[i + 1], text));
    },
  });
  return table;
}

// --- people --------------------------------------------------------------------------------------

function makePeople() {
  const agents = h("tbody");
  const queues = h("tbody");
  const heads = (names) => h("thead", {}, h("tr", {}, names.map(([name, kind]) => h("th", { scope: "col", class: kind }, name))));
  const online = h("span", { class: "beside" });
  const agentTable = h("table", { "aria-label": "Agents" }, heads([["Agent", ""], ["Load", ""], ["At risk", "number later"], ["Breached", "number later"], ["Resolved today", "number"], ["First response", "number optional"], ["Knows", "optional"]]), agents);
  const queueTable = h("table", { "aria-label": "Queues" }, heads([["Queue", ""], ["Waiting", "number"], ["Longest", "number"], ["Open", "number"]]), queues);

  async function refresh() {
    const [who, where] = await Promise.all([ask("agents", { zone: ZONE }), ask("queues", { zone: ZONE })]);
    const here = who.agents.filter((agent) => agent.availability === "online").length;
    setText(online, `${here} of ${who.agents.length} online`);
    keyed(agents, who.agents.sort(byPresence), { key: (agent) => agent.id, make: makeAgent, update: updateAgent });
    const lines = where.queues.filter((queue) => queue.live.open || queue.today.assigned);
    keyed(queues, lines, { key: (queue) => queue.id, make: makeQueue, update: (row, queue) => updateQueue(row, queue, where.now) });
  }

  return {
    refresh,
    agents: card("Agents", { beside: online }, h("div", { class: "scroll" }, agentTable)),
    queues: card("Queues", {}, h("div", { class: "scroll" }, queueTable)),
  };
}

const PRESENCE = ["online", "transfers_only", "away", "offline"];

function byPresence(a, b) {
  return PRESENCE.indexOf(a.availability) - PRESENCE.indexOf(b.availability) || a.name.localeCompare(b.name);
}

function makeAgent() {
  const parts = {
    dot: h("span"), name: h("a"), strip: bar(), load: h("span"),
    risk: h("td", { class: "number later" }), missed: h("td", { class: "number later" }),
    resolved: h("td", { class: "number" }), first: h("td", { class: "number optional" }), knows: h("td", { class: "subject soft optional" }),
  };
  const row = h(
    "tr", {},
    h("td", {}, h("span", { class: "who" }, parts.dot, parts.name)),
    h("td", {}, h("div", { class: "load" }, parts.strip, parts.load)),
    parts.risk, parts.missed, parts.resolved, parts.first, parts.knows,
  );
  parts.dot.setAttribute("role", "img");
  return Object.assign(row, { parts });
}

function updateAgent({ parts: row }, agent) {
  setClass(row.dot, `presence ${agent.availability}`);
  row.dot.title = plain(agent.availability);
  row.dot.setAttribute("aria-label", plain(agent.availability));
  setText(row.name, agent.name);
  setHref(row.name, `#/tickets?${new URLSearchParams({ live: true, agent: agent.id })}`);
  const load = agent.load ?? 0;
  setText(row.load, `${number(agent.live.open)} / ${number(agent.capacity)}`);
  setClass(row.strip, `bar ${load > 1 ? "bad" : load >= 0.8 ? "soon" : "accent"}`);
  setBar(row.strip, load);
  setText(row.risk, number(agent.live.at_risk));
  setText(row.missed, number(agent.live.breached));
  setText(row.resolved, number(agent.today.resolved));
  setText(row.first, span(agent.today.first_response.median_seconds));
  setText(row.knows, agent.skills.map((skill) => plain(skill.name)).join(", "));
}

function makeQueue() {
  const link = h("a");
  const cells = [0, 1, 2].map(() => h("td", { class: "number" }));
  return Object.assign(h("tr", {}, h("td", {}, link), ...cells), { parts: { link, cells } });
}

function updateQueue({ parts }, queue, now) {
  setText(parts.link, title(queue.id));
  setHref(parts.link, `#/tickets?${new URLSearchParams({ live: true, queue: queue.id })}`);
  const longest = queue.waiting_since ? span((Date.parse(now) - Date.parse(queue.waiting_since)) / 1000) : "–";
  [number(queue.live.waiting), longest, number(queue.live.open)].forEach((text, i) => setText(parts.cells[i], text));
}
