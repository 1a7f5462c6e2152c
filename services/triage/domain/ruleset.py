"""The operator's rules as `config/triage.yaml` writes them."""

from collections.abc import Iterator
from typing import NamedTuple, Self

from pydantic import Field, model_validator

from services.triage.domain.priority_rules import Level, PriorityRules
from services.triage.domain.rule_form import (
    ANY_LANGUAGE,
    Language,
    Name,
    Phrases,
    Rule,
    Words,
)
from shared.contracts.fields import TicketType

GENERAL = "general"
BOILERPLATE = "boilerplate"


class FieldWeights(Rule):
    """What a word's weight is multiplied by, depending on where it stands."""

    subject: float = Field(default=2.0, ge=0, le=10)
    body: float = Field(default=1.0, ge=0, le=10)
    reply: float = Field(default=0.5, ge=0, le=10)


class SubCategory(Rule):
    """Its words count for the category too."""

    title: str | None = None
    words: Words


class Category(Rule):
    """`type` is what its tickets mostly are, `impact` and `urgency` where they start.

    `learned` are words that `deskstream triage learn` found, apart from what people wrote;
    `labels` are other names of the category in a history that is learned from.
    """

    title: str | None = None
    labels: tuple[str, ...] = ()
    words: Words = Field(default_factory=dict)
    learned: Phrases = Field(default_factory=dict)
    fields: FieldWeights | None = None  # None: as for all categories
    sub: dict[Name, SubCategory] = Field(default_factory=dict)
    type: TicketType | None = None
    impact: Level | None = None
    urgency: Level | None = None

    @model_validator(mode="after")
    def can_be_found(self) -> Self:
        if not (self.words or self.learned or self.sub):
            raise ValueError("has no words: give some by language, like words: {en: {invoice*: 4}}")
        return self


class Languages(Rule):
    """Which languages requests come in, and how sure a guess must be."""

    among: tuple[Language, ...] = Field(default=("en", "de", "fr", "es"), min_length=1)
    shortest_text: int = Field(default=20, ge=1, le=400)  # letters
    least_confidence: float = Field(default=0.7, ge=0, le=1)
    foreign_words: float = Field(default=0.5, ge=0, le=1)  # factor for another language's words


class Thresholds(Rule):
    """When a category is taken, and when a reply may change it."""

    least_score: float = Field(default=2.0, gt=0, le=100)
    retriage_margin: float = Field(default=0.1, ge=0, le=1)  # by which confidence must be better


class WordList(NamedTuple):
    """`kind` is category, type, cue, tone, tag, product or boilerplate; `loc` its place.

    What was learned has no languages in the file: it counts whatever the language.
    """

    kind: str
    name: str
    sub: str | None
    words: Words
    loc: tuple[str, ...]
    learned: bool = False

    def place(self, language: str, phrase: str) -> tuple[str, ...]:
        return (*self.loc, phrase) if self.learned else (*self.loc, language, phrase)


class TriageRules(Rule):
    """Of two that are equally likely, the one written first is taken."""

    languages: Languages = Languages()
    fields: FieldWeights = FieldWeights()
    thresholds: Thresholds = Thresholds()
    categories: dict[Name, Category] = Field(min_length=1)
    default_type: TicketType = TicketType.SERVICE_REQUEST
    types: dict[TicketType, Words] = Field(default_factory=dict)
    cues: dict[Name, Words] = Field(default_factory=dict)
    tones: dict[Name, Words] = Field(default_factory=dict)  # from the mildest to the worst
    tags: dict[Name, Words] = Field(default_factory=dict)
    products: dict[Name, Words] = Field(default_factory=dict)
    boilerplate: Words = Field(default_factory=dict)  # what stands below mails: it does not count
    priority: PriorityRules

    def word_lists(self) -> Iterator[WordList]:
        """Every list of words, with what it speaks for and where it is written."""
        for name, category in self.categories.items():
            at = ("categories", name)
            yield WordList("category", name, None, category.words, (*at, "words"))
            if category.learned:
                learned = {ANY_LANGUAGE: category.learned}
                yield WordList("category", name, None, learned, (*at, "learned"), learned=True)
            for sub, rule in category.sub.items():
                yield WordList("category", name, sub, rule.words, (*at, "sub", sub, "words"))
        for kind in ("type", "cue", "tone", "tag", "product"):
            topics: dict[str, Words] = getattr(self, f"{kind}s")
            for topic, words in topics.items():
                yield WordList(kind, str(topic), None, words, (f"{kind}s", str(topic)))
        yield WordList(BOILERPLATE, BOILERPLATE, None, self.boilerplate, (BOILERPLATE,))
