"""The public tables of business-time cases, and the form in which anyone can ask."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.sla.domain.cases import answer

PUBLIC = Path(__file__).parents[3] / "shared" / "data" / "public" / "sla_cases.json"
CASES: list[dict[str, Any]] = json.loads(PUBLIC.read_text())["cases"] if PUBLIC.exists() else []
QUESTION: dict[str, Any] = {
    "id": 7,
    "kind": "add",
    "start": "2026-03-27T16:00:00+01:00",
    "seconds": 7200,
    "calendar": {
        "timezone": "Europe/Berlin",
        "hours": {"mon": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]},
    },
}


@pytest.mark.skipif(not CASES, reason="the folder with public data is not there")
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_public_case(case: dict[str, Any]) -> None:
    given = answer(case)
    if case["kind"] == "add":
        assert datetime.fromisoformat(str(given["end"])) == datetime.fromisoformat(
            case["expected_end"]
        )
    else:
        assert given["seconds"] == case["expected_seconds"]


def test_add_over_the_change_of_summer_time() -> None:
    assert answer(QUESTION) == {"id": "7", "end": "2026-03-30T08:00:00Z"}


@pytest.mark.parametrize(
    "hold",
    [
        ["2026-03-27T16:00:00+01:00", "2026-03-27T16:30:00+01:00"],
        {"start": "2026-03-27T16:00:00+01:00", "end": "2026-03-27T16:30:00+01:00"},
        {"from": "2026-03-27T15:00:00Z", "to": "2026-03-27T15:30:00Z"},
        {"from": "2026-03-27T16:00:00", "until": "2026-03-27T16:30:00"},
    ],
)
def test_hold_moves_the_end(hold: object) -> None:
    assert answer({**QUESTION, "holds": [hold]}) == {"id": "7", "end": "2026-03-30T08:30:00Z"}


def test_elapsed_counts_to_the_millisecond() -> None:
    question = {**QUESTION, "kind": "elapsed", "end": "2026-03-30T09:00:00.250+02:00"}
    assert answer(question) == {"id": "7", "seconds": 3600.25}


def test_special_day_and_holiday() -> None:
    calendar = {
        **QUESTION["calendar"],
        "holidays": ["2026-03-30"],
        "special_days": {"2026-03-28": [["10:00", "10:30"]]},
    }
    assert answer({**QUESTION, "calendar": calendar})["end"] == "2026-04-03T07:30:00Z"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "subtract"}, 'kind must be add, or elapsed with an end, not "subtract"'),
        ({"kind": "elapsed"}, "elapsed with an end"),
        ({"start": "soon"}, "start"),
        ({"holds": 5}, "holds"),
        ({"seconds": -1}, "greater than or equal to 0"),
        ({"calendar": {"hours": {}}}, "open at some hour"),
        ({"calendar": {"hours": {"mon": [["9", "17"]]}}}, '"9-17" is no opening window'),
    ],
)
def test_what_is_no_question_is_told(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        answer({**QUESTION, **change})
