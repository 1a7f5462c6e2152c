"""The checker sees each broken guarantee: one planted at a time in evidence that is sound."""

from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest

from tests.bench.ledger import Ledger
from tests.bench.story import Line, Log
from tests.chaos.checking import Evidence, check
from tests.chaos.mailserver import Posted
from tests.chaos.reading import Promise, Story

EVENTS = (
    ("TicketCreated", "intake", 1),
    ("TicketTriaged", "triage", 1),
    ("TicketAssigned", "router", 1),
    ("SlaTargetsSet", "sla", 1),
    ("NotificationSent", "notifier", 1),
)
TICKETS = ("t1", "t2")


def _value(kind: str, ticket: str) -> bytes:
    values = {
        "TicketCreated": {"upstream_id": f"in-{ticket}", "number": ticket},
        "TicketAssigned": {"agent_id": "ada"},
        "NotificationSent": {"template": "acknowledgement", "message_id": f"<{ticket}>"},
    }
    return orjson.dumps(values.get(kind, {}))


def _add(log: Log, ticket: str, kind: str, writer: str, number: int, *, id_: str = "") -> None:
    line = Line(1_000, ticket, kind, id_ or f"{ticket}{kind}", "c", writer, number, b"d")
    log.add(line, _value(kind, ticket))


def taken(message_id: str, recipient: str = "ann@customers.example") -> Posted:
    return Posted(taken=True, at_ms=1, message_id=message_id, recipient=recipient)


def _sound() -> Evidence:
    ledger, log = Ledger(), Log()
    for ticket in TICKETS:
        ledger.plan(f"in-{ticket}", 0.0)
        ledger.acknowledged(f"in-{ticket}")
        for kind, writer, number in EVENTS:
            _add(log, ticket, kind, writer, number)
    return Evidence(
        ledger=ledger,
        copies=frozenset(),
        story=Story(log=log),
        stored={"sla": frozenset(TICKETS)},
        owners=dict.fromkeys(TICKETS, "ada"),
        lines=dict.fromkeys(TICKETS, len(EVENTS)),
        counted={"created": 2, "triaged": 2, "assigned": 2},
        mails=[taken("<t1>"), taken("<t2>")],
        pills=["pill-1"],
        letters=["pill-1"],
    )


def test_sound_evidence_holds() -> None:
    found = check(_sound())
    assert found.hold, found.broken
    assert (found.accepted, found.tickets, found.undecidable) == (2, 2, 0)


def _with_lost_input(evidence: Evidence) -> Evidence:
    evidence.ledger.plan("in-t3", 0.0)
    evidence.ledger.acknowledged("in-t3")
    return evidence


def _with_two_tickets(evidence: Evidence) -> Evidence:
    evidence.log.fates.append(("in-t1", "t9"))
    return evidence


def _with_a_copy_that_became_a_ticket(evidence: Evidence) -> Evidence:
    return replace(evidence, copies=frozenset({"in-t2"}))


def _with_foreign_ticket(evidence: Evidence) -> Evidence:
    evidence.log.fates.append(("nobody's", "t1"))
    return evidence


def _with_two_meanings(evidence: Evidence) -> Evidence:
    _add(evidence.log, "t1", "TicketTriaged", "triage", 1, id_="another")
    return evidence


def _with_second_assignment(evidence: Evidence) -> Evidence:
    _add(evidence.log, "t1", "TicketAssigned", "router", 2, id_="another")
    return evidence


def _with_gap(evidence: Evidence) -> Evidence:
    _add(evidence.log, "t1", "SlaWarning", "sla", 3)
    return evidence


def _with_wrong_order(evidence: Evidence) -> Evidence:
    _add(evidence.log, "t1", "SlaWarning", "sla", 3)
    _add(evidence.log, "t1", "SlaBreached", "sla", 2)
    return evidence


def _with_an_early_word(evidence: Evidence) -> Evidence:
    evidence.story.early.append("SlaBreached of t1")
    return evidence


def _with_a_breach_though_answered(evidence: Evidence) -> Evidence:
    evidence.story.promises["t1"] = Promise(due=5_000, answered=[4_000], breached=[6_000])
    return replace(evidence, timed=frozenset({"in-t1"}))


def _with_a_mail_twice(evidence: Evidence) -> Evidence:
    return replace(evidence, mails=[*evidence.mails, taken("<t1>")], in_doubt=False)


