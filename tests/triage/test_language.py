"""In which language a request is written."""

import pytest

from services.triage.domain.language import LanguageDetector, language_of_locale
from services.triage.domain.ruleset import Languages

RULES = Languages()


@pytest.mark.parametrize(
    ("text", "locale", "language"),
    [
        ("Hello, I cannot log in to my account since yesterday.", None, "en"),
        ("Guten Tag, meine Rechnung stimmt nicht, bitte prüfen Sie das.", None, "de"),
        ("Bonjour, je n'arrive pas à me connecter à mon compte.", "de-DE", "fr"),
        ("Hola, no he recibido mi pedido y quiero una devolución.", None, "es"),
        ("404", "de-AT", "de"),
        ("ok", "fr_CH.UTF-8", "fr"),
        ("ok", "nl-NL", None),
        ("ok", None, None),
        ("", "ES", "es"),
        ("4711 0815 " * 20, "de", "de"),
    ],
)
def test_the_language(
    detector: LanguageDetector, text: str, locale: str | None, language: str | None
) -> None:
    assert detector.language(text, locale, RULES) == language


def test_an_unclear_text_goes_by_the_locale(detector: LanguageDetector) -> None:
    strict = Languages(least_confidence=1.0, shortest_text=1)
    assert detector.language("Server down xyz", "de", strict) == "de"


def test_only_the_desk_s_own_languages_are_guessed(detector: LanguageDetector) -> None:
    text = "Guten Tag, meine Rechnung stimmt nicht, bitte prüfen Sie das."
    assert detector.guess(text, ("de", "en"))[0] == "de"
    assert detector.guess(text, ("en", "nl"))[0] == "nl"
    assert detector.guess(text, ("de", "en"))[0] == "de"


def test_the_library_knows_what_is_shipped(detector: LanguageDetector) -> None:
    assert set(RULES.among) <= detector.known


def test_locales() -> None:
    assert language_of_locale("pt-BR", ("pt",)) == "pt"
    assert language_of_locale("", ("pt",)) is None
