"""What a mail system reports: which address, which status, for good or for now, of which mail."""

import re

from services.intake.adapters.rfc822.addresses import addresses
from services.intake.adapters.rfc822.charsets import decode
from services.intake.adapters.rfc822.headers import Headers, read_head
from services.intake.adapters.rfc822.parts import Part
from services.intake.domain.automatic import Report
from services.intake.domain.message import BounceReport

SCANNED = 20_000  # characters of a free-form bounce
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
REPLY_CODE = re.compile(r"(?<![\d.])([45])\d{2}(?:[ -]|$)", re.MULTILINE)
MESSAGE_ID_LINE = re.compile(
    r"^[ \t>]*Message-ID:\s*(<[^<>\s]{3,500}>)", re.IGNORECASE | re.MULTILINE
)
ADDRESS_LINE = re.compile(
    r"(?:^[ \t]*|(?:rcpt to|for|to|recipients?|user|address)[:\s]+)[<\"']?"
    r"([\w.+=-]{1,64}@[\w.-]{1,253}\.[a-z]{2,63})",
    re.IGNORECASE | re.MULTILINE,
)
GONE = re.compile(
    r"user unknown|unknown user|no such (?:user|recipient|mailbox|person)|does(?:n't"
    r"| not) exist|unknown recipient|recipient unknown|invalid (?:recipient|mailbox|user)"
    r"|mailbox unavailable|address rejected|host (?:unknown|not found)|no mailbox"
    r"|not our customer|account (?:is )?disabled|unrouteable|inactive",
    re.IGNORECASE,
)
FOR_NOW = re.compile(
    r"(?:mailbox|quota|disk)[^.\n]{0,40}(?:full|exceeded)|over quota|try again|temporar"
    r"|delayed|spam|block(?:ed|list)|blacklist|policy|too (?:large|big)|greylist|rate limit"
    r"|timed? ?out|will (?:be retried|retry|keep trying)",
    re.IGNORECASE,
)
# RFC 3463: full, too large, system and network trouble, content and policy may pass.
SOFT_FIVES = ("5.2.2", "5.2.3", "5.3.", "5.4.5", "5.4.6", "5.4.7", "5.6.", "5.7.")


def report_of(mail: Part) -> Report | None:
    """The kind of a multipart/report; also of one whose outer type forgot to say so."""
    kinds = {p.content_type.partition("/")[2] for p in mail.children}
    returned = bool(kinds & {"rfc822", "global", "rfc822-headers"})
    if "delivery-status" in kinds or "global-delivery-status" in kinds:
        fields = _status_fields(mail)
        return Report("delivery-status", _first(fields, "action").lower() or None, returned)
    is_report = mail.content_type == "multipart/report"
    kind = mail.parameters.get("report-type", "").lower() if is_report else ""
    return Report(kind, returned=returned) if kind or returned else None


def bounce_of(mail: Part, text: str) -> BounceReport:
    fields = _status_fields(mail)
    scanned = text[:SCANNED]
    diagnosis = f"{_first(fields, 'diagnostic-code')} {scanned}"
    status = _status(fields, diagnosis)
    complaint = mail.parameters.get("report-type", "").lower() == "feedback-report"
    return BounceReport(
        address=_address(mail, fields, scanned),
        status=status,
        hard=not complaint and _is_hard(status, diagnosis, _first(fields, "action").lower()),
        originals=_originals(mail, text),
    )


def _status_fields(mail: Part) -> list[Headers]:
    """The groups of fields of message/delivery-status: the mail's, then each recipient's."""
    groups: list[Headers] = []
    for part in mail.children:
        if part.content_type.endswith("delivery-status"):
            found = re.split(rb"(?:\r?\n){2,}|\r\r", part.decoded().strip())[:50]
            groups += [read_head(group)[0] for group in found]
    return groups


def _first(groups: list[Headers], name: str) -> str:
    return next((text for group in groups if (text := group.text(name))), "")


def _status(fields: list[Headers], diagnosis: str) -> str | None:
    stated = STATUS.search(_first(fields, "status"))
    exact = STATUS.search(diagnosis)
    if stated and not stated[1].endswith(".0.0"):
        return stated[1]
    if exact and (stated is None or exact[1][0] == stated[1][0]):
        return exact[1]
    if stated:
        return stated[1]
    code = REPLY_CODE.search(diagnosis)
    return f"{code[1]}.0.0" if code else None


def _is_hard(status: str | None, diagnosis: str, action: str) -> bool:
    """Hard only where the address is not there: what may pass, or is our doing, is soft."""
    if action == "delayed" or (status or "").startswith(("4", "2")):
        return False
    if status and status.startswith(("5.1.", "5.2.1", "5.4.4")) and not status.startswith("5.1.0"):
        return True
    if status and status.startswith(SOFT_FIVES):
        return bool(GONE.search(diagnosis)) and not FOR_NOW.search(diagnosis)
    return bool(GONE.search(diagnosis)) or not FOR_NOW.search(diagnosis)


def _address(mail: Part, fields: list[Headers], text: str) -> str | None:
    for name in ("original-recipient", "final-recipient"):
        stated = _first(fields, name)
        found = addresses(stated.rpartition(";")[2])
        if found and found[0].address and "@" in found[0].address:
            return found[0].address
    failed = addresses(mail.headers.text("x-failed-recipients"))
    if failed and failed[0].address:
        return failed[0].address
    line = ADDRESS_LINE.search(text)
    return line[1] if line else None


def _originals(mail: Part, text: str) -> tuple[str, ...]:
    """Message-IDs of what came back, from its attached headers or from the text."""
    found: dict[str, None] = {}
    for part in mail.children:
        if part.content_type in ("message/rfc822", "text/rfc822-headers", "message/global"):
            head = decode(part.decoded()[:SCANNED])
            found |= dict.fromkeys(MESSAGE_ID_LINE.findall(head)[:1])
    for name in ("in-reply-to", "references"):
        found |= dict.fromkeys(re.findall(r"<[^<>\s]{3,500}>", mail.headers.raw(name))[-5:])
    found |= dict.fromkeys(MESSAGE_ID_LINE.findall(text)[:5])
    return tuple(found)
