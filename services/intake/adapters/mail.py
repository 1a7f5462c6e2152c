"""E-mail: raw RFC 5322 bytes to a message, whatever is wrong with them."""

import hashlib
import re

from services.intake.adapters.payload import Payload
from services.intake.adapters.rfc822.addresses import addresses
from services.intake.adapters.rfc822.authentication import sender_check
from services.intake.adapters.rfc822.body import content_of
from services.intake.adapters.rfc822.bounce import bounce_of, report_of
from services.intake.adapters.rfc822.dates import date_of
from services.intake.adapters.rfc822.encoded_words import header_text
from services.intake.adapters.rfc822.headers import Headers
from services.intake.adapters.rfc822.parts import Budget, Part, read_mail_parts, reread_headers
from services.intake.domain.automatic import Verdict, can_be_answered, judge
from services.intake.domain.identity import normal_address, without_tag
from services.intake.domain.message import (
    LONGEST_SUBJECT,
    IncomingMessage,
    Parsed,
    Person,
    UnreadableError,
)
from services.intake.domain.quoting import divide, without_marks
from shared.contracts.fields import Automatic

CHANNEL = "email"
LARGEST_MAIL = 52_428_800
MOST_REFERENCES = 20
LONGEST_ID = 998
OF_MAIL = frozenset(
    {
        "bcc",
        "cc",
        "content-transfer-encoding",
        "content-type",
        "date",
        "delivered-to",
        "from",
        "in-reply-to",
        "message-id",
        "mime-version",
        "received",
        "references",
        "reply-to",
        "return-path",
        "sender",
        "subject",
        "to",
        "x-mailer",
    }
)
BARE_ID = re.compile(r"[^<>\s@]{1,400}@[^<>\s]{1,400}")
MESSAGE_ID = re.compile(r"<[^<>]{1,900}>")
VIA = re.compile(r"\s+via\s+\S.{0,200}\Z")  # as groups write: `'Ana Ruiz' via Support`
DELIVERY_HEADERS = (
    "delivered-to",
    "x-original-to",
    "x-delivered-to",
    "envelope-to",
    "x-envelope-to",
)
BY_GROUPS = ("x-original-sender", "x-original-from")  # where they keep whom From named
SENDER_FALLBACKS = ("sender", "reply-to", "return-path", "x-sender", "x-from", "resent-from")


def read_mail(payload: Payload) -> list[Parsed]:
    if len(payload.value) > LARGEST_MAIL:
        raise UnreadableError(f"the mail has {len(payload.value)} bytes, over {LARGEST_MAIL}")
    budget = Budget()
    mail = read_mail_parts(payload.value, budget)
    reread_headers(mail)
    if not OF_MAIL.intersection(mail.headers.values):
        raise UnreadableError("no header of a mail was found (From, To, Subject, Date …)")
    return [message_of(mail, payload, parts_left_out=budget.exceeded)]


def message_of(mail: Part, payload: Payload, *, parts_left_out: bool = False) -> IncomingMessage:
    """`payload` is what the mail came in: itself, or a webhook that brings its parts."""
    headers = mail.headers
    content = content_of(mail)
    text, html = content.text_and_html()
    subject = headers.text("subject")[:LONGEST_SUBJECT]
    message_id = message_id_in(headers.raw("message-id"))
    delivered_to = _delivered_to(headers)
    named = payload.mailbox or next(iter(delivered_to), None)
    mailbox = without_tag(named) if named else None
    sender, reply_to = _sender(headers, payload.mailbox), _reply_to(headers)
    report = report_of(mail)
    verdict = judge(
        {**headers.values, "subject": [subject]},
        sender=sender.address or sender.name or "",
        own=message_id is not None and payload.is_ours(message_id),
        report=report,
        mailbox=mailbox,
        text=text,
    )
    division = divide(text)
    text = without_marks(text)
    return IncomingMessage(
        channel=CHANNEL,
        sender=sender,
        text=text,
        new_text=division.new if division.quoted else None,
        quoted_text=division.quoted or None,
        html=html,
        subject=subject or None,
        attachments=tuple(content.attachments),
        external_id=message_id,
        fingerprint=_fingerprint(headers, sender),
        mailbox=mailbox,
        to=_everyone(headers, "to"),
        cc=_everyone(headers, "cc"),
        reply_to=reply_to,
        delivered_to=delivered_to,
        references=_references(headers),
        sent_at=date_of(headers.raw("date")),
        automatic=verdict.automatic,
        signals=(*verdict.signals, "parts-left-out") if parts_left_out else verdict.signals,
        bounce=bounce_of(mail, text) if verdict.automatic is Automatic.BOUNCE else None,
        sender_check=sender_check(headers.all("authentication-results"), payload.servers),
        answerable=_answerable(sender, reply_to, verdict),
        raw=payload.value,
    )


