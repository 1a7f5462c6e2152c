"""What an invitation says, in words: for mail that brings nothing but a calendar's entry."""

import re

from services.intake.adapters.rfc822.charsets import decode

LARGEST = 200_000
FOLD = re.compile(r"\n[ \t]")
MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
ESCAPED = re.compile(r"\\([nN,;\\])")
LABELS = {"DTSTART": "Begins", "DTEND": "Ends", "LOCATION": "Where", "ORGANIZER": "From"}


def told(data: bytes, charset: str | None) -> str | None:
    """The first event's subject, times, place and description; None where there is none."""
    text = decode(data[:LARGEST], charset or "utf-8").replace("\r\n", "\n").replace("\r", "\n")
    fields = _fields(FOLD.sub("", text))
    lines = [fields.get("SUMMARY", "")]
    lines += [f"{label}: {fields[name]}" for name, label in LABELS.items() if name in fields]
    lines += ["", fields.get("DESCRIPTION", "")]
    return "\n".join(lines).strip() or None


def _fields(text: str) -> dict[str, str]:
    _, _, event = text.partition("BEGIN:VEVENT")
    fields: dict[str, str] = {}
    for line in event.partition("END:VEVENT")[0].split("\n"):
        name, _, value = line.partition(":")
        name = name.partition(";")[0].strip().upper()
        if value.strip():
            fields.setdefault(name, _value(name, value.strip()))
    return fields


def _value(name: str, value: str) -> str:
    moment = MOMENT.fullmatch(value) if name in ("DTSTART", "DTEND") else None
    if moment:
        year, month, day, hour, minute, zone = moment.groups()
        clock = f" {hour}:{minute}{' UTC' if zone else ''}" if hour else ""
        return f"{year}-{month}-{day}{clock}"
    plain = ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
    return re.sub(r"^mailto:", "", plain, flags=re.IGNORECASE)
