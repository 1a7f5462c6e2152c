"""What a command shows of foreign text: all of it, as it was written, ids whole."""

from typing import Any

import pytest
from typer.testing import CliRunner

from deskstream.cli import create
from shared.contracts.envelope import deterministic_id
from tests.harness import MONDAY_9AM

ID = deterministic_id("letter", 1)
SENDER = "[/b]@x.example"
WRITTEN = "[bold]urgent[/] :warning: [/b]"
LETTER = {
    "_id": ID,
    "group": "deskstream.triage",
    "state": "open",
    "attempts": 2,
    "at": MONDAY_9AM,
    "topic": "ticket.intake",
    "partition": 3,
    "offset": 17,
    "reason": f"not a TicketCreated: subject: {WRITTEN}",
}
HELD = {
    "_id": ID,
    "at": MONDAY_9AM,
    "channel": "email",
    "reason": WRITTEN,
    "sender": SENDER,
}


def shown(monkeypatch: pytest.MonkeyPatch, group: str, *found: dict[str, Any]) -> str:
    async def find(*_: object) -> list[dict[str, Any]]:
        return list(found)

    monkeypatch.setattr(f"deskstream.commands.{group.replace('-', '_')}._find", find)
    monkeypatch.setattr("deskstream.console.out.width", 70)
    ran = CliRunner().invoke(create([group]), [group, "list"], catch_exceptions=False)
    assert ran.exit_code == 0
    return ran.stdout


def test_dead_letters_are_listed_with_their_whole_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    told = shown(monkeypatch, "dead-letters", LETTER)

    assert told.startswith(f"{ID}  2026-03-02 08:00:00Z  open  tried 2 times\n")
    assert "  deskstream.triage  ticket.intake/3/17\n" in told
    assert told.endswith(f"{LETTER['reason']}\n")


def test_no_dead_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, "dead-letters") == "no dead letters\n"


def test_held_messages_are_listed_as_they_were_written(monkeypatch: pytest.MonkeyPatch) -> None:
    told = shown(monkeypatch, "held", HELD)

    assert ID in told
    assert f"email  {SENDER}\n  {WRITTEN}\n" in told


def test_an_error_repeats_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr("deskstream.commands.ticket._story", nothing)

    ran = CliRunner().invoke(create(["ticket"]), ["ticket", "show", "[/b]"])

    assert ran.exit_code == 1
    assert "knows no ticket [/b]." in ran.stderr
