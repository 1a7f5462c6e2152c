"""A mail server that keeps what it gets, and answers as it was told to: for demo and tests."""

import asyncio
import warnings
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ssl import SSLContext
from typing import Any, Literal, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

Step = Literal["MAIL", "RCPT", "DATA"]
ACCEPTED = {"MAIL": "250 2.1.0 OK", "RCPT": "250 2.1.5 OK", "DATA": "250 2.0.0 taken"}
# In place of an answer: the connection ends. After DATA: kept the mail, but never says so.
HANG_UP = "hang up"
LARGEST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Caught:
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    at: datetime

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=default)

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass  # without slots: aiosmtpd looks at each member, which fails on Python 3.11.2
class SmtpSink:
    """`async with SmtpSink() as sink:` listens on 127.0.0.1 at `sink.port`.

    The last `keep` mails are in `mails`, all are in `count`. `delay_seconds` slows each answer
    to DATA. After `stop`, `start` listens on the same port again. With `tls` it wants STARTTLS, or
    TLS from the first byte if `implicit_tls`; with `login` a user and password.
    """

    port: int = 0
    keep: int = 100_000
    delay_seconds: float = 0.0
    tls: SSLContext | None = None
    implicit_tls: bool = False
    login: tuple[str, str] | None = None
    caught: Callable[[Caught], None] | None = None
    extensions: tuple[str, ...] = ("250-PIPELINING",)
    mails: deque[Caught] = field(default_factory=deque)
    count: int = 0
    begun: int = 0  # mails whose content came, taken or not
    connections: int = 0
    _answers: dict[Step, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    _server: asyncio.Server | None = None
    _protocols: set["_Protocol"] = field(default_factory=set)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._protocol, "127.0.0.1", self.port, ssl=self.tls if self.implicit_tls else None
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Connections end in the middle of whatever they were at."""
        if self._server is not None:
            self._server.close()
            for protocol in list(self._protocols):
                protocol.hang_up()
            await self._server.wait_closed()
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def answer(self, step: Step, *answers: str) -> None:
        """The next answers at this step, in order; after them everything is accepted again."""
        self._answers[step].extend(answers)

    def sent_to(self, address: str) -> list[Caught]:
        return [mail for mail in self.mails if address in mail.recipients]

    def allows(self, _: str, user: bytes, password: bytes) -> bool:
        return (user.decode(), password.decode()) == self.login

    def _protocol(self) -> "_Protocol":
        self.connections += 1
        return _Protocol(self)

    def _next(self, step: Step) -> str:
        waiting = self._answers[step]
        return waiting.popleft() if waiting else ACCEPTED[step]

    def _keep(self, mail: Caught) -> None:
        self.count += 1
        self.mails.append(mail)
        while len(self.mails) > self.keep:
            self.mails.popleft()
        if self.caught is not None:
            self.caught(mail)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _: "_Protocol", session: Session, __: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        """It reads commands one after the other, whenever they come: so they may come together."""
        session.host_name = hostname
        return [*answers[:-1], *self.extensions, answers[-1]]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: "_Protocol", _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._next("MAIL")
        if answer == HANG_UP:
            server.hang_up()
        elif answer.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: "_Protocol", _: Session, envelope: Envelope, address: str, __: list[str]
    ) -> str:
        answer = self._next("RCPT")
        if answer == HANG_UP:
            server.hang_up()
        elif answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: "_Protocol", _: Session, envelope: Envelope
    ) -> str:
        self.begun += 1
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        answer = self._next("DATA")
        if answer == HANG_UP or answer.startswith("2"):
            self._keep(_caught(envelope))
        if answer == HANG_UP:
            server.hang_up()
        return answer


class _Protocol(SMTP):
    def __init__(self, sink: SmtpSink) -> None:
        starttls = sink.tls is not None and not sink.implicit_tls
        with warnings.catch_warnings():
            # It knows of no TLS but STARTTLS, and warns of logins without that.
            warnings.simplefilter("ignore", UserWarning)
            super().__init__(
                sink,
                hostname="sink.localhost",
                enable_SMTPUTF8=True,
                data_size_limit=LARGEST_BYTES,
                tls_context=sink.tls if starttls else None,
                require_starttls=starttls,
                auth_required=sink.login is not None,
                auth_require_tls=starttls,
                auth_callback=sink.allows,
            )
        self._sink = sink

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sink._protocols.add(self)  # noqa: SLF001 - one thing in two classes
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sink._protocols.discard(self)  # noqa: SLF001 - one thing in two classes
        super().connection_lost(error)

    def hang_up(self) -> None:
        transport: Any = self.transport
        if transport is not None:
            transport.abort()


def _caught(envelope: Envelope) -> Caught:
    content = envelope.content
    data = content if isinstance(content, bytes) else (content or "").encode()
    recipients = tuple(str(each) for each in envelope.rcpt_tos)
    return Caught(envelope.mail_from or "", recipients, data, datetime.now(UTC))
