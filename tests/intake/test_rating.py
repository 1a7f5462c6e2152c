"""Which answers to a survey are a number, and what is the comment."""

import pytest

from services.intake.domain.rating import LONGEST_COMMENT, Rating, rating_in


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("5", 5),
        ("\n\n 1. \n", 1),
        ("*3*", 3),
        ("4/5", 4),
        ("4 von 5!", 4),
        ("2 out of 5", 2),
    ],
)
def test_a_number_that_stands_alone(text: str, score: int) -> None:
    assert rating_in(text) == Rating(score, None)


@pytest.mark.parametrize(
    "text",
    ["", "0", "6", "10", "55", "5 stars from me", "2 of my files", "Thanks!\n5", "4 of 6", "-3"],
)
def test_anything_else_is_none(text: str) -> None:
    assert rating_in(text) is None


def test_what_comes_below_is_the_comment() -> None:
    assert rating_in("4\r\n\r\nQuick.\nKind.\r\n") == Rating(4, "Quick.\nKind.")
    rating = rating_in("4\n" + "x" * 9_999)
    assert rating is not None
    assert len(rating.comment or "") == LONGEST_COMMENT
