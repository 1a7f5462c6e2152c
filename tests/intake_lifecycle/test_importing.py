"""Tickets of an earlier system: what is over stays over, what goes on starts here."""

import pytest

from services.intake.domain.lifecycle import decide
from services.intake.domain.recording import FOLLOW_UP
from services.intake.domain.ticket import MessageKind
from shared.contracts.fields import Status
from shared.contracts.ticket import NoteAdded, TicketCreated, TicketImported, TicketsLinked
from tests.intake_lifecycle.builders import AGENT, EARLIER, facts, importing, names, record, refusal

FRESH = facts(said=0, number="TKT-1001")


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED])
def test_what_was_over_comes_closed_with_its_history_and_says_nothing_else(status: Status) -> None:
    """No other service sets a clock or sends a mail for TicketImported."""
    decided = decide(importing(status), None, FRESH)

    [imported] = decided.says
    assert isinstance(imported, TicketImported)
    assert (imported.status, imported.opened_at) == (Status.CLOSED, EARLIER)
    assert [each.text for each in imported.history] == [
        "It is dark.",
        "Try the switch.",
        "Again him.",
    ]
    assert decided.ticket is not None
    assert decided.ticket.status is Status.CLOSED
    assert [each.kind for each in decided.keeps] == [
        MessageKind.REQUESTER,
        MessageKind.AGENT,
        MessageKind.NOTE,
    ]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.NEW, ["TicketCreated", "NoteAdded"]),
        (Status.PENDING, ["TicketCreated", "NoteAdded", "StatusChanged"]),
    ],
)
def test_what_goes_on_is_opened_unacknowledged_with_its_story_as_a_note(
    status: Status, said: list[str]
) -> None:
    decided = decide(importing(status), None, FRESH)

    assert names(decided) == said
    created, note = decided.says[:2]
    assert isinstance(created, TicketCreated)
    assert (created.message.text, created.acknowledge) == ("It is dark.", False)
    assert isinstance(note, NoteAdded)
    assert isinstance(note.message.text, str)
    assert note.message.text.startswith("Imported from zendesk, where it was 77.")
    assert "2025-06-02 10:00 UTC, agent (agent):\nTry the switch." in note.message.text
    assert decided.ticket is not None
    assert decided.ticket.status is status


def test_the_same_again_changes_nothing() -> None:
    there = decide(importing(), None, FRESH).ticket

    again = decide(importing(Status.OPEN, subject="Changed since"), there, facts())

    assert (again.says, again.sends, again.keeps) == ((), (), ())
    assert again.ticket == there


def test_a_message_to_an_imported_ticket_opens_a_follow_up() -> None:
    there = decide(importing(), None, FRESH).ticket

    decided = decide(record(), there, facts())

    [linked] = decided.says
    assert isinstance(linked, TicketsLinked)
    assert linked.relation == FOLLOW_UP


def test_nobody_but_the_import_imports() -> None:
    there = decide(importing(), None, FRESH).ticket

    assert refusal(importing(actor=AGENT), there).startswith("ImportTicket is for system")


def test_what_goes_on_without_a_word_is_refused() -> None:
    decided = decide(importing(Status.OPEN, history=()), None, FRESH)

    assert names(decided) == ["CommandRejected"]
    assert decided.ticket is None
