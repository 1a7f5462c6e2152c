"""`deskstream sla explain`: a ticket's clocks from its events, as said or as they would be said."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deskstream.commands.sla import app
from deskstream.commands.sla_drawing import Drawing
from deskstream.commands.ticket_log import LogFileError, facts_of
from services.sla.domain.clock_story import ClockStory, stories_of
from services.sla.domain.retelling import Fact, retold
from shared.contracts.envelope import format_time
from shared.contracts.fields import Priority, Status
from shared.contracts.message import Message
from shared.contracts.sla import Metric, SlaBreached, SlaEvent
from tests.sla.stories import (
    BERLIN,
    agent_replied,
    berlin,
    changed,
    closed,
    created,
    customer_replied,
    moved,
    reopened,
    resolved,
    rules,
    triaged,
)

MONDAY, TUESDAY = "2026-03-02", "2026-03-03"
Event = tuple[str, Message]
LIFE: list[Event] = [
    (f"{MONDAY} 09:00", created()),
    (f"{MONDAY} 09:01", triaged(Priority.HIGH)),
    (f"{MONDAY} 10:00", agent_replied(Status.PENDING)),
    (f"{TUESDAY} 10:00", customer_replied()),
    (f"{TUESDAY} 10:30", changed(priority=Priority.CRITICAL)),
    (f"{TUESDAY} 16:00", agent_replied()),
    (f"{TUESDAY} 16:30", resolved()),
]


def log_of(events: list[Event]) -> list[Fact]:
    return [Fact(berlin(at), message) for at, message in events]


def stories(events: list[Event], now: str) -> dict[tuple[Metric, int], ClockStory]:
    told = stories_of(retold(log_of(events), rules(), berlin(now)))
    return {(story.metric, story.cycle): story for story in told}


def written(log: list[Fact]) -> str:
    events = [
        {
            "type": fact.message.type_name(),
            "time": format_time(fact.at),
            "data": json.loads(fact.message.model_dump_json()),
        }
        for fact in log
    ]
    return "\n".join(map(json.dumps, events))


def test_story_knows_spans_warnings_and_outcome() -> None:
    told = stories(LIFE, f"{TUESDAY} 17:00")
    resolution = told[Metric.RESOLUTION, 1]
    assert [(s.running, s.start, s.end) for s in resolution.spans] == [
        (True, berlin(f"{MONDAY} 09:00"), berlin(f"{MONDAY} 10:00")),
        (False, berlin(f"{MONDAY} 10:00"), berlin(f"{TUESDAY} 10:00")),
        (True, berlin(f"{TUESDAY} 10:00"), berlin(f"{TUESDAY} 16:30")),
    ]
    assert resolution.breached_at == berlin(f"{TUESDAY} 13:00")
    assert [level for _, level in resolution.warnings] == ["50%", "75%"]
    assert resolution.retargets == [(berlin(f"{TUESDAY} 10:30"), "priority high ▶ critical")]
    assert resolution.met is not None
    assert resolution.met.late
    assert told[Metric.FIRST_RESPONSE, 1].met is not None


def test_clock_that_nobody_waits_for_has_ended() -> None:
    events = [*LIFE[:4], (f"{TUESDAY} 11:00", closed())]
    told = stories(events, f"{TUESDAY} 17:00")
    assert told[Metric.NEXT_RESPONSE, 1].ended_at == berlin(f"{TUESDAY} 11:00")
    assert told[Metric.NEXT_RESPONSE, 1].met is None
    assert not told[Metric.RESOLUTION, 1].open


def test_clock_that_was_met_goes_on_after_a_reopening() -> None:
    events: list[Event] = [*LIFE[:3], (f"{MONDAY} 11:00", resolved())]
    events.append((f"{TUESDAY} 09:00", reopened()))
    told = stories(events, f"{TUESDAY} 09:30")
    assert told[Metric.RESOLUTION, 1].open
    assert told[Metric.RESOLUTION, 1].spans[-1].running


def test_clock_that_stands_still_has_time_left() -> None:
    told = stories([*LIFE[:2], (f"{MONDAY} 10:00", moved(Status.PENDING))], f"{MONDAY} 10:30")
    resolution = told[Metric.RESOLUTION, 1]
    assert (resolution.due_at, resolution.remaining_seconds) == (None, 7 * 3600)


def test_clock_that_is_no_longer_promised_has_ended_and_may_come_back() -> None:
    low = (f"{MONDAY} 09:30", changed(priority=Priority.LOW))
    told = stories([*LIFE[:2], low], f"{MONDAY} 16:00")
    assert told[Metric.RESOLUTION, 1].ended_at == berlin(f"{MONDAY} 09:30")
    high = (f"{MONDAY} 10:00", changed(priority=Priority.HIGH))
    told = stories([*LIFE[:2], low, high], f"{MONDAY} 16:00")
    assert told[Metric.RESOLUTION, 1].due_at == berlin(f"{MONDAY} 17:00")
    assert [(s.running, s.end) for s in told[Metric.RESOLUTION, 1].spans] == [
        (True, berlin(f"{MONDAY} 09:30")),
        (True, None),
    ]


def test_missed_promise_stays_missed_though_it_is_no_longer_made() -> None:
    low = (f"{MONDAY} 12:00", changed(priority=Priority.LOW))
    told = stories([*LIFE[:2], low], f"{MONDAY} 16:00")
    assert told[Metric.FIRST_RESPONSE, 1].breached_at == berlin(f"{MONDAY} 11:00")
    assert told[Metric.FIRST_RESPONSE, 1].open


def test_retelling_leaves_out_what_was_said_under_other_policies() -> None:
    other = SlaBreached(
        metric=Metric.RESOLUTION,
        policy="other",
        target_seconds=1,
        breached_at=berlin(f"{MONDAY} 09:02"),
        lateness_seconds=0,
    )
    log = [*log_of(LIFE), Fact(berlin(f"{MONDAY} 09:02"), other)]
    told = retold(log, rules(), berlin(f"{TUESDAY} 17:00"))
    assert other not in [fact.message for fact in told]
    assert told == sorted(told, key=lambda fact: fact.at)
    assert sum(isinstance(fact.message, SlaEvent) for fact in told) > 5


def drawn(events: list[Event], now: str, width: int = 68) -> list[str]:
    told = stories_of(retold(log_of(events), rules(), berlin(now)))
    schedules = rules().schedules
    drawing = Drawing(told, schedules, now=berlin(now), zone=BERLIN, width=width)
    return [line.plain for line in drawing.lines()]


def test_drawing_shows_what_counts_what_pauses_and_what_is_closed() -> None:
    lines = drawn(LIFE, f"{TUESDAY} 17:00", width=68)
    bar = next(line for line in lines if "░" in line)
    assert bar.startswith("  ━━")
    assert bar.endswith("✔")
    assert [bar.count(mark) for mark in "!✖"] == [2, 1]
    assert any("met late, after 7h30m" in line for line in lines)
    assert any("Tue 2026-03-03 10:00:00  went on" in line for line in lines)
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    ("events", "now", "text"),
    [
        (LIFE[:2], f"{MONDAY} 10:00", "runs, due in 1h by the calendar"),
        (LIFE[:2], f"{MONDAY} 11:30", "missed 30m by the calendar"),
        (LIFE[:3], f"{MONDAY} 11:30", "stands still with 7h left"),
    ],
)
def test_drawing_tells_how_it_stands(events: list[Event], now: str, text: str) -> None:
    assert any(text in line for line in drawn(events, now))


def test_desk_that_is_closed_over_night_is_drawn_closed() -> None:
    lines = drawn(
        [(f"{MONDAY} 16:00", created()), (f"{MONDAY} 16:00", triaged())], TUESDAY + " 10:00"
    )
    assert "╌" * 10 in lines[3]


def test_axis_of_a_ticket_that_was_forgotten_ends_where_nothing_happens_any_more() -> None:
    lines = drawn(LIFE[:2], "2026-11-23 10:00")
    assert "Mon 2026-03-02 21:00:00 … Europe/Berlin" in lines[0]
    assert sum("━" * 10 in line for line in lines) == 2


def explained(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "100"}).invoke(app, ["explain", *arguments])


def test_events_of_a_file_are_judged_by_the_policies_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(written(log_of(LIFE)))
    result = explained("--events", str(file))
    assert result.exit_code == 0
    assert "first_response  4h in berlin  met in time, after 1h" in result.stdout


def test_what_was_said_is_drawn_as_it_was_said(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(written(retold(log_of(LIFE), rules(), berlin(f"{TUESDAY} 17:00"))))
    result = explained("--events", str(file))
    assert "first_response  2h in office  met in time" in result.stdout
    assert "the ticket's were v1" in result.stdout
    recomputed = explained("--events", str(file), "--recompute")
    assert "4h in berlin" in recomputed.stdout


def test_file_without_a_promise_is_told(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(written(log_of(LIFE[:1])))
    result = explained("--events", str(file))
    assert result.exit_code == 1
    assert "not triaged yet" in result.stderr


def test_one_of_ticket_and_file_must_be_said() -> None:
    assert explained().exit_code == 2


def test_type_of_an_event_may_be_short_and_unknown_types_are_passed_over() -> None:
    text = json.dumps(
        [
            {
                "type": "TicketReopened",
                "time": "2026-03-02T09:00:00Z",
                "data": reopened().model_dump(mode="json"),
            },
            {"type": "com.example.Unknown", "time": "2026-03-02T09:00:00Z", "data": {}},
        ]
    )
    [fact] = facts_of(text)
    assert fact == Fact(berlin(f"{MONDAY} 10:00"), reopened())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{}\n{", "event 1 must be an object"),
        ('{"type": "TicketClosed"', "line 1 is no JSON"),
        (
            '{"type": "TicketClosed", "time": "soon", "data": {}}',
            r"event 1 \(TicketClosed\): 'soon' is no RFC 3339 time",
        ),
        (
            '{"type": "FieldsChanged", "time": "2026-03-02T09:00:00Z", "data": {"actor": 5}}',
            r"event 1 \(FieldsChanged\): changes: Field required$",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_told(text: str, problem: str) -> None:
    with pytest.raises(LogFileError, match=problem):
        facts_of(text)


def test_span_of_the_axis_is_never_nothing() -> None:
    events = [(f"{MONDAY} 09:00", created()), (f"{MONDAY} 09:00", triaged())]
    told = stories_of(retold(log_of(events), rules(), berlin(f"{MONDAY} 09:00")))
    for story in told:
        story.due_at = story.started_at
    now = berlin(f"{MONDAY} 09:00") - timedelta(hours=1)
    drawing = Drawing(told, rules().schedules, now=now, zone=BERLIN, width=10)
    assert list(drawing.lines())
