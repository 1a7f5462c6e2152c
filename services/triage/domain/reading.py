"""What a ticket's words say: about what it is, of what type, in what tone, with which cues."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from services.triage.domain.boilerplate import without
from services.triage.domain.evidence import Evidence
from services.triage.domain.phrases import LONGEST_TEXT, Finder, Part, parse
from services.triage.domain.rule_form import ANY_LANGUAGE
from services.triage.domain.ruleset import BOILERPLATE, GENERAL, FieldWeights, TriageRules
from shared.contracts.fields import TicketType
from shared.contracts.triage import Match

MOST_MATCHES = 40
_FULLY_SHOWN = 3.0  # a score at which the words alone give 63 % confidence, at twice 86 %
_TYPE_OF_CATEGORY = 1.5  # weighs more than one weak word, less than a clear phrase
_NOTICED = 1.0  # what cues, tones, tags and products must add up to
KINDS = ("category", "type", "cue", "tone", "tag", "product", BOILERPLATE)

Scores = dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One weighted phrase of the rules, and what it speaks for.

    `rank` is its place among all by label and phrase. `rivals`: the same words speak for the same
    thing elsewhere too (under another language, for a sub-category), and count once.
    """

    kind: str
    name: str
    sub: str | None
    phrase: str
    parts: tuple[str, ...]
    language: str
    weight: float
    fields: Mapping[str, float] | None  # None: counts the same wherever it stands
    rank: int = 0
    rivals: bool = False

    @property
    def label(self) -> str:
        """`billing`, `billing/refund`, `cue/outage`."""
        if self.kind != "category":
            return f"{self.kind}/{self.name}"
        return f"{self.name}/{self.sub}" if self.sub else self.name

    @property
    def says(self) -> tuple[str, str, tuple[str, ...]]:
        return self.kind, self.name, self.parts


Found = tuple[Entry, str, float]
"""An entry, the field in which it counts most, and what it weighs there. A plain tuple: a long text
finds hundreds."""


def _match(found: Found) -> Match:
    entry, field, weight = found
    return Match(phrase=entry.phrase, field=field, weight=round(weight, 3), category=entry.label)


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

        def order(found: Found) -> tuple[bool, float, int]:
            entry, _, weight = found
            return entry.name != category or entry.kind != "category", -abs(weight), entry.rank

        return tuple(map(_match, sorted(self.found, key=order)[:MOST_MATCHES]))


