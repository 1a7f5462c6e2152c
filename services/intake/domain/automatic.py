"""Whether a mail is a person's word or a machine's: an auto-reply, a bounce, a list, our own."""

# ruff: noqa: RUF001 - the words are of many languages

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.intake.domain.bounce_words import BOUNCE_SUBJECT, FAILURE
from shared.contracts.fields import Automatic
from shared.contracts.mail import LOOP_HEADER

HeaderTexts = Mapping[str, Sequence[str]]  # lower-case names

AUTO_REPLY_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponse",
    "x-autoresponder",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-auto-reply",
    "x-out-of-office",
    "x-vacation",
    "x-auto-submitted",
    "x-post-messageclass",
)
LIST_HEADERS = (
    "list-id",
    "list-unsubscribe",
    "list-post",
    "x-mailing-list",
    "mailing-list",
    "x-loop",
    "x-ml-name",
    "x-mlserver",
)
NOT_LETTERS = re.compile(r"[\s._-]+")
BULK = frozenset({"bulk", "list", "junk"})
SUPPRESSED = frozenset({"all", "autoreply", "oof", "dr"})
BOUNCE_HEADERS = ("x-failed-recipients", "x-ms-exchange-message-is-ndr")
DAEMONS = frozenset({"mailerdaemon", "maildaemon", "maildeliverysystem", "maildeliverysubsystem"})
# A person may write from here, so that alone it says nothing.
POSTMASTER = "postmaster"
SILENT = re.compile(
    r"(?:no|do[-_.]?not|ne|keine?)[-_.]?(?:reply|respond|antwort|responda)\b|bounces?\b"
)
# How auto-responders begin their subjects where they set no header; only at the very start.
AUTO_SUBJECT = re.compile(
    r"(?:auto(?:matic|mated)?[\s:-]*(?:re(?:ply|sponse)|antwort|responder)|auto(?=:)"
    r"|out of (?:the )?office(?: (?:until|till|from|through|bis)\b.*)?|ooo(?=:)"
    r"|away (?:until|from (?:my|the) (?:office|desk|mail|e-mail))\b.*"
    r"|(?:currently )?(?:on|away on) (?:annual |parental |sick )?(?:leave|vacation|holidays?)"
    r"|abwesenheits(?:notiz|assistent|nachricht|meldung)|abwesend"
    r"|automatische[sr]? (?:antwort|antwoord|reaktion)|afwezig(?:heid)?"
    r"|r[ée]ponse automatique|absen(?:ce|t) du bureau|respuesta autom[áa]tica"
    r"|fuera de (?:la )?oficina|resposta autom[áa]tica|risposta automatica|fuori sede"
    r"|autosvar|automatisk svar|automaattinen vastaus|automatyczna odpowied[źz]"
    r"|odpowied[źz] automatyczna|automatick[áa] odpov[ěe][ďd]|автоответ|автоматический ответ"
    r"|otomatik yan[ıi]t|自動応答|不在|自动回复|自動回覆|자동 ?회신)\s*(?:[:：(\[–—-]|$)",
    re.IGNORECASE,
)
SMTP_ANSWER = re.compile(r"(?<![\d.])(?:[45]\d\d[ -]|[45]\.\d{1,3}\.\d{1,3})")
SCANNED = 3_000  # characters in which a mail system says what it has to say


@dataclass(frozen=True, slots=True)
class Report:
    """A multipart/report's kind, and what its machine-readable part says became of the mail."""

    type: str  # delivery-status, disposition-notification, feedback-report; empty: no report
    action: str | None = None  # failed, delayed, delivered, relayed, expanded
    returned: bool = False  # a mail, or its headers, came back with it


@dataclass(frozen=True, slots=True)
class Verdict:
    automatic: Automatic | None
    signals: tuple[str, ...]  # each header or trait that speaks for it


def judge(
    headers: HeaderTexts,
    *,
    sender: str,
    own: bool = False,
    report: Report | None = None,
    mailbox: str | None = None,
    text: str = "",
) -> Verdict:
    """The strongest reading that any signal supports: own, bounce, auto-reply, list.

    `own`: the Message-ID is one of ours. `sender` is his address, else his name. A group address
    of ours that merely passes a person's mail on does not make it a list's.
    """
    readings = {
        Automatic.OWN: _own(headers, own=own),
        Automatic.BOUNCE: _bounce(headers, sender, report, text),
        Automatic.AUTO_REPLY: _auto_reply(headers, report),
        Automatic.MAILING_LIST: [] if _our_group(headers, mailbox) else _list(headers),
    }
    signals = tuple(signal for found in readings.values() for signal in found)
    automatic = next((reading for reading, found in readings.items() if found), None)
    return Verdict(automatic, signals)


