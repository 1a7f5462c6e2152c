"""What stands below mails does not count, and what somebody wrote always does."""

import pytest

from services.triage.domain.boilerplate import without
from services.triage.domain.reading import Reader
from services.triage.domain.triage import Triage
from tests.triage.cases import created, ruleset

DISCLAIMER = "This email and any attachments are confidential and were scanned for viruses."


def is_boilerplate(text: str) -> bool:
    return "LEGAL NOTE" in text.replace("\n", " ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("one\n\ntwo", "one\n\ntwo", id="nothing of the kind"),
        pytest.param("one\n\nLEGAL NOTE virus\nmore", "one", id="a paragraph"),
        pytest.param("one\nLEGAL NOTE virus\nmore", "one", id="the end of a paragraph"),
        pytest.param("one\nLEGAL\nNOTE\n\ntwo", "one\n\ntwo", id="a phrase on two lines"),
        pytest.param("LEGAL NOTE\n \ntwo", "two", id="before the text"),
        pytest.param("one LEGAL NOTE", "one LEGAL NOTE", id="nothing else is said"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_is_left(text: str, said: str) -> None:
    assert without(text, is_boilerplate) == said


def test_its_words_are_not_found() -> None:
    reader = Reader(ruleset(boilerplate={"en": ["legal note"]}))
    assert reader.find("my password\n\nLegal note: invoice!") == {"password"}
    assert reader.find("Legal note: invoice") == {"invoice*"}


def test_a_scanners_note_is_no_attack(shipped: Triage) -> None:
    plain = shipped.first(created("Where is my parcel?")).said
    noted = shipped.first(created(f"Where is my parcel?\n\n{DISCLAIMER}")).said
    assert plain is not None
    assert noted is not None
    assert noted.category == plain.category == "delivery"
    assert noted.matches == plain.matches


def test_hostile_repetition_takes_no_long_time(shipped: Triage) -> None:
    assert "virus" in shipped.reader.find(f"virus {DISCLAIMER}\n" * 100_000)
