"""`deskstream router`: what it says of decisions, of simulated months, and of bad files."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deskstream.commands.router import app
from shared.contracts.message import Message
from shared.contracts.people import Availability
from tests.router.builders import NINE, Desk, agent, resolved, rules, triaged

RULES = """\
offline_grace: 10m
queues: [{name: support}, {name: wine}]
rules:
  - {name: Wine, when: {category: wine}, queue: wine, skills: {wine: 2}}
otherwise: {queue: support}
"""
AGENTS = [
    {"agent_id": "ana", "capacity": 1, "hours": "mon-fri 09:00-12:00"},
    {"agent_id": "bo", "capacity": 1, "skills": {"wine": 1}, "hours": ["mon 11:00-20:00"]},
]


def line(n: int, minute: int, **given: Any) -> dict[str, Any]:
    at = (NINE + timedelta(minutes=minute)).isoformat()
    return {"id": f"t{n}", "created_at": at, "handling_minutes": 60, **given}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "routing.yaml").write_text(RULES)
    (tmp_path / "agents.jsonl").write_text("\n".join(map(json.dumps, AGENTS)))
    tickets = [line(n, n) for n in range(4)] + [line(4, 0, category="wine")]
    (tmp_path / "tickets.json").write_text(json.dumps(tickets))
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "120"})
    return result.exit_code, result.output


def simulate(files: Path, *arguments: str, tickets: str = "tickets.json") -> tuple[int, str]:
    return run(
        "simulate",
        *("--rules", str(files / "routing.yaml")),
        *("--tickets", str(files / tickets)),
        *("--agents", str(files / "agents.jsonl")),
        *arguments,
    )


def test_a_month_is_played_by_the_services_own_decisions(files: Path) -> None:
    code, text = simulate(files, "--json")
    [told] = json.loads(text).values()
    assert code == 0
    # t0 at nine to ana, t1 at ten, t2 at eleven to ana or bo, t3 to the other; wine to nobody.
    assert told["waits"] == {
        "tickets": 4,
        "at_once": 1,
        "median": 59 * 60.0,
        "ninety": 118 * 60.0,
        "longest": 118 * 60.0,
    }
    assert {name: had["assignments"] for name, had in told["agents"].items()} == {"ana": 3, "bo": 1}
    assert {name: had["most"] for name, had in told["agents"].items()} == {"ana": 1, "bo": 1}
    assert told["never_assigned"] == {"t4": "nobody at all has wine 2"}
    assert told["missing"] == {"wine 2": 1}


def test_it_is_told_to_people_too(files: Path) -> None:
    code, text = simulate(files)
    assert code == 0
    assert "5 tickets; 4 got an owner, 3 of them after a wait" in text
    assert "t4: nobody at all has wine 2" in text


def test_a_ticket_taken_away_needs_only_what_is_left_of_its_handling(files: Path) -> None:
    """From ana, who goes at twelve, to bo after the grace; half an hour is done by then."""
    late = [line(0, 150, handling_minutes=80), line(1, 180, handling_minutes=30)]
    (files / "late.jsonl").write_text("\n".join(map(json.dumps, late)))
    code, text = simulate(files, "--json", tickets="late.jsonl")
    [told] = json.loads(text).values()
    assert (code, told["taken_away"]) == (0, {"agent_offline": 1})
    assert told["agents"]["bo"]["assignments"] == 2
    assert told["never_assigned"] == {}


def test_two_sets_of_rules_are_compared(files: Path) -> None:
    other = files / "other.yaml"
    other.write_text(RULES.replace("wine: 2", "wine: 1"))
    code, text = simulate(files, "--json", "--rules", str(other))
    before, after = json.loads(text).values()
    assert code == 0
    assert list(before["never_assigned"]) == ["t4"]
    assert after["never_assigned"] == {}


def test_a_sheet_is_read_too(files: Path) -> None:
    rows = "created_at,category,tags,vip,whatever\n2026-03-02 09:00,wine,a;b,true,x\n"
    (files / "sheet.csv").write_text(rows)
    code, text = simulate(files, "--json", tickets="sheet.csv")
    assert code == 0
    [told] = json.loads(text).values()
    assert told["never_assigned"] == {"line 2": "nobody at all has wine 2"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "t: there is nothing in it"),
        ("created_at,priority\n,high\n", "t:2: created_at: must be given"),
        (
            "created_at,priority\n2026-03-02,hihg\n",
            "t:2: priority: must be 'low', 'medium', 'high' or 'critical', not \"hihg\"",
        ),
        (
            "created_at\nyesterday\n",
            't:2: created_at: must be a time such as 2026-03-02T09:00:00Z, not "yesterday"',
        ),
        ('{"created_at": "2026-03-02"}\n{', "t:2: no JSON: "),
        ("[{", "t: no JSON: "),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(files: Path, text: str, told: str) -> None:
    (files / "t").write_text(text)
    code, output = simulate(files, tickets="t")
    assert code == 2
    assert told in output.replace("\n", "")


def test_bad_rules_are_told_as_ever(files: Path) -> None:
    (files / "routing.yaml").write_text(RULES.replace("queue: wine", "queue: wien"))
    code, output = simulate(files)
    assert code == 2
    assert 'routing.yaml:4: rules.0.queue: there is no queue "wien"; did you mean' in output


def events(said: list[tuple[str, Message]]) -> str:
    return "\n".join(
        json.dumps(
            {
                "type": message.type_name(),
                "time": NINE.isoformat(),
                "data": message.model_dump(mode="json"),
            }
        )
        for _, message in said
    )


def test_each_decision_is_explained(tmp_path: Path) -> None:
    desk = Desk(rules())
    desk.online(agent("ana", capacity=1), agent("bo", availability=Availability.AWAY))
    desk.ticket("first")
    said = [("t", m) for m in desk.ticket("t", triaged())]
    said += [each for each in desk.hear("first", resolved()) if each[0] == "t"]
    file = tmp_path / "log.jsonl"
    file.write_text(events(said))
    code, text = run("explain", "--events", str(file))
    assert code == 0
    assert "waits in support, number 1" in text
    assert "because: none of 2 able is online with room" in text
    assert "rule: otherwise (rules 0123456789ab)" in text
    assert "given to ana, queue support" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["ana", "1", "of", "1", "full"] in rows
    assert ["bo", "0", "of", "2", "away"] in rows
    assert ["ana", "0", "of", "1", "chosen"] in rows
    assert "waits" not in run("explain", "--last", "--events", str(file))[1]


def test_what_to_explain_must_be_said(tmp_path: Path) -> None:
    assert run("explain")[0] == 2
    file = tmp_path / "log.jsonl"
    file.write_text(events([("t", triaged())]))
    code, text = run("explain", "--events", str(file))
    assert code == 1
    assert "the router has said nothing in these 1 events" in text
