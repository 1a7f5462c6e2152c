"""What must hold when the world has come to rest, whatever befell it."""

from shared.contracts.envelope import format_time, header_text
from shared.contracts.ticket import FeedbackReceived
from shared.contracts.topics import TICKET_EVENTS
from shared.contracts.triage import TicketTriaged
from shared.kit.decoding import read
from shared.kit.records import Record
from tests.simulation.world import TICKETS, World


def violations(world: World) -> list[str]:
    found: list[str] = []
    counts = world.groups[0].data.collections.get("counts", {})
    seen = world.groups[1].data.collections.get("seen", {})
    answers = _answers(world)
    for ticket in TICKETS:
        inputs = [m for _, m in world.published[ticket] if isinstance(m, FeedbackReceived)]
        state = counts.get(ticket, {})
        found += _counted(ticket, inputs, state)
        found += _ordered(ticket, answers[ticket])
        found += _seen_once(ticket, answers[ticket], seen.get(ticket, {}).get("categories", []))
        found += _timers(ticket, world, answers[ticket], state.get("fired", 0))
    heard = sum(state.get("heard", 0) for state in counts.values())
    totals = world.groups[0].data.collections.get("totals", {}).values()
    if sum(total["heard"] for total in totals) != heard:
        found.append("the totals differ from what was heard")
    return found


def _answers(world: World) -> dict[str, list[Record]]:
    """What the counting stage said, by ticket, in the log's order, repetitions included."""
    wanted = TicketTriaged.type_name()
    answers: dict[str, list[Record]] = {ticket: [] for ticket in TICKETS}
    for record in world.cluster.records(TICKET_EVENTS.name):
        headers = header_text(record.headers)
        if headers["ce_type"] == wanted:
            answers[headers["ce_subject"]].append(record)
    return answers


def _counted(ticket: str, inputs: list[FeedbackReceived], state: dict[str, int]) -> list[str]:
    problems = []
    if state.get("heard", 0) != len(inputs):
        problems.append(f"{ticket}: heard {state.get('heard', 0)} of {len(inputs)}")
    if state.get("scores", 0) != sum(message.score for message in inputs):
        problems.append(f"{ticket}: scores add up to {state.get('scores', 0)}")
    return problems


def _ordered(ticket: str, answers: list[Record]) -> list[str]:
    """Each number has one meaning, and the first of each comes in order."""
    problems = []
    first: dict[int, bytes | None] = {}
    for record in answers:
        number = int(header_text(record.headers)["ce_number"])
        if number not in first:
            if number != len(first) + 1:
                problems.append(f"{ticket}: number {number} after {len(first)}")
            first[number] = record.value
        elif first[number] != record.value:
            problems.append(f"{ticket}: number {number} has two meanings")
    return problems


def _seen_once(ticket: str, answers: list[Record], categories: list[str]) -> list[str]:
    said: dict[int, str] = {}
    for record in answers:
        message = read(TicketTriaged, record.value or b"")
        if isinstance(message, TicketTriaged):
            said.setdefault(int(header_text(record.headers)["ce_number"]), message.category)
    expected = [said[number] for number in sorted(said)]
    return [] if categories == expected else [f"{ticket}: {expected} was seen as {categories}"]


def _timers(ticket: str, world: World, answers: list[Record], fired: int) -> list[str]:
    """A timer fires after every event that was accepted before it was due."""
    problems = []
    inputs = [
        (at, message)
        for at, message in world.published[ticket]
        if isinstance(message, FeedbackReceived)
    ]
    told: dict[str, int] = {}
    for record in answers:
        message = read(TicketTriaged, record.value or b"")
        if isinstance(message, TicketTriaged) and message.category.startswith("fired"):
            headers = header_text(record.headers)
            told[headers["ce_id"]] = int(message.category.rsplit(" ", 1)[1])
            due = headers["ce_time"]
            before = sum(1 for at, _ in inputs if format_time(at) < due)
            poisoned = any(message.score == 5 for _, message in inputs)
            if told[headers["ce_id"]] < before and not poisoned:
                problems.append(f"{ticket}: a timer fired after {told} events instead of {before}")
    if fired != len(told):
        problems.append(f"{ticket}: {fired} timers fired, {len(told)} were told")
    return problems