def can_be_answered(address: str) -> bool:
    """False for addresses that say themselves that nobody reads there."""
    local = address.partition("@")[0].casefold()
    return _box(local) not in {*DAEMONS, POSTMASTER} and not SILENT.match(local)


def _first(headers: HeaderTexts, name: str) -> str:
    values = headers.get(name)
    return values[0].strip().lower() if values else ""


def _own(headers: HeaderTexts, *, own: bool) -> list[str]:
    found = ["own-message-id"] if own else []
    if LOOP_HEADER.lower() in headers:
        found.append(LOOP_HEADER.lower())
    return found


def _bounce(headers: HeaderTexts, sender: str, report: Report | None, text: str) -> list[str]:
    found = [name for name in BOUNCE_HEADERS if name in headers]
    if report and report.type == "delivery-status" and report.action in (None, "failed", "delayed"):
        found.append("delivery-status")
    if report and report.type == "feedback-report":
        found.append("feedback-report")
    delivered = report is not None and report.type != "" and not found
    box = _box(sender.partition("@")[0])
    null_sender = _first(headers, "return-path") == "<>"
    returned = report is not None and report.returned
    if BOUNCE_SUBJECT.search(_first(headers, "subject")):
        if box in DAEMONS or box == POSTMASTER or null_sender:
            found.append("daemon-subject")
    elif not delivered and (box in DAEMONS or (box == POSTMASTER and (null_sender or returned))):
        found.append("mailer-daemon")
    if not found and not delivered and _tells_failure(headers, sender, text, returned=returned):
        found.append("failure-told")
    return found


def _tells_failure(headers: HeaderTexts, sender: str, text: str, *, returned: bool) -> bool:
    """Only its words say so: believed of a machine, and of others where they prove it.

    A parcel service's "could not be delivered" proves nothing; the mail that came back does.
    """
    if _first(headers, "auto-submitted").startswith("auto-replied"):
        return False
    local = sender.partition("@")[0].casefold()
    machine = _box(local) == POSTMASTER or _first(headers, "return-path") == "<>"
    if not machine and not (returned and SILENT.match(local)):
        subject = BOUNCE_SUBJECT.match(_first(headers, "subject"))
        if not subject or not (returned or SMTP_ANSWER.search(text[:SCANNED])):
            return False
    return bool(FAILURE.search(text[:SCANNED]))


def _box(local: str) -> str:
    """`Mail.Delivery_System` and `mail-delivery-system` are one."""
    return NOT_LETTERS.sub("", local).casefold()


def _auto_reply(headers: HeaderTexts, report: Report | None) -> list[str]:
    found = [name for name in AUTO_REPLY_HEADERS if _first(headers, name) not in ("", "no")]
    submitted = _first(headers, "auto-submitted").partition(";")[0].strip()
    if submitted not in ("", "no"):
        found.append("auto-submitted")
    suppressed = re.split(r"[,\s]+", _first(headers, "x-auto-response-suppress"))
    if SUPPRESSED.intersection(suppressed) and not any(name in headers for name in LIST_HEADERS):
        found.append("x-auto-response-suppress")
    if _first(headers, "x-autogenerated") == "reply":
        found.append("x-autogenerated")
    if "notification" in _first(headers, "x-amazon-mail-relay-type"):
        found.append("x-amazon-mail-relay-type")
    if "auto_reply" in (_first(headers, "precedence"), _first(headers, "x-precedence")):
        found.append("precedence")
    if _first(headers, "return-path") == "<>":
        found.append("null-return-path")
    if report and report.type in ("disposition-notification", "delivery-status"):
        found.append(report.type)
    if AUTO_SUBJECT.match(_first(headers, "subject")):
        found.append("auto-subject")
    return found


def _list(headers: HeaderTexts) -> list[str]:
    found = [name for name in LIST_HEADERS if name in headers]
    if BULK & {_first(headers, "precedence"), _first(headers, "x-precedence")}:
        found.append("precedence")
    return found


def _our_group(headers: HeaderTexts, mailbox: str | None) -> bool:
    if not mailbox or "x-original-sender" not in headers:
        return False
    group = mailbox.casefold()
    named = (
        _first(headers, "list-post") + _first(headers, "list-id") + _first(headers, "mailing-list")
    )
    return group in named or group.replace("@", ".") in named
