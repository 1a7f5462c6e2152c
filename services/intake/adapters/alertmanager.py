"""Alertmanager's webhook, version 4: what fires opens or goes on, what is resolved resolves."""

import hashlib
from urllib.parse import urlsplit

from services.intake.adapters.payload import Json, Payload, member, moment_at, objects, text_at
from services.intake.adapters.rfc822.charsets import readable
from services.intake.domain.message import (
    LONGEST_SUBJECT,
    IncomingMessage,
    NoMessage,
    Parsed,
    Person,
    UnreadableError,
)
from shared.contracts.fields import Priority, TicketType

PRIORITIES = {
    "critical": Priority.CRITICAL,
    "page": Priority.CRITICAL,
    "emergency": Priority.CRITICAL,
    "disaster": Priority.CRITICAL,
    "severe": Priority.HIGH,
    "error": Priority.HIGH,
    "high": Priority.HIGH,
    "major": Priority.HIGH,
    "warning": Priority.MEDIUM,
    "warn": Priority.MEDIUM,
    "average": Priority.MEDIUM,
    "minor": Priority.LOW,
    "low": Priority.LOW,
    "info": Priority.LOW,
    "information": Priority.LOW,
    "none": Priority.LOW,
}
TITLES = ("summary", "title", "message", "description")
LONGEST_VALUE = 4_000


def read_alertmanager(payload: Payload) -> list[Parsed]:
    body = payload.json()
    alerts = objects(body.get("alerts"))
    if not isinstance(body.get("alerts"), list):
        raise UnreadableError('"alerts" is missing or no list: this is no Alertmanager webhook')
    if not alerts:
        return [NoMessage("an Alertmanager webhook without alerts")]
    found: list[Parsed] = [_message(alert, body, payload) for alert in alerts]
    left_out = text_at(body, "truncatedAlerts") or "0"
    if left_out != "0":
        found.append(NoMessage(f"{left_out[:20]} alerts that Alertmanager left out (max_alerts)"))
    return found


def _message(alert: Json, body: Json, payload: Payload) -> IncomingMessage:
    labels = member(alert, "labels") or member(body, "commonLabels")
    annotations = member(alert, "annotations") or member(body, "commonAnnotations")
    resolved = (text_at(alert, "status") or text_at(body, "status") or "").lower() == "resolved"
    series = _series(alert, labels)
    started = text_at(alert, "startsAt") or ""
    state = "resolved" if resolved else "firing"
    source = _source(body)
    return IncomingMessage(
        channel="alertmanager",
        sender=Person(name=f"Alertmanager {source}"),
        origin=source,
        text=_text(state, alert, labels, annotations),
        subject=_title(labels, annotations)[:LONGEST_SUBJECT],
        # One alert is told again and again while it fires: only its start and end are news.
        external_id=f"{series}:{started}:{state}",
        mailbox=payload.mailbox,
        conversation=series,
        sent_at=moment_at(alert, "endsAt" if resolved else "startsAt"),
        opens=not resolved,
        resolves=resolved,
        answerable=False,
        tags=("alert",),
        priority=PRIORITIES.get((text_at(labels, "severity") or "").lower()),
        type=TicketType.INCIDENT,
    )


def _series(alert: Json, labels: Json) -> str:
    """Which alert it is: its fingerprint, or its labels where an old version sends none.

    The labels count as well: some senders give all alerts of a group the same fingerprint.
    """
    pairs = sorted((name, str(value)) for name, value in labels.items())
    digest = hashlib.sha256(repr(pairs).encode()).hexdigest()[:16]
    return f"{text_at(alert, 'fingerprint') or 'labels'}-{digest}"


def _source(body: Json) -> str:
    """Which Alertmanager it is."""
    url = text_at(body, "externalURL") or ""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    return readable(host or url or text_at(body, "receiver") or "unknown")[:200]


def _title(labels: Json, annotations: Json) -> str:
    title = next((text for name in TITLES if (text := text_at(annotations, name))), None)
    parts = (text_at(labels, "alertname"), title, text_at(labels, "instance"))
    return readable(" · ".join(part for part in parts if part).replace("\n", " ")) or "Alert"


def _text(state: str, alert: Json, labels: Json, annotations: Json) -> str:
    lines = [f"Alert {state}", ""]
    lines += [f"{name}: {str(value)[:LONGEST_VALUE]}" for name, value in annotations.items()]
    lines += ["", *(f"{name} = {str(value)[:LONGEST_VALUE]}" for name, value in labels.items())]
    link = text_at(alert, "generatorURL")
    return readable("\n".join([*lines, "", link] if link else lines))[: LONGEST_VALUE * 8]
