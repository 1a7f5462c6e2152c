"""What the played customers write: form entries and mails about all sorts of things, by seed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from shared.contracts.channel import MessageReceived, RawMessage, Sender
from shared.contracts.message import encode
from shared.contracts.people import AgentUpdated, Availability, CustomerUpdated
from shared.contracts.topics import CHANNEL_MESSAGES
from shared.kit.records import Publication

SOURCE = "/bench/customers"
MAILBOX = "support@desk.example"
CUSTOMERS_DOMAIN = "customers.example"
MESSAGES_BY_SENDER = 5  # well below the limit from which intake takes it for a flood
KNOWN_CUSTOMERS = 300
AGENTS = 60
LANGUAGES = ("en", "de", "fr", "es")
TIERS = ("standard", "standard", "standard", "premium", "enterprise")

# Subject and text; {n} is a number that differs.
TOPICS: Sequence[tuple[str, str]] = (
    (
        "Refund for order {n}",
        (
            "I sent order {n} back two weeks ago and have not seen a refund. The parcel service"
            " says it was delivered. Please check my payment and tell me when I get my money."
        ),
    ),
    (
        "Cannot log in since this morning",
        (
            "When I sign in with my account {n} it says that my password is wrong. I asked for "
            "a reset twice, but no mail arrives. I need access today."
        ),
    ),
    (
        "The whole office is offline!",
        (
            "Nobody can reach the system since 8:40, all users see error 503. Our warehouse "
            "stands still, this is urgent. Location {n}."
        ),
    ),
    (
        "Wrong amount on invoice {n}",
        (
            "Invoice {n} shows two licences, but we ordered one. Could you send us a corrected "
            "invoice? Our accounting closes the month on Friday."
        ),
    ),
    (
        "How do I export my data?",
        (
            "I would like to have all entries of project {n} as a table. Is there an export, "
            "and which format does it use? Thank you in advance."
        ),
    ),
    (
        "Rechnung {n} doppelt abgebucht",
        (
            "Guten Tag, der Betrag der Rechnung {n} wurde zweimal von unserem Konto abgebucht. "
            "Bitte erstatten Sie die zweite Zahlung. Mit freundlichen Grüßen"
        ),
    ),
    (
        "Anwendung stürzt ab",
        (
            "Seit dem letzten Update stürzt die Anwendung ab, sobald ich den Bericht {n} öffne."
            " Ich habe sie schon neu installiert, es hat nicht geholfen. Was kann ich tun?"
        ),
    ),
    (
        "Problème de connexion",
        (
            "Bonjour, je n'arrive plus à me connecter à mon compte {n} depuis hier. Le mot de "
            "passe est refusé. Pouvez-vous m'aider rapidement ? Merci d'avance."
        ),
    ),
    (
        "Solicitud de cancelación {n}",
        (
            "Buenos días, quiero cancelar mi suscripción {n} a finales de mes y recibir una "
            "confirmación por escrito. Muchas gracias y un saludo."
        ),
    ),
    (
        "Suspicious mail in your name",
        (
            "I received a mail that asks for my password and claims to come from you. The link "
            "leads to an unknown page. Is this phishing? Reference {n}."
        ),
    ),
)
MORE = (
    "I tried it on another device with the same result.",
    "My colleague sees the same on her machine.",
    "We have been customers for six years and this never happened before.",
    "You can reach me in the afternoon.",
    "If you need more details, please let me know.",
    "The last time it was solved within an hour.",
)


@dataclass(frozen=True, slots=True)
class Request:
    """`origin` is its CloudEvents id."""

    origin: str
    publication: Publication
    is_mail: bool = False


def requests(count: int, seed: int, mail_share: float, name: str = "r") -> Iterator[Request]:
    """Always the same for the same arguments. `name` keeps several feeds of a run apart."""
    draw = random.Random(f"{seed}{name}")  # noqa: S311 - a load, not a secret
    for i in range(count):
        yield request(f"{name}-{seed}-{i}", draw, count, mail=draw.random() < mail_share)


def request(origin: str, draw: random.Random, count: int, *, mail: bool) -> Request:
    writer = draw.randrange(max(count // MESSAGES_BY_SENDER, KNOWN_CUSTOMERS))
    subject, text = draw.choice(TOPICS)
    n = draw.randrange(10_000, 99_999)
    body = "\n\n".join([text.format(n=n), *draw.sample(MORE, 3), f"Writer {writer}"])
    made = _mail if mail else _form
    return Request(origin, made(origin, writer, subject.format(n=n), body), is_mail=mail)


def address_of(writer: int) -> str:
    return f"writer{writer}@{CUSTOMERS_DOMAIN}"


def _form(origin: str, writer: int, subject: str, body: str) -> Publication:
    message = MessageReceived(
        channel="web",
        sender=Sender(name=f"Writer {writer}", address=address_of(writer)),
        text=body,
        subject=subject,
        mailbox=MAILBOX,
    )
    headers = _headers(origin, MessageReceived.type_name(), "application/json")
    key = address_of(writer).encode()
    return Publication(CHANNEL_MESSAGES.name, key, encode(message), headers)


def _mail(origin: str, writer: int, subject: str, body: str) -> Publication:
    headers = _headers(origin, RawMessage.type_name(), "message/rfc822")
    headers += (("ce_channel", b"email"), ("ce_mailbox", MAILBOX.encode()))
    key = address_of(writer).encode()
    value = mail(f"<{origin}@customers.example>", writer, subject, body)
    return Publication(CHANNEL_MESSAGES.name, key, value, headers)


def mail(message_id: str, writer: int, subject: str, body: str) -> bytes:
    lines = (
        "Received: from mail.customers.example by mx.desk.example with ESMTPS; "
        + format_datetime(datetime.now(UTC)),
        f"From: Writer {writer} <{address_of(writer)}>",
        f"To: Support <{MAILBOX}>",
        f"Subject: {subject if subject.isascii() else _encoded(subject)}",
        f"Date: {format_datetime(datetime.now(UTC))}",
        f"Message-ID: {message_id}",
        "MIME-Version: 1.0",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: 8bit",
        "",
        *body.split("\n"),
        "",
    )
    return "\r\n".join(lines).encode()


def _encoded(subject: str) -> str:
    quoted = "".join(
        chr(byte) if chr(byte).isascii() and chr(byte).isalnum() else f"={byte:02X}"
        for byte in subject.encode()
    )
    return f"=?utf-8?Q?{quoted}?="


def _headers(origin: str, kind: str, content_type: str) -> tuple[tuple[str, bytes], ...]:
    return (
        ("content-type", content_type.encode()),
        ("ce_specversion", b"1.0"),
        ("ce_id", origin.encode()),
        ("ce_type", kind.encode()),
        ("ce_source", SOURCE.encode()),
    )


def agents(count: int = AGENTS) -> Iterator[AgentUpdated]:
    """With room for all that comes, so that nothing waits for somebody to finish."""
    for i in range(count):
        yield AgentUpdated(
            agent_id=f"agent-{i}",
            name=f"Agent {i}",
            address=f"agent{i}@desk.example",
            skills={"technical": 1 + i % 5, "billing": 1 + i % 3, "security": 1 + i % 4},
            languages=(LANGUAGES[i % 4], "en"),
            seniority=1 + i % 5,
            capacity=100_000,
            availability=Availability.ONLINE,
        )


def customers(count: int = KNOWN_CUSTOMERS) -> Iterator[CustomerUpdated]:
    for i in range(count):
        yield CustomerUpdated.model_validate(
            {
                "customer_id": f"customer-{i}",
                "name": f"Writer {i}",
                "addresses": (address_of(i),),
                "organisation": f"Organisation {i % 50}",
                "tier": TIERS[i % len(TIERS)],
                "vip": i % 40 == 0,
                "locale": LANGUAGES[i % 4],
            }
        )
