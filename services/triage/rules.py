"""The rules' file: read, checked as a whole, and made ready to judge by."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from services.triage.domain.language import LanguageDetector
from services.triage.domain.phrases import PhraseError, parse
from services.triage.domain.priority_rules import Step
from services.triage.domain.rule_form import ANY_LANGUAGE
from services.triage.domain.ruleset import BOILERPLATE, GENERAL, TriageRules, WordList
from services.triage.domain.triage import Triage
from services.triage.settings import TriageSettings
from shared.kit.config import ConfigError, Loaded, did_you_mean, load

Finding = tuple[tuple[str | int, ...], str]


def load_rules(path: Path, detector: LanguageDetector) -> Triage:
    """Raises ConfigError with every problem."""
    loaded = load(path, TriageRules)
    problems = _problems(loaded, detector)
    if problems:
        raise ConfigError(problems)
    return Triage(loaded.value, loaded.version, detector)


def check(config_dir: Path) -> list[str]:
    """Every problem of the rules as a line with file and line; empty: they can be used."""
    try:
        load_rules(config_dir / TriageSettings().rules_file, LanguageDetector())
    except ConfigError as error:
        return error.problems
    return []


def _problems(loaded: Loaded[TriageRules], detector: LanguageDetector) -> list[str]:
    rules = loaded.value
    findings = [
        *_language_findings(rules, detector),
        *_category_findings(rules),
        *(finding for words in rules.word_lists() for finding in _word_findings(rules, words)),
        *_step_findings(rules),
    ]
    findings.sort(key=lambda finding: loaded.marked.line(finding[0]))
    return [loaded.problem(loc, message) for loc, message in findings]


def _language_findings(rules: TriageRules, detector: LanguageDetector) -> Iterator[Finding]:
    for place, code in enumerate(rules.languages.among):
        if code not in detector.known:
            loc = ("languages", "among", place)
            yield loc, f'"{code}" is no language that can be told apart'


def _category_findings(rules: TriageRules) -> Iterator[Finding]:
    if GENERAL in rules.categories:
        yield (
            ("categories", GENERAL),
            "is what a ticket gets when nothing is found; give this category another name",
        )
    answers: dict[str, str] = {}
    for name, category in rules.categories.items():
        for place, label in enumerate(category.labels):
            if label in answers:
                loc = ("categories", name, "labels", place)
                yield loc, f'"{label}" is a label of {answers[label]} already; leave it to one'
            answers[label] = name


def _word_findings(rules: TriageRules, words: WordList) -> Iterator[Finding]:
    known = (ANY_LANGUAGE, *rules.languages.among)
    for language, phrases in words.words.items():
        if language not in known:
            yield (
                (*words.loc, language),
                f"is none of languages.among; here: {', '.join(known)}"
                + did_you_mean(language, known),
            )
        seen: dict[tuple[str, ...], str] = {}
        written = _written_by_hand(rules, words.name) if words.learned else {}
        for phrase, weight in phrases.items():
            loc = words.place(language, phrase)
            try:
                names = tuple(part.name for part in parse(phrase))
            except PhraseError as error:
                yield loc, str(error)
                continue
            if names in seen:
                yield loc, f'is the same as "{seen[names]}": case, accents and signs do not count'
            if words.kind == BOILERPLATE and len(names) > 1:
                yield loc, 'is two phrases with a "+"; give one, by which its line can be told'
            if words.learned and names in written:
                yield loc, f'stands under words too, as "{written[names]}"; strike out one of them'
            if weight == 0:
                yield loc, "weighs nothing; give a weight above 0, or below 0 if it speaks against"
            seen[names] = phrase


def _written_by_hand(rules: TriageRules, category: str) -> dict[tuple[str, ...], str]:
    found = {}
    for phrases in rules.categories[category].words.values():
        for phrase in phrases:
            with suppress(PhraseError):  # it is named where it stands
                found[tuple(part.name for part in parse(phrase))] = phrase
    return found


def _step_findings(rules: TriageRules) -> Iterator[Finding]:
    categories = [GENERAL, *rules.categories]
    for name, category in rules.categories.items():
        categories.extend(f"{name}/{sub}" for sub in category.sub)
    known = {
        "cue": list(rules.cues),
        "category": categories,
        "tone": list(rules.tones),
        "product": list(rules.products),
        "language": list(rules.languages.among),
    }
    names: set[str] = set()
    for place, step in enumerate(rules.priority.steps):
        loc = ("priority", "steps", place)
        if step.name in names:
            yield (*loc, "name"), f'another step is called "{step.name}" already'
        names.add(step.name)
        for condition, words in known.items():
            yield from _unknown(step, condition, words, (*loc, "when", condition))


def _unknown(
    step: Step, condition: str, known: Sequence[str], loc: tuple[str | int, ...]
) -> Iterator[Finding]:
    """Tags are not checked: upstream systems bring their own."""
    for place, word in enumerate(getattr(step.when, condition)):
        if word not in known:
            nearest = did_you_mean(word, known)
            there = nearest or f"; there are {', '.join(known) or 'none'}"
            yield (*loc, place), f'there is no {condition} "{word}"{there}'
