"""One message of an input: who it is, and what has to be known to receive it."""

from dataclasses import dataclass, replace

from services.intake.domain.conversation import numbers_in, tokens_of
from services.intake.domain.identity import MessageIdentity, identity_of, normal_address
from services.intake.domain.message import IncomingMessage, Parsed
from services.intake.store.held import RELEASED
from services.intake.store.reception import Wanted, conversation_key, reference_key
from shared.contracts.channel import MessageReceived
from shared.contracts.envelope import deterministic_id, header_text
from shared.kit.unit import Heard


@dataclass(frozen=True, slots=True)
class Arrival:
    """The `index`-th message of what was heard."""

    heard: Heard
    index: int
    parsed: Parsed
    identity: MessageIdentity


def released_id(heard: Heard) -> str | None:
    """Of the held message that a human lets in with this one."""
    headers = header_text(heard.record.headers) if heard.record else {}
    return headers.get(RELEASED)


def arrived(heard: Heard, parsed: Parsed, index: int) -> Arrival:
    message = parsed if isinstance(parsed, IncomingMessage) else None
    identity = identity_of(
        channel=message.channel if message else "",
        mailbox=message.mailbox if message else None,
        external_id=message.external_id if message else None,
        source=heard.envelope.source,
        event_id=heard.envelope.id,
        index=index,
    )
    return Arrival(heard, index, parsed, identity)


def want(wanted: Wanted, arrival: Arrival, message: IncomingMessage) -> None:
    """Adds the ids that this message may be known or found by."""
    if message.external_id:
        wanted.messages.add(arrival.identity.key)
    answered = (*message.references, *originals_of(message))
    wanted.references |= {reference_key(message.channel, each) for each in answered}
    if message.conversation:
        wanted.conversations.add(conversation_of(message))
    wanted.numbers |= set(numbers_in(message.subject))
    for person in (message.sender, message.reply_to):
        if person and person.address:
            wanted.addresses.add(normal_address(person.address, message.channel))
    wanted.addresses |= {normal_address(each, message.channel) for each in message.aliases}
    if message.sender.customer_id:
        wanted.customers.add(message.sender.customer_id)


def signed_tickets(message: IncomingMessage, secret: str) -> set[str]:
    answered = replace(message, references=(*message.references, *originals_of(message)))
    found = tokens_of(answered, secret)
    return {found.ticket_id} if found else set()


def originals_of(message: IncomingMessage) -> tuple[str, ...]:
    """Of the mail that came back."""
    return message.bounce.originals if message.bounce else ()


def conversation_of(message: IncomingMessage) -> str:
    return conversation_key(message.channel, message.mailbox, message.conversation or "")


def subject_of(heard: Heard, index: int) -> str:
    """Of what is said about an input that reached no ticket: the input itself."""
    return deterministic_id("input", heard.envelope.source, heard.envelope.id, index)


def upstream_of(heard: Heard) -> tuple[str, str] | None:
    """The publisher's own source and id, where it gave them."""
    position = heard.record.position if heard.record else None
    if heard.envelope.id == position:
        return None
    return heard.envelope.source, heard.envelope.id


def channel_named(heard: Heard) -> str:
    """What the input says of its channel, before anybody could read it."""
    if isinstance(heard.data, MessageReceived):
        return heard.data.channel
    headers = header_text(heard.record.headers) if heard.record else {}
    return (headers.get("ce_channel") or "unknown").strip().lower()[:64]
