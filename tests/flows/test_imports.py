"""Tickets of an earlier help desk, on the whole desk: what is over there wakes nobody here."""

from datetime import timedelta

import pytest

from shared.contracts.assignment import TicketAssigned
from shared.contracts.fields import Status
from shared.contracts.sla import SlaBreached, SlaTargetsSet, SlaWarning
from shared.contracts.ticket import TicketCreated, TicketImported
from tests.flows.desk import Desk
from tests.intake_lifecycle.builders import importing

OLD = "7b1d6f0e-5a0c-5f7e-8d53-1b8f0f6f6b10"


async def imported(status: Status) -> Desk:
    """Three times, as an import that is repeated; and then two months go by."""
    desk = Desk()
    await desk.online("ben")
    for _ in range(3):
        await desk.command(importing(status), OLD)
    await desk.wait(timedelta(days=3))
    await desk.bench.advance(timedelta(days=60))
    await desk.post()
    return desk


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED])
async def test_what_is_over_there_sets_no_timer_and_sends_no_mail(status: Status) -> None:
    desk = await imported(status)

    assert len(desk.told(TicketImported)) == 1
    assert desk.tickets[OLD]["status"] == "closed"
    for kind in (TicketCreated, TicketAssigned, SlaTargetsSet, SlaWarning, SlaBreached):
        assert desk.told(kind) == []
    assert desk.posted == []
    assert desk.letters() == []
    assert desk.report(OLD)["number"] == desk.tickets[OLD]["number"]


async def test_what_goes_on_is_timed_from_here_and_acknowledged_to_nobody() -> None:
    desk = await imported(Status.OPEN)

    assert len(desk.told(TicketCreated)) == len(desk.told(SlaTargetsSet)) == 1
    assert [assigned.agent_id for assigned in desk.told(TicketAssigned)][:1] == ["ben"]
    assert desk.told(SlaBreached)  # nobody answered it here
    assert desk.mails("acknowledgement") == []
    assert desk.letters() == []


async def test_who_writes_to_an_old_ticket_gets_a_follow_up() -> None:
    desk = await imported(Status.CLOSED)
    number = desk.tickets[OLD]["number"]

    await desk.mail("It is dark again.", f"Re: [{number}] Lamp", sender="cara@example.org")

    [created] = desk.told(TicketCreated)
    assert created.follow_up_of == OLD
    assert created.history.last_ticket_number == number
