"""What a ticket's words say: about what it is, of what type, in what tone, with which cues."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from services.triage.domain.evidence import Evidence
from services.triage.domain.phrases import Finder, Part, parse
from services.triage.domain.rule_form import ANY_LANGUAGE
from services.triage.domain.ruleset import GENERAL, FieldWeights, TriageRules
from shared.contracts.fields import TicketType
from shared.contracts.triage import Match

MOST_MATCHES = 40
_FULLY_SHOWN = 3.0  # a score at which the words alone give 63 % confidence, at twice 86 %
_TYPE_OF_CATEGORY = 1.5  # weighs more than one weak word, less than a clear phrase
_NOTICED = 1.0  # what cues, tones, tags and products must add up to

Scores = dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One weighted phrase of the rules, and what it speaks for."""

    kind: str
    name: str
    sub: str | None
    phrase: str
    parts: tuple[str, ...]
    language: str
    weight: float
    fields: Mapping[str, float] | None  # None: counts the same wherever it stands

    @property
    def label(self) -> str:
        """`billing`, `billing/refund`, `cue/outage`."""
        if self.kind != "category":
            return f"{self.kind}/{self.name}"
        return f"{self.name}/{self.sub}" if self.sub else self.name


@dataclass(frozen=True, slots=True)
class Found:
    entry: Entry
    field: str
    weight: float

    def match(self) -> Match:
        return Match(
            phrase=self.entry.phrase,
            field=self.field,
            weight=round(self.weight, 3),
            category=self.entry.label,
        )


@dataclass(frozen=True, slots=True)
class Reading:
    category: str
    sub_category: str | None
    confidence: float
    scores: Mapping[str, float]  # by category, in the order of the rules
    types: Mapping[str, float]
    cues: tuple[str, ...]
    tone: str | None
    tags: tuple[str, ...]
    product: str | None
    found: tuple[Found, ...]

    def matches(self, category: str) -> tuple[Match, ...]:
        """What was found: first what speaks for the category, then by weight; bounded."""

        def order(item: Found) -> tuple[bool, float, str, str]:
            entry = item.entry
            other = entry.kind != "category" or entry.name != category
            return other, -abs(item.weight), entry.label, entry.phrase

        return tuple(item.match() for item in sorted(self.found, key=order)[:MOST_MATCHES])


