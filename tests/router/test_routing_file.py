"""What an operator sees who wrote something wrong into routing.yaml."""

from pathlib import Path

import pytest

from services.router.domain.ticket import Facts
from services.router.rules import FILE, check, load_rules
from shared.contracts.fields import Priority, Tier

SHIPPED = Path(__file__).parents[2] / "config"
GOOD = """\
queues:
  - name: support
  - name: billing
rules:
  - name: Money
    when: {category: billing}
    queue: billing
otherwise:
  queue: support
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / FILE).write_text(text)
    return [line.removeprefix(f"{tmp_path}/") for line in check(tmp_path)]


def test_the_shipped_rules_can_be_used() -> None:
    assert check(SHIPPED) == []
    routing = load_rules(SHIPPED / FILE)
    facts = Facts(channel="email", tier=Tier.ENTERPRISE, priority=Priority.CRITICAL)
    assert routing.route_for(facts)[0] == "VIP and enterprise in trouble"
    assert routing.route_for(Facts(channel="email"))[0] == "otherwise"


def test_a_good_file_has_no_problems(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD) == []


def test_no_file(tmp_path: Path) -> None:
    assert check(tmp_path) == [f"{tmp_path}/routing.yaml: there is no such file"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "queue: billing",
            "queue: biling",
            '7: rules.0.queue: there is no queue "biling"; did you mean "billing"?',
        ),
        (
            "queue: support",
            "queue: xyz",
            '9: otherwise.queue: there is no queue "xyz"; queues: support, billing',
        ),
        ("category: billing", "categry: billing", "6: rules.0.when.categry: unknown field; did"),
        ("{category: billing}", "{}", "6: rules.0.when: must name at least one field"),
        (
            "category: billing",
            "priority: hihg",
            '6: rules.0.when.priority: must be one of low, medium, high, critical, not "hihg"',
        ),
        (
            "  - name: billing",
            "  - name: billing\n  - name: billing",
            "4: queues.2.name: there is another",
        ),
        (
            "    queue: billing",
            "    queue: billing\n    skills: {sums: 9}",
            "8: rules.0.skills.sums: must be less than or equal to 5",
        ),
        (
            "    queue: billing",
            "    queue: billing\n    skills: {sums: 3}\n    prefer: {sums: 2}",
            "9: rules.0.prefer.sums: level 3 is required anyway",
        ),
        (
            "    queue: billing",
            "    queue: billing\n    relax_after: 10",
            "8: rules.0.relax_after: must be a duration such as 90s, 10m, 4h or 1d",
        ),
        (
            "    queue: billing",
            "    queue: billing\n    relax_after: 0m",
            "8: rules.0.relax_after: must be more than 0 and at most 365d",
        ),
        (
            "    queue: billing",
            "    queue: billing\n    overflow: {queue: billing, after: 5m}",
            '8: rules.0.overflow.queue: "billing" cannot overflow into itself',
        ),
        (
            "    queue: billing",
            "    queue: billing\n    language: must",
            "8: rules.0.language: must be one of required, preferred, any",
        ),
        ("otherwise:\n  queue: support\n", "", "otherwise: must be given"),
        ("queues:", "selection: fastest\nqueues:", "1: selection: must be one of most_spare"),
        ("queues:", "load_counts: [resolved]\nqueues:", "1: load_counts: resolved tickets are"),
        ("category: billing", "category: []", "6: rules.0.when.category: must have at least one"),
        ("queues:", "candidates: 21\nqueues:", "1: candidates: must be less than or equal to 20"),
        ("queues:", "offline_grace: soon\nqueues:", "1: offline_grace: must be a duration"),
        ("queues:", "pools: []\nqueues:", "1: pools: must have at least one"),
        (
            "queues:",
            "pools:\n  - name: Default pool\nqueues:",
            "2: pools.0.name: must be lower-case letters, digits, - and _",
        ),
        (
            "queues:",
            "pools:\n  - name: a\n    teams: [t]\n  - name: b\nqueues:",
            "2: pools.0: must have `when`: without it no ticket ever comes here",
        ),
        (
            "queues:",
            "pools:\n  - name: a\n    when: {vip: true}\n  - name: b\nqueues:",
            "2: pools.0: must have `teams`: without them no agent ever comes here",
        ),
        (
            "queues:",
            "pools:\n  - name: a\n    when: {vip: true}\nqueues:",
            "3: pools.0.when: the last pool takes every other ticket: leave it out",
        ),
        (
            "queues:",
            "pools:\n  - name: a\n    teams: [t]\n    when: {category: x}\n  - name: b\nqueues:",
            "4: pools.0.when.category: unknown field",
        ),
        (
            "otherwise:",
            "escalations:\n  - {name: e, on: stall, metrics: update}\notherwise:",
            "9: escalations.0.metrics: only a warning or a breach has a metric",
        ),
        (
            "otherwise:",
            "escalations:\n  - {name: e, on: braech}\notherwise:",
            "9: escalations.0.on: must be one of warning, breach, stall, request",
        ),
        (
            "otherwise:",
            "escalations:\n  - {name: e, on: stall, queue: suport}\notherwise:",
            '9: escalations.0.queue: there is no queue "suport"; did you mean "support"?',
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in GOOD
    [told] = problems(tmp_path, GOOD.replace(old, new, 1))
    assert told.startswith(f"{FILE}:")
    assert problem in told


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("queue: billing", "queue: biling").replace("queue: support", "queue: x")
    assert len(problems(tmp_path, text)) == 2
