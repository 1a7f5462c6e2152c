"""Every mistake in the rules is told with its line and what to do."""

from pathlib import Path

import pytest

from services.triage.domain.language import LanguageDetector
from services.triage.rules import check, load_rules
from shared.kit.config import ConfigError
from tests.triage.conftest import SHIPPED
from tests.triage.mistakes import GOOD, MISTAKES


def problems(folder: Path, content: str, detector: LanguageDetector) -> list[str]:
    path = folder / "triage.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_rules(path, detector)
    return [line.removeprefix(f"{path}:") for line in caught.value.problems]


def test_good_rules_are_ready(tmp_path: Path, detector: LanguageDetector) -> None:
    path = tmp_path / "triage.yaml"
    path.write_text(GOOD, encoding="utf-8")
    triage = load_rules(path, detector)
    assert triage.reader.find("invoices, charged twice") == {"invoice*", "charged twice"}
    assert len(triage.version) == 12


@pytest.mark.parametrize(("good", "bad", "line"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_in_a_line(
    tmp_path: Path, detector: LanguageDetector, good: str, bad: str, line: str
) -> None:
    assert GOOD.count(good) == 1
    told = problems(tmp_path, GOOD.replace(good, bad), detector)
    assert line in told
    assert len(told) <= 2  # what hangs on the mistake may be told too


def test_all_mistakes_are_told_in_order_of_lines(
    tmp_path: Path, detector: LanguageDetector
) -> None:
    content = GOOD.replace("invoice*", "in*oice").replace("cue: [urgent]", "cue: [haste]")
    lines = problems(tmp_path, content.replace("de: [", "fr: ["), detector)
    assert [line.split(":")[0] for line in lines] == ["5", "6", "18"]


def test_the_shipped_rules_are_without_a_mistake() -> None:
    assert check(SHIPPED.parent) == []


def test_no_rules_is_a_problem(tmp_path: Path) -> None:
    assert check(tmp_path) == [f"{tmp_path}/triage.yaml: there is no such file"]
