"""Postmark's inbound webhook: the mail as JSON, perhaps with the raw mail beside it."""

from base64 import b64encode

from services.intake.adapters.mail_webhook import (
    MailFile,
    Pieces,
    headers_of,
    message_from,
    message_from_raw,
)
from services.intake.adapters.payload import Json, Payload, member, objects, text_at
from services.intake.adapters.rfc822.transfer import from_base64
from services.intake.domain.message import NoMessage, Parsed, UnreadableError

LARGEST = 52_428_800
ADDRESSED = {"to": "ToFull", "cc": "CcFull"}


def read_postmark(payload: Payload) -> list[Parsed]:
    body = payload.json(LARGEST)
    if "RecordType" in body and text_at(body, "RecordType") != "Inbound":
        return [NoMessage(f"Postmark {(text_at(body, 'RecordType') or 'event')[:40]}")]
    recipient = text_at(body, "OriginalRecipient")
    recipients = (recipient,) if recipient else ()
    raw = body.get("RawEmail")
    if isinstance(raw, str) and raw.strip():
        mime = raw.encode("utf-8", "replace")
        return message_from_raw(mime, payload, recipients, None)
    if not {"From", "FromFull", "Headers", "TextBody", "HtmlBody", "Attachments"} & set(body):
        raise UnreadableError('neither "From" nor "Headers" nor a body: no inbound of Postmark')
    return [message_from(_pieces(body, recipients), payload)]


def _pieces(body: Json, recipients: tuple[str, ...]) -> Pieces:
    headers = headers_of(
        (name, text_at(each, "Value") or "")
        for each in objects(body.get("Headers"))
        if (name := text_at(each, "Name"))
    )
    fields = {
        "from": _mailbox(member(body, "FromFull")) or _sender(body),
        "reply-to": text_at(body, "ReplyTo"),
        "subject": text_at(body, "Subject"),
        "date": text_at(body, "Date"),
    }
    for name, member_name in ADDRESSED.items():
        people = [_mailbox(each) for each in objects(body.get(member_name))]
        fields[name] = ", ".join(each for each in people if each) or text_at(body, name.title())
    if "message-id" not in headers.values and (given := text_at(body, "MessageID")):
        # Postmark's own id is no Message-ID, but it is the same whenever this mail is delivered.
        fields["message-id"] = f"<{given}@postmark>"
    return Pieces(
        headers=headers,
        fields=fields,
        text=_whole(body, "TextBody"),
        html=_whole(body, "HtmlBody"),
        files=tuple(_file(each) for each in objects(body.get("Attachments"))),
        recipients=recipients,
    )


def _sender(body: Json) -> str | None:
    address, name = text_at(body, "From"), text_at(body, "FromName")
    if address is None or name is None or "<" in address:
        return address
    return _mailbox({"Email": address, "Name": name})


def _mailbox(person: Json) -> str | None:
    """As a header has it; a name with any character in it is quoted by encoding."""
    address, name = text_at(person, "Email"), text_at(person, "Name")
    if address is None:
        return None
    if not name:
        return address
    word = b64encode(name.encode("utf-8", "replace")[:1_000]).decode()
    return f"=?utf-8?b?{word}?= <{address}>"


def _whole(body: Json, name: str) -> str | None:
    found = body.get(name)
    return found if isinstance(found, str) else None


def _file(file: Json) -> MailFile:
    return MailFile(
        text_at(file, "Name"),
        text_at(file, "ContentType"),
        from_base64(
            # Its button that checks the address sends "Data".
            (text_at(file, "Content") or text_at(file, "Data") or "").encode("ascii", "ignore")
        ),
        text_at(file, "ContentID"),
    )
