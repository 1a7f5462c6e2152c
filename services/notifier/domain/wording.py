"""In which words a mail says it: templates by language, and all that they may see."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import nh3
from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from services.notifier.domain.words import Words, spoken, zone_named
from shared.contracts.mail import SUBJECT_TOKEN

LONGEST_SUBJECT = 200
SUBJECT_FIELD = "Subject: "
LAYOUT = "layout.html.j2"
TEXT = ".txt.j2"
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_UNSENDABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_PREFIX = re.compile(r"^\s*((re|aw|sv|antw|r[eé]f|rif|ynt)\s*(\[\d+\])?\s*:\s*)+", re.IGNORECASE)


class Sandbox(ImmutableSandboxedEnvironment):
    """What templates see are mostly dicts of ours: a key of theirs is no way out of the sandbox."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


@dataclass(frozen=True, slots=True)
class Worded:
    subject: str
    text: str
    html: str


class Wording:
    """Renders `<language>/<template>.txt.j2`, whose first line is the subject.

    The page is `<language>/<template>.html.j2`, or else the text's paragraphs in `layout.html.j2`.
    Templates are the operator's; what customers and agents write reaches them as values only.
    """

    def __init__(
        self, templates: Mapping[str, str], words: Mapping[str, Words], fallback: str
    ) -> None:
        """`templates` by path. Raises jinja2.TemplateSyntaxError for one that cannot be read."""
        self._words = words
        self._tables = {language: each.model_dump() for language, each in words.items()}
        self._fallback = fallback
        environment = Sandbox(
            loader=DictLoader(dict(templates)),
            autoescape=lambda name: name is not None and name.endswith(".html.j2"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=-1,
        )
        self._templates = {path: environment.get_template(path) for path in templates}
        self._layout = self._templates[LAYOUT]

    @property
    def languages(self) -> Iterable[str]:
        return self._words

    @property
    def names(self) -> list[str]:
        """What can be said: the templates of the fallback's language."""
        paths = (path.partition("/") for path in self._templates)
        return [
            name.removesuffix(TEXT)
            for language, _, name in paths
            if language == self._fallback and name.endswith(TEXT)
        ]

    def has(self, template: str) -> bool:
        return template in self.names

    def render(
        self, template: str, locale: str, time_zone: str, facts: Mapping[str, Any]
    ) -> Worded:
        language = self._language(template, locale)
        words, zone = self._words[language], zone_named(time_zone)
        seen = {
            **facts,
            "language": language,
            "words": self._tables[language],
            "when": lambda moment: spoken(moment, zone, words),
        }
        text = self._templates[f"{language}/{template}.txt.j2"].render(seen)
        first, _, rest = text.partition("\n")
        body = plain(rest).strip()
        page = self._templates.get(f"{language}/{template}.html.j2") or self._layout
        return Worded(
            subject=one_line(first.removeprefix(SUBJECT_FIELD)),
            text=f"{body}\n",
            html=plain(page.render(seen, paragraphs=paragraphs(body))),
        )

    def _language(self, template: str, locale: str) -> str:
        language = re.split(r"[-_.]", locale.lower())[0]
        known = language in self._words and f"{language}/{template}.txt.j2" in self._templates
        return language if known else self._fallback


def one_line(text: str) -> str:
    """Without line breaks, control and format characters; blanks run together."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in text)
    return " ".join(text.split())


def plain(text: str) -> str:
    """Line breaks of one kind, and none of the characters that mail cannot carry."""
    return _UNSENDABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def paragraphs(text: str) -> list[list[str]]:
    """The lines of each paragraph."""
    return [part.split("\n") for part in re.split(r"\n{2,}", text.strip("\n")) if part]


def bare_subject(subject: str) -> str:
    """What the requester called it, without Re: and our own token, which the template sets."""
    bare = _PREFIX.sub("", one_line(SUBJECT_TOKEN.sub("", subject)))
    return bare if len(bare) <= LONGEST_SUBJECT else f"{bare[: LONGEST_SUBJECT - 1]}…"


def safe_html(html: str | None) -> Markup | None:
    """Cleaned here too: a reader's mail program is the last that should meet a script."""
    if html is None:
        return None
    cleaned = nh3.clean(html, url_schemes={"http", "https", "mailto", "tel"})
    return Markup(cleaned)  # noqa: S704 - the sanitiser's output
