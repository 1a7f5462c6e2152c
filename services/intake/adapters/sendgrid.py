"""SendGrid's Inbound Parse: the mail in pieces, or raw in the field `email`."""

from services.intake.adapters.forms import Form, form_of
from services.intake.adapters.mail_webhook import (
    MailFile,
    Pieces,
    header_block,
    message_from,
    message_from_raw,
)
from services.intake.adapters.payload import Json, Payload, member, text_at
from services.intake.domain.message import NoMessage, Parsed, UnreadableError


def read_sendgrid(payload: Payload) -> list[Parsed]:
    form = form_of(payload)
    if "sg_event_id" in form.fields:
        return [NoMessage("SendGrid event of a mail that was sent")]
    envelope = form.json("envelope")
    recipients, envelope_from = _recipients(envelope), _envelope_from(envelope)
    if form.fields.get("email"):
        return message_from_raw(form.fields["email"], payload, recipients, envelope_from)
    if not {"headers", "from", "envelope"}.intersection(form.fields):
        raise UnreadableError('neither "email" nor "headers" nor "from": this is no Inbound Parse')
    charsets = form.json("charsets")
    pieces = Pieces(
        headers=header_block(form.fields.get("headers", b"")),
        fields={
            name: form.text(name, charset=text_at(charsets, name))
            for name in ("from", "to", "cc", "subject")
        },
        text=form.whole("text", text_at(charsets, "text")),
        html=form.whole("html", text_at(charsets, "html")),
        files=_files(form),
        recipients=recipients,
        envelope_from=envelope_from,
    )
    return [message_from(pieces, payload)]


def _recipients(envelope: Json) -> tuple[str, ...]:
    named = envelope.get("to")
    return tuple(each for each in named if isinstance(each, str)) if isinstance(named, list) else ()


def _envelope_from(envelope: Json) -> str | None:
    named = envelope.get("from")
    return named if isinstance(named, str) else None


def _files(form: Form) -> tuple[MailFile, ...]:
    info, ids = form.json("attachment-info"), form.json("content-ids")
    inline = {name: content_id for content_id, name in ids.items() if isinstance(name, str)}
    return tuple(
        MailFile(
            text_at(member(info, file.name), "filename") or file.filename,
            text_at(member(info, file.name), "type") or file.content_type,
            file.data,
            text_at(member(info, file.name), "content-id") or inline.get(file.name),
            file.charset,
        )
        for file in form.files
    )
