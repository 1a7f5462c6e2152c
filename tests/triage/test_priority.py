"""How pressing a ticket is, and that every step is told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.triage.domain.priority import Pressure, PriorityTable
from services.triage.domain.priority_rules import Level, PriorityRules
from shared.contracts.fields import Automatic, Priority, TicketType, Tier
from tests.triage.cases import MATRIX

SEEN: dict[str, tuple[object, ...]] = {
    "cue": (),
    "category": ("billing", "billing/None"),
    "type": (TicketType.INCIDENT,),
    "tone": (None,),
    "tag": (),
    "product": (None,),
    "language": ("en",),
    "tier": (Tier.STANDARD,),
    "vip": (False,),
    "channel": ("email",),
    "mailbox": (None,),
    "brand": (None,),
    "wished": (None,),
    "automatic": (None,),
    "follow_up": (False,),
}


def decide(
    *steps: dict[str, Any],
    open_tickets: int = 0,
    impact: Level | None = None,
    urgency: Level | None = None,
    **seen: Any,
) -> Pressure:
    rules = PriorityRules.model_validate(
        {"impact": "medium", "urgency": "medium", "matrix": MATRIX, "steps": steps}
    )
    return PriorityTable(rules).decide(
        {**SEEN, **seen}, open_tickets, category="billing", impact=impact, urgency=urgency
    )


def step(when: dict[str, Any], **effects: Any) -> dict[str, Any]:
    return {"name": "the rule", "when": when, **effects}


@pytest.mark.parametrize("impact", list(Level))
@pytest.mark.parametrize("urgency", list(Level))
def test_the_matrix_decides(impact: Level, urgency: Level) -> None:
    pressure = decide(impact=impact, urgency=urgency)
    assert pressure.priority == MATRIX[impact][urgency]


def test_without_a_rule_the_start_and_the_matrix_are_told() -> None:
    assert [(s.rule, s.effect) for s in decide().steps] == [
        ("start", "impact medium, urgency medium"),
        ("matrix", "impact medium, urgency medium ▶ medium"),
    ]


def test_every_contribution_is_told_in_order() -> None:
    pressure = decide(
        {"name": "VIP", "when": {"vip": True}, "priority": {"at_least": "critical"}},
        {"name": "outage", "when": {"cue": ["outage"]}, "impact": {"up": 1}},
        {"name": "no effect", "when": {"vip": True}, "urgency": {"at_least": "low"}},
        vip=(True,),
        cue=("outage",),
    )
    assert [(s.rule, s.effect) for s in pressure.steps] == [
        ("start", "impact medium, urgency medium"),
        ("outage", "impact medium ▶ high"),
        ("matrix", "impact high, urgency medium ▶ high"),
        ("VIP", "priority high ▶ critical"),
    ]


@pytest.mark.parametrize(
    ("effects", "expected"),
    [
        ({"urgency": {"up": 1}}, Priority.HIGH),
        ({"urgency": {"up": 2}}, Priority.HIGH),
        ({"urgency": {"down": 1}}, Priority.LOW),
        ({"urgency": {"at_most": "low"}}, Priority.LOW),
        ({"impact": {"at_least": "high"}}, Priority.HIGH),
        ({"impact": {"at_least": "high"}, "urgency": {"up": 1}}, Priority.CRITICAL),
        ({"priority": {"up": 1}}, Priority.HIGH),
        ({"priority": {"up": 3}}, Priority.CRITICAL),
        ({"priority": {"down": 3}}, Priority.LOW),
        ({"priority": {"at_least": "high"}}, Priority.HIGH),
        ({"priority": {"at_least": "low"}}, Priority.MEDIUM),
        ({"priority": {"at_most": "low"}}, Priority.LOW),
        ({"priority": {"at_most": "critical"}}, Priority.MEDIUM),
        ({"priority": {"up": 3, "at_most": "high"}}, Priority.HIGH),
    ],
)
def test_effects(effects: dict[str, Any], expected: Priority) -> None:
    assert decide(step({"tier": ["standard"]}, **effects)).priority is expected


def test_a_later_rule_has_the_last_word() -> None:
    raised = step({"tier": ["standard"]}, priority={"at_least": "critical"})
    capped = step({"tier": ["standard"]}, priority={"at_most": "low"})
    assert decide(raised, capped).priority is Priority.LOW
    assert decide(capped, raised).priority is Priority.CRITICAL


@pytest.mark.parametrize(
    ("when", "seen"),
    [
        ({"cue": ["outage", "money"]}, {"cue": ("money",)}),
        ({"category": ["login"]}, {"category": ("login", "login/None")}),
        ({"category": ["login/password"]}, {"category": ("login", "login/password")}),
        ({"type": ["complaint"]}, {"type": (TicketType.COMPLAINT,)}),
        ({"tone": ["angry"]}, {"tone": ("angry",)}),
        ({"tag": ["vat"]}, {"tag": ("mobile", "vat")}),
        ({"product": ["shop"]}, {"product": ("shop",)}),
        ({"language": ["de"]}, {"language": ("de",)}),
        ({"tier": ["premium", "enterprise"]}, {"tier": (Tier.PREMIUM,)}),
        ({"vip": True}, {"vip": (True,)}),
        ({"channel": ["chat"]}, {"channel": ("chat",)}),
        ({"mailbox": ["help@example.org"]}, {"mailbox": ("help@example.org",)}),
        ({"brand": ["acme"]}, {"brand": ("acme",)}),
        ({"wished": ["critical"]}, {"wished": (Priority.CRITICAL,)}),
        ({"automatic": ["bounce"]}, {"automatic": (Automatic.BOUNCE,)}),
        ({"follow_up": True}, {"follow_up": (True,)}),
    ],
)
def test_a_condition(when: dict[str, Any], seen: dict[str, Any]) -> None:
    rule = step(when, priority={"at_least": "critical"})
    assert decide(rule, **seen).priority is Priority.CRITICAL
    assert decide(rule).priority is Priority.MEDIUM


def test_all_conditions_must_hold() -> None:
    rule = step({"vip": True, "channel": ["chat"]}, priority={"at_least": "critical"})
    assert decide(rule, vip=(True,)).priority is Priority.MEDIUM
    assert decide(rule, vip=(True,), channel=("chat",)).priority is Priority.CRITICAL


def test_not_vip_is_a_condition_too() -> None:
    rule = step({"vip": False}, priority={"at_most": "low"})
    assert decide(rule).priority is Priority.LOW
    assert decide(rule, vip=(True,)).priority is Priority.MEDIUM


def test_so_many_open_tickets() -> None:
    rule = step({"open_tickets": 3}, urgency={"up": 1})
    assert decide(rule, open_tickets=2).urgency is Level.MEDIUM
    assert decide(rule, open_tickets=3).urgency is Level.HIGH


EFFECT = st.fixed_dictionaries(
    {}, optional={"up": st.integers(0, 2), "at_least": st.sampled_from(list(Level))}
)


@given(st.lists(EFFECT, max_size=5), EFFECT)
def test_one_more_reason_to_hurry_never_lowers(
    effects: list[dict[str, Any]], another: dict[str, Any]
) -> None:
    steps = [step({"tier": ["standard"]}, urgency=effect) for effect in effects]
    more = step({"tier": ["standard"]}, urgency=another)
    assert decide(*steps, more).priority.rank >= decide(*steps).priority.rank
