"""The six services as they are composed, on a real broker, database and mail server."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from deskstream.demo.smtp_sink import SmtpSink
from deskstream.services import SERVICES, create_of
from shared.contracts.assignment import TicketAssigned
from shared.contracts.envelope import deterministic_id, header_text
from shared.contracts.message import registry
from shared.contracts.notification import NotificationSent
from shared.contracts.people import AgentUpdated, Availability
from shared.contracts.ticket import TicketCreated
from shared.contracts.topics import CHANNEL_MESSAGES
from shared.contracts.triage import TicketTriaged
from shared.kit.decoding import read
from shared.kit.records import Publication, Record
from shared.kit.service import ServiceRun
from tests.intake_reception.mails import MAILBOX, mail
from tests.integration.conftest import Deployment, until

MAILS = 20
AGENTS = ("ada", "ben", "cem")
Story = dict[str, list[Any]]


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with SmtpSink() as sink:
        yield sink


def customer(number: int) -> str:
    return f"customer-{number}@customer.example"


def request(number: int) -> Publication:
    """One mail as a gateway puts it on the topic."""
    value = mail(
        f"The printer number {number} prints only stripes.",
        sender=customer(number),
        subject=f"Stripes {number}",
        message_id=f"<{number}@customer.example>",
    )
    headers = {
        "ce_id": deterministic_id("gateway", number),
        "ce_source": "/gateway",
        "ce_type": "deskstream.RawMessage.v1",
        "ce_channel": "email",
        "ce_mailbox": MAILBOX,
    }
    pairs = tuple((name, text.encode()) for name, text in headers.items())
    return Publication(CHANNEL_MESSAGES.name, customer(number).encode(), value, pairs)


async def test_twenty_mails_are_owned_and_acknowledged_once(
    deployment: Deployment, sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKSTREAM_NOTIFIER_SMTP_PORT", str(sink.port))
    for name in AGENTS:
        known = AgentUpdated(
            agent_id=name,
            name=name.title(),
            address=f"{name}@desk.example",
            capacity=MAILS,
            availability=Availability.ONLINE,
        )
        await deployment.publish(known, name)
    requests = [request(number) for number in range(MAILS)]
    async with AsyncExitStack() as services:
        runs: dict[str, ServiceRun] = {
            name: await services.enter_async_context(deployment.running(name, create_of(name)))
            for name in SERVICES
        }
        await deployment.publisher.publish(requests[: MAILS // 2])
        await deployment.publisher.publish(requests)  # half of them for the second time

        await until(lambda: all_are_through(deployment, sink))
        shown = await tickets_shown(runs["reporting"])
        assert all(run.health.ready for run in runs.values()), "not ready"

    check_mails(sink)
    stories = await told(deployment)
    check_stories(stories)
    numbers = {story["TicketCreated"][0].number for story in stories.values()}
    assert {ticket["number"] for ticket in shown} == numbers
    assert {ticket["agent"] for ticket in shown} <= set(AGENTS)
    assert await deployment.read("dead.letters") == []


async def all_are_through(deployment: Deployment, sink: SmtpSink) -> bool:
    """Every ticket is acknowledged and owned, and reporting has heard of it."""
    tickets = deployment.database("reporting")["tickets"]
    through = {"acknowledged_at": {"$ne": None}, "agent": {"$ne": None}, "told.sent": 2}
    return sink.count >= 2 * MAILS and await tickets.count_documents(through) == MAILS


async def tickets_shown(reporting: ServiceRun) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=reporting.address) as client:
        summary = (await client.get("/v1/summary")).raise_for_status().json()
        assert summary["live"]["open"] == summary["live"]["assigned"] == MAILS
        answer = (await client.get("/v1/tickets", params={"limit": MAILS + 1})).raise_for_status()
    tickets: list[dict[str, Any]] = answer.json()["tickets"]
    assert len(tickets) == MAILS
    return tickets


def check_mails(sink: SmtpSink) -> None:
    """One acknowledgement for each customer, one assignment for each ticket; nothing else."""
    recipients = Counter(mail.recipients for mail in sink.mails)
    assert all(recipients[(customer(number),)] == 1 for number in range(MAILS))
    assert sum(recipients[(f"{name}@desk.example",)] for name in AGENTS) == MAILS
    assert len({mail.message_id for mail in sink.mails}) == sink.count == 2 * MAILS


async def told(deployment: Deployment) -> dict[str, Story]:
    """Each ticket's messages by name; each writer's number has one meaning and comes in order."""
    stories: dict[str, Story] = defaultdict(lambda: defaultdict(list))
    heard: dict[tuple[str, str], dict[int, Record]] = defaultdict(dict)
    for record in await deployment.read("ticket.events"):
        headers = header_text(record.headers)
        numbers = heard[headers["ce_subject"], headers["ce_writer"]]
        number = int(headers["ce_number"])
        if number in numbers:
            assert numbers[number].value == record.value
            continue
        assert number == len(numbers) + 1
        numbers[number] = record
        kind = registry()[headers["ce_type"]]
        stories[headers["ce_subject"]][kind.__name__].append(read(kind, record.value or b""))
    return {key: story for key, story in stories.items() if "MessageDropped" not in story}


def check_stories(stories: dict[str, Story]) -> None:
    assert len(stories) == MAILS
    once = (TicketCreated, TicketTriaged, TicketAssigned)
    for story in stories.values():
        assert all(len(story[kind.__name__]) == 1 for kind in once)
        assert len(story[NotificationSent.__name__]) == 2
