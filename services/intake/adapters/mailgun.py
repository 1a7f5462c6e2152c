"""Mailgun's routes: the mail in pieces, or raw in the field `body-mime`; events are no messages."""

import json
from dataclasses import replace

from services.intake.adapters.forms import Form, form_of
from services.intake.adapters.mail_webhook import (
    MailFile,
    Pieces,
    headers_of,
    message_from,
    message_from_raw,
)
from services.intake.adapters.media import described
from services.intake.adapters.payload import Payload, objects, text_at
from services.intake.domain.message import IncomingMessage, NoMessage, Parsed, UnreadableError
from shared.contracts.fields import Attachment

# Fields that Mailgun makes of the mail's headers: they serve where the headers are left out.
HEADERS = ("from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references")
OF_ROUTE = frozenset(
    {"body-plain", "body-html", "stripped-text", "stripped-html", "message-headers"}
    | {"from", "sender", "attachment-count"}
)
PAIR = 2
MOST_STORED = 100


def read_mailgun(payload: Payload) -> list[Parsed]:
    form = form_of(payload)
    if "event-data" in form.fields or "event" in form.fields:
        return [NoMessage("Mailgun event of a mail that was sent")]
    recipient = form.text("recipient")
    recipients = tuple(each.strip() for each in (recipient or "").split(",") if each.strip())
    sender = form.text("sender")
    if form.fields.get("body-mime"):
        return message_from_raw(form.fields["body-mime"], payload, recipients, sender)
    if not OF_ROUTE.intersection(form.fields):
        raise UnreadableError('neither "body-mime" nor "body-plain" nor "sender": no Mailgun route')
    message = message_from(_pieces(form, recipients, sender), payload)
    return [_with_stored(message, form)]


def _pieces(form: Form, recipients: tuple[str, ...], sender: str | None) -> Pieces:
    headers = headers_of(_pairs(form))
    by_lower = {name.lower(): name for name in form.fields}
    fields = {
        name: form.text(by_lower[name])
        for name in HEADERS
        if name in by_lower and name not in headers.values
    }
    return Pieces(
        headers=headers,
        fields=fields,
        text=form.whole("body-plain") or form.whole("stripped-text"),
        html=form.whole("body-html") or form.whole("stripped-html"),
        files=_files(form),
        recipients=recipients,
        envelope_from=sender,
    )


def _pairs(form: Form) -> list[tuple[str, str]]:
    listed = form.any_json("message-headers")
    pairs = listed if isinstance(listed, list) else []
    return [
        (str(pair[0]), str(pair[1]))
        for pair in pairs
        if isinstance(pair, list) and len(pair) == PAIR
    ]


def _files(form: Form) -> tuple[MailFile, ...]:
    ids = _content_ids(form.text("content-id-map") or "{}")
    return tuple(
        MailFile(file.filename, file.content_type, file.data, ids.get(file.name), file.charset)
        for file in form.files
    )


def _content_ids(listed: str) -> dict[str, str]:
    """By attachment. Mailgun writes the same id, even none, more than once."""
    try:
        pairs = json.loads(listed, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return {}
    named = [p for p in pairs if isinstance(p, tuple)] if isinstance(pairs, list) else []
    return {name: content_id for content_id, name in named if isinstance(name, str)}


def _with_stored(message: IncomingMessage, form: Form) -> IncomingMessage:
    """A route that stores mails names the attachments' addresses instead of bringing them."""
    stored = objects(form.any_json("attachments"))[:MOST_STORED]
    if not stored:
        return message
    return replace(message, described=tuple(_stored(each) for each in stored))


def _stored(file: dict[str, object]) -> Attachment:
    size = file.get("size")
    return described(
        "attachment",
        text_at(file, "url"),
        filename=text_at(file, "name"),
        content_type=text_at(file, "content-type"),
        size=size if isinstance(size, int) else 0,
    )
