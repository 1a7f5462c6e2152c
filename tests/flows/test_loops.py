"""Machines that answer our mail as if they were people: the desk does not answer them for ever."""

from datetime import timedelta

import pytest

from shared.contracts.ticket import CustomerReplied, MessageHeld, TicketCreated
from tests.flows.desk import Desk

ROBOT = "desk@robots.example"
ROUNDS = 60


async def answering(every: timedelta, *, quotes: bool) -> Desk:
    """A robot that answers whatever we send, as long as we send something.

    It says nothing of being one, and at its worst keeps neither reference nor number.
    """
    desk = Desk()
    await desk.mail("Help!", "A machine wants help", sender=ROBOT)
    await desk.post()
    read = 0
    for nth in range(ROUNDS):
        ours = [each for each in desk.posted if each.to == ROBOT]
        if len(ours) == read:
            break
        read = len(ours)
        subject = f"Re: {ours[-1].mail.subject}" if quotes else f"We got your mail ({nth})"
        await desk.mail(f"Thank you, {nth}", subject, sender=ROBOT)
        await desk.bench.advance(every)
        await desk.post()
    return desk


@pytest.mark.parametrize("minutes", [0, 1, 30, 120])
async def test_who_keeps_our_subject_is_answered_once(minutes: int) -> None:
    desk = await answering(timedelta(minutes=minutes), quotes=True)

    assert len(desk.told(TicketCreated)) == 1
    assert len(desk.mails("acknowledgement", ROBOT)) == 1
    assert len(desk.told(CustomerReplied)) == 1


async def test_who_keeps_nothing_is_held_after_a_while() -> None:
    desk = await answering(timedelta(seconds=10), quotes=False)

    assert len(desk.told(MessageHeld)) == 1
    assert len(desk.mails("acknowledgement", ROBOT)) <= 20
