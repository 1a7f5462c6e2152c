"""What must hold in the small world when it has come to rest, whatever befell it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import dropwhile

from shared.contracts.envelope import format_time, header_text
from shared.contracts.message import Message
from shared.contracts.ticket import FeedbackReceived
from shared.contracts.topics import TICKET_EVENTS
from shared.contracts.triage import TicketTriaged
from shared.kit.decoding import accepted_at, read
from shared.kit.records import Record
from shared.kit.unit import Document
from tests.simulation.world import World

Accepted = Sequence[tuple[datetime, Message]]
Feedback = Sequence[tuple[datetime, FeedbackReceived]]
POISON = 5
DELAY = timedelta(seconds=1)


def violations(published: Mapping[str, Accepted], world: World) -> list[str]:
    found: list[str] = []
    counts = world.documents("counting", "counts")
    seen = world.documents("observing", "seen")
    answers = _answers(world, published)
    for ticket, accepted in published.items():
        state = counts.get(ticket, {})
        found += _heard(ticket, accepted, state)
        found += _ordered(ticket, answers[ticket])
        found += _seen_once(ticket, answers[ticket], seen.get(ticket, {}))
        found += _timers(ticket, accepted, answers[ticket], state.get("fired", 0))
    heard = sum(len(state.get("heard", ())) for state in counts.values())
    for collection, field in (("totals", "heard"), ("sums", "sum")):
        counted = sum(each[field] for each in world.documents("counting", collection).values())
        if counted != heard:
            found.append(f"{collection} are {counted} of {heard} that were heard")
    return found


def _answers(world: World, tickets: Mapping[str, Accepted]) -> dict[str, list[Record]]:
    """What the counting stage said, by ticket, in the log's order, repetitions included."""
    wanted = TicketTriaged.type_name()
    answers: dict[str, list[Record]] = {ticket: [] for ticket in tickets}
    for record in world.cluster.records(TICKET_EVENTS.name):
        headers = header_text(record.headers)
        if headers["ce_type"] == wanted:
            answers[headers["ce_subject"]].append(record)
    return answers


def _heard(ticket: str, accepted: Accepted, state: Document) -> list[str]:
    """Each once, in the order in which they were accepted."""
    wanted = [n for n, (_, said) in enumerate(accepted, 1) if isinstance(said, FeedbackReceived)]
    heard = list(state.get("heard", []))
    problems = [] if heard == wanted else [f"{ticket}: heard {heard} of {wanted}"]
    missing = state.get("_kit", {}).get("missing")
    return [*problems, f"{ticket}: still missing {missing}"] if missing else problems


def _ordered(ticket: str, answers: list[Record]) -> list[str]:
    """Each number has one meaning, and the first of each comes in order."""
    problems = []
    first: dict[int, Record] = {}
    for record in answers:
        number = int(header_text(record.headers)["ce_number"])
        if number not in first:
            if number != len(first) + 1:
                problems.append(f"{ticket}: number {number} after {len(first)}")
            first[number] = record
        elif (first[number].value, first[number].headers) != (record.value, record.headers):
            problems.append(f"{ticket}: number {number} has two meanings")
    return problems


def _seen_once(ticket: str, answers: list[Record], seen: Document) -> list[str]:
    said = {
        int(header_text(record.headers)["ce_number"]): _category(record)
        for record in reversed(answers)
    }
    expected = [said[number] for number in sorted(said)]
    categories = list(seen.get("categories", []))
    return [] if categories == expected else [f"{ticket}: {expected} was seen as {categories}"]


def _category(record: Record) -> str:
    message = read(TicketTriaged, record.value or b"")
    return message.category if isinstance(message, TicketTriaged) else ""


def _timers(ticket: str, accepted: Accepted, answers: list[Record], fired: int) -> list[str]:
    """A timer fires when it is due, after every event that was accepted before, and once.

    Once for each time that it was set: of two events of the same millisecond one may have been a
    dead letter, or have waited behind one, and sets it for that instant again when it comes back.
    """
    problems = []
    inputs = [(at, said) for at, said in accepted if isinstance(said, FeedbackReceived)]
    poisoned = any(said.score == POISON for _, said in inputs)
    told: dict[str, int] = {}
    dues: dict[str, set[str]] = {}
    letters = Counter(format_time(at) for at, _ in _from_the_first_poison(inputs))
    for record in answers:
        category = _category(record)
        if not category.startswith("fired"):
            continue
        headers = header_text(record.headers)
        count = told[headers["ce_id"]] = int(category.rsplit(" ", 1)[1])
        due = headers["ce_time"]
        fired_at_due = dues.setdefault(due, set())
        fired_at_due.add(headers["ce_id"])
        set_again = letters[format_time(datetime.fromisoformat(due) - DELAY)]
        if len(fired_at_due) > 1 + set_again:
            problems.append(f"{ticket}: the timer due at {due} fired twice")
        if format_time(accepted_at(record)) < due:
            problems.append(f"{ticket}: a timer due at {due} fired before that")
        before = sum(format_time(at) < due for at, _ in inputs)
        if count < before and not poisoned:
            problems.append(f"{ticket}: a timer fired after {count} events instead of {before}")
    if fired != len(told):
        problems.append(f"{ticket}: {fired} timers fired, {len(told)} were told")
    return problems


def _from_the_first_poison(inputs: Feedback) -> Feedback:
    """All that may have been a dead letter, or waited behind one."""
    return list(dropwhile(lambda each: each[1].score != POISON, inputs))
