"""The SMTP and LMTP listener: 250 once Kafka has the mail, 451 until then."""

import asyncio
import hashlib
import ssl
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.intake.api.keys import headers_of
from services.intake.mail.places import Full, Places, Seated, SeatedLMTP
from services.intake.mail.receiving import Room
from services.intake.mail.recipients import Recipients
from services.intake.mail.taking import Delivered, MailDoor, NotTakenError
from services.intake.settings import IntakeSettings
from shared.contracts.envelope import deterministic_id
from shared.kit.settings import SettingsError

log = structlog.get_logger("deskstream.intake")
SOURCE = "/deskstream/intake/smtp"
MOST_RECIPIENTS = 100
TAKEN = "250 2.0.0 taken"
LATER = "451 4.3.0 not taken, nothing is lost: send it again later"
UNKNOWN = "550 5.1.1 nobody here has this address"
TOO_MANY = "452 4.5.3 too many recipients: send the mail again for the others"
IDENT = "Deskstream"
TIMED = frozenset({"date", "received"})


class Taking:
    """What aiosmtpd asks; its names are its own."""

    def __init__(self, door: MailDoor, *, one_answer_each: bool) -> None:
        self._door = door
        self._recipients = Recipients(door.settings.smtp_recipients)
        self._one_answer_each = one_answer_each

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        if not self._recipients.take(address):
            return UNKNOWN
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return TOO_MANY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        content = envelope.original_content or b""
        mails = [
            Delivered(
                event_id_of(content, envelope.mail_from, address),
                address,
                _traced(content, envelope.mail_from, address),
            )
            for address in envelope.rcpt_tos
        ]
        try:
            await self._door.take(SOURCE, mails)
        except NotTakenError as error:
            log.warning("mail not taken", reason=str(error))
            return self._answer(LATER, envelope)
        return self._answer(TAKEN, envelope)

    async def handle_exception(self, error: Exception) -> str:
        """Whatever is wrong with us, the mail is not: 5xx would send it back to its author."""
        log.error("mail not taken", reason=type(error).__name__, exc_info=error)
        return LATER

    def _answer(self, answer: str, envelope: Envelope) -> str:
        """LMTP wants a line for each recipient (RFC 2033, 4.2)."""
        times = len(envelope.rcpt_tos) if self._one_answer_each else 1
        return "\r\n".join([answer] * times)


def event_id_of(content: bytes, sender: str | None, recipient: str) -> str:
    """The same for a mail that its server sends again because it missed our answer.

    Only a time among its headers tells that apart from two mails that say the same.
    """
    if TIMED.isdisjoint(name.lower() for name in headers_of(content)):
        return str(uuid.uuid4())
    digest = hashlib.sha256(content).hexdigest()
    return deterministic_id("smtp", _line(sender or ""), _line(recipient), digest)


def _traced(content: bytes, sender: str | None, recipient: str) -> bytes:
    """The envelope on top, as the last server of a mail's way has to (RFC 5321, 4.4)."""
    lines = f"Return-Path: <{_line(sender or '')}>\r\nDelivered-To: {_line(recipient)}\r\n"
    return lines.encode("utf-8", "replace") + content


def _line(address: str) -> str:
    return "".join(letter for letter in address if letter.isprintable() and letter not in "<>")


@dataclass(slots=True)
class Listener:
    """One port. `serve` runs until cancelled."""

    kind: type[SMTP]
    door: MailDoor
    port: int
    listening: asyncio.Event
    bound: int = 0

    async def serve(self) -> None:
        settings, loop = self.door.settings, asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                self._protocol(loop), host=settings.smtp_host, port=self.port, backlog=100
            )
        except OSError as error:
            raise SettingsError(
                f"{self.kind.__name__}: cannot listen on {settings.smtp_host}:{self.port} "
                f"({error.strerror}); choose another port"
            ) from error
        async with server:
            self.bound = server.sockets[0].getsockname()[1]
            self.listening.set()
            log.info("listening for mail", protocol=self.kind.__name__, port=self.bound)
            await server.serve_forever()

    def _protocol(self, loop: asyncio.AbstractEventLoop) -> Callable[[], asyncio.BaseProtocol]:
        settings = self.door.settings
        places = Places(settings.smtp_connections)
        room = Room(settings.most_bytes_at_a_time)
        seated = SeatedLMTP if self.kind is LMTP else Seated
        tls = tls_of(settings)
        options: dict[str, Any] = {
            "data_size_limit": settings.largest_raw_bytes,
            "enable_SMTPUTF8": True,
            "ident": IDENT,
            "loop": loop,
            "tls_context": tls,
            "require_starttls": tls is not None and settings.smtp_require_tls,
            "timeout": settings.smtp_idle_seconds,
        }
        taking = Taking(self.door, one_answer_each=self.kind is LMTP)
        return lambda: (
            seated(taking, places=places, room=room, **options) if places.free else Full()
        )


def listeners(door: MailDoor) -> list[Listener]:
    """Those whose ports are set."""
    ports = ((SMTP, door.settings.smtp_port), (LMTP, door.settings.lmtp_port))
    return [Listener(kind, door, port, asyncio.Event()) for kind, port in ports if port is not None]


def tls_of(settings: IntakeSettings) -> ssl.SSLContext | None:
    """Raises SettingsError where certificate and key do not go together."""
    if settings.smtp_cert_file is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.smtp_cert_file, settings.smtp_key_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"DESKSTREAM_INTAKE_SMTP_CERT_FILE and …_SMTP_KEY_FILE: no certificate with its key "
            f"({error})"
        ) from error
    return context
