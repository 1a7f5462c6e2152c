"""The phone: calls as a telephone system reports them, or as somebody wrote them down."""

from collections.abc import Sequence
from datetime import datetime

from services.intake.adapters.canonical import read_canonical
from services.intake.adapters.forms import Form, form_of
from services.intake.adapters.media import described
from services.intake.adapters.payload import Payload, moment_at
from services.intake.adapters.rfc822.charsets import readable
from services.intake.domain.identity import normal_address
from services.intake.domain.message import (
    LONGEST_TEXT,
    IncomingMessage,
    NoMessage,
    Parsed,
    Person,
    UnreadableError,
)

CHANNEL = "phone"
CALLERS = ("caller", "From", "from", "caller_number", "phone", "number", "Caller")
CALLED = ("To", "to", "called", "Called", "line")
IDS = ("CallSid", "callId", "call_id", "id", "xcid")
NOTES = ("notes", "summary", "text", "note", "transcript", "TranscriptionText", "SpeechResult")
RECORDINGS = ("RecordingUrl", "recording_url", "recording", "voicemail_url")
STATES = ("CallStatus", "status", "outcome", "cause", "event")
OUTWARD = frozenset({"out", "outbound", "outgoing", "outbound-api", "outbound-dial"})
MISSED = frozenset(
    {"busy", "cancel", "canceled", "cancelled", "failed", "missed", "noanswer", "no-answer"}
    | {"notfound", "congestion", "voicemail"}
)
# Steps of a call whose beginning or end says more.
STEPS = frozenset({"answer", "dtmf", "hangup"})
NOBODY = frozenset({"anonymous", "unknown", "private", "restricted", "unavailable", "266696687"})


def read_phone(payload: Payload) -> list[Parsed]:
    """Canonical JSON is read as such; it has a `sender`."""
    form = form_of(payload)
    if form.json("sender"):
        return read_canonical(payload)
    outward = (form.text("direction", "Direction") or "").lower() in OUTWARD
    caller = form.text(*(CALLED if outward else CALLERS))
    if caller is None:
        raise UnreadableError('a call needs a "caller" (or "from")')
    if caller.strip("+ ").lower() in NOBODY:
        return [NoMessage("a call of an unknown number")]
    state = _state(form)
    event = (form.text("event") or "").lower()
    if event in STEPS and state not in MISSED and not form.text(*NOTES):
        return [NoMessage(f"a call's {event}")]
    return [_message(form, _number(caller), state, payload.mailbox, outward=outward)]


def _state(form: Form) -> str:
    """Why a call ended says more than that it did."""
    states = [text.lower() for name in STATES if (text := form.text(name))]
    missed = next((state for state in states if state in MISSED), None)
    return missed or next(iter(states), "")


def _number(text: str) -> str:
    """Telephone systems leave the plus away before the country's code."""
    digits = text.strip()
    return normal_address(
        f"+{digits}" if digits.isdigit() and digits[0] != "0" else digits, CHANNEL
    )


def _message(
    form: Form, caller: str, state: str, mailbox: str | None, *, outward: bool
) -> IncomingMessage:
    """A call that was answered, and of which nothing was noted, alone is no reason for a ticket."""
    notes, recording = form.text(*NOTES), form.text(*RECORDINGS)
    line = form.text(*(CALLERS if outward else CALLED))
    missed = state in MISSED
    name = form.text("name", "caller_name", "CallerName")
    return IncomingMessage(
        channel=CHANNEL,
        sender=Person(caller, readable(name) if name else None),
        text=readable(notes or _told(form, caller, missed=missed, outward=outward))[:LONGEST_TEXT],
        subject=form.text("subject") or ("Missed call" if missed and not notes else None),
        described=(described("recording", recording),) if recording else (),
        external_id=_id(form, state),
        mailbox=mailbox or (_number(line) if line else None),
        conversation=caller,
        sent_at=_time(form, ("started_at", "StartTime", "Timestamp", "at", "time", "timestamp")),
        opens=bool(notes or recording or missed),
    )


def _told(form: Form, caller: str, *, missed: bool, outward: bool) -> str:
    kind = "Missed call" if missed else "Outgoing call" if outward else "Incoming call"
    seconds = form.text("duration", "CallDuration", "RecordingDuration", "duration_seconds")
    lasting = f", {seconds} s" if seconds else ""
    return f"{kind} {'to' if outward else 'from'} {caller}{lasting}"


def _id(form: Form, state: str) -> str | None:
    """The same call is reported again when something becomes of it."""
    found = form.text(*IDS)
    return f"{found}:{state}" if found and state else found


def _time(form: Form, names: Sequence[str]) -> datetime | None:
    texts = {name: form.text(name) for name in names}
    return next((at for name in names if (at := moment_at(texts, name))), None)
