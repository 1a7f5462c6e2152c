"""Which phrases stand in a text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.triage.domain.folding import fold
from services.triage.domain.phrases import LONGEST_TEXT, Finder, PhraseError, parse


def finder(*phrases: str) -> Finder:
    return Finder(part for phrase in phrases for part in parse(phrase))


@pytest.mark.parametrize(
    ("phrase", "text", "stands"),
    [
        ("refund", "I want a REFUND!", True),
        ("refund", "two refunds", False),
        ("refund", "prefund", False),
        ("refund*", "refunded", True),
        ("refund*", "refund", True),
        ("refund*", "prefund", False),
        ("*rechnung", "Stromrechnung", True),
        ("*rechnung", "Rechnung", True),
        ("*rechnung", "Rechnungen", False),
        ("*ausfall*", "Netzausfalls", True),
        ("charged twice", "charged, twice", True),
        ("charged twice", "charged me twice", False),
        ("charged twice", "discharged twice", False),
        ("charge* twice", "we were charged twice", True),
        ("charge* twice", "charges me twice", False),
        ("*charge* twice", "a recharged twice", True),
        ("unauthori* access", "UNAUTHORISED access", True),
        ("unauthori* access*", "unauthorized accesses", True),
        ("can't log in", "I cannot, I can\u2019t log in", True),
        ("Kündigung", "KUENDIGUNG", True),
        ("Kündigung", "kundigung", True),
        ("größe", "Groesse", True),
        ("falsch* größe", "falsche Groesse", True),
        ("e-mail", "my e mail", True),
        ("oubli", "à l'oubli", True),
        ("ログイン", "新しいログインできない", True),
        ("<asking>", "why?", True),
        ("<asking>", "why", False),
        ("<exclaiming>", "now!!", True),
        ("<exclaiming>", "now!", False),
        ("<shouting>", "WHERE IS MY MONEY NOW YOU THIEVES", True),
        ("<shouting>", "Order ABC-DEF-GHI of mine", False),
        ("<shouting>", "ORDER 12", False),
    ],
)
def test_a_phrase_in_a_text(phrase: str, text: str, *, stands: bool) -> None:
    [part] = parse(phrase)
    assert (part.name in Finder([part]).find(text)) is stands


def test_phrases_overlap_and_share_words() -> None:
    found = finder("log in", "in again", "log", "log*", "again").find("Log in again")
    assert found == {"log in", "in again", "log", "log*", "again"}


def test_a_combination_has_two_parts() -> None:
    assert [part.name for part in parse("Refund* + broken")] == ["refund*", "broken"]


def test_nothing_to_look_for_finds_nothing() -> None:
    assert finder().find("anything") == set()


def test_the_end_of_an_endless_text_is_not_read() -> None:
    assert finder("parcel").find("a " * LONGEST_TEXT + "parcel") == set()


@pytest.mark.parametrize(
    ("phrase", "message"),
    [
        ("", "has no letter or digit"),
        ("   ", "has no letter or digit"),
        ("*", 'has no letter or digit in "*"'),
        ("- !", 'has no letter or digit in "-"'),
        ("cancel * order", 'has no letter or digit in "*"'),
        ("re*nd", 'has a star inside "re*nd"; a star stands at the end of a word'),
        ("re*", 'needs 3 letters beside the star in "re*"'),
        ("refund + ", "has no letter or digit"),
        ("<shout>", "has no such signal"),
        ("x" * 81, "is longer than 80 characters"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(phrase: str, message: str) -> None:
    with pytest.raises(PhraseError) as caught:
        parse(phrase)
    assert message in str(caught.value)


WORDS = st.text(alphabet="abcé", min_size=3, max_size=5)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=3), min_size=1, max_size=20), st.data())
def test_one_pass_finds_what_looking_for_each_would(
    phrases: list[list[str]], data: st.DataObject
) -> None:
    starred = [
        " ".join(word + data.draw(st.sampled_from(["", "*"])) for word in words)
        for words in phrases
    ]
    text = " ".join(data.draw(st.lists(WORDS, max_size=30)))
    expected = set()
    for phrase in starred:
        pattern = "".join(
            "[^ ]*" if sign == "*" else re.escape(sign) for sign in fold_stars(phrase)
        )
        if re.search(f" {pattern} ", fold(text)):
            expected.add(parse(phrase)[0].name)
    assert finder(*starred).find(text) == expected


def fold_stars(phrase: str) -> str:
    return fold(phrase.replace("*", "x0x")).strip().replace("x0x", "*")
