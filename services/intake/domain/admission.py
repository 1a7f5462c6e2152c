"""What becomes of a message on arrival: a command to a ticket's writer, from all that is known."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.intake.domain.identity import MessageIdentity, normal_address, without_tag
from services.intake.domain.message import IncomingMessage
from shared.contracts.commands import NewTicket, RecordMessage, ReportBounce
from shared.contracts.fields import Actor, ActorKind, Attachment, BlobRef, MessageBody, Requester
from shared.contracts.ticket import RequesterProfile, TicketHistory

LONGEST_SUBJECT_OF_TEXT = 80
MOST_PARTICIPANTS = 50
# Bytes of UTF-8. JSON may double them, and a record must stay under its topic's megabyte.
LARGEST_TEXT, LARGEST_NEW_TEXT, LARGEST_HTML = 160_000, 80_000, 240_000
MAIL_SYSTEM = Actor(kind=ActorKind.SYSTEM, id="mail")


@dataclass(frozen=True, slots=True)
class Earlier:
    """Of the requester, before this message."""

    history: TicketHistory
    profile: RequesterProfile | None


def body_of(
    message: IncomingMessage,
    identity: MessageIdentity,
    attachments: tuple[Attachment, ...],
    raw: BlobRef | None,
) -> MessageBody:
    """As readers see it. What is too large for a record is cut: the original is behind `raw`."""
    html = message.html
    return MessageBody(
        message_id=identity.message_id,
        text=cut(message.text, LARGEST_TEXT),
        new_text=None if message.new_text is None else cut(message.new_text, LARGEST_NEW_TEXT),
        html=html if html and len(html.encode()) <= LARGEST_HTML else None,
        attachments=attachments,
        channel=message.channel,
        external_id=message.external_id,
        sent_at=message.sent_at,
        raw=raw,
        sender_check=message.sender_check,
    )


def is_cut(message: IncomingMessage) -> bool:
    return len(message.text.encode()) > LARGEST_TEXT or (
        len((message.html or "").encode()) > LARGEST_HTML
    )


def cut(text: str, size: int) -> str:
    data = text.encode()
    return text if len(data) <= size else data[:size].decode(errors="ignore")


def appended(
    message: IncomingMessage, body: MessageBody, customer_id: str, *, participant: bool
) -> RecordMessage:
    return RecordMessage(
        actor=Actor(kind=ActorKind.REQUESTER, id=customer_id),
        message=body,
        sender=message.sender.address,
        participant=participant,
        automatic=message.automatic,
        resolves=message.resolves,
    )


def opening(
    message: IncomingMessage,
    body: MessageBody,
    requester: Requester,
    earlier: Earlier,
    upstream: tuple[str, str] | None,
) -> RecordMessage:
    return appended(message, body, requester.customer_id, participant=True).model_copy(
        update={"new_ticket": _new_ticket(message, requester, earlier, upstream)}
    )


def bounced(message: IncomingMessage, body: MessageBody) -> ReportBounce:
    report = message.bounce
    return ReportBounce(
        actor=MAIL_SYSTEM,
        message=body,
        address=report.address if report else None,
        status=report.status if report else None,
        hard=report.hard if report else False,
    )


def _new_ticket(
    message: IncomingMessage,
    requester: Requester,
    earlier: Earlier,
    upstream: tuple[str, str] | None,
) -> NewTicket:
    return NewTicket(
        channel=message.channel,
        mailbox=message.mailbox,
        brand=message.brand,
        requester=requester,
        subject=_subject(message),
        participants=participants_of(message),
        acknowledge=message.answerable,
        conversation=message.conversation,
        tags=message.tags,
        priority=message.priority,
        type=message.type,
        upstream_source=upstream[0] if upstream else None,
        upstream_id=upstream[1] if upstream else None,
        history=earlier.history,
        profile=earlier.profile,
    )


def _subject(message: IncomingMessage) -> str:
    if message.subject:
        return message.subject
    lines = (line.strip() for line in (message.new_text or message.text).split("\n"))
    first = next((line for line in lines if line), "(no subject)")
    if len(first) <= LONGEST_SUBJECT_OF_TEXT:
        return first
    return first[:LONGEST_SUBJECT_OF_TEXT].rstrip() + "…"


def participants_of(message: IncomingMessage) -> tuple[str, ...]:
    """Everyone but us, in lower case, whoever wrote first."""
    people = (message.sender, message.reply_to, *message.to, *message.cc)
    addresses = (normal_address(p.address, message.channel) for p in people if p and p.address)
    ours = set(_ours(message))
    others = dict.fromkeys(a for a in addresses if without_tag(a) not in ours)
    return tuple(others)[:MOST_PARTICIPANTS]


def _ours(message: IncomingMessage) -> Iterable[str]:
    for address in (message.mailbox, *message.delivered_to):
        if address:
            yield without_tag(normal_address(address, message.channel))
