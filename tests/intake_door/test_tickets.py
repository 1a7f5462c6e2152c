"""POST /v1/tickets and GET /v1/tickets/{id}."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from services.intake.api.bodies import RETRY_AFTER_SECONDS
from services.intake.domain.identity import identity_of
from services.intake.store.lifecycle import DOOR
from shared.contracts.channel import MessageReceived
from shared.contracts.envelope import parse_time
from tests.intake_door.conftest import World

PATH = "/v1/tickets"
REQUEST = {
    "channel": "web",
    "sender": {"address": "Cara@Example.org"},
    "subject": "Lamp",
    "text": "It is dark.",
}


async def test_a_request_is_accepted_when_kafka_has_it(world: World) -> None:
    answer = await world.post(PATH, REQUEST)

    assert answer.status_code == 202
    [record], [headers] = world.broker.got, world.broker.headers()
    assert (record.topic, record.key) == ("channel.messages", b"cara@example.org")
    assert MessageReceived.model_validate(orjson.loads(record.value or b"")).subject == "Lamp"
    assert headers["ce_type"] == "deskstream.MessageReceived.v1"
    assert headers["ce_source"] == DOOR
    assert parse_time(headers["ce_time"])
    accepted = answer.json()
    assert accepted["status_url"] == f"/v1/tickets/{accepted['ticket_id']}"
    assert accepted["ticket_id"] == headers["ce_subject"]
    identity = identity_of(
        channel="web", mailbox=None, external_id=None, source=DOOR, event_id=headers["ce_id"]
    )
    assert identity.ticket_id == accepted["ticket_id"]


async def test_the_channels_own_id_gives_the_ticket_its_id(world: World) -> None:
    request = {**REQUEST, "external_id": "form-7", "mailbox": "Shop"}

    first, second = await world.post(PATH, request), await world.post(PATH, request)

    assert first.json()["ticket_id"] == second.json()["ticket_id"]
    assert first.json()["message_id"] != second.json()["message_id"]


async def test_a_conversation_is_the_key_where_there_is_one(world: World) -> None:
    await world.post(PATH, {**REQUEST, "channel": "chat", "conversation": "room 5"})

    assert world.broker.got[0].key == b"conversation:chat:room 5"


async def test_the_same_key_gives_the_same_answer_and_one_record(world: World) -> None:
    options: dict[str, Any] = {"headers": {"Idempotency-Key": "k1"}}

    first = await world.post(PATH, REQUEST, **options)
    second = await world.post(PATH, REQUEST, **options)

    assert first.json() == second.json()
    assert len(world.broker.got) == 1
    assert world.broker.headers()[0]["ce_id"] == "shop:k1"


async def test_keys_of_two_clients_are_two_keys(world: World) -> None:
    options: dict[str, Any] = {"headers": {"Idempotency-Key": "k1"}}

    first = await world.post(PATH, REQUEST, **options)
    second = await world.post(PATH, REQUEST, token="ds_desk", **options)

    assert first.json()["ticket_id"] != second.json()["ticket_id"]
    assert len(world.broker.got) == 2


@pytest.mark.parametrize("size", [2**53, 2**64, 1e30, -1])
async def test_a_number_that_no_store_holds_is_told(world: World, size: float) -> None:
    attachment = {"filename": "a", "content_type": "b", "sha256": "c", "size": size}

    answer = await world.post(PATH, {**REQUEST, "attachments": [attachment]})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "attachments.0.size"


async def test_the_same_key_for_something_else_is_refused(world: World) -> None:
    options: dict[str, Any] = {"headers": {"Idempotency-Key": "k1"}}
    await world.post(PATH, REQUEST, **options)

    answer = await world.post(PATH, {**REQUEST, "text": "Another."}, **options)

    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("This Idempotency-Key was used for another request")


async def test_many_at_once_under_one_key_are_one_message(world: World) -> None:
    options: dict[str, Any] = {"headers": {"Idempotency-Key": "k1"}}

    answers = await asyncio.gather(*(world.post(PATH, REQUEST, **options) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["ticket_id"] for answer in answers}) == 1
    assert len({record.headers for record in world.broker.got}) == 1


async def test_what_kafka_did_not_acknowledge_is_sent_again_as_the_same(world: World) -> None:
    options: dict[str, Any] = {"headers": {"Idempotency-Key": "k1"}}
    world.broker.away = True
    refused = await world.post(PATH, REQUEST, **options)
    world.broker.away = False

    accepted = await world.post(PATH, REQUEST, **options)

    assert refused.status_code == 503
    assert refused.headers["retry-after"] == RETRY_AFTER_SECONDS
    assert accepted.status_code == 202
    stored = await world.door.database["idempotency_keys"].find_one({"_id": "shop:k1"})
    assert stored is not None
    assert parse_time(world.broker.headers()[0]["ce_time"]) == stored["at"]


async def test_a_silent_broker_is_not_waited_for_for_ever(world: World) -> None:
    world.broker.silent = True

    answer = await world.post(PATH, REQUEST)

    assert answer.status_code == 503
    assert "may or may not have been accepted" in answer.json()["detail"]


async def test_waiting_gives_the_number(world: World) -> None:
    ticket_id = (await world.post(PATH, {**REQUEST, "external_id": "e1"})).json()["ticket_id"]
    await world.store_ticket(ticket_id, number="TKT-1007")

    answer = await world.post(f"{PATH}?wait=5", {**REQUEST, "external_id": "e1"})

    assert answer.status_code == 201
    assert (answer.json()["number"], answer.json()["status"]) == ("TKT-1007", "open")


async def test_waiting_finds_the_ticket_that_the_message_really_went_to(world: World) -> None:
    await world.store_ticket("other", number="TKT-1008")
    await world.door.database["answers"].insert_one(
        {"_id": "shop:k1", "ticket_id": "other", "reason": None}
    )

    answer = await world.post(f"{PATH}?wait=5", REQUEST, headers={"Idempotency-Key": "k1"})

    assert answer.json()["ticket_id"] == "other"
    assert answer.json()["number"] == "TKT-1008"


async def test_waiting_gives_the_rejection(world: World) -> None:
    await world.door.database["answers"].insert_one(
        {"_id": "shop:k1", "ticket_id": None, "reason": "the sender is held"}
    )

    answer = await world.post(f"{PATH}?wait=5", REQUEST, headers={"Idempotency-Key": "k1"})

    assert answer.status_code == 409
    assert answer.json()["detail"] == "Not accepted: the sender is held."


async def test_waiting_ends(world: World) -> None:
    answer = await world.post(f"{PATH}?wait=2", REQUEST)

    assert answer.status_code == 202
    assert "number" not in answer.json() or answer.json()["number"] is None
    assert sum(world.door.clock.waits) == pytest.approx(2)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("request_", "errors"),
    [
        pytest.param(
            {"channel": "web", "sender": {"adress": "x"}, "text": "t"},
            [("sender.adress", 'unknown field; did you mean "address"?')],
            id="misspelt",
        ),
        pytest.param(
            {"chanel": "web", "sender": {"address": "x"}},
            [
                ("chanel", 'unknown field; did you mean "channel"?'),
                ("channel", "is missing"),
                ("text", "is missing"),
            ],
            id="missing",
        ),
        pytest.param(
            {**REQUEST, "sender": {"name": "Cara"}},
            [("sender", "needs an address or a customer_id")],
            id="nobody",
        ),
        pytest.param(
            {**REQUEST, "text": "  "},
            [("text", "is empty, and there is no html and no attachment")],
            id="nothing",
        ),
        pytest.param(
            {**REQUEST, "priority": "urgent"},
            [("priority", "must be 'low', 'medium', 'high' or 'critical'")],
            id="value",
        ),
        pytest.param(
            {
                **REQUEST,
                "attachments": [
                    {
                        "filename": "a",
                        "content_type": "b",
                        "size": 1,
                        "sha256": "c",
                        "blob": {"blob_id": "x", "size": 1, "sha256": "x"},
                    }
                ],
            },
            [("attachments.0.blob", "is set by the server")],
            id="blob",
        ),
    ],
)
async def test_every_wrong_field_is_named(
    world: World, request_: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    answer = await world.post(PATH, request_)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(e["field"], e["problem"]) for e in answer.json()["errors"]] == errors
    assert world.broker.got == []


@pytest.mark.parametrize(
    ("content", "content_type", "status", "detail"),
    [
        pytest.param(
            b'{\n  "channel": }',
            "application/json",
            400,
            "The body is no JSON: line 2, column 14: ",
            id="no JSON",
        ),
        pytest.param(
            b"[]", "application/json", 400, "The body must be a JSON object: {…}.", id="list"
        ),
        pytest.param(b"", "application/json", 400, "The body is no JSON: ", id="empty"),
        pytest.param(
            b"{}",
            "text/plain",
            415,
            "Send Content-Type: application/json, not text/plain.",
            id="text",
        ),
        pytest.param(
            b"x" * 5_000,
            "application/json",
            413,
            "The body is over 4096 bytes, which is the most that is taken here.",
            id="large",
        ),
        pytest.param(
            b'{"channel":' * 300 + b"1" + b"}" * 300,
            "application/json",
            400,
            "The JSON is nested more than 32 levels deep.",
            id="deep",
        ),
    ],
)
async def test_what_is_no_request_is_told_apart(
    world: World, content: bytes, content_type: str, status: int, detail: str
) -> None:
    answer = await world.post(PATH, content=content, headers={"Content-Type": content_type})

    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert answer.json()["detail"].startswith(detail)


async def test_a_body_that_does_not_come_is_not_waited_for_for_ever(world: World) -> None:
    world.door.receiving.seconds = 0.1

    async def trickle() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    for path, kind in ((PATH, "application/json"), ("/v1/channels/email", "message/rfc822")):
        answer = await world.post(path, content=trickle(), headers={"Content-Type": kind})

        assert (answer.status_code, answer.headers["connection"]) == (408, "close")
        assert answer.json()["detail"] == (
            "The body was not here within 0.1 seconds: send it again."
        )
    assert world.broker.got == []


async def test_what_is_more_than_there_is_room_for_comes_later(world: World) -> None:
    """Many who send slowly and prove nothing must not fill the memory."""
    world.door.receiving.most_bytes = 3_000
    here, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b" " * 2_000
        here.set()
        await go_on.wait()
        yield orjson.dumps(REQUEST)

    json_type = {"Content-Type": "application/json"}
    first = asyncio.create_task(world.post(PATH, content=slowly(), headers=json_type))
    await asyncio.wait_for(here.wait(), 10)
    second = await world.post(PATH, content=b" " * 2_000 + orjson.dumps(REQUEST), headers=json_type)
    go_on.set()

    assert (second.status_code, second.headers["retry-after"]) == (503, RETRY_AFTER_SECONDS)
    assert (await first).status_code == 202
    third = await world.post(PATH, content=b" " * 2_000 + orjson.dumps(REQUEST), headers=json_type)
    assert third.status_code == 202


async def test_a_body_of_unknown_length_is_cut_off_at_the_limit(world: World) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 1_000
            yield b"x" * 1_000

    answer = await world.post(PATH, content=endless(), headers={"Content-Type": "application/json"})

    assert answer.status_code == 413
    assert sent <= 6_000


@pytest.mark.parametrize(
    ("authorization", "status", "detail"),
    [
        (None, 401, "Send a token: 'Authorization: Bearer ds_…'."),
        ("Basic abc", 401, "Send a token: 'Authorization: Bearer ds_…'."),
        ("Bearer ds_wrong", 401, "This token is not known here: mistyped, or withdrawn."),
        (
            "Bearer ds_reader",
            403,
            "The token 'reader' lacks the scope tickets:write; it has: tickets:read.",
        ),
    ],
)
async def test_who_may_not_is_told_why(
    world: World, authorization: str | None, status: int, detail: str
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    answer = await world.client.post(PATH, headers=headers, content=b"not even read")

    assert answer.status_code == status
    assert answer.json()["detail"] == detail
    assert ("www-authenticate" in answer.headers) is (status == 401)


async def test_too_many_requests_are_told_when_to_come_back(world: World) -> None:
    answers = [await world.post(PATH, REQUEST, token="ds_slow") for _ in range(4)]

    assert answers[0].status_code == 202
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert "1 requests a second" in answers[-1].json()["detail"]


@pytest.mark.parametrize("asked", ["t1", "TKT-1000", "tkt-1000"])
async def test_a_ticket_is_found_by_id_and_number(world: World, asked: str) -> None:
    await world.store_ticket("t1")

    answer = await world.get(f"{PATH}/{asked}")

    assert answer.status_code == 200
    assert (answer.json()["ticket_id"], answer.json()["number"]) == ("t1", "TKT-1000")
    assert "private" not in answer.text
    assert "cara" not in answer.text


@pytest.mark.parametrize("asked", ["t9", "TKT-9"])
async def test_a_ticket_that_is_not_there(world: World, asked: str) -> None:
    answer = await world.get(f"{PATH}/{asked}")

    assert answer.status_code == 404
    assert answer.json()["detail"] == (
        f"There is no ticket {asked}, or it is not there yet: ask again in a moment."
    )


async def test_a_path_or_method_that_is_not_there(world: World) -> None:
    lost, wrong = await world.get("/v1/tickes"), await world.get(PATH)

    assert (lost.status_code, lost.json()["detail"]) == (404, "There is nothing at /v1/tickes.")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert wrong.json()["detail"] == "GET is not possible here; allowed: POST."


async def test_the_methods_of_a_path_with_several(world: World) -> None:
    answer = await world.client.put("/v1/channels/whatsapp")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_a_parameter_that_is_wrong(world: World) -> None:
    answer = await world.post(f"{PATH}?wait=long", REQUEST)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "wait"
