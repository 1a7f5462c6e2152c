"""What was held for a human's look comes in again when he says so: once, and not held again."""

from collections.abc import Sequence

import pytest
from typer.testing import CliRunner

from deskstream.cli import create
from services.intake.store.held import HELD, again
from shared.contracts.envelope import deterministic_id
from shared.contracts.ticket import MessageDropped, MessageHeld, TicketCreated
from shared.kit.unit import Document
from tests.harness import MONDAY_9AM
from tests.intake_reception.mails import FrontDesk, mail
from tests.intake_reception.test_reception import bounce_of


def let_in(desk: FrontDesk, documents: Sequence[Document]) -> None:
    for document in documents:
        publication = again(document)
        headers = {name: (value or b"").decode() for name, value in publication.headers}
        key = None if publication.key is None else publication.key.decode()
        desk.bench.publish_raw(publication.topic, key, publication.value, headers)


def held(desk: FrontDesk) -> list[Document]:
    return list(desk.bench.documents(HELD, "intake").values())


async def burst() -> FrontDesk:
    desk = FrontDesk(burst_limit=2)
    for number in range(5):
        desk.post(mail(f"Lamp {number}", message_id=f"<{number}@customer.example>"))
    await desk.bench.run()
    assert len(held(desk)) == len(desk.bench.said_of(MessageHeld)) == 3
    return desk


async def test_it_becomes_a_ticket_and_is_off_the_list() -> None:
    desk = await burst()

    let_in(desk, held(desk))
    await desk.bench.run()

    assert len(desk.bench.said_of(TicketCreated)) == 5
    assert len(desk.bench.said_of(MessageHeld)) == 3
    assert held(desk) == []
    assert desk.bench.dead_letters == []


async def test_twice_is_once() -> None:
    desk = await burst()
    waiting = held(desk)

    let_in(desk, [*waiting, *waiting])
    await desk.bench.run()
    let_in(desk, waiting)
    await desk.bench.run()

    assert len(desk.bench.said_of(TicketCreated)) == 5


async def test_its_senders_own_repetition_is_known_afterwards() -> None:
    desk = await burst()
    let_in(desk, held(desk))
    await desk.bench.run()

    await desk.mails(mail("Lamp 4", message_id="<4@customer.example>"))

    assert len(desk.bench.said_of(TicketCreated)) == 5
    assert desk.bench.said_of(MessageDropped)[-1].reason == "delivered before"


async def test_a_bounce_of_nobodys_mail_becomes_a_ticket_too() -> None:
    desk = FrontDesk()
    await desk.mails(bounce_of("<foreign@elsewhere.example>"))

    let_in(desk, held(desk))
    await desk.bench.run()

    [created] = desk.bench.said_of(TicketCreated)
    assert not created.acknowledge
    assert held(desk) == []


def test_the_list_tells_whole_ids_however_narrow_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    held_id = deterministic_id("input", "a")
    found = {"_id": held_id, "at": MONDAY_9AM, "channel": "email", "reason": "over 20 messages"}

    async def find(*_: object) -> list[Document]:
        return [{**found, "sender": "somebody.with.a.long.name@customer.example"}]

    monkeypatch.setattr("deskstream.commands.held._find", find)
    monkeypatch.setattr("deskstream.commands.held.out.width", 60)

    ran = CliRunner().invoke(create(), ["held", "list"])

    assert held_id in ran.stdout


@pytest.mark.parametrize("command", ["release", "discard"])
def test_one_has_to_say_which(command: str) -> None:
    ran = CliRunner().invoke(create(), ["held", command])

    assert ran.exit_code == 2
    assert "say which: ids, or --sender" in ran.stderr
