"""What an operator sees who wrote something wrong into routing.yaml."""

from pathlib import Path

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


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("queue: billing", "queue: biling").replace("queue: support", "queue: x")
    assert len(problems(tmp_path, text)) == 2
