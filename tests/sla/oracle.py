"""Deadlines of random desks against a count of minutes, and how many are found in a second.

python -m tests.sla.oracle --cases 100000
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from services.sla.domain.business_time import due_at, due_with_holds, elapsed
from services.sla.domain.schedule import Schedule
from services.sla.domain.windows import WEEKDAYS, Windows, parse_day_windows, parse_week
from tests.sla import reference
from tests.sla.minute_walk import MS, Walked

ZONES = (
    "Africa/Casablanca",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
)
DAYS = 45
QUESTIONS_A_DESK = 200
GOAL = 20_000  # deadlines a second and core
CLOSURES = (1, 30, 300)


@dataclass(frozen=True, slots=True)
class Desk:
    text: str
    schedule: Schedule
    walked: Walked
    begin: datetime


def desks(chance: Random) -> Iterator[Desk]:
    """Each near a change of its clocks, if there is one within half a year."""
    while True:
        zone = chance.choice(ZONES)
        begin = _near_a_change(zone, chance)
        week = [_hours(chance, overnight=True) for _ in WEEKDAYS]
        week[chance.randrange(7)].append(("08:00", "17:00"))
        closed = {
            begin.date() + timedelta(days=chance.randrange(DAYS)): _hours(chance, overnight=False)
            for _ in range(chance.randrange(6))
        }
        hours: dict[str, tuple[str, ...]] = {
            day: tuple(map("-".join, own)) for day, own in zip(WEEKDAYS, week, strict=True)
        }
        own = {day: parse_day_windows(map("-".join, windows)) for day, windows in closed.items()}
        schedule = Schedule(ZoneInfo(zone), parse_week(hours), partial(_same_every_year, own))
        walked = Walked(begin, DAYS * 1_440, reference.desk(zone, week, closed))
        yield Desk(f"{zone} {hours} {closed}", schedule, walked, begin)


def _same_every_year(own: Mapping[date, Windows], _year: int) -> Mapping[date, Windows]:
    return own


def _near_a_change(zone: str, chance: Random) -> datetime:
    begin = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(365 * 130))
    info, offset = ZoneInfo(zone), begin.astimezone(ZoneInfo(zone)).utcoffset()
    for days in range(183):
        if (begin + timedelta(days=days)).astimezone(info).utcoffset() != offset:
            return begin + timedelta(days=max(days - chance.randrange(DAYS // 2), 0))
    return begin


def _hours(chance: Random, *, overnight: bool) -> list[tuple[str, str]]:
    windows = []
    for _ in range(chance.randrange(4)):
        opens, closes = chance.sample(range(1_441), 2)
        if opens > closes and (opens == 1_440 or not overnight):
            opens, closes = closes, opens
        windows.append((_clock(opens), _clock(closes)))
    return windows


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def differences(cases: int, chance: Random) -> Iterator[str]:
    """A line for each question that the two answer differently."""
    left = cases
    for desk in desks(chance):
        for _ in range(min(QUESTIONS_A_DESK, left)):
            yield from _compared(desk, chance)
        left -= QUESTIONS_A_DESK
        if left <= 0:
            return


def _compared(desk: Desk, chance: Random) -> Iterator[str]:
    first = desk.begin + chance.randrange(DAYS * 43_200_000) * MS
    second = desk.begin + chance.randrange(DAYS * 86_400_000) * MS
    target_ms = 0 if chance.random() < 0.02 else chance.randrange(5 * 86_400_000)
    given: object
    expected: object
    match chance.randrange(4):
        case 0:
            asked, given = "elapsed", elapsed(first, second, desk.schedule) // MS
            expected = desk.walked.elapsed_ms(first, second)
        case 1:
            holds = [_hold(desk, chance) for _ in range(chance.randrange(4))]
            target_ms = max(target_ms, 1)
            asked = f"due with holds {holds}"
            given = due_with_holds(first, target_ms * MS, desk.schedule, holds)
            expected = desk.walked.due_with_holds(first, target_ms, holds)
        case _:
            asked, given = "due", due_at(first, target_ms * MS, desk.schedule)
            expected = desk.walked.due_at(first, target_ms)
    if expected is not None and given != expected:
        question = f"{asked} from {first} to {second} target {target_ms} ms"
        yield f"{desk.text}: {question}: {given}, counted {expected}"


def _hold(desk: Desk, chance: Random) -> tuple[datetime, datetime]:
    start = desk.begin + timedelta(minutes=chance.randrange(DAYS * 1_440))
    return start, start + timedelta(minutes=chance.randrange(4 * 1_440))


def deadlines_a_second(closed_days: int, amount: int = 20_000) -> float:
    """Of targets that lie behind a closure of so many days, in office hours with summer time."""
    zone, start = ZoneInfo("Europe/Berlin"), datetime(2026, 1, 14, 12, tzinfo=UTC)
    own = {date(2026, 1, 15) + timedelta(days=n): () for n in range(closed_days)}
    hours: dict[str, tuple[str, ...]] = {"mon-fri": ("09:00-12:30", "13:30-17:30")}
    schedule = Schedule(zone, parse_week(hours), partial(_same_every_year, own))
    questions = [
        (start + timedelta(seconds=n % 3_600), timedelta(hours=5, seconds=n % 36_000))
        for n in range(amount)
    ]
    due_at(*questions[0], schedule)
    before = time.process_time()
    for moment, target in questions:
        due_at(moment, target, schedule)
    return amount / (time.process_time() - before)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sla.oracle", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    found = 0
    for line in differences(given.cases, Random(given.seed)):  # noqa: S311 - repeatable, no secret
        found += 1
        sys.stdout.write(f"{line}\n")
    rates = {days: deadlines_a_second(days) for days in CLOSURES}
    sys.stdout.write(f"S7 differences in {given.cases:,} cases: {found} (goal 0)\n")
    for days, rate in rates.items():
        line = f"S7 deadlines a second and core behind {days} closed days: {rate:,.0f}"
        sys.stdout.write(f"{line} (goal {GOAL:,})\n")
    return 1 if found or min(rates.values()) < GOAL else 0


if __name__ == "__main__":
    sys.exit(main())
