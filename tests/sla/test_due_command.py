"""`deskstream sla due`: what is read from where, and what is said of what cannot be read."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deskstream.commands.sla import app

WEEK = {"mon": [["09:00", "17:00"]]}
ADD = {
    "id": "a",
    "kind": "add",
    "start": "2026-03-02T16:00:00Z",
    "seconds": 7200,
    "calendar": {"timezone": "UTC", "hours": WEEK},
}
ELAPSED = {**ADD, "id": 2, "kind": "elapsed", "end": "2026-03-09T09:30:00Z"}
GIVEN = [{"id": "a", "end": "2026-03-09T10:00:00Z"}, {"id": 2, "seconds": 5400}]


def due(text: str | bytes, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    result = CliRunner().invoke(app, ["due", *arguments], input=text)
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{json.dumps(ADD)}\n\n{json.dumps(ELAPSED)}\n", id="JSON lines"),
        pytest.param(f"{json.dumps(ADD)}\r\n{json.dumps(ELAPSED)}", id="of another system"),
        pytest.param(json.dumps([ADD, ELAPSED], indent=2), id="a list"),
        pytest.param(json.dumps({"description": "two", "cases": [ADD, ELAPSED]}), id="a table"),
        pytest.param("\ufeff" + json.dumps([ADD, ELAPSED]), id="with a mark of its encoding"),
    ],
)
def test_questions_come_as_lines_or_as_a_list(text: str) -> None:
    assert due(text) == (0, GIVEN)
    assert due(text, "-") == (0, GIVEN)


def test_questions_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(ADD))
    assert due("", str(file)) == (0, GIVEN[:1])


def test_what_cannot_be_answered_is_told_in_its_place_and_at_the_end() -> None:
    bad = {**ADD, "id": "b", "kind": "multiply"}
    code, lines = due("\n".join([json.dumps(bad), "{", "3", json.dumps(ADD)]))
    assert code == 1
    assert lines[0] == {
        "id": "b",
        "error": 'line 1: kind must be add or elapsed, not "multiply"',
    }
    assert lines[1]["id"] is None
    assert lines[1]["error"].startswith("line 2: no JSON")
    assert "line 3: must be an object" in lines[2]["error"]
    assert lines[3:] == GIVEN[:1]


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({**ADD, "calendar": {"holidays": 5}}),
        json.dumps({**ADD, "calendar": {"special_days": [None]}}),
        json.dumps({**ADD, "start": {"not": "a time"}}),
        "[" * 100_000,
    ],
)
def test_no_line_keeps_the_next_from_being_answered(line: str) -> None:
    code, lines = due(f"{line}\n{json.dumps(ADD)}\n")
    assert code == 1
    assert [sorted(each) for each in lines] == [["error", "id"], ["end", "id"]]


def test_id_is_given_back_whatever_is_in_it() -> None:
    ids = ["\ud800", 10**30, None, {"table": "a", "row": 1}]
    code, lines = due("\n".join(json.dumps({**ADD, "id": each}) for each in ids))
    assert code == 0
    assert [line["id"] for line in lines] == ids


def test_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["due", str(tmp_path / "none.jsonl")])
    assert result.exit_code == 2
    assert "none.jsonl" in result.stderr


def test_nothing_is_answered_with_nothing() -> None:
    assert due("") == (0, [])
