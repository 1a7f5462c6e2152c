"""What an operator is told who wrote something wrong into routing.yaml: the exact texts."""

from pathlib import Path

import pytest

from tests.router.mistakes import MISTAKES
from tests.router.mistakes_page import FILE, text
from tests.router.test_routing_file import GOOD, problems


@pytest.mark.parametrize(("old", "new", "told"), MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    assert problems(tmp_path, GOOD.replace(old, new, 1)) == [f"routing.yaml:{told}"]


def test_the_page_of_mistakes_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), (
        "the mistakes have changed; run: python -m tests.router.mistakes_page"
    )
