"""POST /v1/tickets/{id}/commands."""

from typing import Any

import orjson
import pytest

from shared.contracts.commands import Merge, Reply
from shared.contracts.fields import ActorKind
from tests.intake_door.conftest import World

PATH = "/v1/tickets/t1/commands"
REPLY = {"command": "Reply", "text": "Try the switch."}


async def test_a_command_is_accepted_when_kafka_has_it(world: World) -> None:
    await world.store_ticket("t1")

    answer = await world.post("/v1/tickets/TKT-1000/commands", REPLY)

    assert answer.status_code == 202
    [record], [headers] = world.broker.got, world.broker.headers()
    assert (record.topic, record.key) == ("ticket.commands", b"t1")
    assert headers["ce_type"] == "deskstream.Reply.v1"
    assert (headers["ce_subject"], headers["ce_id"]) == ("t1", answer.json()["command_id"])
    assert Reply.model_validate(orjson.loads(record.value or b"")).text == "Try the switch."


@pytest.mark.parametrize(
    ("token", "headers", "kind", "actor_id"),
    [
        ("ds_all", {}, ActorKind.BOT, "shop"),
        ("ds_ana", {}, ActorKind.AGENT, "ana"),
        ("ds_desk", {"X-Agent-Id": "bob"}, ActorKind.AGENT, "bob"),
        ("ds_desk", {"X-Requester-Id": "cara"}, ActorKind.REQUESTER, "cara"),
    ],
)
async def test_the_token_says_who_acts(
    world: World, token: str, headers: dict[str, str], kind: ActorKind, actor_id: str
) -> None:
    await world.store_ticket("t1")

    await world.post(PATH, REPLY, token=token, headers=headers)

    actor = Reply.model_validate(orjson.loads(world.broker.got[0].value or b"")).actor
    assert (actor.kind, actor.id) == (kind, actor_id)


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        ("ds_all", {"X-Agent-Id": "bob"}, 403),
        ("ds_ana", {"X-Agent-Id": "bob"}, 403),
        ("ds_desk", {"X-Agent-Id": "bob", "X-Requester-Id": "cara"}, 409),
        ("ds_desk", {"X-Agent-Id": " "}, 422),
        ("ds_reader", {}, 403),
    ],
)
async def test_nobody_acts_for_another_without_leave(
    world: World, token: str, headers: dict[str, str], status: int
) -> None:
    await world.store_ticket("t1")

    answer = await world.post(PATH, REPLY, token=token, headers=headers)

    assert answer.status_code == status
    assert world.broker.got == []


@pytest.mark.parametrize(
    ("command", "errors"),
    [
        ({"text": "x"}, [("command", "is missing")]),
        ({"command": "Replay"}, [("command", 'is unknown; did you mean "Reply"?')]),
        ({"command": "RecordMessage"}, [("command", "is unknown")]),
        ({"command": 5}, [("command", "is unknown")]),
        ({"command": "Reply"}, [("text", "is missing")]),
        (
            {**REPLY, "actor": {"kind": "agent", "id": "boss"}},
            [("actor", "is set by the server")],
        ),
        (
            {"command": "Link", "other": "t1", "mirrored": True},
            [("mirrored", "is set by the server")],
        ),
        ({"command": "SetStatus", "status": "open", "seen": 1}, [("seen", "is set by the server")]),
        ({"command": "Rate", "score": 6}, [("score", "must be less than or equal to 5")]),
    ],
)
async def test_what_is_no_command_is_told(
    world: World, command: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    await world.store_ticket("t1")

    answer = await world.post(PATH, command)

    assert answer.status_code == 422
    assert [(e["field"], e["problem"]) for e in answer.json()["errors"]] == errors
    assert world.broker.got == []


async def test_a_ticket_that_is_named_and_not_there_is_told(world: World) -> None:
    await world.store_ticket("t1")

    answer = await world.post(PATH, {"command": "Merge", "into": "t9"})

    assert answer.status_code == 409
    assert answer.json()["errors"] == [{"field": "into", "problem": "there is no ticket t9"}]
    assert world.broker.got == []


async def test_another_ticket_can_be_named_by_its_number(world: World) -> None:
    await world.store_ticket("t1")
    await world.store_ticket("t2", number="TKT-1001")

    await world.post(PATH, {"command": "Merge", "into": "TKT-1001"})

    assert Merge.model_validate(orjson.loads(world.broker.got[0].value or b"")).into == "t2"


async def test_a_command_for_no_ticket(world: World) -> None:
    answer = await world.post(PATH, REPLY)

    assert answer.status_code == 404


async def test_the_same_key_is_one_command_and_not_for_another_ticket_or_agent(
    world: World,
) -> None:
    await world.store_ticket("t1")
    await world.store_ticket("t2", number="TKT-1001")
    bob: dict[str, Any] = {
        "token": "ds_desk",
        "headers": {"Idempotency-Key": "k", "X-Agent-Id": "bob"},
    }
    eve: dict[str, Any] = {
        "token": "ds_desk",
        "headers": {"Idempotency-Key": "k", "X-Agent-Id": "eve"},
    }

    first, second = await world.post(PATH, REPLY, **bob), await world.post(PATH, REPLY, **bob)
    elsewhere = await world.post("/v1/tickets/t2/commands", REPLY, **bob)
    by_eve = await world.post(PATH, REPLY, **eve)

    assert first.json() == second.json()
    assert len(world.broker.got) == 1
    assert (elsewhere.status_code, by_eve.status_code) == (409, 409)


async def test_waiting_gives_what_was_said(world: World) -> None:
    await world.store_ticket("t1")
    said = ["AgentReplied", "StatusChanged"]
    await world.door.database["answers"].insert_one(
        {"_id": "shop:k", "ticket_id": "t1", "said": said, "reason": None}
    )

    answer = await world.post(f"{PATH}?wait=3", REPLY, headers={"Idempotency-Key": "k"})

    assert (answer.status_code, answer.json()["said"]) == (200, said)


async def test_waiting_gives_the_refusal(world: World) -> None:
    await world.store_ticket("t1")
    reason = "Reply does not fit a ticket that is closed"
    await world.door.database["answers"].insert_one(
        {"_id": "shop:k", "ticket_id": "t1", "said": ["CommandRejected"], "reason": reason}
    )

    answer = await world.post(f"{PATH}?wait=3", REPLY, headers={"Idempotency-Key": "k"})

    assert answer.status_code == 409
    assert answer.json()["detail"] == f"Not done: {reason}."


async def test_the_variables_of_a_canned_reply_have_names_of_their_own(world: World) -> None:
    await world.store_ticket("t1")
    command = {"command": "ReplyCanned", "canned_id": "hello", "variables": {"what": "it"}}

    taken = await world.post(PATH, command)
    sealed = await world.post(PATH, {**command, "variables": {"what": {"kid": "k", "cd": "x"}}})

    assert taken.status_code == 202
    assert sealed.status_code == 422
    assert sealed.json()["errors"][0]["field"] == "variables.0.cd"
