"""What operators write wrong into routing.yaml, and the exact texts that they are told."""

# ruff: noqa: E501 - texts as they are told

# (what stands in a good file, what is written instead, what is said of it)
MISTAKES = [
    (
        "queue: billing",
        "queue: biling",
        '7: rules.0.queue: there is no queue "biling"; did you mean "billing"?',
    ),
    (
        "queue: support",
        "queue: xyz",
        '9: otherwise.queue: there is no queue "xyz"; queues: support, billing',
    ),
    (
        "category: billing",
        "categry: billing",
        '6: rules.0.when.categry: unknown field; did you mean "category"?',
    ),
    (
        "{category: billing}",
        "{}",
        "6: rules.0.when: must name at least one field; what fits every ticket belongs under `otherwise`",
    ),
    (
        "category: billing",
        "priority: hihg",
        '6: rules.0.when.priority: must be one of low, medium, high, critical, not "hihg"; did you mean "high"?',
    ),
    (
        "  - name: billing",
        "  - name: billing\n  - name: billing",
        '4: queues.2.name: there is another "billing" above; give this one a name of its own',
    ),
    (
        "    queue: billing",
        "    queue: billing\n    skills: {sums: 9}",
        "8: rules.0.skills.sums: must be less than or equal to 5, not 9",
    ),
    (
        "    queue: billing",
        "    queue: billing\n    skills: {sums: 3}\n    prefer: {sums: 2}",
        "9: rules.0.prefer.sums: level 3 is required anyway; prefer a higher one, or leave this out",
    ),
    (
        "    queue: billing",
        "    queue: billing\n    relax_after: 10",
        '8: rules.0.relax_after: must be a duration such as 90s, 10m, 4h or 1d, not "10"',
    ),
    (
        "    queue: billing",
        "    queue: billing\n    relax_after: 0m",
        "8: rules.0.relax_after: must be more than 0 and at most 365d, not 0m",
    ),
    (
        "    queue: billing",
        "    queue: billing\n    overflow: {queue: billing, after: 5m}",
        '8: rules.0.overflow.queue: "billing" cannot overflow into itself; name another queue',
    ),
    (
        "    queue: billing",
        "    queue: billing\n    language: must",
        '8: rules.0.language: must be one of required, preferred, any, not "must"',
    ),
    ("otherwise:\n  queue: support\n", "", "1: otherwise: must be given"),
    (
        "queues:",
        "selection: fastest\nqueues:",
        '1: selection: must be one of most_spare, most_spare_percent, longest_idle, weighted, not "fastest"',
    ),
    (
        "queues:",
        "load_counts: [resolved]\nqueues:",
        "1: load_counts: resolved tickets are over: they cannot count as load",
    ),
    ("category: billing", "category: []", "6: rules.0.when.category: must have at least one"),
    (
        "queues:",
        "candidates: 21\nqueues:",
        "1: candidates: must be less than or equal to 20, not 21",
    ),
    (
        "queues:",
        "offline_grace: soon\nqueues:",
        '1: offline_grace: must be a duration such as 90s, 10m, 4h or 1d, not "soon"',
    ),
    ("queues:", "pools: []\nqueues:", "1: pools: must have at least one"),
    (
        "queues:",
        "pools:\n  - name: Default pool\nqueues:",
        '2: pools.0.name: must be lower-case letters, digits, - and _, at most 63 of them, not "Default pool"',
    ),
    (
        "queues:",
        "pools:\n  - name: a\n    teams: [t]\n  - name: b\nqueues:",
        "2: pools.0: must have `when`: without it no ticket ever comes here",
    ),
    (
        "queues:",
        "pools:\n  - name: a\n    when: {vip: true}\n  - name: b\nqueues:",
        "2: pools.0: must have `teams`: without them no agent ever comes here",
    ),
    (
        "queues:",
        "pools:\n  - name: a\n    when: {vip: true}\nqueues:",
        "3: pools.0.when: the last pool takes every other ticket: leave it out",
    ),
    (
        "queues:",
        "pools:\n  - name: a\n    teams: [t]\n    when: {category: x}\n  - name: b\nqueues:",
        "4: pools.0.when.category: unknown field; here: channel, mailbox, brand, tier, vip, language, tags",
    ),
    (
        "otherwise:",
        "escalations:\n  - {name: e, on: stall, metrics: update}\notherwise:",
        "9: escalations.0.metrics: only a warning or a breach has a metric, and this rule is for neither",
    ),
    (
        "otherwise:",
        "escalations:\n  - {name: e, on: braech}\notherwise:",
        '9: escalations.0.on: must be one of warning, breach, stall, request, demand, unassigned, not "braech"; did you mean "breach"?',
    ),
    (
        "otherwise:",
        "escalations:\n  - {name: e, on: stall, queue: suport}\notherwise:",
        '9: escalations.0.queue: there is no queue "suport"; did you mean "support"?',
    ),
    (
        "otherwise:",
        "hours:\n  - {name: b, time_zone: Europe/Berln, open: mon-fri 09:00-17:00}\notherwise:",
        '9: hours.0.time_zone: must be a time zone of the IANA database, not "Europe/Berln"; did you mean "Europe/Berlin"?',
    ),
    (
        "otherwise:",
        "hours:\n  - {name: b, time_zone: UTC, open: Mo-Fr 9-17}\notherwise:",
        '9: hours.0.open: must be days and times such as "mon-fri 09:00-17:30", "sat 10:00-14:00" or "sun 22:00-06:00", not "Mo-Fr 9-17"',
    ),
    (
        "otherwise:",
        "hours:\n  - {name: b, time_zone: UTC, open: mon-fry 09:00-17:00}\notherwise:",
        '9: hours.0.open: must name days as mon, tue, wed, thu, fri, sat, sun, not "fry"',
    ),
    (
        "otherwise:",
        "hours:\n  - {name: b, time_zone: UTC, open: mon 09:00-25:00}\notherwise:",
        "9: hours.0.open: must be times from 00:00 to 24:00, not 25:00",
    ),
    (
        "otherwise:",
        "hours:\n  - {name: b, time_zone: UTC, open: mon 09:00-09:00}\notherwise:",
        '9: hours.0.open: must end at another time than it starts (all day is 00:00-24:00), not "mon 09:00-09:00"',
    ),
    (
        "otherwise:",
        "hours:\n  - {name: b, time_zone: UTC, open: mon 09:00-17:00, closed_on: [25.12.2026]}\notherwise:",
        '9: hours.0.closed_on.0: must be a date such as 2026-12-25, not "25.12.2026"',
    ),
    (
        "  - name: billing",
        "  - {name: billing, hours: berlin}",
        '3: queues.1.hours: there is no "berlin" under `hours`; write it there first',
    ),
    (
        "  - name: billing",
        "  - {name: billing, when_closed: support}",
        "3: queues.1.when_closed: this queue never closes: give it `hours`, or leave this out",
    ),
    (
        "queues:\n  - name: support\n",
        "hours:\n  - {name: b, time_zone: UTC, open: mon 09:00-17:00}\nqueues:\n  - {name: support, hours: b, when_closed: support}\n",
        '4: queues.0.when_closed: "support" cannot stand in for itself; name another queue',
    ),
    (
        "queues:\n  - name: support\n",
        "hours:\n  - {name: b, time_zone: UTC, open: mon 09:00-17:00}\nqueues:\n  - {name: support, hours: b, when_closed: suport}\n",
        '4: queues.0.when_closed: there is no queue "suport"; did you mean "support"?',
    ),
    (
        "otherwise:",
        "on_call:\n  - {name: n, time_zone: UTC, since: soon, agents: ana}\notherwise:",
        '9: on_call.0.since: must be a date such as 2026-12-25, not "soon"',
    ),
    (
        "otherwise:",
        "on_call:\n  - {name: n, time_zone: UTC, since: 2026-01-05, at: 9am, agents: ana}\notherwise:",
        '9: on_call.0.at: must be a time such as 09:00, not "9am"',
    ),
    (
        "otherwise:",
        "on_call:\n  - {name: n, time_zone: UTC, since: 2026-01-05, every: 12h, agents: ana}\notherwise:",
        "9: on_call.0.every: must be whole days, such as 1d or 7d",
    ),
    (
        "otherwise:",
        "on_call:\n  - {name: n, time_zone: UTC, since: 2026-01-05, agents: []}\notherwise:",
        "9: on_call.0.agents: must have at least one",
    ),
    (
        "otherwise:",
        "escalations:\n  - {name: e, on: breach, on_call: nigth}\notherwise:",
        '9: escalations.0.on_call: there is no "nigth" under `on_call`; write it there first',
    ),
    (
        "otherwise:",
        "escalations:\n  - {name: e, on: unassigned}\notherwise:",
        "9: escalations.0.on: nothing is ever unassigned for too long: say `never_assigned: 15m` above",
    ),
    (
        "queues:",
        "weights: {ana: 2}\nqueues:",
        "1: weights: no queue selects by weight: say `selection: weighted` for one",
    ),
    (
        "queues:",
        "weights: {ana: 0}\nselection: weighted\nqueues:",
        "1: weights.ana: must be greater than or equal to 1, not 0",
    ),
    (
        "queues:",
        "channel_limits: {chat: many}\nqueues:",
        '1: channel_limits.chat: must be a whole number, not "many"',
    ),
    (
        "queues:",
        "efforts:\n  - {when: {channel: phone}, effort: 0}\nqueues:",
        "2: efforts.0.effort: must be greater than or equal to 1, not 0",
    ),
    (
        "    queue: billing",
        "    queue: billing\n    lane: fast",
        '8: rules.0.lane: must be one of express, normal, background, not "fast"',
    ),
    (
        "otherwise:",
        "  - name: Refunds\n    when: {category: billing, priority: high}\n    queue: billing\notherwise:",
        '9: rules.1.when: never reached: "Money" above takes all of its tickets; move this rule up',
    ),
    ("queues:", "sticky: maybe\nqueues:", '1: sticky: must be true or false, not "maybe"'),
]
