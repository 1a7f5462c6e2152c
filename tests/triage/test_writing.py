"""What is learned, as YAML: complete alone, and beside hand-written rules without touching them."""

from pathlib import Path

import pytest

from services.triage.domain.language import LanguageDetector
from services.triage.domain.learning.proposing import with_learned
from services.triage.domain.learning.writing import WritingError, added_to, new_file
from services.triage.domain.ruleset import TriageRules
from services.triage.rules import load_rules
from shared.kit.config import load
from tests.triage.conftest import SHIPPED

WORDS = {
    "billing": {"rechnung*": 3.2, "no": 1.0, "404": -0.5, "überweis*": 0.1},
    "new_one": {"moon landing": 4.0},
}
LABELS = {"Billing!": "billing", "new_one": "new_one"}
HAND = """\
# A remark at the top.
categories:
  billing:          # a remark beside it
    # A remark before the words.
    words:
      en: {bill: 3}
    # A remark behind the words.
    sub:
      twice: {words: {en: {charged twice: 4}}}

  refund:
    words: {en: {refund*: 5}}
# A remark before the priority.
priority:
  matrix:
    low: {low: low, medium: low, high: medium}
    medium: {low: low, medium: medium, high: high}
    high: {low: medium, medium: high, high: critical}
"""


def read(text: str, tmp_path: Path) -> TriageRules:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    return load(path, TriageRules).value


def test_a_new_file_says_what_was_learned(tmp_path: Path, detector: LanguageDetector) -> None:
    rules = with_learned(None, WORDS, LABELS, 1.5)
    text = new_file(rules, 1234)
    assert text.startswith("# Learned from 1,234 tickets")
    assert read(text, tmp_path).model_dump() == rules.model_dump()
    assert load_rules(tmp_path / "rules.yaml", detector).rules.thresholds.least_score == 1.5


def test_no_line_is_too_long_to_read() -> None:
    words = {"a": {f"a rather long phrase {number}": number / 10 for number in range(1, 300)}}
    lines = new_file(with_learned(None, words, {}, 1), 9).splitlines()
    assert max(map(len, lines)) <= 100
    assert sum("phrase" in line for line in lines) < 150


def test_hand_written_lines_all_stay(tmp_path: Path) -> None:
    base = read(HAND, tmp_path)
    merged = with_learned(base, WORDS, LABELS, 1.5)
    text = added_to(HAND, merged, WORDS)
    assert [line for line in text.splitlines() if line in HAND.splitlines()] == HAND.splitlines()
    assert read(text, tmp_path).model_dump() == merged.model_dump()


def test_what_is_added_stands_where_it_belongs(tmp_path: Path) -> None:
    merged = with_learned(read(HAND, tmp_path), WORDS, LABELS, 1.5)
    added = [
        line for line in added_to(HAND, merged, WORDS).splitlines() if line not in HAND.splitlines()
    ]
    assert added == [
        '    labels: ["Billing!"]',
        "    learned:",
        '      {rechnung*: 3.2, "no": 1, "404": -0.5, überweis*: 0.1}',
        "  new_one:",
        "    learned:",
        "      {moon landing: 4}",
    ]


def test_what_was_learned_before_is_replaced(tmp_path: Path) -> None:
    base = read(HAND, tmp_path)
    first = added_to(HAND, with_learned(base, WORDS, LABELS, 1.5), WORDS)
    other = {name: {"sun": 2.5} for name in WORDS}
    again = with_learned(read(first, tmp_path), other, {}, 1.5)
    text = added_to(first, again, other)
    assert "rechnung" not in text
    assert text.count("learned:") == 2
    assert read(text, tmp_path).model_dump() == again.model_dump()
    assert [line for line in text.splitlines() if line in HAND.splitlines()] == HAND.splitlines()


def test_the_shipped_rules_can_be_added_to(tmp_path: Path, detector: LanguageDetector) -> None:
    words = {**WORDS, "billing": {"not written by hand": 1.5}}
    merged = with_learned(load(SHIPPED, TriageRules).value, words, LABELS, 1.5)
    text = added_to(SHIPPED.read_text(), merged, words)
    assert read(text, tmp_path).model_dump() == merged.model_dump()
    assert load_rules(tmp_path / "rules.yaml", detector).rules.categories["new_one"].learned


@pytest.mark.parametrize(
    ("hand", "problem"),
    [
        ("categories: {billing: {words: {en: {bill: 3}}}}\n", "categories: write them in lines"),
        (
            "categories:\n  billing: {words: {en: {bill: 3}}}\n",
            "2: categories.billing: write its fields in lines",
        ),
    ],
)
def test_a_form_that_cannot_be_added_to_is_named(hand: str, problem: str, tmp_path: Path) -> None:
    base = read(HAND, tmp_path)
    with pytest.raises(WritingError, match=problem):
        added_to(hand, with_learned(base, WORDS, LABELS, 1), WORDS)
