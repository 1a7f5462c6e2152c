"""What holds for a ticket, from its words and facts: anew, or beside what was told before."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.triage.domain.evidence import Evidence
from services.triage.domain.priority import Pressure, PriorityTable
from services.triage.domain.reading import Reader, Reading
from services.triage.domain.ruleset import GENERAL
from services.triage.domain.ticket import MOST_TAGS, Facts, TriageState, Verdict
from shared.contracts.fields import Priority, TicketType
from shared.contracts.triage import PriorityStep

_TYPE_MARGIN = 1.0  # by how much another type must be likelier to replace the one first told


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: Verdict
    reading: Reading
    steps: tuple[PriorityStep, ...]


class Judge:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._rules = reader.rules
        self._priorities = PriorityTable(reader.rules.priority)

    def anew(
        self,
        facts: Facts,
        evidence: Evidence,
        language: str | None,
        given_type: TicketType | None,
        given_tags: Sequence[str],
    ) -> Judged:
        reading = self._reader.read(evidence, language)
        likeliest, _ = self._reader.type_of(reading, reading.category)
        verdict = Verdict(
            category=reading.category,
            sub_category=reading.sub_category,
            confidence=reading.confidence,
            type=given_type or likeliest,
            language=language,
            tone=reading.tone,
            tags=_united(given_tags, reading.tags),
            product=reading.product,
        )
        return _judged(verdict, reading, self._pressure(facts, verdict, reading))

    def again(self, known: TriageState, evidence: Evidence) -> Judged:
        """Nothing gets milder or vaguer by it: words only add up, gaps only fill."""
        old = known.verdict
        reading = self._reader.read(evidence, old.language)
        fresh = old if "category" in known.pinned else self._category_again(old, reading)
        update: dict[str, object] = {
            "tone": self._worse_tone(old.tone, reading.tone),
            "product": old.product or reading.product,
        }
        if "type" not in known.pinned:
            update["type"] = self._type_again(old, fresh.category, reading)
        if "tags" not in known.pinned:
            update["tags"] = _united(old.tags, reading.tags)
        fresh = fresh.model_copy(update=update)
        pressure = self._pressure(known.facts, fresh, reading)
        _hold(pressure, old.priority, pinned="priority" in known.pinned)
        return _judged(fresh, reading, pressure)

    def _category_again(self, old: Verdict, reading: Reading) -> Verdict:
        if reading.category == GENERAL:
            return old
        same = reading.category == old.category
        better = old.confidence + self._rules.thresholds.retriage_margin
        if not same and old.category != GENERAL and reading.confidence < better:
            return old
        return old.model_copy(
            update={
                "category": reading.category,
                "sub_category": (old.sub_category if same else None) or reading.sub_category,
                "confidence": reading.confidence,
            }
        )

    def _type_again(self, old: Verdict, category: str, reading: Reading) -> TicketType:
        likeliest, scores = self._reader.type_of(reading, category)
        ahead = scores.get(likeliest, 0.0) - scores.get(old.type, 0.0)
        changes = category != old.category or ahead >= _TYPE_MARGIN
        return likeliest if changes else old.type

    def _worse_tone(self, old: str | None, new: str | None) -> str | None:
        worst_last = list(self._rules.tones)
        known = [tone for tone in (old, new) if tone in worst_last]
        return max(known, key=worst_last.index, default=old)

    def _pressure(self, facts: Facts, verdict: Verdict, reading: Reading) -> Pressure:
        rule = self._rules.categories.get(verdict.category)
        sub = f"{verdict.category}/{verdict.sub_category}"
        return self._priorities.decide(
            {
                "cue": reading.cues,
                "category": (verdict.category, sub),
                "type": (verdict.type,),
                "tone": (verdict.tone,),
                "tag": verdict.tags,
                "product": (verdict.product,),
                "language": (verdict.language,),
                "tier": (facts.tier,),
                "vip": (facts.vip,),
                "channel": (facts.channel,),
                "mailbox": (facts.mailbox,),
                "brand": (facts.brand,),
                "wished": (facts.wished,),
                "automatic": (facts.automatic,),
                "follow_up": (facts.follow_up,),
            },
            facts.open_tickets,
            category=verdict.category,
            impact=rule.impact if rule else None,
            urgency=rule.urgency if rule else None,
        )


def _judged(verdict: Verdict, reading: Reading, pressure: Pressure) -> Judged:
    pressed = verdict.model_copy(
        update={
            "impact": pressure.impact,
            "urgency": pressure.urgency,
            "priority": pressure.priority,
        }
    )
    return Judged(pressed, reading, tuple(pressure.steps))


def _hold(pressure: Pressure, told: Priority, *, pinned: bool) -> None:
    """A pinned priority stays; any other is never lowered by what is learnt later."""
    if pressure.priority != told and (pinned or pressure.priority.rank < told.rank):
        why = "set by hand" if pinned else "never lowered by new information"
        pressure.note(why, f"priority {pressure.priority} ▶ {told}")
        pressure.priority = told


def _united(known: Sequence[str], more: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))[:MOST_TAGS]