def message_id_in(value: str) -> str | None:
    """With its angle brackets; an id that lacks them, or has several "@", is an id too."""
    value = _unencoded(value)
    found = MESSAGE_ID.search(value)
    text = found[0] if found else value.strip(' \t<>"')
    text = "".join(text.split())[:LONGEST_ID]
    if not text:
        return None
    return text if found else f"<{text}>"


def _references(headers: Headers) -> tuple[str, ...]:
    """What it answers first, then back through the thread."""
    answered = [i for value in headers.all("in-reply-to") for i in _ids(value)]
    thread = [i for value in headers.all("references") for i in _ids(value[-20_000:])]
    ids = ("".join(each.split()) for each in (*answered, *reversed(thread)))
    return tuple(dict.fromkeys(ids))[:MOST_REFERENCES]


def _ids(value: str) -> list[str]:
    """Also where all lack their angle brackets, and nothing else stands beside them."""
    value = _unencoded(value)
    if found := MESSAGE_ID.findall(value):
        return found
    bare = value.replace(",", " ").split()
    return [f"<{each}>" for each in bare] if all(map(BARE_ID.fullmatch, bare)) else []


def _unencoded(value: str) -> str:
    """Some clients write ids as encoded words, which are for text alone."""
    return header_text(value) if "=?" in value and "<" not in value else value


def _everyone(headers: Headers, name: str) -> tuple[Person, ...]:
    return tuple(person for value in headers.all(name) for person in addresses(value))


def _sender(headers: Headers, mailbox: str | None) -> Person:
    """From; what a group rewrote is found in X-Original-Sender, what a form sent in Reply-To."""
    stated = _everyone(headers, "from")
    named = [person for person in stated if _is_mail_address(person.address)]
    via = VIA.search(named[0].name or "") if named else None
    rewritten = next((name for name in BY_GROUPS if name in headers.values), None)
    if named and rewritten and (via or _is(named[0], mailbox)):
        original = addresses(headers.raw(rewritten))
        name = VIA.sub("", named[0].name or "").strip("' ") or None
        named = [Person(original[0].address, name)] if original else named
    if named and not _is(named[0], mailbox):
        return named[0]
    for fallback in SENDER_FALLBACKS:
        found = [p for p in _everyone(headers, fallback) if _is_mail_address(p.address)]
        if found and not _is(found[0], mailbox):
            name = next((person.name for person in stated if person.name and not named), None)
            return Person(found[0].address, found[0].name or name)
    return named[0] if named else next(iter(stated), Person())


def _is_mail_address(address: str | None) -> bool:
    return address is not None and "@" in address


def _is(person: Person, mailbox: str | None) -> bool:
    return bool(mailbox and person.address) and normal_address(person.address or "") == (
        normal_address(mailbox or "")
    )


def _reply_to(headers: Headers) -> Person | None:
    valid = [p for p in _everyone(headers, "reply-to") if _is_mail_address(p.address)]
    return valid[0] if valid else None


def _delivered_to(headers: Headers) -> tuple[str, ...]:
    found = (p.address for name in DELIVERY_HEADERS for p in _everyone(headers, name) if p.address)
    return tuple(dict.fromkeys(normal_address(address) for address in found if "@" in address))


def _answerable(sender: Person, reply_to: Person | None, verdict: Verdict) -> bool:
    address = (reply_to or sender).address or ""
    return verdict.automatic is None and "@" in address and can_be_answered(address)


def _fingerprint(headers: Headers, sender: Person) -> str:
    """What lists and relays leave as it is."""
    kept = (sender.address or "", headers.raw("date") or headers.raw("subject"))
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()[:32]
