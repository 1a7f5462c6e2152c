"""POST /v1/channels/{channel}: raw input of whoever has a token."""

import hashlib
from typing import Any

import orjson
import pytest

from shared.contracts.fields import BlobRef
from tests.intake_door.conftest import World

MAIL = b"From: Cara <Cara@Example.org>\r\nSubject: Lamp\r\n\r\nIt is dark.\r\n"
IS_MAIL = {"Content-Type": "message/rfc822"}


async def test_a_mail_travels_as_it_came_under_its_sender(world: World) -> None:
    answer = await world.post(
        "/v1/channels/email?mailbox=help@desk.example", content=MAIL, headers=IS_MAIL
    )

    assert answer.status_code == 202
    [record], [headers] = world.broker.got, world.broker.headers()
    assert (record.topic, record.key, record.value) == (
        "channel.messages",
        b"cara@example.org",
        MAIL,
    )
    assert headers["content-type"] == "message/rfc822"
    assert (headers["ce_channel"], headers["ce_mailbox"]) == ("email", "help@desk.example")
    assert headers["ce_type"] == "deskstream.RawMessage.v1"
    assert headers["ce_id"] == answer.json()["message_id"]


async def test_bytes_for_the_mail_channel_are_mail(world: World) -> None:
    headers = {"Content-Type": "application/octet-stream"}

    await world.post("/v1/channels/email", content=MAIL, headers=headers)

    assert world.broker.headers()[0]["content-type"] == "message/rfc822"


async def test_a_large_mail_goes_to_the_blob_store(world: World) -> None:
    mail = MAIL + b"x" * 300_000

    await world.post("/v1/channels/email", content=mail, headers=IS_MAIL)

    [record], [headers] = world.broker.got, world.broker.headers()
    reference = BlobRef.model_validate(orjson.loads(record.value or b""))
    assert BlobRef.model_validate_json(headers["ce_dataref"]) == reference
    assert reference.size == len(mail)
    assert await world.blobs.get(reference.blob_id) == mail


async def test_a_mail_over_the_limit_is_refused(world: World) -> None:
    answer = await world.post("/v1/channels/email", content=b"x" * 600_001, headers=IS_MAIL)

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "mail", [b"", b"\x00\xff\xfe", b"From: nobody\r\n\r\nhi", b"From: =?broken?=\n\n"]
)
async def test_a_mail_without_a_sender_is_taken_too(world: World, mail: bytes) -> None:
    answer = await world.post("/v1/channels/email", content=mail, headers=IS_MAIL)

    assert answer.status_code == 202
    assert world.broker.got[0].key == hashlib.sha256(mail).hexdigest().encode()


@pytest.mark.parametrize(
    ("payload", "key"),
    [
        ({"groupKey": "{}:{alertname='Dark'}"}, b"alerts:{}:{alertname='Dark'}"),
        ({"groupKey": 5}, None),
        ({}, None),
    ],
)
async def test_alerts_of_a_group_stay_in_order(
    world: World, payload: dict[str, Any], key: bytes | None
) -> None:
    answer = await world.post("/v1/channels/alertmanager", payload)

    assert answer.status_code == 202
    if key is not None:
        assert world.broker.got[0].key == key


async def test_a_web_form_can_come_as_a_channel_too(world: World) -> None:
    answer = await world.post(
        "/v1/channels/web", {"sender": {"address": "Cara@Example.org"}, "text": "It is dark."}
    )

    assert answer.status_code == 202
    assert world.broker.got[0].key == b"cara@example.org"
    assert world.broker.headers()[0]["ce_channel"] == "web"


@pytest.mark.parametrize(
    ("path", "content", "content_type", "status", "detail"),
    [
        (
            "/v1/channels/emial",
            b"",
            "message/rfc822",
            404,
            'There is no channel emial; did you mean "email"? There are ',
        ),
        (
            "/v1/channels/email",
            MAIL,
            "text/plain",
            415,
            "Send Content-Type: message/rfc822 or application/octet-stream, not text/plain.",
        ),
        ("/v1/channels/alertmanager", b"{", "application/json", 400, "The body is no JSON: "),
        (
            "/v1/channels/web",
            b"{}",
            "application/json",
            422,
            "Not taken: the form has no field with an e-mail address or a phone number.",
        ),
        (
            "/v1/channels/alertmanager",
            b'{"a":' * 33 + b"1" + b"}" * 33,
            "application/json",
            400,
            "The JSON is nested more than 32 levels deep.",
        ),
        (
            "/v1/channels/web",
            b"--b\r\n\r\n" * 1_002 + b"--b--",
            "multipart/form-data; boundary=b",
            413,
            "The form has over 1000 parts, which is the most that is taken here.",
        ),
    ],
)
async def test_what_is_no_input_is_told(
    world: World, path: str, content: bytes, content_type: str, status: int, detail: str
) -> None:
    answer = await world.post(path, content=content, headers={"Content-Type": content_type})

    assert answer.status_code == status
    assert answer.json()["detail"].startswith(detail)


async def test_the_same_key_is_one_input(world: World) -> None:
    headers = {**IS_MAIL, "Idempotency-Key": "k"}

    first = await world.post("/v1/channels/email", content=MAIL, headers=headers)
    second = await world.post("/v1/channels/email", content=MAIL, headers=headers)

    assert first.json() == second.json()
    assert len(world.broker.got) == 1
