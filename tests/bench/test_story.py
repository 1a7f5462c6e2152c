"""The fold of the log tells repetitions from new meanings, gaps and broken order."""

import orjson

from tests.bench.story import READY, Line, Log, ready_at, waits

CREATED = {"upstream_id": "r-1", "number": "TKT-1"}


def _add(log: Log, kind: str, number: int, value: object = None, **changes: object) -> None:
    fields: dict[str, object] = {
        "at_ms": 1_000 + number,
        "subject": "t1",
        "kind": kind,
        "event_id": f"{kind}-{number}",
        "causation": "c",
        "writer": "intake",
        "number": number,
        "digest": b"d",
    }
    raw = orjson.dumps(value if value is not None else {})
    log.add(Line(**(fields | changes)), raw)  # type: ignore[arg-type]


def test_the_same_record_again_is_a_repetition_and_no_more() -> None:
    log = Log()
    _add(log, "TicketCreated", 1, CREATED)
    _add(log, "TicketCreated", 1, CREATED, at_ms=9_000)
    assert (log.records, log.repeated, log.torn, log.gaps()) == (2, 1, [], [])
    assert log.tickets["t1"].first["TicketCreated"] == 1_001
    assert log.fates == [("r-1", "t1")]


def test_one_number_with_two_meanings_is_torn() -> None:
    for changes in ({"event_id": "another"}, {"digest": b"e"}):
        log = Log()
        _add(log, "TicketCreated", 1, CREATED)
        _add(log, "TicketCreated", 1, CREATED, **changes)
        assert log.torn == ["intake 1 of t1: TicketCreated"]


def test_the_same_number_of_another_writer_or_ticket_is_another() -> None:
    log = Log()
    _add(log, "TicketCreated", 1, CREATED)
    _add(log, "TicketTriaged", 1, writer="triage")
    _add(log, "TicketCreated", 1, CREATED, subject="t2")
    assert (log.torn, log.repeated, len(log.tickets)) == ([], 0, 2)


def test_a_number_that_never_came_is_a_gap() -> None:
    log = Log()
    _add(log, "TicketCreated", 1, CREATED)
    _add(log, "StatusChanged", 3)
    assert log.gaps() == ["intake of t1: 2 of 3"]


def test_a_late_number_is_out_of_order_even_if_nothing_is_missing() -> None:
    log = Log()
    _add(log, "StatusChanged", 2)
    _add(log, "TicketCreated", 1, CREATED)
    assert log.out_of_order == ["intake of t1: 1"]
    assert log.gaps() == []


def test_repetitions_of_old_numbers_are_in_order() -> None:
    log = Log()
    for number in (1, 2, 1, 2, 3):
        _add(log, "StatusChanged", number)
    assert (log.out_of_order, log.repeated) == ([], 2)


def test_what_became_no_ticket_is_known_by_its_cause() -> None:
    log = Log()
    _add(log, "MessageDropped", 1, {"reason": "delivered before"}, causation="r-2", subject="in-2")
    _add(log, "MessageRejected", 1, {"upstream_id": "r-3"}, causation="x", subject="in-3")
    assert log.fates == [("r-2", "MessageDropped in-2"), ("r-3", "MessageRejected in-3")]
    assert log.tickets == {}


def test_waits_count_from_when_the_message_was_due() -> None:
    log = Log()
    _add(log, "TicketCreated", 1, CREATED, at_ms=1_500)
    _add(log, "TicketTriaged", 1, writer="triage", at_ms=1_600)
    assert waits(log, {"r-1": 1_000.0}, ["TicketCreated", "TicketTriaged"]) == [600.0]
    assert waits(log, {"r-1": 1_000.0}, READY) == []
    assert waits(log, {"r-9": 1_000.0}, ["TicketCreated"]) == []
    assert ready_at(log.tickets["t1"]) is None
    _add(log, "TicketAssigned", 1, {"agent_id": "a"}, writer="router", at_ms=1_900)
    _add(log, "SlaTargetsSet", 1, writer="sla", at_ms=1_700)
    assert ready_at(log.tickets["t1"]) == 1_900
    assert log.tickets["t1"].agent == "a"
