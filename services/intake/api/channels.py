"""POST /v1/channels/{channel}: raw input as mail servers, vendors and monitoring send it."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import SecretStr

from services.intake.adapters.channels import ADAPTERS
from services.intake.api.answers import InputAccepted
from services.intake.api.bodies import JSON, body_of, digest_of, json_object, read
from services.intake.api.door import Door, envelope, record
from services.intake.api.keys import key_of_alerts, key_of_mail, key_of_message, key_of_whatsapp
from services.intake.api.openapi import problems, raw_body
from services.intake.api.tickets import IdempotencyKey, Traceparent
from shared.contracts.channel import MessageReceived, RawMessage
from shared.contracts.message import encode
from shared.contracts.topics import CHANNEL_MESSAGES
from shared.kit.config import did_you_mean
from shared.kit.problems import ProblemError

WRITE = "channels:write"
MAIL = "message/rfc822"
SIGNATURE = "x-hub-signature-256"
CHANNELS: Mapping[str, str] = {name: MAIL if name == "email" else JSON for name in ADAPTERS}


@dataclass(frozen=True, slots=True)
class Arrived:
    channel: str
    mailbox: str | None
    body: bytes

    def key(self) -> str:
        if self.channel == "email":
            return key_of_mail(self.body)
        payload = json_object(self.body)
        if self.channel == "whatsapp":
            return key_of_whatsapp(payload, self.body)
        if self.channel == "alertmanager":
            return key_of_alerts(payload, self.body)
        return key_of_message(read(MessageReceived, {"channel": self.channel, **payload}))


def routes(door: Door) -> APIRouter:
    router = APIRouter(tags=["channels"])

    @router.post(
        "/v1/channels/{channel}",
        status_code=HTTPStatus.ACCEPTED,
        summary="Hand over raw input of a channel",
        openapi_extra=raw_body(MAIL, JSON),
        responses=problems(400, 401, 403, 404, 413, 415, 422, 429, 503),
    )
    async def post_input(
        request: Request,
        response: Response,
        channel: Annotated[str, Path(max_length=64, description=", ".join(CHANNELS))],
        mailbox: Annotated[
            str | None,
            Query(max_length=320, description="The address or number that it came in by"),
        ] = None,
        idempotency_key: IdempotencyKey = None,
        traceparent: Traceparent = None,
    ) -> InputAccepted:
        """Answers once Kafka has it. WhatsApp's webhooks may bring Meta's signature as a token."""
        media_type = _media_type(channel)
        secret = door.settings.whatsapp_app_secret if channel == "whatsapp" else None
        client = channel
        if secret is None:
            client = door.tokens.admit(request.headers.get("authorization"), WRITE).name
        body = await body_of(request, door.settings.largest_raw_bytes, media_type)
        if secret is not None:
            check_signature(secret, body, request.headers.get(SIGNATURE))
            # Meta repeats what is answered by anything but 200.
            response.status_code = HTTPStatus.OK
        arrived = Arrived(channel, mailbox, body)
        key = arrived.key()
        digest = digest_of(channel.encode(), (mailbox or "").encode(), body)
        known, keys = await door.identify(client, idempotency_key, digest)
        about = envelope(
            event_id=known.id,
            type_name=RawMessage.type_name(),
            subject=known.id,
            at=known.at,
            traceparent=traceparent,
        )
        value, extra = await _value(door, arrived, media_type)
        await door.accept(record(CHANNEL_MESSAGES.name, key, value, about, extra), known, keys)
        return InputAccepted(message_id=known.id)

    @router.get(
        "/v1/channels/whatsapp",
        summary="Meta's verification of the webhook's address",
        response_class=PlainTextResponse,
        responses=problems(403, 404, 422),
    )
    async def verify(
        mode: Annotated[str, Query(alias="hub.mode", max_length=64)],
        token: Annotated[str, Query(alias="hub.verify_token", max_length=512)],
        challenge: Annotated[str, Query(alias="hub.challenge", pattern=r"^[A-Za-z0-9_-]{1,256}$")],
    ) -> PlainTextResponse:
        expected = door.settings.whatsapp_verify_token
        if expected is None:
            raise ProblemError(
                HTTPStatus.NOT_FOUND,
                "WhatsApp is not set up: DESKSTREAM_INTAKE_WHATSAPP_VERIFY_TOKEN is not set.",
            )
        right = hmac.compare_digest(token.encode(), expected.get_secret_value().encode())
        if mode != "subscribe" or not right:
            raise ProblemError(HTTPStatus.FORBIDDEN, "This verify token is not ours.")
        return PlainTextResponse(challenge, headers={"X-Content-Type-Options": "nosniff"})

    return router


def check_signature(secret: SecretStr, body: bytes, given: str | None) -> None:
    """Raises ProblemError 401 unless Meta, who knows the app's secret, sent just these bytes."""
    made = hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()
    if given is None or not hmac.compare_digest(f"sha256={made}".encode(), given.encode()):
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "X-Hub-Signature-256 is missing, or it is no signature of this body by our app secret.",
            headers={"WWW-Authenticate": "X-Hub-Signature-256"},
        )


def _media_type(channel: str) -> str:
    if channel not in CHANNELS:
        hint = did_you_mean(channel, list(CHANNELS)) or "."
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            f"There is no channel {channel}{hint} There are {', '.join(CHANNELS)}.",
        )
    return CHANNELS[channel]


async def _value(door: Door, arrived: Arrived, media_type: str) -> tuple[bytes, dict[str, str]]:
    """The record's value: the bytes themselves, or where they are if they are many."""
    extra = {"ce_channel": arrived.channel, "content-type": media_type}
    if arrived.mailbox is not None:
        extra["ce_mailbox"] = arrived.mailbox
    if len(arrived.body) <= door.settings.largest_inline_bytes:
        return arrived.body, extra
    reference = await door.blobs.put(arrived.body)
    value = encode(reference)
    return value, {**extra, "ce_dataref": value.decode()}
