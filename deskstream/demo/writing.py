"""How a person's words become what a channel hands over: raw mail, vendors' JSON, our own."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from random import Random
from string import Template
from urllib.parse import quote

import orjson

from deskstream.demo import samples
from deskstream.demo.attachments import attachment
from deskstream.demo.persons import Person
from deskstream.demo.samples import Request
from shared.contracts.channel import MessageReceived, Sender
from shared.contracts.message import encode

MAIL, JSON = "message/rfc822", "application/json"
SUPPORT, NUMBER = "support@desk.example", "+15550100777"
MAILBOXES = (SUPPORT, SUPPORT, SUPPORT, "billing@desk.example", "help-it@desk.example")
Facts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Input:
    """What a gateway would hand over. `canonical`: it is our own JSON, not a vendor's bytes."""

    name: str
    channel: str
    key: str
    value: bytes
    content_type: str = JSON
    mailbox: str | None = None
    canonical: bool = False


@dataclass(slots=True)
class Writer:
    """Everything that is left to chance comes from one seed, so that a run can be had again."""

    chance: Random

    def facts(self, person: Person) -> dict[str, str]:
        now = datetime.now(UTC)
        number = self.chance.randrange(10_000, 99_999)
        return {
            "name": person.name,
            "first": person.first,
            "company": person.company,
            "address": person.address,
            "phone": person.phone,
            "wa_id": person.phone.removeprefix("+"),
            "order": str(number),
            "invoice": f"R-{number % 9_000 + 1_000}",
            "amount": f"{self.chance.randrange(9, 480)}.{self.chance.choice(('00', '49', '90'))}",
            "version": f"5.{self.chance.randrange(1, 9)}.{self.chance.randrange(20)}",
            "day": f"{(now - timedelta(days=self.chance.randrange(1, 9))):%d.%m.}",
            "date": format_datetime(now - timedelta(seconds=self.chance.randrange(1, 40))),
            "timestamp": str(int(now.timestamp())),
            "message_id": f"{self._token()}@mail.{person.address.rpartition('@')[2]}",
            "wamid": f"wamid.{self._token()}",
        }

    def filled(self, text: str, person: Person) -> str:
        return Template(text).substitute(self.facts(person))

    def request(self, request: Request, person: Person) -> Input:
        facts = self.facts(person)
        subject = Template(request.subject).substitute(facts) if request.subject else None
        text = Template(request.text).substitute(facts)
        if request.channel == "email":
            mail = self._mail(person, facts, subject or "", text, html=request.html)
            for name in request.attachments:
                media_type, data = attachment(name, self.chance)
                main, _, sub = media_type.partition("/")
                mail.add_attachment(data, maintype=main, subtype=sub, filename=name)
            return _mail_input(request.id, person, mail, self.chance.choice(MAILBOXES))
        if request.channel == "whatsapp":
            return self.whatsapp_text(request.id, person, text)
        return self._canonical(request, person, subject, text)

    def odd_mail(self, name: str, person: Person) -> Input:
        """One of the raw files: charsets that lie, broken MIME, machines, lists."""
        value = samples.raw("mail", name).filled(**self.facts(person))
        return Input(
            name, "email", person.address.lower(), _with_crlf(value), MAIL, mailbox=SUPPORT
        )

    def odd_whatsapp(self, name: str, person: Person) -> Input:
        value = samples.raw("whatsapp", name).filled(**self.facts(person))
        return Input(f"whatsapp-{name}", "whatsapp", person.phone, value)

    def whatsapp_text(self, name: str, person: Person, text: str) -> Input:
        body = orjson.dumps(text).decode()
        value = samples.raw("whatsapp", "text").filled(**self.facts(person), text=body)
        return Input(name, "whatsapp", person.phone, value)

    def alert(self, name: str, host: str, started: datetime, *, resolved: bool) -> Input:
        fingerprint = hashlib.sha256(f"{name}{host}".encode()).hexdigest()[:16]
        ended = datetime.now(UTC).isoformat() if resolved else "0001-01-01T00:00:00Z"
        value = samples.raw("alerts", name).filled(
            host=host,
            state="resolved" if resolved else "firing",
            starts_at=started.isoformat(),
            ends_at=ended,
            fingerprint=fingerprint,
        )
        return Input(f"alert-{name}", "alertmanager", f"{name}:{host}", value)

    def reply(self, mail: EmailMessage, person: Person, text: str) -> Input:
        """An answer to a mail of ours, quoted below, as mail programs write it."""
        subject = str(mail["Subject"])
        prefix = "AW" if person.language == "de" else "Re"
        part = mail.get_body(("plain",))
        quoted = "".join(
            f"> {line}\n" for line in (part.get_content() if part else "").splitlines()
        )
        body = f"{text}\n\n{person.first}\n\n{mail['From']} wrote:\n{quoted}"
        answer = self._mail(person, self.facts(person), f"{prefix}: {subject}", body)
        del answer["To"]
        answer["To"] = str(mail["Reply-To"] if self.chance.random() < 0.7 else mail["From"])  # noqa: PLR2004 - most programs
        answer["In-Reply-To"] = str(mail["Message-ID"])
        answer["References"] = f"{mail['References'] or ''} {mail['Message-ID']}".strip()
        return _mail_input("reply", person, answer, SUPPORT)

    def away(self, mail: EmailMessage, person: Person) -> Input:
        away = samples.answers()[person.language].away
        return self._about(
            "out-of-office", mail, person, away_subject=away.subject, away_text=away.text
        )

    def bounce(self, mail: EmailMessage, person: Person) -> Input:
        return self._about("bounce", mail, person)

    def _about(self, name: str, mail: EmailMessage, person: Person, **more: str) -> Input:
        facts = self.facts(person)
        given = {"to": str(mail["Reply-To"]), "in_reply_to": str(mail["Message-ID"])}
        value = samples.raw("mail", name).filled(**{**facts, **given, **more})
        return Input(
            name, "email", person.address.lower(), _with_crlf(value), MAIL, mailbox=SUPPORT
        )

    def _mail(
        self, person: Person, facts: Facts, subject: str, text: str, *, html: bool = False
    ) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = f"{person.name} <{person.address}>"
        mail["To"] = f"Example Support <{SUPPORT}>"
        mail["Subject"] = subject
        mail["Date"] = facts["date"]
        mail["Message-ID"] = f"<{facts['message_id']}>"
        mail.set_content(text)
        if html:
            mail.add_alternative(_as_html(text), subtype="html")
        return mail

    def _canonical(self, request: Request, person: Person, subject: str | None, text: str) -> Input:
        message = MessageReceived(
            channel=request.channel,
            sender=Sender(name=person.name, address=person.address),
            text=text,
            subject=subject,
            external_id=f"{request.channel}-{self._token()}",
            # A chat is one conversation for as long as its window is open.
            conversation=f"chat-{self._token()}" if request.channel == "chat" else None,
        )
        key = message.conversation or person.address.lower()
        return Input(request.id, request.channel, key, encode(message), canonical=True)

    def _token(self) -> str:
        return f"{self.chance.getrandbits(96):024x}"


