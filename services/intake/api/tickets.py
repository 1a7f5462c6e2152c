"""POST /v1/tickets and GET /v1/tickets/{id}."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from services.intake.adapters.canonical import from_received
from services.intake.api.answers import TicketAccepted, TicketView
from services.intake.api.bodies import digest_of, json_object, read
from services.intake.api.door import LONGEST_KEY, Door, envelope, record
from services.intake.api.keys import key_of_message
from services.intake.api.openapi import json_body, problems
from services.intake.domain.identity import identity_of
from services.intake.domain.message import IncomingMessage, UnreadableError
from services.intake.store.lifecycle import DOOR
from shared.contracts.channel import MessageReceived
from shared.contracts.message import encode
from shared.contracts.topics import CHANNEL_MESSAGES
from shared.kit.problems import FieldProblem, ProblemError
from shared.kit.unit import Document

WRITE, READ = "tickets:write", "tickets:read"
# Only our own blobs are referred to, and only by us: else anyone could attach what he guesses.
OURS = ("blob",)
EXAMPLE = {
    "channel": "web",
    "sender": {"address": "ana@customer.example", "name": "Ana Ruiz"},
    "subject": "The printer is on fire",
    "text": "It is the one on floor two.",
}

Wait = Annotated[
    float, Query(ge=0, le=300, description="Seconds to wait for what becomes of it (at most 30).")
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=LONGEST_KEY,
        description="The same key and body: one message, one answer.",
    ),
]
Traceparent = Annotated[str | None, Header(include_in_schema=False)]


def routes(door: Door) -> APIRouter:
    router = APIRouter(tags=["tickets"])

    @router.post(
        "/v1/tickets",
        status_code=HTTPStatus.ACCEPTED,
        summary="Ask for help: hand over one message",
        openapi_extra=json_body("MessageReceived", EXAMPLE),
        responses={
            201: {"model": TicketAccepted, "description": "Waited for, and there it is"},
            **problems(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
        },
    )
    async def post_ticket(
        request: Request,
        response: Response,
        wait: Wait = 0,
        idempotency_key: IdempotencyKey = None,
        traceparent: Traceparent = None,
    ) -> TicketAccepted:
        """Answers once Kafka has the message. It becomes a ticket, or part of one that exists.

        Needs the scope tickets:write.
        """
        token = door.tokens.admit(request.headers.get("authorization"), WRITE)
        body = await door.json_of(request)
        message = read(MessageReceived, json_object(body), ours=OURS)
        incoming = _as_reception_reads(message)
        accepting = await door.identify(token.name, idempotency_key, digest_of(b"ticket", body))
        ticket_id = ticket_id_of(incoming, accepting.event_id)
        about = envelope(
            event_id=accepting.event_id,
            type_name=MessageReceived.type_name(),
            subject=ticket_id,
            at=accepting.known.at,
            traceparent=traceparent,
        )
        publication = record(CHANNEL_MESSAGES.name, key_of_message(message), encode(message), about)
        await door.accept(publication, accepting)
        accepted = await became_of(door, accepting.event_id, ticket_id, wait)
        if accepted.number is not None:
            response.status_code = HTTPStatus.CREATED
        response.headers["Location"] = accepted.status_url
        return accepted

    @router.get(
        "/v1/tickets/{ticket}",
        summary="Where a ticket stands",
        responses=problems(401, 403, 404, 422, 429, 503),
    )
    async def get_ticket(
        request: Request,
        ticket: Annotated[str, Path(max_length=200, description="Its id or its number")],
    ) -> TicketView:
        """Needs the scope tickets:read."""
        door.tokens.admit(request.headers.get("authorization"), READ)
        document = await door.ticket(ticket)
        if document is None:
            raise no_such_ticket(ticket)
        return TicketView.of(document)

    return router


def _as_reception_reads(message: MessageReceived) -> IncomingMessage:
    """So what reception would reject is refused here at once."""
    try:
        return from_received(message)
    except UnreadableError as error:
        field, _, problem = str(error).partition(": ")
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "1 field is wrong.",
            errors=[FieldProblem(field, problem)],
        ) from error


def ticket_id_of(incoming: IncomingMessage, event_id: str) -> str:
    """The id that reception gives the ticket, if the message opens one."""
    identity = identity_of(
        channel=incoming.channel,
        mailbox=incoming.mailbox,
        external_id=incoming.external_id,
        source=DOOR,
        event_id=event_id,
    )
    return identity.ticket_id


async def became_of(
    door: Door, message_id: str, ticket_id: str, wait_seconds: float
) -> TicketAccepted:
    """Looks until the time is up. Reception may have found another ticket that it belongs to."""
    pauses = door.pauses(wait_seconds)
    document: Document | None = None
    while document is None and await pauses.pause():
        answer = await door.answer(message_id)
        if answer is not None and answer.get("reason"):
            raise ProblemError(HTTPStatus.CONFLICT, f"Not accepted: {answer['reason']}.")
        if answer is not None and answer.get("ticket_id"):
            ticket_id = answer["ticket_id"]
        document = await door.ticket(ticket_id)
    return TicketAccepted(
        ticket_id=ticket_id,
        status_url=f"/v1/tickets/{ticket_id}",
        message_id=message_id,
        number=document["number"] if document is not None else None,
        status=document["status"] if document is not None else None,
    )


def no_such_ticket(asked: str) -> ProblemError:
    detail = f"There is no ticket {asked}, or it is not there yet: ask again in a moment."
    return ProblemError(HTTPStatus.NOT_FOUND, detail)
