"""The public tables of business-time cases, and the spellings in which anyone can ask."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.sla.domain.cases import answer

PUBLIC = Path(__file__).parents[3] / "shared" / "data" / "public" / "sla_cases.json"
CASES: list[dict[str, Any]] = json.loads(PUBLIC.read_text())["cases"] if PUBLIC.exists() else []
OFFICE = {
    "timezone": "Europe/Berlin",
    "hours": {"mon": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]},
}
QUESTION: dict[str, Any] = {
    "id": "7",
    "kind": "add",
    "start": "2026-03-27T16:00:00+01:00",  # a Friday; the clocks are changed two days later
    "seconds": 7200,
    "calendar": OFFICE,
}


def end(**changes: Any) -> Any:
    return answer({**QUESTION, **changes})["end"]


def due_on(calendar: dict[str, Any], start: str, hours: float) -> Any:
    return end(calendar={"timezone": "UTC", **calendar}, start=start, seconds=hours * 3600)


@pytest.mark.skipif(not CASES, reason="the folder with public data is not there")
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_public_case(case: dict[str, Any]) -> None:
    given = answer(case)
    if case["kind"] == "add":
        assert datetime.fromisoformat(given["end"]) == datetime.fromisoformat(case["expected_end"])
    else:
        assert given["seconds"] == case["expected_seconds"]


def test_weekdays_may_stand_in_the_calendar_itself() -> None:
    week = {"Monday": [["09:00", "17:00"]], "name": "Office"}
    assert due_on(week, "2026-03-02T16:00:00Z", 2) == "2026-03-09T10:00:00Z"


def test_names_of_fields_may_be_joined_otherwise() -> None:
    calendar = {"timeZone": "Europe/Berlin", "businessHours": OFFICE["hours"]}
    assert end(calendar=calendar) == "2026-03-30T08:00:00Z"


def test_add_over_the_change_of_summer_time() -> None:
    assert answer(QUESTION) == {"id": "7", "end": "2026-03-30T08:00:00Z"}


def test_id_is_given_back_as_it_was() -> None:
    assert answer({**QUESTION, "id": 7})["id"] == 7


@pytest.mark.parametrize(
    "hold",
    [
        ["2026-03-27T16:00:00+01:00", "2026-03-27T16:30:00+01:00"],
        {"start": "2026-03-27T16:00:00+01:00", "end": "2026-03-27T16:30:00+01:00"},
        {"from": "2026-03-27T15:00:00Z", "to": "2026-03-27T15:30:00Z"},
        {"from": "2026-03-27T16:00:00", "until": "2026-03-27 16:30"},
        {"start": 1774623600, "end": 1774625400},
    ],
)
def test_hold_moves_the_end(hold: object) -> None:
    assert end(holds=[hold]) == "2026-03-30T08:30:00Z"


def test_holds_that_overlap_or_lie_in_closed_time_count_once_or_not_at_all() -> None:
    morning = ["2026-03-27T16:00:00+01:00", "2026-03-27T16:20:00+01:00"]
    again = ["2026-03-27T16:10:00+01:00", "2026-03-27T16:30:00+01:00"]
    weekend = ["2026-03-28T09:00:00+01:00", "2026-03-29T12:00:00+02:00"]
    backwards = ["2026-03-27T16:50:00+01:00", "2026-03-27T16:40:00+01:00"]
    holds = [weekend, again, backwards, morning]
    assert end(holds=holds) == "2026-03-30T08:30:00Z"
    question = {**QUESTION, "kind": "elapsed", "end": "2026-03-30T08:30:00Z", "holds": holds}
    assert answer(question)["seconds"] == 7200


def test_hold_without_an_end_stops_the_clock_for_good() -> None:
    assert end(holds=[["2026-03-27T16:30:00+01:00", None]]) is None
    assert end(holds=[["2026-03-30T12:00:00+02:00", None]]) == "2026-03-30T08:00:00Z"
    question = {**QUESTION, "kind": "elapsed", "end": "2026-03-30T12:00:00Z"}
    question["holds"] = [{"start": "2026-03-27T16:30:00+01:00"}]
    assert answer(question)["seconds"] == 1800


def test_elapsed_counts_to_the_millisecond() -> None:
    question = {**QUESTION, "kind": "elapsed", "end": "2026-03-30T09:00:00.250+02:00"}
    assert answer(question) == {"id": "7", "seconds": 3600.25}


@pytest.mark.parametrize(
    ("calendar", "due"),
    [
        ({"holidays": ["2026-03-30"]}, "2026-04-03T08:00:00Z"),
        ({"holidays": ["2026-03-30T00:00:00+02:00"]}, "2026-04-03T08:00:00Z"),
        ({"holidays": [{"date": "2026-03-30", "name": "Flood"}]}, "2026-04-03T08:00:00Z"),
        ({"holidays": {"2026-03-30": "Flood"}}, "2026-04-03T08:00:00Z"),
        ({"holidays": ["03-30"]}, "2026-04-03T08:00:00Z"),
        ({"holidays": [{"from": "2026-03-30", "to": "2026-04-02"}]}, "2026-04-03T08:00:00Z"),
        ({"public_holidays": {"2026-03-30": {"active": True}}}, "2026-04-03T08:00:00Z"),
        ({"public_holidays": {"2026-03-30": {"active": False}}}, "2026-03-30T08:00:00Z"),
        ({"holidays": [{"date": "2019-03-30", "recurring": True}]}, "2026-04-03T08:00:00Z"),
        ({"holidays": [{"date": "2019-03-30", "recurring": False}]}, "2026-03-30T08:00:00Z"),
        ({"breaks": {"2026-03-30": [["09:00", "11:30"]]}}, "2026-03-30T10:30:00Z"),
        ({"breaks": {"2026-03-30": {"09:00": "11:30"}}}, "2026-03-30T10:30:00Z"),
        ({"shifts": {"2026-03-30": {"10:00": "12:00"}}}, "2026-03-30T09:00:00Z"),
        (
            {"holidays": [{"date": "2026-03-30", "start": "09:00", "end": "11:30"}]},
            "2026-03-30T10:30:00Z",
        ),
        (
            {"holidays": [{"date": "2026-03-30", "hours": [["13:00", "14:30"]]}]},
            "2026-03-30T12:00:00Z",
        ),
        ({"holidays": None, "special_days": None}, "2026-03-30T08:00:00Z"),
        ({"special_days": {"2026-03-28": [["10:00", "10:30"]]}}, "2026-03-30T07:30:00Z"),
        ({"special_days": {"2026-03-30": []}}, "2026-04-03T08:00:00Z"),
        (
            {"special_days": [{"date": "2026-03-28", "hours": [["10:00", "12:00"]]}]},
            "2026-03-28T10:00:00Z",
        ),
        (
            {"holidays": ["2026-03-30"], "special_days": {"2026-03-30": [["16:00", "17:00"]]}},
            "2026-03-30T15:00:00Z",
        ),
    ],
)
def test_days_off_and_special_days_in_many_spellings(calendar: dict[str, Any], due: str) -> None:
    assert end(calendar={**OFFICE, **calendar}) == due


@pytest.mark.parametrize(
    "hours",
    [
        {"mon": [["09:00", "17:00"]]},
        {"Monday": [["9:00", "17:00:00"]]},
        {"MON": ["09:00-17:00"]},
        {"mon": "09:00-17:00"},
        {"mon": ["09:00", "17:00"]},
        {"mon": [{"start": "09:00", "end": "17:00"}]},
        {"mon": {"open": "09:00", "close": "17:00"}},
        {"mon": {"09:00": "17:00"}},
        {"mon": [[9, 17]], "tue": None, "wed": [], "thu": "closed", "fri": False},
        {"mon": [["09:00", "12:00"], ["12:00", "17:00"]]},
        {"mon": [["12:00", "17:00"], ["09:00", "13:00"]]},
        {"mon": [["9:00 am", "5 p.m."]]},
        {"mon": "9-17"},
        {"mon": ["09:00 to 12:00", "12:00-17:00"]},
        {
            "mon": {"Open": "09:00", "Close": "17:00"},
            "tue": {"closed": True, "open": "1", "close": "2"},
        },
        {
            "mon": {"active": True, "timeframes": [["09:00", "17:00"]]},
            "sat": {"active": False, "timeframes": [["09:00", "17:00"]]},
        },
        [
            {"workday": "Monday", "start_time": "09:00:00", "end_time": "12:00:00"},
            {"workday": "Monday", "start_time": "12:00:00", "end_time": "17:00:00"},
        ],
        {"mon": [["09:00", "17:00"]], "tue": [["10:00", "10:00"]]},
    ],
)
def test_hours_in_many_spellings(hours: dict[str, Any]) -> None:
    assert due_on({"hours": hours}, "2026-03-02T16:00:00Z", 2) == "2026-03-09T10:00:00Z"


@pytest.mark.parametrize(
    "calendar",
    [
        None,
        {},
        {"hours": "24/7"},
        {"timezone": "utc"},
        {"timezone": None, "hours": {"daily": [["00:00", "24:00"]]}},
        {"hours": {"daily": "24h"}},
        {"hours": {"daily": [["00:00", "00:00"]]}},
        {"hours": {"daily": {"open_all_day": True, "open": "09:00", "close": "10:00"}}},
        {"always_open": True, "hours": {"mon": [["09:00", "17:00"]]}},
    ],
)
def test_time_that_never_stops(calendar: dict[str, Any] | None) -> None:
    assert end(calendar=calendar) == "2026-03-27T17:00:00Z"


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-02T21:00:00Z", 1, "2026-03-02T23:00:00Z"),
        ("2026-03-02T22:00:00Z", 8, "2026-03-03T06:00:00Z"),
        ("2026-03-02T23:00:00Z", 8, "2026-03-09T23:00:00Z"),
        ("2026-03-03T07:00:00Z", 0, "2026-03-09T22:00:00Z"),
    ],
)
def test_window_past_midnight(start: str, hours: float, due: str) -> None:
    assert due_on({"hours": {"mon": [["22:00", "06:00"]]}}, start, hours) == due


@pytest.mark.parametrize(
    ("length", "due"),
    [
        ({"seconds": 0}, "2026-03-27T15:00:00Z"),
        ({"seconds": 0.5}, "2026-03-27T15:00:00.500000Z"),
        ({"seconds": "90"}, "2026-03-27T15:01:30Z"),
        ({"seconds": None, "minutes": 1.5}, "2026-03-27T15:01:30Z"),
        ({"seconds": None, "hours": 0.5}, "2026-03-27T15:30:00Z"),
        ({"seconds": 3600}, "2026-03-27T16:00:00Z"),
        ({"seconds": -7200}, "2026-03-27T13:00:00Z"),
        ({"seconds": -8 * 3600}, "2026-03-23T15:00:00Z"),
        ({"seconds": -7 * 3600}, "2026-03-27T08:00:00Z"),
    ],
)
def test_lengths(length: dict[str, Any], due: str) -> None:
    assert end(**length) == due


def test_backwards_over_a_hold() -> None:
    hold = ["2026-03-27T14:00:00+01:00", "2026-03-27T15:00:00+01:00"]
    assert end(seconds=-7200, holds=[hold]) == "2026-03-27T12:00:00Z"


@pytest.mark.parametrize(
    "start",
    [
        "2026-03-27T15:00:00Z",
        "2026-03-27 15:00:00 UTC",
        "2026-03-27T15:00:00.000z",
        "2026-03-27 16:00:00 +0100",
        "2026-03-27T16:00",
        "20260327T150000Z",
        "2026-03-27T15:00:00.000000000Z",
        "2026-03-27T16:00:00+01:00[Europe/Berlin]",
        1774623600,
    ],
)
def test_start_in_many_spellings(start: object) -> None:
    assert end(start=start) == "2026-03-30T08:00:00Z"


def test_local_time_that_no_clock_shows_is_read_as_if_it_had_not_been_changed() -> None:
    always = {"timezone": "Europe/Berlin", "hours": "24/7"}
    assert end(calendar=always, start="2026-03-29T02:30:00", seconds=0) == "2026-03-29T01:30:00Z"


def test_kind_may_be_left_out_or_in_capitals() -> None:
    assert answer({**QUESTION, "kind": "ADD"}) == answer({**QUESTION, "kind": None})
    question = {**QUESTION, "kind": None, "end": "2026-03-30T08:00:00Z"}
    assert answer(question) == {"id": "7", "seconds": 7200}


def test_desk_that_is_open_on_one_special_day_only() -> None:
    once = {"hours": {}, "special_days": {"2028-02-29": [["09:00", "10:00"]]}}
    assert due_on(once, "2026-03-02T16:00:00Z", 1) == "2028-02-29T10:00:00Z"
    with pytest.raises(ValueError, match="never opens again"):
        due_on(once, "2026-03-02T16:00:00Z", 2)
    question = {**QUESTION, "kind": "elapsed", "calendar": {"hours": {}}, "end": "2027-01-01"}
    assert answer(question)["seconds"] == 0


def test_what_ends_before_it_begins_has_not_lasted() -> None:
    question = {**QUESTION, "kind": "elapsed", "end": "2026-03-20T12:00:00Z"}
    assert answer(question)["seconds"] == 0


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "subtract"}, 'kind must be add or elapsed, not "subtract"'),
        ({"kind": "elapsed"}, "end is missing"),
        ({"start": "soon"}, 'start must be a time such as .*, not "soon"'),
        ({"start": None}, "start is missing"),
        ({"holds": 5}, "holds must be a list"),
        ({"holds": [["2026-03-27T16:00:00Z"]]}, "each of holds must be a pair"),
        ({"seconds": "an hour"}, 'seconds must be a number, not "an hour"'),
        ({"seconds": None}, "add needs one of"),
        ({"calendar": []}, "calendar must be an object"),
        ({"calendar": {"hours": []}}, "calendar.hours: must be an object"),
        ({"calendar": {"hours": [{"start": "9", "end": "17"}]}}, "must name a weekday"),
        ({"calendar": {"hours": {"mon": [{"opens": "9"}]}}}, "calendar.hours: .* is no opening"),
        ({"calendar": {"hours": {"mon": [9, 17]}}}, 'calendar.hours: "9" is no opening window'),
        ({"calendar": {"hours": {}, "holidays": 5}}, "calendar.holidays: must be a list of dates"),
        ({"calendar": {"holidays": [{"name": "Flood"}]}}, "calendar.holidays: .* has no date"),
        ({"calendar": {"holidays": {"2026-03-30": 5}}}, "calendar.holidays: 2026-03-30 must have"),
        ({"calendar": {"special_days": ["x"]}}, 'calendar.special_days: "x" must be an object'),
        ({"calendar": {"special_days": [{"hours": []}]}}, "calendar.special_days: .* has no date"),
        ({"calendar": {"breaks": ["12:00"]}}, "calendar.breaks: must be an object"),
        ({"calendar": {"hours": {}}}, "calendar: the desk never opens again"),
        ({"seconds": float("nan")}, "seconds must be a number"),
        ({"seconds": 1e300}, "seconds must be a number"),
        ({"calendar": None, "seconds": 1e12}, "seconds lead past the years"),
        ({"calendar": {"hours": {"mon": [["soon", "17"]]}}}, '"soon-17:00" is no opening window'),
        ({"calendar": {"hours": {"someday": [["9", "17"]]}}}, '"someday" is no weekday'),
        ({"calendar": {"timezone": "Mars", "hours": {}}}, '"Mars" is no IANA time zone'),
        ({"calendar": {"hours": {}, "holidays": ["soon"]}}, '"soon" is no closing'),
    ],
)
def test_what_is_no_question_is_told(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        answer({**QUESTION, **change})