PLANTED: dict[str, Callable[[Evidence], Evidence]] = {
    "lost": _with_lost_input,
    "doubled": _with_two_tickets,
    "foreign": _with_foreign_ticket,
    "torn": _with_two_meanings,
    "said not once": _with_second_assignment,
    "gaps in a writer's numbers": _with_gap,
    "out of order": _with_wrong_order,
    "stores differ from the log": lambda e: replace(e, stored={"sla": frozenset({"t1"})}),
    "owners differ from the log": lambda e: replace(e, owners={"t1": "ada", "t2": "bob"}),
    "reporting differs from the log": lambda e: replace(e, lines={"t1": 5, "t2": 4}),
    "poison without a dead letter": lambda e: replace(e, letters=[]),
    "dead letters of sound records": lambda e: replace(e, false_letters=["sla: t1"]),
    "said before its time": _with_an_early_word,
    "promises": _with_a_breach_though_answered,
    "replies not recorded and mailed once": lambda e: replace(e, replies={"reply-t1": "t1"}),
    "mail loops": lambda e: replace(e, mails=[*e.mails, taken("<t1>", "away1@machines.example")]),
    "mailed twice without need": _with_a_mail_twice,
    "complaints": lambda e: replace(e, complaints=("sla stopped with 1 after 11 s",)),
    "processes that died by themselves": lambda e: replace(e, died=("sla with 1",)),
    "never acknowledged": lambda e: replace(e, mails=[taken("<t1>")]),
    "mails that nobody answers for": lambda e: replace(e, mails=[*e.mails, taken("<x>")]),
}


@pytest.mark.parametrize("guarantee", PLANTED)
def test_what_is_planted_is_found(guarantee: str) -> None:
    found = check(PLANTED[guarantee](_sound()))
    assert found.broken[guarantee], guarantee
    assert not found.hold


def test_more_that_is_found() -> None:
    assert check(_with_a_copy_that_became_a_ticket(_sound())).broken["doubled"]
    counted = {"created": 3, "triaged": 2, "assigned": 2}
    assert check(replace(_sound(), counted=counted)).broken["reporting differs from the log"]
    stored = {"sla": frozenset({*TICKETS, "t3"})}
    assert check(replace(_sound(), stored=stored)).broken["stores differ from the log"]


def test_an_acknowledgement_under_two_ids_is_doubled() -> None:
    evidence = _sound()
    evidence.log.tickets["t1"].acknowledged_under.append("<another>")
    assert check(evidence).broken["acknowledged under two ids"] == ["t1"]


def test_the_same_mail_again_is_told_apart() -> None:
    found = check(replace(_sound(), mails=[taken("<t1>"), taken("<t1>"), taken("<t2>")]))
    assert found.hold
    assert found.undecidable == 1


def test_events_published_again_are_no_breach() -> None:
    evidence = _sound()
    for kind, writer, number in EVENTS:
        _add(evidence.log, "t1", kind, writer, number)
    found = check(evidence)
    assert found.hold
    assert found.repeated_events == len(EVENTS)


@pytest.mark.parametrize(
    ("promise", "holds"),
    [
        (Promise(due=5_000, answered=[4_000]), True),
        (Promise(due=5_000, breached=[5_100]), True),
        (Promise(due=5_000, answered=[5_050], breached=[5_100]), True),
        (Promise(due=5_000, answered=[4_000], breached=[5_100]), False),
        (Promise(due=5_000), False),
        (Promise(due=5_000, breached=[5_100, 5_200]), False),
        (Promise(due=5_000, breached=[5_100], warned={"75%": 2}), False),
    ],
)
def test_a_promise_is_kept_or_broken_once(promise: Promise, *, holds: bool) -> None:
    evidence = replace(_sound(), timed=frozenset({"in-t1"}))
    evidence.story.promises["t1"] = promise
    assert (not check(evidence).broken["promises"]) is holds


def test_a_refused_mail_is_no_lost_one_if_we_say_so() -> None:
    evidence = _sound()
    evidence.log.tickets["t1"].acknowledged_under.clear()
    evidence.story.unacknowledged["t1"] = "refused"
    evidence.story.refused.add("ann@customers.example")
    refused = Posted(taken=False, at_ms=1, message_id="<t1>", recipient="ann@customers.example")
    assert check(replace(evidence, mails=[taken("<t2>")])).broken["never acknowledged"] == ["t1"]
    assert check(replace(evidence, mails=[refused, taken("<t2>")])).hold
