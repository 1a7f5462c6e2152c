"""What a mail system reports: which address, which status, for good or for now, of which mail."""

import re
from collections.abc import Iterator

from services.intake.adapters.rfc822.addresses import addresses
from services.intake.adapters.rfc822.bounce_text import (
    STATUS,
    addressee,
    failed_address,
    stranger,
    told,
)
from services.intake.adapters.rfc822.charsets import decode
from services.intake.adapters.rfc822.headers import Headers, read_head
from services.intake.adapters.rfc822.parameters import value_of
from services.intake.adapters.rfc822.parts import Budget, Part, read_mail_parts
from services.intake.adapters.rfc822.transfer import from_base64
from services.intake.domain.automatic import Report
from services.intake.domain.bounce_words import FOR_NOW, GONE
from services.intake.domain.message import BounceReport

SCANNED = 20_000  # bytes of what came back
MOST_GROUPS = 200
STATED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
REPLY_CODE = re.compile(r"(?<![\d.])([45])\d{2}(?:[ :-]|$)", re.MULTILINE)
METHOD_REPLY = re.compile(rb"^METHOD:REPLY\s*$", re.MULTILINE | re.IGNORECASE)
GROUPS = re.compile(rb"(?:\r?\n[ \t]*){2,}|\r\r")
ENCODED = re.compile(rb"^Content-Transfer-Encoding:\s*base64", re.MULTILINE | re.IGNORECASE)
MESSAGE_ID_LINE = re.compile(
    r"^[ \t>]*Message-ID:\s*(<[^<>\s]{3,500}>)", re.IGNORECASE | re.MULTILINE
)
RETURNED = frozenset({"message/rfc822", "text/rfc822-headers", "message/global", "message/partial"})
# Of a recipient's group, what we sent to first; of a complaint, what the provider left readable.
RECIPIENT_FIELDS = ("original-recipient", "final-recipient", "x-actual-recipient")
COMPLAINT_FIELDS = ("original-rcpt-to", "removal-recipient", "redacted-address")
# RFC 3463: full, too large, system and network trouble, content and policy may pass.
SOFT_FIVES = ("5.2.2", "5.2.3", "5.3.", "5.4.5", "5.4.6", "5.4.7", "5.6.", "5.7.")
WORST_FIRST = ("failed", "delayed")


def report_of(mail: Part) -> Report | None:
    """The kind of a report; also of one whose outer type forgot to say so."""
    parts = list(_parts(mail))
    kinds = {part.content_type for part in parts}
    returned = bool(kinds & RETURNED)
    if "message/feedback-report" in kinds:
        return Report("feedback-report", returned=returned)
    if any(kind.endswith("delivery-status") for kind in kinds):
        return Report("delivery-status", _action(_recipients(parts)), returned)
    is_report = mail.content_type == "multipart/report"
    kind = mail.parameters.get("report-type", "").lower() if is_report else ""
    if "message/disposition-notification" in kinds:
        kind = "disposition-notification"
    elif not kind and any(_answers_invitation(part) for part in parts):
        kind = "calendar-reply"
    return Report(kind, returned=returned) if kind or returned else None


def _answers_invitation(part: Part) -> bool:
    if part.content_type != "text/calendar":
        return False
    method = part.parameters.get("method", "").strip().lower()
    return method == "reply" or (not method and bool(METHOD_REPLY.search(part.decoded(SCANNED))))


def bounce_of(mail: Part, text: str) -> BounceReport:
    parts = list(_parts(mail))
    recipient = _worst(_recipients(parts) or _recipients(_wrapped(parts)))
    said = told(text)
    diagnosis = recipient.text("diagnostic-code") or said
    status = _status(recipient, diagnosis, said)
    complaint = any(part.content_type == "message/feedback-report" for part in parts)
    returned = _returned(parts)
    return BounceReport(
        address=_address(mail, parts, recipient, said, returned),
        status=status,
        hard=not complaint and _is_hard(status, diagnosis, _action_of(recipient)),
        originals=_originals(mail, text, returned),
    )


def _parts(mail: Part) -> Iterator[Part]:
    """The mail's leaves, or itself where it is one. Attached mails are not looked into."""
    if not mail.children:
        yield mail
    for part in mail.children:
        yield from _parts(part)


def _groups(parts: list[Part], kind: str) -> list[Headers]:
    found: list[Headers] = []
    for part in parts:
        if part.content_type.endswith(kind):
            groups = _divided(part.decoded().strip())[:MOST_GROUPS]
            found += [read_head(group)[0] for group in groups]
    return found


