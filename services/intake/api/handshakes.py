"""How Meta and Slack make sure that a webhook's address is ours before they use it."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse

from services.intake.adapters.payload import Payload, text_at
from services.intake.api.door import Door
from services.intake.api.openapi import problems
from services.intake.api.proofs.proof import any_same
from services.intake.api.vendors import CHANNELS
from shared.kit.problems import ProblemError

META = tuple(name for name, vendor in CHANNELS.items() if vendor.handshake)
# Only this is repeated to the caller, so that nobody has a page of his shown under our name.
CHALLENGE = r"^[A-Za-z0-9_-]{1,256}$"


def routes(door: Door) -> APIRouter:
    router = APIRouter(tags=["channels"])
    for channel in META:
        router.add_api_route(
            f"/v1/channels/{channel}",
            _verifier(door, channel),
            methods=["GET"],
            summary=f"Meta's verification of the webhook's address: {channel}",
            operation_id=f"verify_{channel}",
            response_class=PlainTextResponse,
            responses=problems(403, 404, 422),
            openapi_extra={"security": []},
        )
    return router


def _verifier(door: Door, channel: str) -> Callable[..., Awaitable[PlainTextResponse]]:
    async def verify(
        mode: Annotated[str, Query(alias="hub.mode", max_length=64)],
        token: Annotated[str, Query(alias="hub.verify_token", max_length=512)],
        challenge: Annotated[str, Query(alias="hub.challenge", pattern=CHALLENGE)],
    ) -> PlainTextResponse:
        if mode != "subscribe" or not any_same(token, _expected(door, channel)):
            raise ProblemError(HTTPStatus.FORBIDDEN, "This verify token is not ours.")
        return PlainTextResponse(challenge, headers={"X-Content-Type-Options": "nosniff"})

    return verify


def _expected(door: Door, channel: str) -> Sequence[str]:
    tokens = door.settings.meta_verify_tokens
    if not tokens:
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            f"{channel} is not set up: DESKSTREAM_INTAKE_META_VERIFY_TOKENS is not set.",
        )
    return [token.get_secret_value() for token in tokens]


def slacks_challenge(payload: Payload) -> str | None:
    """What Slack wants to read back, once its signature has been found right."""
    if payload.channel != "slack" or payload.value.lstrip()[:1] != b"{":
        return None
    asked = payload.json()
    is_question = text_at(asked, "type") == "url_verification"
    return (text_at(asked, "challenge") or "")[:256] if is_question else None
