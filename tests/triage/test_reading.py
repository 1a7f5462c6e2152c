"""What the words found say: category, confidence, type, cues, tone, tags, product."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.triage.domain.evidence import MOST_KEPT, Evidence
from services.triage.domain.reading import MOST_MATCHES, Reader, Reading
from shared.contracts.fields import TicketType
from tests.triage.cases import ruleset


def read(
    body: str = "",
    subject: str = "",
    reply: str = "",
    *,
    language: str | None = "en",
    rules: Mapping[str, Any] | None = None,
) -> Reading:
    reader = Reader(ruleset(**(rules or {})))
    evidence = Evidence.of(subject=reader.find(subject), body=reader.find(body))
    return reader.read(evidence.with_reply(reader.find(reply)), language)


def categories(**words: Any) -> dict[str, Any]:
    return {"categories": {name: {"words": {"en": listed}} for name, listed in words.items()}}


def test_nothing_found_is_general_and_sure_of_nothing() -> None:
    reading = read("lorem ipsum")
    assert (reading.category, reading.sub_category, reading.confidence) == ("general", None, 0.0)
    assert reading.matches("general") == ()


def test_the_most_weight_wins_and_says_why() -> None:
    reading = read("My password: I cannot log in to see the invoice")
    assert reading.category == "login"
    assert dict(reading.scores) == {"billing": 3.0, "login": 5.0}
    assert [(m.phrase, m.field, m.weight, m.category) for m in reading.matches("login")] == [
        ("password", "body", 3.0, "login"),
        ("log in", "body", 2.0, "login"),
        ("invoice*", "body", 3.0, "billing"),
    ]


def test_a_subject_weighs_double_and_a_reply_half() -> None:
    assert read(subject="invoice").scores["billing"] == 6.0
    assert read(reply="invoice").scores["billing"] == 1.5
    assert read("invoice", subject="invoice", reply="invoice").scores["billing"] == 6.0


def test_a_category_may_have_field_weights_of_its_own() -> None:
    rules = {"categories": {"a": {"words": {"en": ["foo"]}, "fields": {"subject": 0, "body": 5}}}}
    assert read("foo", subject="foo", rules=rules).scores["a"] == 5.0


def test_a_phrase_counts_once_however_often_it_stands() -> None:
    assert read("invoice invoices invoice").scores["billing"] == 3.0


def test_too_little_is_general() -> None:
    assert read(reply="password").category == "general"
    assert read("log in").category == "login"


def test_words_that_speak_against_are_subtracted() -> None:
    rules = categories(a={"bill": 3, "bill of rights": -2}, b={"rights": 2})
    assert dict(read("the bill of rights", rules=rules).scores) == {"a": 1.0, "b": 2.0}
    assert read("the bill of rights", rules=rules).category == "b"


def test_a_tie_goes_to_the_category_written_first() -> None:
    assert read("b a", rules=categories(first={"a": 2}, second={"b": 2})).category == "first"
    assert read("b a", rules=categories(second={"b": 2}, first={"a": 2})).category == "second"


def test_a_combination_needs_all_of_it_anywhere() -> None:
    rules = categories(a={"refund* + broken": 4})
    assert read("refund", rules=rules).category == "general"
    reading = read("it is broken", subject="Refund", rules=rules)
    assert [(m.phrase, m.field, m.weight) for m in reading.matches("a")] == [
        ("refund* + broken", "body", 4.0)
    ]


def test_confidence_grows_with_what_is_found_and_falls_with_what_speaks_for_others() -> None:
    clear = read("password log in", subject="password").confidence
    assert clear > read("password").confidence > read("password invoice").confidence


def test_words_of_another_language_weigh_half() -> None:
    assert read("paket", language="de").scores["delivery"] == 3.0
    assert read("paket", language="en").scores["delivery"] == 1.5
    assert read("paket", language=None).scores["delivery"] == 3.0


def test_the_same_word_in_two_languages_counts_once() -> None:
    rules = {"categories": {"a": {"words": {"en": {"account": 2}, "de": {"account": 3}}}}}
    assert read("account", language="en", rules=rules).scores["a"] == 2.0
    assert read("account", language="de", rules=rules).scores["a"] == 3.0


def test_a_sub_category_counts_for_its_category() -> None:
    words = {"en": {"charged": 2}}
    sub = {"double": {"words": {"en": {"charged twice": 3}}}, "late": {"words": {"en": ["late"]}}}
    rules = {"categories": {"billing": {"words": words, "sub": sub}}}
    reading = read("charged twice", rules=rules)
    assert (reading.category, reading.sub_category) == ("billing", "double")
    assert reading.scores["billing"] == 5.0
    assert [match.category for match in reading.matches("billing")] == ["billing/double", "billing"]
    assert read("charged", rules=rules).sub_category is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("invoice", TicketType.SERVICE_REQUEST),
        ("password", TicketType.INCIDENT),
        ("invoice?", TicketType.QUESTION),
        ("password?", TicketType.INCIDENT),
        ("how do I change the password?", TicketType.QUESTION),
        ("I complain about the password", TicketType.COMPLAINT),
    ],
)
def test_the_type(text: str, expected: TicketType) -> None:
    reader = Reader(ruleset())
    reading = reader.read(Evidence.of(subject=[], body=reader.find(text)), "en")
    assert reader.type_of(reading, reading.category)[0] is expected


def test_a_cue_can_be_taken_back() -> None:
    assert read("urgent").cues == ("urgent",)
    assert read("this is not urgent").cues == ()
    assert read("nothing").cues == ()


def test_the_worst_tone_is_taken() -> None:
    assert read("furious and annoyed").tone == "angry"
    assert read("annoyed").tone == "annoyed"
    assert read("fine").tone is None


def test_tags_in_the_order_of_the_rules_and_the_best_product() -> None:
    reading = read("VAT in the webshop on Android, not at the till")
    assert reading.tags == ("mobile", "vat")
    assert reading.product == "shop"


def test_what_is_shown_is_bounded() -> None:
    words = [f"word{number}" for number in range(200)]
    reading = read(" ".join(words), rules=categories(a=words))
    assert len(reading.matches("a")) == MOST_MATCHES


def test_what_is_kept_is_bounded_to_what_weighs_most() -> None:
    words = {f"word{number}": 1 + number / 10 for number in range(300)}
    reader = Reader(ruleset(**categories(a=words)))
    evidence = Evidence.of(subject=[], body=reader.find(" ".join(words))).bounded(reader.worth)
    assert len(evidence.body) == MOST_KEPT
    assert "word299" in evidence.body
    assert "word0" not in evidence.body


WORDS = st.sampled_from(
    ["invoice", "bill", "password", "log in", "parcel", "paket", "lorem", "vat"]
)


@given(st.lists(WORDS), st.randoms())
def test_the_order_of_words_in_a_text_does_not_matter(words: list[str], random: Any) -> None:
    shuffled = list(words)
    random.shuffle(shuffled)
    told, again = read(", ".join(words)), read(", ".join(shuffled))
    assert (told.category, told.confidence, told.scores) == (
        again.category,
        again.confidence,
        again.scores,
    )
    assert told.matches(told.category) == again.matches(again.category)


@given(st.lists(WORDS), st.lists(WORDS))
def test_confidence_is_a_share_and_general_has_none(body: list[str], subject: list[str]) -> None:
    reading = read(", ".join(body), ", ".join(subject))
    assert 0 <= reading.confidence < 1
    assert (reading.confidence == 0) == (reading.category == "general")
