"""Which language a request is written in, among those that the desk answers."""

from collections.abc import Callable, Sequence
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from services.triage.domain.ruleset import Languages

READ_CHARACTERS = 400  # more text no longer changes the answer, only the time it takes
_GLANCE = 120  # nearly always enough to be sure; the time it takes goes with the length


class LanguageDetector:
    """Holds the library's model, which takes about a second to load: one for a process."""

    def __init__(self) -> None:
        load: Callable[..., Any] = LanguageIdentifier.from_model_file
        self._identifier = load(MODEL_FILE, norm_probs=True)
        self.known = frozenset(map(str, self._identifier.labels))
        self._among: tuple[str, ...] = ()

    def guess(self, text: str, among: Sequence[str]) -> tuple[str, float]:
        """The likeliest of these languages, with a confidence of at most 1."""
        if tuple(among) != self._among:
            self._identifier.set_languages(list(among))
            self._among = tuple(among)
        language, confidence = self._identifier.classify(text[:READ_CHARACTERS])
        return str(language), float(confidence)

    def language(self, text: str, locale: str | None, rules: Languages) -> str | None:
        """By the text where it is long and clear enough, else by the locale, else unknown."""
        of_locale = language_of_locale(locale, rules.among)
        if sum(map(str.isalpha, text[:READ_CHARACTERS])) < rules.shortest_text:
            return of_locale
        for length in (_GLANCE, READ_CHARACTERS):
            language, confidence = self.guess(text[:length], rules.among)
            if confidence >= rules.least_confidence:
                return language
        return of_locale


def language_of_locale(locale: str | None, among: Sequence[str]) -> str | None:
    """`de-AT` and `de_CH.UTF-8` are `de`; None where the desk has no such language."""
    code = (locale or "").replace("_", "-").split("-")[0].casefold()
    return code if code in among else None
