"""`deskstream triage`: learn, evaluate, classify, diff, as an operator types them."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deskstream.cli import create
from deskstream.history import HistoryError, examples
from services.triage.domain.learning.examples import Example
from tests.triage.conftest import SHIPPED
from tests.triage.histories import history, written


def call(*arguments: object, status: int = 0) -> Result:
    result = CliRunner().invoke(create(), ["triage", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result


@pytest.fixture(scope="module")
def tickets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("history") / "tickets.jsonl")


@pytest.fixture(scope="module")
def learned(tickets: Path) -> Path:
    rules = tickets.with_name("rules.yaml")
    call("learn", tickets, "--text", "text", "--label", "kind", "-o", rules)
    return rules


def test_what_is_learned_scores_well(learned: Path, tickets: Path) -> None:
    said = call("evaluate", learned, tickets, "--text", "text", "--label", "kind", "--json")
    scores = json.loads(said.stdout)
    assert scores["tickets"] == len(history())
    assert scores["accuracy"] > 0.95
    assert scores["macro_f1"] > 0.95
    assert set(scores["classes"]) == {"refund", "delivery_late", "kind_7"}
    assert scores["unknown_labels"] == []


def test_evaluate_as_a_table(learned: Path, tickets: Path) -> None:
    said = call("evaluate", learned, tickets, "--text", "text", "--label", "kind").stdout
    assert "delivery_late" in said
    assert "macro-F1" in said


def test_labels_that_no_category_answers_to_are_named(tickets: Path) -> None:
    said = call("evaluate", SHIPPED, tickets, "--text", "text", "--label", "kind", "--json")
    assert json.loads(said.stdout)["unknown_labels"] == ["7", "Delivery - Late"]


def test_an_existing_file_is_not_overwritten_silently(learned: Path, tickets: Path) -> None:
    before = learned.read_bytes()
    arguments = ("learn", tickets, "--text", "text", "--label", "kind", "-o", learned)
    assert "--force" in call(*arguments, status=2).stderr
    assert learned.read_bytes() == before


def test_learned_words_are_added_to_hand_written_rules(tickets: Path, tmp_path: Path) -> None:
    both, report = tmp_path / "both.yaml", tmp_path / "report.json"
    arguments = ("--text", "text", "--label", "kind", "-o", both)
    call("learn", tickets, *arguments, "--merge", SHIPPED, "--report", report)
    kept = set(SHIPPED.read_text().splitlines())
    assert kept <= set(both.read_text().splitlines())
    whole = json.loads(report.read_text())
    assert whole["alone"]["macro_f1"] < whole["tested"]["macro_f1"]
    assert whole["labels"]["Refund"] == "refund"
    again = call("learn", tickets, *arguments, "--merge", both)
    assert "Without the learned words" in again.stdout
    assert kept <= set(both.read_text().splitlines())


def test_without_a_file_the_rules_are_printed(tickets: Path) -> None:
    said = call("learn", tickets, "--text", "text", "--label", "kind")
    assert said.stdout.startswith("# Learned from 150 tickets")
    assert "On tickets that were not learned from" in said.stderr


def test_classify_explains_a_text() -> None:
    said = call("classify", "I was charged twice, I want a refund!", "--vip").stdout
    assert "billing/double_charge" in said
    assert "VIP: priority medium ▶ high" in said
    assert "charged twice" in said


def test_classify_reads_standard_input() -> None:
    result = CliRunner().invoke(
        create(), ["triage", "classify", "-", "--json"], input="refund please"
    )
    assert json.loads(result.stdout)["category"] == "refund"


def test_classify_explains_a_file_as_json_lines(tickets: Path) -> None:
    lines = call("classify", tickets, "--text", "text").stdout.splitlines()
    assert len(lines) == len(history())
    first: dict[str, Any] = json.loads(lines[0])
    assert first["category"] == "refund"
    assert first["matches"][0]["weight"] > 0
    assert first["rules_version"]


def test_diff_shows_what_is_decided_differently(learned: Path, tickets: Path) -> None:
    arguments = (SHIPPED, learned, tickets, "--text", "text", "--label", "kind")
    lines = [json.loads(line) for line in call("diff", *arguments, "--json").stdout.splitlines()]
    assert 0 < len(lines) <= len(history())
    assert all(_decided(line["old"]) != _decided(line["new"]) for line in lines)
    assert f"{len(lines)} of {len(history())} tickets" in call("diff", *arguments).stdout


def test_the_same_rules_decide_the_same(learned: Path, tickets: Path) -> None:
    said = call("diff", learned, learned, tickets, "--text", "text").stdout
    assert said.startswith("0 of 150 tickets")


def _decided(said: dict[str, Any]) -> tuple[Any, ...]:
    return said["category"], said["sub_category"], said["priority"], said["type"]


def test_rules_that_cannot_be_read_are_named(tickets: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("categories: {}\n")
    arguments = ("evaluate", tmp_path / "bad.yaml", tickets, "--text", "text", "--label", "kind")
    assert "bad.yaml:1: categories: must have at least 1" in call(*arguments, status=1).stderr


# Histories.


def rows(tmp_path: Path, text: str, *texts: str, label: str | None = "l") -> list[Example]:
    path = tmp_path / "history"
    path.write_text(text)
    return examples(path, texts or ("t",), label)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_with_any_usual_separator(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "h.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerows([["t", "l"], ["one,\ntwo; three", "a"], ["four", "b"]])
    assert examples(path, ("t",), "l") == [
        Example("", "one,\ntwo; three", "a"), Example("", "four", "b")
    ]  # fmt: skip


def test_json_lines_and_a_list_of_objects(tmp_path: Path) -> None:
    found = [Example("", "x", "1"), Example("", "y", "2")]
    lines = '{"t": "x", "l": 1}\n\n{"t": "y", "l": 2}\n'
    assert rows(tmp_path, lines) == found
    assert rows(tmp_path, f"[{','.join(filter(None, lines.splitlines()))}]") == found


def test_of_several_texts_the_first_is_the_subject(tmp_path: Path) -> None:
    line = '{"s": "subject", "b": "body", "c": "more", "l": "a"}'
    assert rows(tmp_path, line, "s", "b", "c") == [Example("subject", "body\nmore", "a")]


def test_a_field_within_a_field_and_in_each_of_a_list(tmp_path: Path) -> None:
    line = '{"m": [{"t": "one"}, {"t": "two"}], "d": {"l": "a"}}'
    assert rows(tmp_path, line, "m.t", label="d.l") == [Example("", "one\ntwo", "a")]


def test_tickets_without_a_label_are_left_out(tmp_path: Path) -> None:
    lines = '{"t": "x", "l": ""}\n{"t": "y", "l": null}\n{"t": "z", "l": "a"}'
    assert rows(tmp_path, lines) == [Example("", "z", "a")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has no tickets"),
        ('{"t": "x"}\n{"t": ', "history:2: is not JSON"),
        ("[1, 2]", "history:1: must be an object"),
        ('{"text": "x", "l": "a"}', 'no ticket has a "t"; there are l, text'),
        ('{"t": "x", "lll": "a"}', 'no ticket has a "l"'),
        ('t,l\n"never closed', "is not CSV"),
    ],
)
def test_a_history_that_cannot_be_read(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(HistoryError, match=problem):
        rows(tmp_path, text)


def test_a_table_with_bars_and_blanks_around_names(tmp_path: Path) -> None:
    assert rows(tmp_path, " t | l \none, two|a\n\n|b\n") == [
        Example("", "one, two", "a"), Example("", "", "b")
    ]  # fmt: skip


def test_a_spreadsheets_unicode_text(tmp_path: Path) -> None:
    path = tmp_path / "h.txt"
    path.write_bytes("t\tl\r\nGröße\ta\r\n".encode("utf-16"))
    assert examples(path, ("t",), "l") == [Example("", "Größe", "a")]


def test_an_object_with_the_list_of_tickets(tmp_path: Path) -> None:
    whole = {"exported": "today", "tickets": [{"t": "x", "l": "a"}, {"t": "y", "l": "b"}]}
    assert rows(tmp_path, json.dumps(whole, indent=1)) == [
        Example("", "x", "a"), Example("", "y", "b")
    ]  # fmt: skip


def test_half_an_emoji_is_no_character(tmp_path: Path) -> None:
    assert rows(tmp_path, '{"t": "oh \\ud83d", "l": "a"}') == [Example("", "oh ?", "a")]


def test_a_field_too_many_is_told_unless_it_is_empty(tmp_path: Path) -> None:
    assert rows(tmp_path, "t,l\none,a,,\n") == [Example("", "one", "a")]
    with pytest.raises(HistoryError, match="history:3: has 3 fields, the first line 2; put quotes"):
        rows(tmp_path, "t,l\none,a\ntwo, three,a\n")


ODD = (
    "True",
    "NULL",
    "no",
    "on: off #1",
    "a\nb",
    "\x7f\x85",
    "😀",
    "👨\u200d👩",
    '"',
    "4.0",
    "N/A",
)


def test_labels_of_any_kind_come_back_as_they_were(tmp_path: Path) -> None:
    path, rules = tmp_path / "odd.jsonl", tmp_path / "odd.yaml"
    about = {label: f"{word} about" for label, word in zip(ODD, "abcdefghijk", strict=True)}
    lines = ({"t": f"{about[label]} {n}", "l": label} for label in ODD for n in range(12))
    path.write_text("\n".join(map(json.dumps, lines)))
    call("learn", path, "--text", "t", "--label", "l", "-o", rules)
    said = call("evaluate", rules, path, "--text", "t", "--label", "l", "--json")
    scores = json.loads(said.stdout)
    assert (scores["unknown_labels"], len(scores["classes"])) == ([], len(ODD))
    assert scores["macro_f1"] == 1.0


def test_a_history_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes("t,l\nSchönheit,a".encode("latin-1"))
    with pytest.raises(HistoryError, match="is not UTF-8 text"):
        examples(path, ("t",), "l")
    with pytest.raises(HistoryError, match="cannot be read"):
        examples(tmp_path / "absent", ("t",), "l")
