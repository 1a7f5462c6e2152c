"""Records that nobody can handle: each must become a dead letter, and nothing else may."""

import random
from collections.abc import Callable, Iterator, Sequence

import orjson

from shared.contracts.commands import NewTicket, RecordMessage
from shared.contracts.fields import Actor, ActorKind, MessageBody, Requester
from shared.contracts.message import encode
from shared.contracts.topics import CHANNEL_MESSAGES, TICKET_COMMANDS, TICKET_EVENTS, Topic
from shared.kit.records import Headers, Publication

PILL = b"pill-"  # how each one's key begins: the dead letter keeps it
SOURCE = "/chaos/pills"
DEEP = 20_000
# A command that fits its topic, whose event with all that is added does not.
NEARLY_TOO_LARGE = 1_046_500
WIDE = "\N{FIRE}"


def is_pill(key: bytes | None) -> bool:
    return key is not None and key.startswith(PILL)


def pills(count: int, seed: int) -> Iterator[Publication]:
    """Of every kind in turn."""
    chance = random.Random(seed)  # noqa: S311 - a load, not a secret
    kinds = chance.sample(KINDS, len(KINDS))
    for number in range(count):
        yield kinds[number % len(kinds)](number)


def _made(topic: Topic, pill: int, value: bytes | None, **attributes: str) -> Publication:
    key = PILL + str(pill).encode()
    usual = {
        "specversion": "1.0",
        "id": f"pill-{pill}",
        "source": SOURCE,
        "subject": key.decode(),
    }
    headers: Headers = tuple(
        (f"ce_{name}", text.encode()) for name, text in (usual | attributes).items() if text
    )
    return Publication(topic.name, key, value, (("content-type", b"application/json"), *headers))


def _bad_utf8(number: int) -> Publication:
    value = b'{"channel": "web", "sender": {"address": "a@b.example"}, "text": "\xff\xfe\xc3("}'
    return _made(CHANNEL_MESSAGES, number, value, type="deskstream.MessageReceived.v1")


def _wrong_types(number: int) -> Publication:
    value = orjson.dumps({"channel": ["web"], "sender": 5, "text": {"a": None}})
    return _made(CHANNEL_MESSAGES, number, value, type="deskstream.MessageReceived.v1")


def _deep(number: int) -> Publication:
    value = b'{"channel": "web", "sender": ' + b"[" * DEEP + b"]" * DEEP + b', "text": ""}'
    return _made(CHANNEL_MESSAGES, number, value, type="deskstream.MessageReceived.v1")


def _unknown_version(number: int) -> Publication:
    """Raw input of no channel that anybody knows."""
    return _made(CHANNEL_MESSAGES, number, b"{}", type="deskstream.MessageReceived.v99")


def _no_value(number: int) -> Publication:
    return _made(TICKET_COMMANDS, number, None, type="deskstream.Reply.v1")


def _no_envelope(number: int) -> Publication:
    return _made(TICKET_COMMANDS, number, b'{"text": "hello"}', type="", source="")


def _no_json(number: int) -> Publication:
    return _made(TICKET_COMMANDS, number, b"{" * 50, type="deskstream.Reply.v1")


def _too_large(number: int) -> Publication:
    """It would open a ticket, if what it leads to fitted on the log."""
    key = f"{PILL.decode()}{number}"
    body = MessageBody(message_id=key, text="", channel="web")
    opening = NewTicket(channel="web", requester=Requester(customer_id=key), subject="Large")
    actor = Actor(kind=ActorKind.REQUESTER, id=key)
    command = RecordMessage(actor=actor, message=body, new_ticket=opening)
    room = (NEARLY_TOO_LARGE - len(encode(command))) // len(WIDE.encode())
    large = command.model_copy(update={"message": body.model_copy(update={"text": WIDE * room})})
    return _made(TICKET_COMMANDS, number, encode(large), type="deskstream.RecordMessage.v1")


def _wrong_writer(number: int) -> Publication:
    """Only triage may say this; there is no ticket of this id either."""
    return _made(
        TICKET_EVENTS,
        number,
        b'{"category": "billing"}',
        type="deskstream.TicketTriaged.v1",
        time="2026-01-01T00:00:00Z",
        writer="intake",
        number="1",
    )


def _broken_event(number: int) -> Publication:
    return _made(
        TICKET_EVENTS,
        number,
        b'{"number": 5, "channel": [], "subject": {}}',
        type="deskstream.TicketCreated.v1",
        time="2026-01-01T00:00:00Z",
        writer="intake",
        number="1",
    )


KINDS: Sequence[Callable[[int], Publication]] = (
    _bad_utf8,
    _wrong_types,
    _deep,
    _unknown_version,
    _no_value,
    _no_envelope,
    _no_json,
    _too_large,
    _wrong_writer,
    _broken_event,
)
