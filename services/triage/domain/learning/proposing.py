"""From a history to rules: learned on one part, tested on the other, written from all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.triage.domain.language import LanguageDetector
from services.triage.domain.learning.examples import Example, Names, is_held_out
from services.triage.domain.learning.fitting import Fitted, Measure, Words, Written
from services.triage.domain.learning.scores import Scores, score
from services.triage.domain.learning.worth import Worth, worth_of
from services.triage.domain.phrases import PhraseError, parse
from services.triage.domain.priority_rules import Matrix, MatrixRow, PriorityRules
from services.triage.domain.ruleset import Category, Thresholds, TriageRules
from services.triage.domain.triage import Triage
from shared.contracts.fields import Priority

_MOST_WORDS = 30_000  # in all: so many are a file that can still be read and edited


class TooLittleError(ValueError):
    """Nothing can be learned from this history; the text says what it needs."""


@dataclass(frozen=True, slots=True)
class Wish:
    """`key` is what the label is called in the history, `none` labels that mean: no category.

    `most` are the words for each category on the average (None: 150, but 1,000 to 30,000 in all),
    `held_out` is the share tested on.
    """

    key: str
    most: int | None = None
    held_out: float = 0.2
    none: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """`tested` and `alone` (without what was learned) are on the part that was held out."""

    rules: TriageRules
    words: Words
    labels: Mapping[str, str]
    learned_from: int
    tested: Scores
    alone: Scores | None
    worth: Mapping[str, Sequence[Worth]]


def propose(
    history: Sequence[Example], wish: Wish, detector: LanguageDetector, base: TriageRules | None
) -> Proposal:
    """`base` are the hand-written rules to which words are added; None: start with nothing."""
    labels = Names(base, none=wish.none).give([example.label for example in history], wish.key)
    if len(set(labels.values())) < 2:  # noqa: PLR2004 - one cannot be told from itself
        raise TooLittleError("has tickets of only one category; two are needed to learn from")
    held = [example for example in history if is_held_out(example, wish.held_out)]
    part = [example for example in history if not is_held_out(example, wish.held_out)]
    if len({labels[example.label] for example in part}) < 2:  # noqa: PLR2004 - as above
        raise TooLittleError(f"has only {len(history)} tickets; some for each category are needed")
    work = _Work(wish, labels, detector, None if base is None else _unlearned(base))
    plain = work.fitted(part, None, 1.0)
    held_names = work.names(held)
    measure = Measure(plain.categories, plain.sums(held), held_names, plain.usual_scale())
    scale = measure.scale_for(base.thresholds.least_score) if base else measure.honest_scale()
    least = measure.least_score(scale)
    trial = work.fitted(part, work.written(part), scale) if work.base else plain
    trial_rules = work.rules(trial.words(scale), least)
    words = work.fitted(history, work.written(history), scale).words(scale)
    return Proposal(
        rules=work.rules(words, least),
        words=words,
        labels=labels,
        learned_from=len(history),
        tested=work.tested(trial_rules, held),
        alone=work.tested(work.base, held) if work.base else None,
        worth=worth_of(trial.words(scale), Triage(trial_rules, "", detector), held, held_names),
    )


@dataclass(frozen=True, slots=True)
class _Work:
    wish: Wish
    labels: Mapping[str, str]
    detector: LanguageDetector
    base: TriageRules | None

    def names(self, examples: Sequence[Example]) -> list[str]:
        return [self.labels[example.label] for example in examples]

    def fitted(self, examples: Sequence[Example], written: Written | None, scale: float) -> Fitted:
        subject = (self.base.fields if self.base else _empty_rules().fields).subject
        return Fitted.to(
            examples,
            self.names(examples),
            subject_weight=subject,
            most=self._most(),
            written=written,
            scale=scale,
        )

    def _most(self) -> int:
        categories = len(set(self.labels.values()))
        if self.wish.most is not None:
            return self.wish.most * categories
        return min(max(150 * categories, 1_000), _MOST_WORDS)

    def written(self, examples: Sequence[Example]) -> Written | None:
        if self.base is None:
            return None
        triage = Triage(self.base, "", self.detector)
        scores = [triage.read(example.subject, example.body).scores for example in examples]
        return Written(scores, _phrases_of(self.base))

    def rules(self, words: Words, least: float) -> TriageRules:
        return with_learned(self.base, words, self.labels, least)

    def tested(self, rules: TriageRules, held: Sequence[Example]) -> Scores:
        triage = Triage(rules, "", self.detector)
        said = [triage.read(example.subject, example.body).category for example in held]
        return score(self.names(held), said)


def with_learned(
    base: TriageRules | None, words: Words, labels: Mapping[str, str], least: float
) -> TriageRules:
    """Hand-written words, thresholds and all else of `base` stay; without it `least` holds."""
    rules = base or _empty_rules()
    known = dict(rules.categories)
    for name, learned in words.items():
        category = known.get(name) or Category.model_construct()
        others = [label for label, its in labels.items() if its == name and label != name]
        update = {"learned": learned, "labels": tuple(dict.fromkeys((*category.labels, *others)))}
        known[name] = category.model_copy(update=update)
    known = {name: category for name, category in known.items() if _has_words(category)}
    update = {"categories": known}
    if base is None:
        return rules.model_copy(update={**update, "thresholds": Thresholds(least_score=least)})
    return rules.model_copy(update=update)


def _has_words(category: Category) -> bool:
    return bool(category.words or category.learned or category.sub)


def _unlearned(rules: TriageRules) -> TriageRules:
    """What was learned before is learned anew, not added to."""
    plain = {
        name: category.model_copy(update={"learned": {}})
        for name, category in rules.categories.items()
    }
    return rules.model_copy(update={"categories": plain})


def _phrases_of(rules: TriageRules) -> frozenset[tuple[str, str]]:
    """Category and folded phrase, for the phrases of one part."""
    found = set()
    for words in rules.word_lists():
        for phrases in words.words.values() if words.kind == "category" else ():
            for phrase in phrases:
                try:
                    parts = parse(phrase)
                except PhraseError:
                    continue
                if len(parts) == 1:
                    found.add((words.name, parts[0].name))
    return frozenset(found)


def _empty_rules() -> TriageRules:
    low, medium, high, critical = Priority
    matrix = Matrix(
        low=MatrixRow(low=low, medium=low, high=medium),
        medium=MatrixRow(low=low, medium=medium, high=high),
        high=MatrixRow(low=medium, medium=high, high=critical),
    )
    return TriageRules.model_construct(categories={}, priority=PriorityRules(matrix=matrix))
