"""Opening hours: when a queue is open, who stands in for it, and what waits until it opens."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.router.domain.opening import OpeningHours, State, parse_window
from shared.contracts.assignment import TicketAssigned, TicketEscalated, TicketQueued
from shared.contracts.ticket import AssignmentRequested
from tests.router.builders import AGENT, Desk, agent, rules, triaged

BERLIN = ZoneInfo("Europe/Berlin")


def hours(*windows: str, closed_on: tuple[date, ...] = ()) -> OpeningHours:
    return OpeningHours(BERLIN, [parse_window(w) for w in windows], frozenset(closed_on))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("windows", "now", "is_open", "until"),
    [
        # Monday 2 March 2026; Berlin is one hour ahead of UTC.
        (["mon-fri 09:00-17:00"], "2026-03-02 07:59", False, "2026-03-02 08:00"),
        (["mon-fri 09:00-17:00"], "2026-03-02 08:00", True, "2026-03-02 16:00"),
        (["mon-fri 09:00-17:00"], "2026-03-02 16:00", False, "2026-03-03 08:00"),
        (["mon-fri 09:00-17:00"], "2026-03-06 18:00", False, "2026-03-09 08:00"),
        (
            ["mon-fri 09:00-12:00", "mon-fri 13:00-17:00"],
            "2026-03-02 11:30",
            False,
            "2026-03-02 12:00",
        ),
        (
            ["mon-fri 09:00-12:00", "mon-fri 12:00-17:00"],
            "2026-03-02 09:00",
            True,
            "2026-03-02 16:00",
        ),
        (["fri-mon 22:00-06:00"], "2026-03-03 04:00", True, "2026-03-03 05:00"),
        (["mon 00:00-24:00", "tue 00:00-24:00"], "2026-03-02 10:00", True, "2026-03-03 23:00"),
        # The clocks go forward on 29 March: the window is an hour shorter in UTC's sense.
        (["sun 00:00-24:00"], "2026-03-28 23:30", True, "2026-03-29 22:00"),
        (["sun 02:30-04:00"], "2026-03-29 00:00", False, "2026-03-29 01:30"),
    ],
)
def test_open_and_until_when(windows: list[str], now: str, is_open: bool, until: str) -> None:  # noqa: FBT001 - a table
    assert hours(*windows).at(utc(now)) == State(is_open, utc(until))


def test_a_day_off_is_closed() -> None:
    off = hours("mon-fri 09:00-17:00", closed_on=(date(2026, 3, 3),))
    assert off.at(utc("2026-03-02 16:00")) == State(is_open=False, until=utc("2026-03-04 08:00"))


def test_the_answer_does_not_depend_on_what_was_asked_before() -> None:
    asked = hours("mon-fri 09:00-17:00")
    moments = [utc("2026-03-02 08:30") + timedelta(hours=h) for h in (30, 0, 200, 9, 8, 7)]
    assert [asked.at(m) for m in moments] == [hours("mon-fri 09:00-17:00").at(m) for m in moments]


SUN = rules(
    hours=[
        {"name": "emea", "time_zone": "UTC", "open": "mon-fri 10:00-18:00"},
        {"name": "apac", "time_zone": "UTC", "open": "mon-fri 00:00-09:30"},
    ],
    queues=[
        {"name": "emea", "teams": ["emea"], "hours": "emea", "when_closed": "apac"},
        {"name": "apac", "teams": ["apac"], "hours": "apac", "when_closed": "emea"},
    ],
    otherwise={"queue": "emea"},
    never_assigned="20m",
)


def test_another_queue_stands_in_while_it_is_closed() -> None:
    desk = Desk(SUN)
    desk.online(agent("eve", teams=("emea",)), agent("ann", teams=("apac",)))
    [assigned] = desk.ticket("t")
    assert isinstance(assigned, TicketAssigned)
    assert (assigned.agent_id, assigned.queue) == ("ann", "apac")
    desk.wait(timedelta(hours=1))
    [assigned] = desk.ticket("t2")
    assert isinstance(assigned, TicketAssigned)
    assert (assigned.agent_id, assigned.queue) == ("eve", "emea")


def test_what_waits_follows_the_sun() -> None:
    desk = Desk(SUN)
    desk.online(agent("eve", teams=("emea",)), agent("ann", teams=("apac",), capacity=0))
    [queued] = desk.ticket("t")
    assert isinstance(queued, TicketQueued)
    assert queued.queue == "apac"
    said = dict(desk.wait(timedelta(minutes=30)))
    assert isinstance(said["t"], TicketQueued)  # at half past nine nobody is open
    assert said["t"].decision.reason == "emea is closed until 2026-03-02 10:00 UTC"
    assert said["t"].missing_skill is None
    [(_, assigned)] = desk.wait(timedelta(minutes=30))
    assert isinstance(assigned, TicketAssigned)
    assert (assigned.agent_id, assigned.queue) == ("eve", "emea")


def test_the_alarm_waits_until_somebody_is_open() -> None:
    desk = Desk(SUN)
    desk.wait(timedelta(minutes=35))
    desk.ticket("t")
    assert desk.wait(timedelta(minutes=24)) == []
    [(_, queued)] = desk.wait(
        timedelta(minutes=20)
    )  # open since ten: in its queue, with the reason
    assert isinstance(queued, TicketQueued)
    [(_, alarm)] = desk.wait(timedelta(minutes=2))
    assert isinstance(alarm, TicketEscalated)
    assert (alarm.trigger, alarm.level, alarm.decision.rule) == ("unassigned", 1, "escalation")
    assert desk.wait(timedelta(hours=5)) == []


def test_by_hand_it_goes_to_anybody_at_any_time() -> None:
    desk = Desk(SUN)
    desk.wait(timedelta(minutes=35))
    desk.online(agent("eve", teams=("emea",)))
    desk.ticket("t")
    assert desk.owner("t") is None
    desk.ticket("t2", triaged())

    desk.hear("t", AssignmentRequested(agent_id="eve", actor=AGENT))
    assert (desk.owner("t"), desk.owner("t2")) == ("eve", None)
