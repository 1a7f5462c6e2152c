"""A mail as it is decided, and as it goes over the wire: the same bytes at every attempt."""

from collections.abc import Iterator, Sequence
from email.utils import format_datetime

from pydantic import BaseModel, ConfigDict

from services.notifier.domain import mime
from shared.contracts.fields import Moment
from shared.contracts.mail import LOOP_HEADER

AUTO_REPLIED, AUTO_GENERATED = "auto-replied", "auto-generated"


class Attached(BaseModel):
    model_config = ConfigDict(frozen=True)

    filename: str
    content_type: str
    blob_id: str
    size: int


class Mail(BaseModel):
    """`references` has the oldest Message-ID first; `auto_submitted` is None for human words."""

    model_config = ConfigDict(frozen=True)

    sender_name: str
    sender: str
    reply_to: str
    to_name: str | None
    to: str
    subject: str
    text: str
    html: str
    date: Moment
    message_id: str
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    auto_submitted: str | None = None
    attachments: tuple[Attached, ...] = ()


def wire(mail: Mail, boundary: str, contents: Sequence[bytes]) -> bytes:
    """`contents` are the attachments' bytes, in order; `boundary` must be the mail's own."""
    body = mime.multipart(
        "alternative",
        f"={boundary}=",
        [mime.text_part("plain", mail.text), mime.text_part("html", mail.html)],
    )
    if mail.attachments:
        files = [
            mime.file_part(attached.content_type, attached.filename, content)
            for attached, content in zip(mail.attachments, contents, strict=True)
        ]
        body = mime.multipart("mixed", f"={boundary}=_", [body, *files])
    return b"".join(_headers(mail)) + body


def _headers(mail: Mail) -> Iterator[bytes]:
    yield mime.mailbox("From", mail.sender_name, mail.sender)
    yield mime.mailbox("To", mail.to_name or "", mail.to)
    yield mime.mailbox("Reply-To", mail.sender_name, mail.reply_to)
    yield mime.words("Subject", mail.subject)
    yield mime.words("Date", format_datetime(mail.date))
    yield mime.ids("Message-ID", [mail.message_id])
    if mail.in_reply_to:
        yield mime.ids("In-Reply-To", [mail.in_reply_to])
    if mail.references:
        yield mime.ids("References", mail.references)
    if mail.auto_submitted:
        yield mime.words("Auto-Submitted", mail.auto_submitted)
        yield mime.words("X-Auto-Response-Suppress", "All")
    yield mime.words(LOOP_HEADER, mail.sender)
    yield mime.words("MIME-Version", "1.0")