class Reader:
    """The rules made ready: finds their words in a text, and says what they mean."""

    def __init__(self, rules: TriageRules) -> None:
        self.rules = rules
        parts: dict[str, Part] = {}
        self._by_part: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry, its_parts in _entries(rules):
            for part in its_parts:
                known = parts.get(part.name)
                spellings = part.spellings if known is None else known.spellings + part.spellings
                parts[part.name] = Part(part.name, tuple(dict.fromkeys(spellings)))
                self._by_part[part.name].append(entry)
        self._finder = Finder(parts.values())

    def find(self, text: str) -> set[str]:
        """The parts of the rules' phrases that stand in the text."""
        return self._finder.find(text) & self._by_part.keys()

    def worth(self, part: str) -> float:
        """The most that a part can weigh."""
        return max((abs(entry.weight) for entry in self._by_part.get(part, ())), default=0.0)

    def read(self, evidence: Evidence, language: str | None) -> Reading:
        found = self._found(evidence, language)
        scores = self._scores(found, "category", self.rules.categories)
        category, confidence = self._category(scores)
        return Reading(
            category=category,
            sub_category=self._sub_category(found, category),
            confidence=confidence,
            scores=scores,
            types=self._scores(found, "type", map(str, self.rules.types)),
            cues=_noticed(self._scores(found, "cue", self.rules.cues)),
            tone=next(reversed(_noticed(self._scores(found, "tone", self.rules.tones))), None),
            tags=_noticed(self._scores(found, "tag", self.rules.tags)),
            product=_best(self._scores(found, "product", self.rules.products), _NOTICED),
            found=found,
        )

    def type_of(self, reading: Reading, category: str) -> tuple[TicketType, Scores]:
        """The likeliest type, and the scores of all; a category has its usual one."""
        scores = dict(reading.types)
        rule = self.rules.categories.get(category)
        if rule and rule.type:
            scores[rule.type] = scores.get(rule.type, 0.0) + _TYPE_OF_CATEGORY
        best = _best(scores, 0.0)
        return TicketType(best) if best else self.rules.default_type, scores

    def _found(self, evidence: Evidence, language: str | None) -> tuple[Found, ...]:
        places = evidence.places()
        entries = {entry: None for part in places for entry in self._by_part.get(part, ())}
        found = (self._weigh(entry, places, language) for entry in entries)
        return tuple(_strongest(item for item in found if item is not None))

    def _weigh(
        self, entry: Entry, places: Mapping[str, tuple[str, ...]], language: str | None
    ) -> Found | None:
        """A combination weighs as much as its weakest part; None: a part is missing."""
        if any(part not in places for part in entry.parts):
            return None
        if entry.fields is None:
            return Found(entry, places[entry.parts[0]][0], entry.weight)
        weights = entry.fields
        best = [max(places[part], key=weights.__getitem__) for part in entry.parts]
        field = min(best, key=weights.__getitem__)
        foreign = language is not None and entry.language not in (ANY_LANGUAGE, language)
        factor = self.rules.languages.foreign_words if foreign else 1.0
        return Found(entry, field, entry.weight * weights[field] * factor)

    def _scores(self, found: tuple[Found, ...], kind: str, names: Iterable[str]) -> Scores:
        """By name, in the order of the rules, for those of which anything was found."""
        sums: defaultdict[str, float] = defaultdict(float)
        for item in found:
            if item.entry.kind == kind:
                sums[item.entry.name] += item.weight
        return {name: round(sums[name], 3) for name in names if name in sums}

    def _category(self, scores: Scores) -> tuple[str, float]:
        """Confident is who found much, and little that speaks for anything else."""
        best = _best(scores, self.rules.thresholds.least_score)
        if best is None:
            return GENERAL, 0.0
        top = scores[best]
        others = max((score for name, score in scores.items() if name != best), default=0.0)
        share = top / (top + max(others, 0.0))
        return best, round(share * (1 - math.exp(-top / _FULLY_SHOWN)), 3)

    def _sub_category(self, found: tuple[Found, ...], category: str) -> str | None:
        rule = self.rules.categories.get(category)
        sums: Scores = dict.fromkeys(rule.sub, 0.0) if rule else {}
        for item in found:
            if item.entry.name == category and item.entry.sub in sums:
                sums[item.entry.sub] += item.weight
        return _best(sums, _NOTICED)


def _entries(rules: TriageRules) -> Iterator[tuple[Entry, tuple[Part, ...]]]:
    for words in rules.word_lists():
        fields = _fields(rules, words.name) if words.kind == "category" else None
        for language, phrases in words.words.items():
            for phrase, weight in phrases.items():
                parts = parse(phrase)
                names = tuple(part.name for part in parts)
                yield (
                    Entry(
                        words.kind, words.name, words.sub, phrase, names, language, weight, fields
                    ),
                    parts,
                )


def _fields(rules: TriageRules, category: str) -> Mapping[str, float]:
    weights: FieldWeights = rules.categories[category].fields or rules.fields
    return weights.model_dump()


def _strongest(found: Iterator[Found]) -> list[Found]:
    """The same words count once for one thing, though several languages list them."""
    best: dict[tuple[str, str, tuple[str, ...]], Found] = {}
    for item in found:
        key = (item.entry.kind, item.entry.name, item.entry.parts)
        if key not in best or abs(item.weight) > abs(best[key].weight):
            best[key] = item
    return list(best.values())


def _noticed(scores: Scores) -> tuple[str, ...]:
    return tuple(name for name, score in scores.items() if score >= _NOTICED)


def _best(scores: Mapping[str, float], least: float) -> str | None:
    """The highest that is above nothing and at least `least`; of equals the first."""
    name = max(scores, key=scores.__getitem__, default=None)
    return name if name is not None and scores[name] >= least and scores[name] > 0 else None