def spoiled(sample: samples.Spoiled) -> Input:
    value = sample.value.encode("latin-1")
    content_type = MAIL if sample.channel == "email" else JSON
    canonical = sample.channel == "canonical"
    return Input(sample.id, sample.channel, sample.id, value, content_type, canonical=canonical)


def more_in_chat(first: Input, text: str, chance: Random) -> Input:
    """The same person goes on in the same conversation."""
    message = MessageReceived.model_validate_json(first.value)
    token = f"{first.channel}-{chance.getrandbits(96):024x}"
    more = message.model_copy(update={"text": text, "external_id": token, "subject": None})
    return replace(first, name=f"{first.name}-more", value=encode(more))


def path_of(sent: Input) -> str:
    """Where the HTTP door takes it."""
    if sent.canonical:
        return "/v1/tickets"
    mailbox = f"?mailbox={quote(sent.mailbox)}" if sent.mailbox else ""
    return f"/v1/channels/{sent.channel}{mailbox}"


def _mail_input(name: str, person: Person, mail: EmailMessage, mailbox: str) -> Input:
    if mailbox != SUPPORT:
        mail.replace_header("To", mailbox)
    return Input(name, "email", person.address.lower(), mail.as_bytes(), MAIL, mailbox=mailbox)


def _as_html(text: str) -> str:
    paragraphs = (escape(each).replace("\n", "<br>\n") for each in text.strip().split("\n\n"))
    return "<html><body>" + "".join(f"<p>{each}</p>\n" for each in paragraphs) + "</body></html>"


def _with_crlf(value: bytes) -> bytes:
    return value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
