"""One SMTP connection, and what its server makes of each mail."""

import asyncio
import re
import ssl
from dataclasses import dataclass
from enum import StrEnum

import aiosmtplib
import structlog

from services.notifier.channels.conversation import (
    BrokenError,
    Conversation,
    RefusedError,
    conversation_of,
)
from services.notifier.settings import NotifierSettings
from shared.kit.health import Health
from shared.kit.ports import Clock

log = structlog.get_logger(__name__)


class Verdict(StrEnum):
    SENT = "sent"
    REFUSED = "refused"  # for good: this mail will never be taken
    LATER = "later"  # the same mail may be taken later
    UNCLEAR = "unclear"  # the connection was lost when the server may have taken it already
    AWAY = "away"  # the server takes nobody's mail now; this one was not judged


@dataclass(frozen=True, slots=True)
class Judged:
    """`detail` has codes and the step, never the server's text, which may name addresses."""

    verdict: Verdict
    detail: str = ""


class MailServerAwayError(Exception):
    """No connection, no TLS, no login: nothing to do with any single mail."""


# Asked to log in, or to use TLS first: what is wrong is our side's configuration, not the mail.
_CONFIGURATION_CODES = frozenset({503, 530, 534, 535, 538})
_CLOSING = 421
_PERMANENT = 500
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class Outage:
    """Something is away: everybody waits with growing pauses, and readiness names it."""

    FIRST_SECONDS, LONGEST_SECONDS = 0.25, 15.0

    def __init__(self, name: str, health: Health, clock: Clock) -> None:
        self._name = name
        self._health = health
        self._clock = clock
        self._failures = 0

    async def wait(self, reason: str) -> None:
        """The first failure may be an idle connection's end: only the second is an outage."""
        self._failures += 1
        if self._failures > 1:
            self._health.degraded(self._name, reason)
            log.warning("away", what=self._name, reason=reason, failures=self._failures)
        longest = self.FIRST_SECONDS * 2 ** min(self._failures - 1, 16)
        await self._clock.sleep(min(longest, self.LONGEST_SECONDS))

    def over(self) -> None:
        if self._failures:
            self._failures = 0
            self._health.degraded(self._name, None)


class MailLine:
    """Opened when there is something to send, kept for many mails, closed when idle."""

    def __init__(self, settings: NotifierSettings, our_name: str) -> None:
        """`our_name` is what we greet the server with."""
        self._settings = settings
        self._our_name = our_name
        self._tls = _tls(settings) if settings.smtp_tls != "none" else None
        self._talk: Conversation | None = None
        self._mails = 0

    @property
    def is_open(self) -> bool:
        return self._talk is not None and self._talk.is_open

    async def open(self) -> None:
        """Raises MailServerAwayError."""
        await self.close()
        smtp = self._client()
        try:
            await smtp.connect()
            await _greet(smtp)
            self._talk = conversation_of(
                smtp.transport,
                self._settings.smtp_timeout_seconds,
                pipelining=smtp.supports_extension("pipelining"),
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            smtp.close()
            raise MailServerAwayError(_why_away(error)) from error
        except asyncio.CancelledError:
            smtp.close()
            raise
        self._mails = 0

    async def send(self, sender: str, to: str, data: bytes, within_seconds: float) -> Judged:
        talk = self._talk
        if talk is None:
            return Judged(Verdict.AWAY, "no connection")
        try:
            async with asyncio.timeout(within_seconds):
                await talk.send(sender, to, data)
        except RefusedError as refused:
            return await self._answered(refused)
        except BrokenError as broken:
            talk.close()
            return _lost(broken, used=self._mails > 0)
        except TimeoutError:
            talk.close()
            return Judged(Verdict.UNCLEAR, "TimeoutError")
        await self._count()
        return Judged(Verdict.SENT)

    async def close(self) -> None:
        talk, self._talk = self._talk, None
        if talk is not None:
            await talk.end()

    async def _answered(self, refused: RefusedError) -> Judged:
        found = _ENHANCED.search(refused.text)
        words = (str(refused.code), found and found[0], f"at {refused.step}")
        detail = " ".join(filter(None, words))
        if refused.code == _CLOSING or refused.code in _CONFIGURATION_CODES:
            await self.close()
            return Judged(Verdict.AWAY, detail)
        await self._count(reset=True)
        return Judged(Verdict.REFUSED if refused.code >= _PERMANENT else Verdict.LATER, detail)

    async def _count(self, *, reset: bool = False) -> None:
        """Servers close a connection after so many mails; it is better closed by us."""
        self._mails += 1
        if self._mails >= self._settings.smtp_mails_per_connection:
            await self.close()
        elif reset and self._talk is not None:
            try:
                await self._talk.ask("RSET")
            except BrokenError:
                await self.close()

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        password = settings.smtp_password
        return aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            timeout=settings.smtp_timeout_seconds,
            local_hostname=self._our_name,
            use_tls=settings.smtp_tls == "tls",
            start_tls=settings.smtp_tls == "starttls",
            tls_context=self._tls,
            username=settings.smtp_user,
            password=password.get_secret_value() if password else None,
        )


def _tls(settings: NotifierSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.smtp_ca_file)


async def _greet(smtp: aiosmtplib.SMTP) -> None:
    """Once a connection: what the server is able to is known afterwards."""
    if not smtp.is_ehlo_or_helo_needed:
        return
    try:
        await smtp.ehlo()
    except aiosmtplib.SMTPHeloError:
        await smtp.helo()


def _why_away(error: BaseException) -> str:
    """The kinds of the error and of what caused it: their texts may hold names."""
    kinds: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        code = f" {cause.code}" if isinstance(cause, aiosmtplib.SMTPResponseException) else ""
        kinds.append(f"{type(cause).__name__}{code}")
        cause = cause.__cause__ or cause.__context__
    return ", ".join(dict.fromkeys(kinds))


def _lost(broken: BrokenError, *, used: bool) -> Judged:
    """A used line that breaks at the first step was closed for idleness, as servers do."""
    detail = f"{broken.kind} at {broken.step}"
    if broken.handed_over:
        return Judged(Verdict.UNCLEAR, detail)
    return Judged(Verdict.AWAY if used and broken.step == "MAIL" else Verdict.LATER, detail)