class Reader:
    """The rules made ready: finds their words in a text, and says what they mean."""

    def __init__(self, rules: TriageRules) -> None:
        self.rules = rules
        parts: dict[str, Part] = {}
        self._by_part: defaultdict[str, list[Entry]] = defaultdict(list)
        self._combined: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry, its_parts in _entries(rules):
            for part in its_parts:
                known = parts.get(part.name)
                spellings = part.spellings if known is None else known.spellings + part.spellings
                parts[part.name] = Part(part.name, tuple(dict.fromkeys(spellings)))
            if len(its_parts) == 1:
                self._by_part[its_parts[0].name].append(entry)
            else:
                for name in entry.parts:
                    self._combined[name].append(entry)
        self._finder = Finder(parts.values())
        self._boilerplate = self._parts_of(BOILERPLATE)

    def find(self, text: str) -> set[str]:
        """The parts of the rules' phrases that stand in the text, its boilerplate left out."""
        found = self._finder.find(text)
        if found.isdisjoint(self._boilerplate):
            return found
        said = without(text[:LONGEST_TEXT], self._is_boilerplate)
        return self._finder.find(said) - self._boilerplate

    def _is_boilerplate(self, line: str) -> bool:
        return not self._finder.find(line).isdisjoint(self._boilerplate)

    def _parts_of(self, kind: str) -> frozenset[str]:
        """For phrases of one part only: of others no line can be told."""
        names = self._by_part.items()
        return frozenset(name for name, told in names if any(one.kind == kind for one in told))

    def phrases_in(self, text: str) -> set[str]:
        """The rules' phrases of a single part that stand in the text, as the rules write them."""
        return {entry.phrase for part in self.find(text) for entry in self._by_part.get(part, ())}

    def worth(self, part: str) -> float:
        """The most that a part can weigh."""
        entries = (*self._by_part.get(part, ()), *self._combined.get(part, ()))
        return max((abs(entry.weight) for entry in entries), default=0.0)

    def read(self, evidence: Evidence, language: str | None) -> Reading:
        found = self._found(evidence, language)
        sums: dict[str, defaultdict[str, float]] = {kind: defaultdict(float) for kind in KINDS}
        for entry, _, weight in found:
            sums[entry.kind][entry.name] += weight
        rules = self.rules
        scores = _ordered(sums["category"], rules.categories)
        category, confidence = self._category(scores)
        tones = _noticed(_ordered(sums["tone"], rules.tones))
        return Reading(
            category=category,
            sub_category=self._sub_category(found, category),
            confidence=confidence,
            scores=scores,
            types=_ordered(sums["type"], map(str, rules.types)),
            cues=_noticed(_ordered(sums["cue"], rules.cues)),
            tone=tones[-1] if tones else None,
            tags=_noticed(_ordered(sums["tag"], rules.tags)),
            product=_best(_ordered(sums["product"], rules.products), _NOTICED),
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
        weigh = self._weigher(language)
        found: list[Found] = []
        combined: dict[Entry, None] = {}
        for part, fields in places.items():
            found.extend(weigh(entry, fields) for entry in self._by_part.get(part, ()))
            if part in self._combined:
                combined.update(dict.fromkeys(self._combined[part]))
        for entry in combined:
            if all(part in places for part in entry.parts):
                weighed = [weigh(entry, places[part]) for part in entry.parts]
                found.append(min(weighed, key=lambda item: abs(item[2])))
        return tuple(_strongest(found))

    def _weigher(self, language: str | None) -> Callable[[Entry, tuple[str, ...]], Found]:
        """By the field where it counts most; another language's words count less."""
        foreign = self.rules.languages.foreign_words if language is not None else 1.0
        own = (ANY_LANGUAGE, language)

        def weigh(entry: Entry, fields: tuple[str, ...]) -> Found:
            weights = entry.fields
            if weights is None:
                return entry, fields[0], entry.weight
            field = fields[0] if len(fields) == 1 else max(fields, key=weights.__getitem__)
            weight = entry.weight * weights[field]
            return entry, field, weight if entry.language in own else weight * foreign

        return weigh

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
        for entry, _, weight in found if sums else ():
            if entry.name == category and entry.sub in sums:
                sums[entry.sub] += weight
        return _best(sums, _NOTICED)


def _entries(rules: TriageRules) -> list[tuple[Entry, tuple[Part, ...]]]:
    entries = list(_as_written(rules))
    times = Counter(entry.says for entry, _ in entries)
    ordered = sorted(entries, key=lambda item: (item[0].label, item[0].phrase))
    ranks = {id(entry): rank for rank, (entry, _) in enumerate(ordered)}
    return [
        (replace(entry, rank=ranks[id(entry)], rivals=times[entry.says] > 1), parts)
        for entry, parts in entries
    ]


def _as_written(rules: TriageRules) -> Iterator[tuple[Entry, tuple[Part, ...]]]:
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


def _strongest(found: Sequence[Found]) -> Iterator[Found]:
    """The same words count once for one thing: the first of those that weigh most."""
    best: dict[tuple[str, str, tuple[str, ...]], Found] = {}
    for item in found:
        entry, _, weight = item
        if not entry.rivals:
            yield item
        elif entry.says not in best or abs(weight) > abs(best[entry.says][2]):
            best[entry.says] = item
    yield from best.values()


def _ordered(sums: Mapping[str, float], names: Iterable[str]) -> Scores:
    """In the order of the rules, for those of which anything was found."""
    return {name: round(sums[name], 3) for name in names if name in sums} if sums else {}


def _noticed(scores: Scores) -> tuple[str, ...]:
    return tuple(name for name, score in scores.items() if score >= _NOTICED)


def _best(scores: Mapping[str, float], least: float) -> str | None:
    """The highest that is above nothing and at least `least`; of equals the first."""
    name = max(scores, key=scores.__getitem__, default=None)
    return name if name is not None and scores[name] >= least and scores[name] > 0 else None
