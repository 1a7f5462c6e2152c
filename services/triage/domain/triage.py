"""What is said about a ticket: when it is created, and again when more is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.triage.domain.evidence import Evidence
from services.triage.domain.judging import Judge, Judged
from services.triage.domain.language import READ_CHARACTERS, LanguageDetector
from services.triage.domain.reading import Reader, Reading
from services.triage.domain.ruleset import TriageRules
from services.triage.domain.ticket import TriageState, Verdict, facts_of
from shared.contracts.fields import MessageBody, Personal
from shared.contracts.ticket import CustomerReplied, FieldsChanged, TicketCreated
from shared.contracts.triage import TicketTriaged, TriageChange

_TOLD = ("category", "sub_category", "type", "language", "priority", "tone", "tags", "product")
_SET_BY_HAND = ("category", "priority", "type", "tags")


@dataclass(frozen=True, slots=True)
class Decided:
    """`said` is None where nothing changed that others must know."""

    state: TriageState
    said: TicketTriaged | None


class Triage:
    """One version of the rules, ready to judge. It remembers nothing of a ticket."""

    def __init__(self, rules: TriageRules, version: str, detector: LanguageDetector) -> None:
        self.rules = rules
        self.version = version
        self.reader = Reader(rules)
        self._judge = Judge(self.reader)
        self._detector = detector

    def first(self, created: TicketCreated) -> Decided:
        subject, body = _plain(created.subject), words_of(created.message)
        evidence = self._evidence(subject, body)
        language = self._language(subject, body, created.requester.locale)
        facts = facts_of(created)
        judged = self._judge.anew(facts, evidence, language, created.type, created.tags)
        state = TriageState(
            facts=facts,
            evidence=evidence,
            verdict=judged.verdict,
            pinned=("type",) if created.type else (),
            rules_version=self.version,
        )
        return Decided(state, self._said(judged, ()))

    def read(self, subject: str, body: str, locale: str | None = None) -> Reading:
        """What a ticket's words say, as they would at its creation."""
        return self.reader.read(
            self._evidence(subject, body), self._language(subject, body, locale)
        )

    def on_reply(self, state: TriageState, replied: CustomerReplied) -> Decided:
        """Machines and strangers add nothing."""
        if replied.automatic is not None or not replied.participant:
            return Decided(state, None)
        text = words_of(replied.message)
        verdict = state.verdict
        if verdict.language is None:
            language = self._detector.language(text, None, self.rules.languages)
            verdict = verdict.model_copy(update={"language": language})
        evidence = state.evidence.with_reply(self.reader.find(text))
        known = state.model_copy(update={"evidence": evidence, "verdict": verdict})
        return self._again(state.verdict, known)

    def on_fields(self, state: TriageState, changed: FieldsChanged) -> Decided:
        """What was set by hand is pinned; the rest may follow from it."""
        given = {
            name: getattr(changed, name)
            for name in _SET_BY_HAND
            if getattr(changed, name) is not None
        }
        if "category" in given:
            given |= {"sub_category": None, "confidence": 1.0}
        update: dict[str, object] = {"verdict": state.verdict.model_copy(update=given)}
        pins = {*state.pinned, *given} & set(_SET_BY_HAND)
        update["pinned"] = tuple(sorted(pins))
        if changed.requester is not None:
            update["facts"] = state.facts.of(changed.requester)
        if changed.subject is not None:
            found = self.reader.find(_plain(changed.subject))
            update["evidence"] = state.evidence.with_subject(found)
        known = state.model_copy(update=update)
        return self._again(known.verdict, known)

    def _evidence(self, subject: str, body: str) -> Evidence:
        found = Evidence.of(subject=self.reader.find(subject), body=self.reader.find(body))
        return found.bounded(self.reader.worth)

    def _language(self, subject: str, body: str, locale: str | None) -> str | None:
        sample = f"{body[:READ_CHARACTERS]}\n{subject}"
        return self._detector.language(sample, locale, self.rules.languages)

    def _again(self, told: Verdict, known: TriageState) -> Decided:
        """`told` is what others have heard, by an event of ours or by the human's own."""
        evidence = known.evidence.bounded(self.reader.worth)
        judged = self._judge.again(known, evidence)
        changes = _changes(told, judged.verdict)
        update = {
            "evidence": evidence,
            "verdict": judged.verdict if changes else told,
            "rules_version": self.version,
        }
        said = self._said(judged, changes) if changes else None
        return Decided(known.model_copy(update=update), said)

    def _said(self, judged: Judged, changes: Sequence[TriageChange]) -> TicketTriaged:
        return TicketTriaged(
            **judged.verdict.model_dump(),
            matches=judged.reading.matches(judged.verdict.category),
            priority_steps=judged.steps,
            rules_version=self.version,
            changes=tuple(changes),
        )


def words_of(message: MessageBody) -> str:
    """What the writer wrote now, without quotation and signature where these are known."""
    return _plain(message.text if message.new_text is None else message.new_text)


def _plain(text: Personal) -> str:
    """Sealed text says nothing here."""
    return text if isinstance(text, str) else ""


def _changes(old: Verdict, new: Verdict) -> tuple[TriageChange, ...]:
    return tuple(
        TriageChange(field=name, old=_text(getattr(old, name)), new=_text(getattr(new, name)))
        for name in _TOLD
        if getattr(old, name) != getattr(new, name)
    )


def _text(value: object) -> str | None:
    if isinstance(value, tuple):
        return ", ".join(value)
    return None if value is None else str(value)
