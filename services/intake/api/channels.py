"""POST /v1/channels/{channel}: raw input as mail servers, vendors and monitoring send it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from services.intake.adapters.payload import Payload
from services.intake.api.answers import InputAccepted
from services.intake.api.bodies import body_of, check_parts, digest_of, json_object
from services.intake.api.door import Accepting, Door, envelope, record
from services.intake.api.handshakes import slacks_challenge
from services.intake.api.openapi import problems
from services.intake.api.tickets import IdempotencyKey, Traceparent
from services.intake.api.vendors import BYTES, CHANNELS, JSON, MAIL
from shared.contracts.channel import RawMessage
from shared.contracts.message import encode
from shared.contracts.topics import CHANNEL_MESSAGES
from shared.kit.config import did_you_mean
from shared.kit.problems import ProblemError
from shared.kit.records import Publication

WRITE = "channels:write"
EMPTY_TWIML = "<Response/>"  # nothing to be answered; Twilio reports JSON as a mistake


def routes(door: Door) -> APIRouter:
    router = APIRouter(tags=["channels"])

    @router.post(
        "/v1/channels/{channel}",
        status_code=HTTPStatus.ACCEPTED,
        summary="Hand over raw input of a channel",
        response_model=InputAccepted,
        responses={
            200: {
                "model": InputAccepted,
                "description": "A vendor's webhook was taken",
                "content": {"text/xml": {"schema": {"type": "string"}}},
            },
            **problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
        },
    )
    async def post_input(
        request: Request,
        channel: Annotated[str, Path(max_length=64, description=", ".join(CHANNELS))],
        mailbox: Annotated[
            str | None,
            Query(max_length=320, description="The address or number that it came in by"),
        ] = None,
        idempotency_key: IdempotencyKey = None,
        traceparent: Traceparent = None,
    ) -> Response:
        """Answers once Kafka has it."""
        _check_channel(channel)
        proofs, client = door.webhooks.proofs(channel, request.headers), ""
        if not proofs:
            client = door.tokens.admit(request.headers.get("authorization"), WRITE).name
        payload = await _payload(door, channel, mailbox, request)
        digest = digest_of(channel.encode(), (mailbox or "").encode(), payload.value)
        admitted = door.webhooks.admit(proofs, request, payload) if proofs else None
        if (challenge := slacks_challenge(payload)) is not None:
            return JSONResponse({"challenge": challenge})
        key = CHANNELS[channel].key(payload)
        if admitted is None:
            accepting = await door.identify(client, idempotency_key, digest)
        else:
            accepting = await door.recognise(admitted, digest)
        await door.accept(await _record(door, payload, key, accepting, traceparent), accepting)
        return _answer(channel, accepting, by_vendor=admitted is not None)

    return router


def _check_channel(channel: str) -> None:
    if channel not in CHANNELS:
        hint = did_you_mean(channel, list(CHANNELS)) or "."
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            f"There is no channel {channel}{hint} There are {', '.join(CHANNELS)}.",
        )


async def _payload(door: Door, channel: str, mailbox: str | None, request: Request) -> Payload:
    """Raises ProblemError where it is too large, of another kind, or nested too deeply."""
    settings, vendor = door.settings, CHANNELS[channel]
    limit = settings.largest_raw_bytes if vendor.brings_files else settings.largest_webhook_bytes
    body = await body_of(request, door.receiving, limit, *vendor.media_types)
    content_type = request.headers.get("content-type", "")
    check_parts(body, content_type, settings.most_parts)
    if content_type.partition(";")[0].strip().lower() == JSON:
        json_object(body)
    if BYTES in vendor.media_types:
        content_type = MAIL
    return Payload(body, channel, mailbox, content_type=content_type)


async def _record(
    door: Door, payload: Payload, key: str, accepting: Accepting, traceparent: str | None
) -> Publication:
    """Its value is the bytes themselves, or where they are if they are many."""
    about = envelope(
        event_id=accepting.event_id,
        type_name=RawMessage.type_name(),
        subject=accepting.event_id,
        at=accepting.known.at,
        traceparent=traceparent,
    )
    extra = {"ce_channel": payload.channel, "content-type": payload.content_type or ""}
    if payload.mailbox is not None:
        extra["ce_mailbox"] = payload.mailbox
    value = payload.value
    if len(value) > door.settings.largest_inline_bytes:
        value = encode(await door.blobs.put(value))
        extra["ce_dataref"] = value.decode()
    return record(CHANNEL_MESSAGES.name, key, value, about, extra)


def _answer(channel: str, accepting: Accepting, *, by_vendor: bool) -> Response:
    """Vendors send again what is answered by anything but 200."""
    if by_vendor and channel == "sms":
        return Response(EMPTY_TWIML, media_type="text/xml")
    status = HTTPStatus.OK if by_vendor else HTTPStatus.ACCEPTED
    return JSONResponse(InputAccepted(message_id=accepting.event_id).model_dump(), status)
