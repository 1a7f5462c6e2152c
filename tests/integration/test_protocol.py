"""The kit's protocol on a real broker and database: once, in order, and back after an outage."""

import asyncio
from typing import Any

from shared.contracts.envelope import header_text
from shared.contracts.ticket import FeedbackReceived
from shared.contracts.triage import TicketTriaged
from shared.kit.service import Service, ServiceContext
from tests.integration.conftest import Deployment, until
from tests.kit.counting import COUNTING, Counting


def counting_service(_: ServiceContext) -> Service:
    return Service("counting", [(COUNTING, Counting())])


async def heard_by(deployment: Deployment, total: int) -> Any:
    async def all_heard() -> bool:
        documents = await deployment.database("counting")["counts"].find().to_list()
        heard: int = sum(document.get("heard", 0) for document in documents)
        return heard == total

    return await until(all_heard)


async def test_each_event_is_heard_once_and_answered_in_order(deployment: Deployment) -> None:
    publications = [
        await deployment.publish(FeedbackReceived(score=1), f"t{n % 10}") for n in range(50)
    ]
    async with deployment.running("counting", counting_service):
        await heard_by(deployment, 50)
        await deployment.publisher.publish(publications)
        await deployment.publish(FeedbackReceived(score=1), "last")
        await heard_by(deployment, 51)

    answers = await deployment.of_type("ticket.events", TicketTriaged)
    by_ticket: dict[str, list[str]] = {}
    for record in answers:
        headers = header_text(record.headers)
        by_ticket.setdefault(headers["ce_subject"], []).append(headers["ce_number"])
    assert by_ticket["t0"] == ["1", "2", "3", "4", "5"]
    assert sum(map(len, by_ticket.values())) == 51


async def test_two_instances_share_the_work(deployment: Deployment) -> None:
    async with deployment.running("counting", counting_service):
        for number in range(20):
            await deployment.publish(FeedbackReceived(score=1), f"t{number}")
        async with deployment.running("counting", counting_service):
            for number in range(20):
                await deployment.publish(FeedbackReceived(score=1), f"t{number}")
            await heard_by(deployment, 40)
        for number in range(20):
            await deployment.publish(FeedbackReceived(score=1), f"t{number}")
        await heard_by(deployment, 60)

    answers = await deployment.of_type("ticket.events", TicketTriaged)
    ids = {header_text(record.headers)["ce_id"] for record in answers}
    assert len(ids) == 60


async def test_http_tells_health_and_metrics(deployment: Deployment) -> None:
    async with deployment.running("counting", counting_service) as run:

        async def ready() -> bool:
            return bool(run.health.ready)

        await until(ready)
        host, port = run.address.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        page = (await reader.read()).decode()
        writer.close()
    assert "deskstream_kit_assigned_partitions" in page
