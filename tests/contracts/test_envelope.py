"""How a message's attributes travel as headers, and what is no envelope."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.envelope import (
    BadEnvelopeError,
    Envelope,
    deterministic_id,
    envelope_of,
    format_time,
    header_text,
    parse_time,
)
from shared.contracts.fields import to_millisecond

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCEPTED = datetime(2026, 11, 22, 12, 0, 1, 250_000, tzinfo=UTC)
FOREIGN = {"ce_id": "ret-118204", "ce_type": "deskstream.MessageReceived.v1", "ce_source": "/shop"}
OURS = FOREIGN | {"ce_source": "/deskstream/triage", "ce_writer": "triage", "ce_number": "2"}
TEXTS = st.text(min_size=1, max_size=60)

# Years at the very edge leave the calendar when they are moved to UTC.
MOMENTS = st.datetimes(
    datetime(1, 1, 3),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m))),
)


def as_text(envelope: Envelope) -> dict[str, str]:
    return header_text(envelope.to_headers())


@given(
    st.builds(
        Envelope,
        id=TEXTS,
        type=TEXTS,
        source=TEXTS.map("/deskstream/".__add__),
        time=MOMENTS.map(to_millisecond),
        subject=TEXTS,
        correlation=st.none() | TEXTS,
        causation=st.none() | TEXTS,
        writer=TEXTS,
        number=st.none() | st.integers(1, 10**18 - 1),
        traceparent=st.none() | TEXTS,
    )
)
def test_an_envelope_survives_its_headers(envelope: Envelope) -> None:
    assert envelope_of(as_text(envelope), ACCEPTED) == envelope


def test_headers_as_they_stand_on_the_wire() -> None:
    envelope = Envelope(
        id="e1",
        type="deskstream.TicketTriaged.v1",
        source="/deskstream/triage",
        time=NOON,
        subject="t1",
        correlation="m1",
        writer="triage",
    )
    assert envelope.numbered(3).to_headers() == [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", b"e1"),
        ("ce_type", b"deskstream.TicketTriaged.v1"),
        ("ce_source", b"/deskstream/triage"),
        ("ce_time", b"2026-11-22T12:00:00.000Z"),
        ("ce_subject", b"t1"),
        ("ce_correlationid", b"m1"),
        ("ce_writer", b"triage"),
        ("ce_number", b"3"),
    ]


def test_a_foreign_senders_time_gives_way_to_acceptance() -> None:
    claimed = {"ce_time": "1999-01-01T00:00:00Z"}
    assert envelope_of(FOREIGN | claimed, ACCEPTED).time == ACCEPTED
    assert envelope_of(FOREIGN | {"ce_time": "yesterday"}, ACCEPTED).time == ACCEPTED
    assert envelope_of(OURS | claimed, ACCEPTED).time == datetime(1999, 1, 1, tzinfo=UTC)


def test_what_may_be_missing() -> None:
    envelope = envelope_of(FOREIGN, ACCEPTED)
    assert envelope.subject == ""
    assert (envelope.correlation, envelope.causation, envelope.traceparent) == (None, None, None)
    assert (envelope.writer, envelope.number) == (None, None)
    assert envelope_of(OURS, ACCEPTED).time == ACCEPTED


@pytest.mark.parametrize(
    ("headers", "complaint"),
    [
        pytest.param({"ce_id": ""}, "header ce_id is missing", id="empty id"),
        pytest.param({"ce_type": ""}, "header ce_type is missing", id="empty type"),
        pytest.param({"ce_source": ""}, "header ce_source is missing", id="empty source"),
        pytest.param({"ce_time": "soon"}, "header ce_time: 'soon'", id="a word for a time"),
        pytest.param({"ce_time": "2026-11-22T12:00:00"}, "with a zone", id="time without zone"),
        pytest.param({"ce_time": "2026-11-22"}, "header ce_time", id="a date alone"),
        pytest.param({"ce_time": "0001-01-01T00:00:00+01:00"}, "years 1 to 9999", id="year 0"),
        pytest.param({"ce_number": "0"}, "no number from 1", id="number 0"),
        pytest.param({"ce_number": "-1"}, "no number from 1", id="negative number"),
        pytest.param({"ce_number": "1.0"}, "no number from 1", id="fraction"),
        pytest.param({"ce_number": "٣"}, "no number from 1", id="digits of another script"),
        pytest.param({"ce_number": ""}, "no number from 1", id="empty number"),
        pytest.param({"ce_number": "9" * 19}, "no number from 1", id="more than 64 bits"),
        pytest.param({"ce_number": "9" * 5000}, "no number from 1", id="thousands of digits"),
    ],
)
def test_no_envelope(headers: dict[str, str], complaint: str) -> None:
    with pytest.raises(BadEnvelopeError, match=complaint) as error:
        envelope_of(OURS | headers, ACCEPTED)
    assert len(str(error.value)) < 200, "a header's content must not flood a dead letter"


def test_a_number_needs_its_writer() -> None:
    with pytest.raises(BadEnvelopeError, match="ce_number without ce_writer"):
        envelope_of(FOREIGN | {"ce_number": "2"}, ACCEPTED)


def test_headers_that_are_no_text_are_left_out() -> None:
    headers = [("ce_id", b"first"), ("ce_type", b"\xff\xfe"), ("x", None), ("ce_id", b"last")]
    assert header_text(headers) == {"ce_id": "last"}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2026-11-22T12:00:00Z", NOON, id="whole seconds"),
        pytest.param("2026-11-22T12:00:00.000Z", NOON, id="milliseconds"),
        pytest.param("2026-11-22t12:00:00z", NOON, id="lower case"),
        pytest.param("2026-11-22 12:00:00Z", NOON, id="a space"),
        pytest.param("2026-11-22T13:00:00+01:00", NOON, id="east of Greenwich"),
        pytest.param("2026-11-21T23:15:00-12:45", NOON, id="the day before, far west"),
        pytest.param("2026-11-22T12:00:00.000000001Z", NOON, id="nanoseconds are cut"),
    ],
)
def test_times_that_are_read(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22T12:00:00",
        "2026-11-22T12:00Z",
        "20261122T120000Z",
        "2026-W47-7T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-11-22T25:00:00Z",
        "2026-11-22T12:00:00+0100",
        "1795348800",
        "2026-11-22T12:00:00Z ",
        "9999-12-31T23:59:59-01:00",
    ],
)
def test_times_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no RFC 3339|9999|day is out|must be in"):
        parse_time(text)


@given(MOMENTS)
def test_a_time_is_the_same_after_a_journey(moment: datetime) -> None:
    assert parse_time(format_time(moment)) == to_millisecond(moment)


@given(MOMENTS, MOMENTS)
def test_times_sort_as_texts(one: datetime, other: datetime) -> None:
    earlier = to_millisecond(one) < to_millisecond(other)
    assert (format_time(one) < format_time(other)) == earlier


@given(MOMENTS)
def test_the_same_instant_has_one_spelling(moment: datetime) -> None:
    assert format_time(moment) == format_time(moment.astimezone(UTC))


@given(MOMENTS)
def test_a_millisecond_is_cut_never_rounded(moment: datetime) -> None:
    cut = to_millisecond(moment)
    assert timedelta(0) <= moment - cut < timedelta(milliseconds=1)
    assert to_millisecond(cut) == cut
    assert cut.tzinfo is UTC


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("a", 1), "7f4b13cc-58b2-53c0-b928-67cd8366077c"),
        (("a", "1"), "7f4b13cc-58b2-53c0-b928-67cd8366077c"),
        ((), "e308e536-bee5-578a-b128-774e55f93b42"),
        (
            ("ticket", "email", "support@example.com", "<1@example.com>"),
            "5753abb4-222a-537b-9ad8-77299539680b",
        ),
        (("cause-1", "deskstream.TicketTriaged.v1", 0), "37f3ec7f-b561-598c-861e-65d6d9c6296f"),
    ],
)
def test_ids_are_the_same_for_ever(parts: tuple[object, ...], expected: str) -> None:
    """They are stored and compared across releases: a change here would double every event."""
    assert deterministic_id(*parts) == expected


def test_ids_do_not_run_their_parts_together() -> None:
    assert deterministic_id("ab", "c") != deterministic_id("a", "bc")
