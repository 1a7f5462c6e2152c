"""docs/lifecycle.md says what the tables say."""

from pathlib import Path

from services.intake.domain.lifecycle_page import lifecycle_page

PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"
AGAIN = (
    "python -c 'from services.intake.domain.lifecycle_page import lifecycle_page as page; "
    'print(page(), end="")\' > docs/lifecycle.md'
)


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == lifecycle_page(), f"make it again: {AGAIN}"
