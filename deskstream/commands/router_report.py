"""Routing decisions and simulated months as people read them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from services.router.domain.simulated import Course, Waits
from services.sla.domain.retelling import Fact
from shared.contracts.assignment import (
    Decision,
    TicketAssigned,
    TicketEscalated,
    TicketQueued,
    TicketUnassigned,
)
from shared.contracts.message import Message

MOST_AGENTS, MOST_TICKETS = 20, 10
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def decisions(said: Sequence[Fact]) -> Iterator[Text | Table]:
    for fact in said:
        yield Text.assemble(
            (f"{fact.at:%Y-%m-%d %H:%M:%S}Z  ", "dim"), (_what(fact.message), "bold")
        )
        decision = getattr(fact.message, "decision", None)
        if isinstance(decision, Decision):
            yield Text(f"  rule: {decision.rule} (rules {decision.rules_version})")
            yield Text(f"  because: {decision.reason}")
            if decision.candidates:
                yield _candidates(decision)


def _what(message: Message) -> str:
    match message:
        case TicketAssigned():
            how = " by hand" if message.by_hand else ""
            after = f", after {duration(message.waited_seconds)}" if message.waited_seconds else ""
            return f"given to {message.agent_id}{how}, queue {message.queue}{after}"
        case TicketQueued():
            missing = f"; nobody has {message.missing_skill}" if message.missing_skill else ""
            return f"waits in {message.queue}, number {message.position}{missing}"
        case TicketUnassigned():
            return f"taken from {message.agent_id}: {message.reason}"
        case TicketEscalated():
            called = f", on call: {message.on_call}" if message.on_call else ""
            return f"escalated to level {message.level} ({message.trigger or 'request'}{called})"
        case _:
            return type(message).__name__


def _candidates(decision: Decision) -> Table:
    table = Table(box=None, pad_edge=True, padding=(0, 2))
    for name in ("agent", "load", ""):
        table.add_column(name, style="dim" if not name else "")
    for each in decision.candidates:
        table.add_row(each.agent_id, f"{each.load} of {each.capacity}", each.out or "chosen")
    more = decision.candidates_seen - len(decision.candidates)
    if more > 0:
        table.add_row(f"and {more} more", "", "")
    return table


def report(path: Path, course: Course) -> Iterator[Text | Table]:
    yield Text(str(path), "bold")
    everything = course.altogether()
    owned = everything.tickets if everything is not None else 0
    yield Text(f"  {len(course.tickets):,} tickets; {owned:,} got an owner, {_share(course)}")
    if everything is not None:
        yield _waits(course, everything)
    yield _agents(course)
    for title, counts in (
        ("rules", course.rules),
        ("taken away", course.taken_away),
        ("escalated", course.escalated),
        ("nobody has", course.missing),
    ):
        if counts:
            yield Text(f"  {title}: {_counted(counts)}")
    yield from _never(course)
    yield Text("")


def _share(course: Course) -> str:
    waited = sum(seconds > 0 for each in course.waits.values() for seconds in each)
    left = f"; {len(course.left):,} wait again at the end" if course.left else ""
    return f"{waited:,} of them after a wait{left}"


def _waits(course: Course, everything: Waits) -> Table:
    table = Table(box=None, pad_edge=True, padding=(0, 2))
    table.add_column("queue")
    for name in ("tickets", "at once", "median wait", "90 %", "longest"):
        table.add_column(name, justify="right")
    for queue, waits in {**course.by_queue(), "all": everything}.items():
        times = (duration(waits.median), duration(waits.ninety), duration(waits.longest))
        table.add_row(queue, f"{waits.tickets:,}", f"{waits.at_once / waits.tickets:.0%}", *times)
    return table


def _agents(course: Course) -> Table:
    table = Table(box=None, pad_edge=True, padding=(0, 2))
    table.add_column("agent")
    for name in ("tickets", "most at once", "capacity"):
        table.add_column(name, justify="right")
    busiest = sorted(course.agents.items(), key=lambda item: (-item[1].assignments, item[0]))
    for agent_id, had in busiest[:MOST_AGENTS]:
        table.add_row(agent_id, f"{had.assignments:,}", str(had.most), str(had.capacity))
    if len(busiest) > MOST_AGENTS:
        table.add_row(f"and {len(busiest) - MOST_AGENTS} more", "", "", "")
    return table


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common())


def _never(course: Course) -> Iterator[Text]:
    if not course.never:
        return
    yield Text(f"  {len(course.never):,} never had an owner:", "yellow")
    for ticket_id in course.never[:MOST_TICKETS]:
        yield Text(f"    {ticket_id}: {course.why_waiting.get(ticket_id, 'not placed')}")
    if len(course.never) > MOST_TICKETS:
        yield Text(f"    and {len(course.never) - MOST_TICKETS:,} more")


def as_json(course: Course) -> dict[str, Any]:
    """Seconds, and counts."""
    everything = course.altogether()
    return {
        "tickets": len(course.tickets),
        "waits": everything._asdict() if everything is not None else None,
        "queues": {queue: waits._asdict() for queue, waits in course.by_queue().items()},
        "agents": {agent_id: asdict(had) for agent_id, had in sorted(course.agents.items())},
        "rules": dict(course.rules),
        "taken_away": dict(course.taken_away),
        "escalated": dict(course.escalated),
        "missing": dict(course.missing),
        "never_assigned": {t: course.why_waiting.get(t) for t in course.never},
        "waiting_again": course.left,
    }


def duration(seconds: float) -> str:
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds / HOUR:.1f} h" if seconds < DAY else f"{seconds / DAY:.1f} d"