def _divided(data: bytes) -> list[bytes]:
    """Some gateways encode what follows the first group, and say so in there."""
    groups = GROUPS.split(data)
    for i, group in enumerate(groups[:MOST_GROUPS]):
        if ENCODED.search(group):
            return groups[: i + 1] + GROUPS.split(from_base64(b"".join(groups[i + 1 :])))
    return groups


def _recipients(parts: list[Part]) -> list[Headers]:
    """The groups of fields of message/delivery-status: the mail's, then each recipient's."""
    return _groups(parts, "delivery-status") or _groups(parts, "disposition-notification")


def _wrapped(parts: list[Part]) -> list[Part]:
    """The parts of a report that somebody's filter attached whole to a notice of its own."""
    for part in parts:
        if part.content_type == "message/rfc822":
            head = read_head(part.decoded(SCANNED))[0]
            if value_of(head.raw("content-type")) == "multipart/report":
                return list(_parts(read_mail_parts(part.decoded(), Budget())))
    return []


def _action(groups: list[Headers]) -> str | None:
    actions = [_action_of(group) for group in groups]
    return next((each for each in WORST_FIRST if each in actions), None) or next(
        filter(None, actions), None
    )


def _action_of(group: Headers) -> str:
    """One of RFC 3464's; also where it is spelt in another way (`failure`)."""
    stated = group.raw("action").strip().lower()
    return next((each for each in WORST_FIRST if stated[:4] == each[:4]), stated)


def _worst(groups: list[Headers]) -> Headers:
    """The group of the recipient to whom the worst happened; some systems spread one over two."""
    action = _action(groups)
    chosen = next((g for g in groups if _action_of(g) == action), Headers())
    merged = Headers({name: list(values) for name, values in chosen.values.items()})
    for group in groups:
        for name in ("status", "diagnostic-code", *RECIPIENT_FIELDS):
            if name in group.values:
                merged.values.setdefault(name, group.values[name])
    return merged


def _status(recipient: Headers, diagnosis: str, text: str) -> str | None:
    """What the field states; where it says little, what the diagnosis says more exactly."""
    stated = STATED.search(recipient.raw("status"))
    exact = STATUS.search(diagnosis)
    if stated and not stated[1].endswith(".0.0"):
        return stated[1]
    if exact and (stated is None or exact[1][0] == stated[1][0]):
        return exact[1]
    if stated:
        return stated[1]
    told = STATUS.search(text)
    code = REPLY_CODE.search(diagnosis)
    return told[1] if told else f"{code[1]}.0.0" if code else None


def _is_hard(status: str | None, diagnosis: str, action: str) -> bool:
    """Hard only where the address is not there: what may pass, or is our doing, is soft."""
    if action == "delayed" or (status or "").startswith(("4", "2")):
        return False
    if status and status.startswith(("5.1.", "5.2.1", "5.4.4")) and not status.startswith("5.1.0"):
        return True
    if status and status.startswith(SOFT_FIVES):
        return bool(GONE.search(diagnosis)) and not FOR_NOW.search(diagnosis)
    return bool(GONE.search(diagnosis)) or not FOR_NOW.search(diagnosis)


def _address(
    mail: Part, parts: list[Part], recipient: Headers, text: str, returned: str
) -> str | None:
    stated = [recipient.raw(name).rpartition(";")[2] for name in RECIPIENT_FIELDS]
    stated.append(mail.headers.raw("x-failed-recipients"))
    for group in _groups(parts, "feedback-report"):
        stated += [group.raw(name) for name in COMPLAINT_FIELDS]
    for value in stated:
        found = addresses(value)
        if found and found[0].address and "@" in found[0].address.strip("@"):
            return found[0].address
    if "feedback-report" not in _kind(parts) and (named := failed_address(text)):
        return named
    own = " ".join(mail.headers.raw(name) for name in ("from", "to", "delivered-to"))
    return addressee(returned) or stranger(text, own)


def _kind(parts: list[Part]) -> str:
    return " ".join(part.content_type for part in parts)


def _returned(parts: list[Part]) -> str:
    """The head of the mail that came back."""
    found = (part for part in parts if part.content_type in RETURNED)
    return next((decode(part.decoded(SCANNED)) for part in found), "")


def _originals(mail: Part, text: str, returned: str) -> tuple[str, ...]:
    """Message-IDs of what came back, from its attached headers or from the text."""
    found: dict[str, None] = dict.fromkeys(MESSAGE_ID_LINE.findall(returned)[:1])
    for name in ("in-reply-to", "references"):
        found |= dict.fromkeys(re.findall(r"<[^<>\s]{3,500}>", mail.headers.raw(name))[-5:])
    found |= dict.fromkeys(MESSAGE_ID_LINE.findall(text)[:5])
    return tuple(found)
