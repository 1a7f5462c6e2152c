"""POST /v1/tickets/{id}/commands: what somebody wants done to a ticket."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response

from services.intake.api.answers import CommandAccepted
from services.intake.api.bodies import digest_of, json_object, read
from services.intake.api.door import Door, envelope, record
from services.intake.api.openapi import COMMANDS, json_body, problems
from services.intake.api.tickets import OURS, IdempotencyKey, Traceparent, Wait, no_such_ticket
from shared.contracts.commands import Command
from shared.contracts.fields import Actor, ActorKind
from shared.contracts.message import encode
from shared.contracts.topics import TICKET_COMMANDS
from shared.kit.config import did_you_mean
from shared.kit.problems import FieldProblem, ProblemError
from shared.kit.tokens import Token

WRITE, ACT_AS = "commands:write", "act-as"
# What only intake itself sends, or a timer knows.
SET_BY_US = (*OURS, "actor", "seen", "mirrored", "refused_by")
EXAMPLE = {"command": "AddNote", "text": "@bert, the fire brigade has been called."}
NAMING_TICKETS = ("into", "other")

ActingAgent = Annotated[
    str | None,
    Header(
        alias="X-Agent-Id",
        min_length=1,
        max_length=200,
        pattern=r"\S",
        description="With scope act-as: for this agent.",
    ),
]
ActingRequester = Annotated[
    str | None,
    Header(
        alias="X-Requester-Id",
        min_length=1,
        max_length=200,
        pattern=r"\S",
        description="With scope act-as: for this customer.",
    ),
]


def routes(door: Door) -> APIRouter:
    router = APIRouter(tags=["commands"])

    @router.post(
        "/v1/tickets/{ticket}/commands",
        status_code=HTTPStatus.ACCEPTED,
        summary="Have something done to a ticket",
        openapi_extra=json_body("Command", EXAMPLE),
        responses={
            200: {"model": CommandAccepted, "description": "Waited for, and done"},
            **problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
        },
    )
    async def post_command(
        request: Request,
        response: Response,
        ticket: Annotated[str, Path(max_length=200, description="Its id or its number")],
        wait: Wait = 0,
        x_agent_id: ActingAgent = None,
        x_requester_id: ActingRequester = None,
        idempotency_key: IdempotencyKey = None,
        traceparent: Traceparent = None,
    ) -> CommandAccepted:
        """Answers once Kafka has the command; whether it fits the ticket is decided after that.

        With `wait`, a command that does not fit is answered by 409 and the reason. Needs the scope
        commands:write.
        """
        token = door.tokens.admit(request.headers.get("authorization"), WRITE)
        actor = actor_of(token, x_agent_id, x_requester_id)
        body = await door.json_of(request)
        given = json_object(body)
        cls = command_class(given)
        target = await door.ticket(ticket)
        if target is None:
            raise no_such_ticket(ticket)
        command = await _command(door, cls, given, actor)
        ticket_id = target["_id"]
        acting = f"{actor.kind}:{actor.id}".encode()
        digest = digest_of(b"command", ticket_id.encode(), acting, body)
        accepting = await door.identify(token.name, idempotency_key, digest)
        about = envelope(
            event_id=accepting.event_id,
            type_name=cls.type_name(),
            subject=ticket_id,
            at=accepting.known.at,
            traceparent=traceparent,
        )
        publication = record(TICKET_COMMANDS.name, ticket_id, encode(command), about)
        await door.accept(publication, accepting)
        accepted = await _became_of(door, accepting.event_id, ticket_id, wait)
        if accepted.said is not None:
            response.status_code = HTTPStatus.OK
        return accepted

    return router


def actor_of(token: Token, agent_id: str | None, requester_id: str | None) -> Actor:
    """Who acts: the token's own agent or program, or whom it may act for."""
    if agent_id is None and requester_id is None:
        if token.agent_id is not None:
            return Actor(kind=ActorKind.AGENT, id=token.agent_id)
        return Actor(kind=ActorKind.BOT, id=token.name)
    if ACT_AS not in token.scopes:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            f"The token '{token.name}' lacks the scope {ACT_AS}, so it acts for nobody else: leave "
            "X-Agent-Id and X-Requester-Id out.",
        )
    if agent_id is not None and requester_id is not None:
        raise ProblemError(
            HTTPStatus.CONFLICT, "Send either X-Agent-Id or X-Requester-Id, not both."
        )
    kind = ActorKind.AGENT if agent_id is not None else ActorKind.REQUESTER
    return Actor(kind=kind, id=(agent_id or requester_id or "").strip())


def command_class(given: Mapping[str, Any]) -> type[Command]:
    name = given.get("command")
    if isinstance(name, str) and name in COMMANDS:
        return COMMANDS[name]
    if name is None:
        problem = "is missing"
    else:
        problem = f"is unknown{did_you_mean(str(name)[:64], list(COMMANDS))}"
    raise ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"The field 'command' names what is wanted: {', '.join(COMMANDS)}.",
        errors=[FieldProblem("command", problem)],
    )


async def _command(
    door: Door, cls: type[Command], given: Mapping[str, Any], actor: Actor
) -> Command:
    fields = {name: value for name, value in given.items() if name != "command"}
    checked = read(cls, fields, ours=SET_BY_US, adding={"actor": actor})
    named = {
        name: await _existing(door, name, getattr(checked, name))
        for name in NAMING_TICKETS
        if name in cls.model_fields
    }
    return checked.model_copy(update=named)


async def _existing(door: Door, field: str, asked: str) -> str:
    other = await door.ticket(asked)
    if other is None:
        problem = FieldProblem(field, f"there is no ticket {asked}")
        raise ProblemError(HTTPStatus.CONFLICT, "1 field is wrong.", errors=[problem])
    return str(other["_id"])


async def _became_of(
    door: Door, command_id: str, ticket_id: str, wait_seconds: float
) -> CommandAccepted:
    pauses, said = door.pauses(wait_seconds), None
    while said is None and await pauses.pause():
        answer = await door.answer(command_id)
        if answer is not None and answer["reason"] is not None:
            raise ProblemError(HTTPStatus.CONFLICT, f"Not done: {answer['reason']}.")
        said = answer["said"] if answer is not None else None
    return CommandAccepted(
        ticket_id=ticket_id,
        command_id=command_id,
        status_url=f"/v1/tickets/{ticket_id}",
        said=None if said is None else tuple(said),
    )
