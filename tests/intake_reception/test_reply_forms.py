"""Quotes and signatures as clients write them in many languages, and prose that looks alike."""

import textwrap
from collections.abc import Iterator

import pytest

from services.intake.domain.quoting import divide
from tests.intake_reception.prose_forms import KEPT_BEFORE, PROSE
from tests.intake_reception.reply_forms import (
    APPLE,
    FORWARDS,
    GMAIL,
    HEADERS,
    OTHERS,
    SEPARATORS,
    SIGNATURES,
    THUNDERBIRD,
    YAHOO,
)

NEW = "It works now, thank you.\nBut the lamp is dark."
QUOTE = "> Please try again.\n>\n> Support\n"
TABLES = {"gmail": GMAIL, "apple": APPLE, "thunderbird": THUNDERBIRD, "yahoo": YAHOO, "": OTHERS}
# Only ever written right above a quote.
WITH_QUOTE = frozenset({"hotmail", "sup", "gnus"})
INTRODUCTIONS = [
    pytest.param(name, text, id=f"{client} {name}")
    for client, table in TABLES.items()
    for name, text in table.items()
]


@pytest.mark.parametrize(("name", "introduction"), INTRODUCTIONS)
def test_introduction(name: str, introduction: str) -> None:
    for text in _replies(name, introduction):
        assert divide(text).new.strip() == NEW, text


def _replies(name: str, introduction: str) -> Iterator[str]:
    yield f"{NEW}\n\n{introduction}\n\n{QUOTE}"
    yield f"{NEW}\n{introduction}\n{QUOTE}"
    if name not in WITH_QUOTE:
        yield f"{NEW}\n\n{introduction}\n\nPlease try again.\nSupport\n"
    if "\n" not in introduction and "this line" not in introduction.lower():
        yield f"{NEW}\n\n> {introduction}\n>\n{QUOTE}"
        yield f"{introduction}\n{QUOTE}\n{NEW}"


@pytest.mark.parametrize(
    "introduction",
    [text for table in (GMAIL, APPLE, THUNDERBIRD, YAHOO) for text in table.values()],
)
def test_introduction_that_was_wrapped(introduction: str) -> None:
    wrapped = "\n".join(textwrap.wrap(introduction, 44, break_long_words=False))

    assert divide(f"{NEW}\n\n{wrapped}\n\n{QUOTE}").new == NEW


@pytest.mark.parametrize("language", HEADERS)
@pytest.mark.parametrize(
    "form", ["{}: {}", "*{}:* {}", "**{}:** {}", "{} : {}", "{}\uff1a{}", "> {}: {}"]
)
def test_block_of_headers(language: str, form: str) -> None:
    values = ("Support <s@d.example>", "2 March 2026 10:00", "Ana", "Re: Help")
    pairs = zip(HEADERS[language], values, strict=True)
    block = "\n".join(form.format(*pair) for pair in pairs)
    mark = "> " if form.startswith(">") else ""

    for rule in ("", "________________________________\n", "-----Frobnicated-----\n"):
        text = f"{NEW}\n\n{'' if mark else rule}{block}\n{mark}\n{mark}Please try again.\n"
        assert divide(text).new == NEW


@pytest.mark.parametrize("line", [*SEPARATORS, *FORWARDS])
def test_separator(line: str) -> None:
    assert divide(f"{NEW}\n\n{line}\nFrobnicate\nPlease try again.\n").new == NEW
    assert divide(f"{NEW}\n\n> {line}\n> Frobnicate\n> Please try again.\n").new == NEW


@pytest.mark.parametrize("line", SIGNATURES)
def test_signature_of_a_device(line: str) -> None:
    gmail = GMAIL["en"]

    assert divide(f"{NEW}\n\n{line}\n").new == NEW
    assert divide(f"{NEW}\n\n{line}\n\n{gmail}\n{QUOTE}").new == NEW
    assert divide(f"{NEW}\n\n{gmail}\n{QUOTE}\n{line}\n").new == NEW


@pytest.mark.parametrize("text", PROSE)
def test_prose_stays(text: str) -> None:
    assert divide(text).new == text


@pytest.mark.parametrize("line", KEPT_BEFORE)
@pytest.mark.parametrize("introduction", [GMAIL["en"], GMAIL["ru"], GMAIL["zh-CN"], APPLE["de"]])
def test_a_line_above_an_introduction_stays(line: str, introduction: str) -> None:
    assert divide(f"{line}\n{introduction}\n{QUOTE}").new == line
    assert divide(f"Hello,\n\n{line}\n\n{introduction}\n\n{QUOTE}").new == f"Hello,\n\n{line}"


def test_one_quote_between_words_goes_and_both_words_stay() -> None:
    found = divide(f"The first word.\n\n{GMAIL['en']}\n{QUOTE}\nThe last word.")

    assert found.new == "The first word.\n\nThe last word."


def test_answers_between_several_quotes_keep_them_all() -> None:
    answers = "> Which lamp?\n\nThe left one.\n\n> Since when?\n\nSince Monday."

    found = divide(f"See below.\n\n{GMAIL['en']}\n{answers}\n\n{QUOTE}")

    assert found.new == f"See below.\n\n{answers}"


def test_a_quoted_chat_is_no_quote_of_its_own() -> None:
    found = divide(f"{NEW}\n\n{THUNDERBIRD['en']}\n\nBob> is it dark?\n\nThe lamp, that is.")

    assert found.new == NEW


def test_answers_between_lines_that_carry_a_name_stay() -> None:
    text = "Hi Bob,\n\nBob> is it dark?\nYes.\n\nBob> since when?\nMonday."

    assert divide(text.replace("\n\n", f"\n\n{THUNDERBIRD['en']}\n", 1)).new == text


def test_a_wrapped_link_does_not_end_a_quote() -> None:
    quote = "> Please try\n>\n(https://d.example/very/long) >\n> again (https://d.example/x)\n>"

    assert divide(f"{NEW}\n\n{GMAIL['en']}\n\n{quote}").new == NEW


def test_two_headers_are_enough_where_they_can_only_be_a_mails() -> None:
    block = "From: s@d.example\nDate: Mon, 02 Mar 2026 10:00:00 +0100"

    assert divide(f"{NEW}\n\n{block}\n\nPlease try again.").new == NEW
