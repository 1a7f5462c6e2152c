from datetime import timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from services.notifier.domain.notices import Event
from services.notifier.domain.samples import sample_of
from services.notifier.domain.wording import (
    LAYOUT,
    Wording,
    bare_subject,
    one_line,
    plain,
    safe_html,
)
from services.notifier.domain.words import Words, spoken, zone_named
from services.notifier.rules import TEMPLATES
from shared.kit.config import load
from tests.notifier.words import MONDAY, RULES, WORDING

LANGUAGES = ("de", "en", "es", "fr")
WORDS = {name: load(TEMPLATES / name / "words.yaml", Words).value for name in LANGUAGES}
NOTICES = [(notice.on, notice.template) for notice in RULES.tell]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("event", "template"), NOTICES)
def test_every_template_speaks_every_language(event: Event, template: str, language: str) -> None:
    worded = WORDING.render(template, language, "Europe/Berlin", sample_of(event))
    assert "TKT-1" in worded.subject
    assert "The printer is on fire" in worded.subject
    assert "[TKT-1]" in worded.subject
    assert "TKT-1" in worded.text
    assert f'<html lang="{language}">' in worded.html
    assert "{" not in worded.text + worded.subject
    assert "\n\n\n" not in worded.text


def test_the_words_differ_by_language() -> None:
    facts = sample_of(Event.TICKET_CREATED)
    texts = {WORDING.render("acknowledgement", each, "UTC", facts).text for each in LANGUAGES}
    assert len(texts) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("locale", "language"), [("de-AT", "de"), ("fr_CA", "fr"), ("ja", "en"), ("", "en")]
)
def test_the_locale_chooses_or_english_does(locale: str, language: str) -> None:
    page = WORDING.render("resolved", locale, "UTC", sample_of(Event.TICKET_RESOLVED)).html
    assert f'lang="{language}"' in page


def test_no_promise_is_made_up() -> None:
    facts = {**sample_of(Event.TICKET_CREATED), "promise": None}
    text = WORDING.render("acknowledgement", "en", "UTC", facts).text
    assert "as soon as we can" in text
    assert "latest" not in text


@pytest.mark.parametrize(
    ("language", "zone", "said"),
    [
        ("en", "Europe/London", "Monday, 4 May 2026 at 08:00 BST"),
        ("de", "Europe/Berlin", "Montag, 4. Mai 2026 um 09:00 Uhr (CEST)"),
        ("fr", "Asia/Kathmandu", "lundi 4 mai 2026 à 12:45 (UTC+05:45)"),
        ("es", "Nowhere/Land", "el lunes 4 de mayo de 2026 a las 07:00 (UTC)"),
    ],
)
def test_a_moment_in_words(language: str, zone: str, said: str) -> None:
    assert spoken(MONDAY, zone_named(zone), WORDS[language]) == said


def test_a_moment_after_summer_time() -> None:
    assert spoken(MONDAY + timedelta(days=180), ZoneInfo("Europe/Berlin"), WORDS["en"]).endswith(
        "at 08:00 CET"
    )


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Re: AW: Re[2]: Printer", "Printer"),
        ("RE: Printer [TKT-7] again", "Printer again"),
        ("Printer\r\nBcc: all@example.com", "Printer Bcc: all@example.com"),
        ("Regarding: the printer", "Regarding: the printer"),
        ("x" * 300, "x" * 199 + "…"),
        ("\u202egnp.exe", "gnp.exe"),
    ],
)
def test_bare_subject(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare


@settings(deadline=None)
@given(st.text())
def test_one_line_is_one(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@settings(deadline=None)
@given(st.text())
def test_plain_text_can_be_sent(text: str) -> None:
    assert not set(plain(text)) & set("\r\x00\x1b\x7f")


class Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "iframe", "object", "embed", "form", "svg", "style"}:
            self.bad.append(tag)
        for name, value in attributes:
            if name.startswith("on") or "javascript:" in (value or "").lower():
                self.bad.append(name)


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script><p>Hi</p>",
        "<p onclick=alert(1)>Hi</p>",
        '<p>Hi <a href="javascript:alert(1)">x</a></p>',
        "<svg><script>1</script></svg><p>Hi</p>",
        "<p>Hi<img src=x onerror=alert(1)></p>",
    ],
)
def test_a_replys_page_runs_nothing(html: str) -> None:
    facts = {**sample_of(Event.AGENT_REPLIED), "html": safe_html(html)}
    page = WORDING.render("reply", "en", "UTC", facts).html
    found = Scripts()
    found.feed(page.partition("<body")[2])
    assert found.bad == []
    assert "Hi" in page


def test_what_people_write_is_no_template_and_no_markup() -> None:
    hostile = "{{ 7 * 7 }} <b>bold</b> {% raw %}"
    facts = {**sample_of(Event.AGENT_REPLIED), "text": hostile, "html": None}
    worded = WORDING.render("reply", "en", "UTC", facts)
    assert hostile in worded.text
    assert "{{ 7 * 7 }} &lt;b&gt;bold&lt;/b&gt;" in worded.html


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("Subject: x\n\n{{ ''.__class__.__mro__ }}", SecurityError),
        ("Subject: x\n\n{{ ticket.update({}) }}", SecurityError),
        ("Subject: x\n\n{{ no_such_thing }}", UndefinedError),
    ],
)
def test_templates_are_confined(source: str, error: type[Exception]) -> None:
    wording = Wording({"en/x.txt.j2": source, LAYOUT: ""}, {"en": WORDS["en"]}, "en")
    with pytest.raises(error):
        wording.render("x", "en", "UTC", sample_of(Event.TICKET_CREATED))
