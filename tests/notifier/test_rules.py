from pathlib import Path

import pytest

from services.notifier.rules import FILE, check, load_wording
from shared.kit.config import ConfigError
from shared.kit.settings import SHIPPED_CONFIG

SHIPPED = (SHIPPED_CONFIG / FILE).read_text(encoding="utf-8")


def test_the_shipped_rules_are_well() -> None:
    assert check(SHIPPED_CONFIG) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "address: support@desk.example",
            "address: support at desk",
            'must be a mail address like support@example.com, not "support at desk"',
        ),
        (
            "time_zone: Europe/Berlin",
            "time_zone: Berlin",
            'time_zone: must be a time zone like Europe/Berlin, not "Berlin"',
        ),
        ("language: en", "language: jp", "language: there are templates in de, en, es, fr only"),
        (
            "template: breached",
            "template: breach",
            'tell.5.template: there is no breach.txt.j2; did you mean "breached"?',
        ),
        (
            "on: TicketAssigned",
            "on: TicketAsigned",
            'did you mean "TicketAssigned"?',
        ),
        (
            "template: warning",
            "template: reply",
            "tell.4.template: de/reply does not fit SlaWarning: 'text' is undefined",
        ),
        ("to: [owner]", "to: []", "tell.3.to: "),
        (
            "to: [owner]",
            "to: [agent]",
            "tell.3.to.0: must be one of requester, owner, on_call, superv",
        ),
        ("stale_after_hours", "stale_hours", "stale_hours: unknown field"),
        ("minutes: 600", "minutes: 900", "minutes: must be less than or equal to 600, not 900"),
    ],
)
def test_a_problem_is_named_where_it_is(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in SHIPPED
    changed = SHIPPED.replace(old, new, 1)
    (tmp_path / FILE).write_text(changed, encoding="utf-8")
    [found, *_] = check(tmp_path)
    line = SHIPPED.count("\n", 0, SHIPPED.index(old)) + 1
    assert found.startswith(f"{tmp_path / FILE}:{line}: ")
    assert problem in found


def test_a_template_that_cannot_be_read(tmp_path: Path) -> None:
    shipped = Path(load_wording.__code__.co_filename).parent / "templates"
    for path in ("layout.html.j2", "en/words.yaml"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes((shipped / path).read_bytes())
    (tmp_path / "en" / "hello.txt.j2").write_text("Subject: x\n\n{% if %}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"en/hello\.txt\.j2:3: "):
        load_wording(tmp_path)
