"""Intake as a whole, from the HTTP door through both stages and back to who waits at it."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio

from services.intake.app import create
from shared.contracts.ticket import CustomerReplied, TicketCreated
from tests.integration.conftest import Deployment, deployment, until

__all__ = ["deployment"]  # the fixture

SECRET = "ds_service"
SCOPES = "[tickets:write, tickets:read, commands:write, channels:write, act-as]"
REQUEST = {"channel": "web", "sender": {"address": "cara@example.org"}, "text": "It is dark."}


@pytest_asyncio.fixture
async def door(deployment: Deployment, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    tokens, digest = tmp_path / "tokens.yaml", hashlib.sha256(SECRET.encode()).hexdigest()
    tokens.write_text(f"tokens: [{{name: shop, sha256: '{digest}', scopes: {SCOPES}}}]")
    async with deployment.running("intake", create, tokens_file=tokens) as run:
        headers = {"Authorization": f"Bearer {SECRET}"}
        async with httpx.AsyncClient(base_url=run.address, headers=headers, timeout=40) as client:

            async def ready() -> bool:
                return (await client.get("/readyz")).status_code == 200

            await until(ready)
            yield client


async def test_a_request_becomes_a_ticket_that_is_answered_and_closed(
    door: httpx.AsyncClient,
    deployment: Deployment,
) -> None:
    created = await door.post("/v1/tickets?wait=30", json=REQUEST)
    again = await door.post("/v1/tickets?wait=30", json=REQUEST)

    assert created.status_code == again.status_code == 201
    assert {created.json()["number"], again.json()["number"]} == {"TKT-1000", "TKT-1001"}

    commands = "/v1/tickets/TKT-1000/commands?wait=30"
    ana = {"X-Agent-Id": "ana"}
    reply = {"command": "Reply", "text": "Try the switch.", "status": "resolved"}
    replied = await door.post(commands, json=reply, headers=ana)
    closed = await door.post(
        commands, json={"command": "SetStatus", "status": "closed"}, headers=ana
    )
    refused = await door.post(commands, json=reply, headers=ana)

    assert replied.json()["said"] == ["AgentReplied", "TicketResolved"]
    assert closed.json()["said"] == ["TicketClosed"]
    assert refused.status_code == 409
    assert refused.json()["detail"].startswith("Not done: Reply does not fit a ticket that is")
    stands = await door.get("/v1/tickets/TKT-1000")
    assert stands.json()["status"] == "closed"
    assert len(await deployment.of_type("ticket.events", TicketCreated)) == 2


async def test_what_comes_twice_or_goes_on_is_found_where_it_really_is(
    door: httpx.AsyncClient,
    deployment: Deployment,
) -> None:
    chat = {**REQUEST, "channel": "chat", "external_id": "c1"}
    first = await door.post("/v1/tickets?wait=30", json=chat)
    twice = await door.post("/v1/tickets?wait=30", json=chat)
    goes_on = await door.post("/v1/tickets?wait=30", json={**chat, "external_id": "c2"})

    ids = {answer.json()["ticket_id"] for answer in (first, twice, goes_on)}
    assert ids == {first.json()["ticket_id"]}
    assert {answer.json()["number"] for answer in (twice, goes_on)} == {"TKT-1000"}

    async def has_gone_on() -> bool:
        return bool(await deployment.of_type("ticket.events", CustomerReplied))

    await until(has_gone_on)
    assert len(await deployment.of_type("ticket.events", CustomerReplied)) == 1


async def test_a_token_that_is_taken_out_of_its_file_is_refused_without_a_restart(
    door: httpx.AsyncClient, tmp_path: Path
) -> None:
    assert (await door.get("/v1/tickets/TKT-1")).status_code == 404

    (tmp_path / "tokens.yaml").write_text("tokens: []")

    async def is_refused() -> bool:
        return (await door.get("/v1/tickets/TKT-1")).status_code == 401

    await until(is_refused)
