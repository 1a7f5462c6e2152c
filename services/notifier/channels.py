"""How a mail goes out: one SMTP connection, and what its server makes of each mail."""

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import aiosmtplib
import structlog

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
_TAKEN = frozenset({250, 251, 252})
_PERMANENT = 500
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_LOST = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError)


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
        self._smtp: aiosmtplib.SMTP | None = None
        self._mails = 0

    @property
    def is_open(self) -> bool:
        return self._smtp is not None and self._smtp.is_connected

    async def open(self) -> None:
        """Raises MailServerAwayError."""
        await self.close()
        smtp = self._client()
        try:
            await smtp.connect()
            await _greet(smtp)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            smtp.close()
            raise MailServerAwayError(_why_away(error)) from error
        except asyncio.CancelledError:
            smtp.close()
            raise
        self._smtp, self._mails = smtp, 0

    async def send(self, sender: str, to: str, data: bytes, within_seconds: float) -> Judged:
        smtp = self._smtp
        if smtp is None:
            return Judged(Verdict.AWAY, "no connection")
        step = "MAIL"
        try:
            async with asyncio.timeout(within_seconds):
                await _command(smtp, b"MAIL", f"FROM:<{sender}>")
                step = "RCPT"
                await _command(smtp, b"RCPT", f"TO:<{to}>")
                step = "DATA"
                await smtp.data(data)
        except aiosmtplib.SMTPResponseException as error:
            return await self._answered(error, step)
        except _LOST as error:
            smtp.close()
            return _lost(error, step, used=self._mails > 0)
        await self._count()
        return Judged(Verdict.SENT)

    async def close(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            with suppress(aiosmtplib.SMTPException, OSError):
                await smtp.quit(timeout=1)
        finally:
            smtp.close()

    async def _answered(self, error: aiosmtplib.SMTPResponseException, step: str) -> Judged:
        found = _ENHANCED.search(error.message)
        detail = " ".join(filter(None, (str(error.code), found and found[0], f"at {step}")))
        if error.code == _CLOSING or error.code in _CONFIGURATION_CODES:
            await self.close()
            return Judged(Verdict.AWAY, detail)
        await self._count(reset=True)
        return Judged(Verdict.REFUSED if error.code >= _PERMANENT else Verdict.LATER, detail)

    async def _count(self, *, reset: bool = False) -> None:
        """Servers close a connection after so many mails; it is better closed by us."""
        self._mails += 1
        if self._mails >= self._settings.smtp_mails_per_connection:
            await self.close()
        elif reset and self._smtp is not None:
            try:
                await self._smtp.rset()
            except (aiosmtplib.SMTPException, OSError):
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
    """Once a connection; `smtp.mail` would do it, which is not used here."""
    if not smtp.is_ehlo_or_helo_needed:
        return
    try:
        await smtp.ehlo()
    except aiosmtplib.SMTPHeloError:
        await smtp.helo()


async def _command(smtp: aiosmtplib.SMTP, verb: bytes, argument: str) -> None:
    """`smtp.mail` and `rcpt` would parse the address, which is ours and known to be plain ASCII."""
    answer = await smtp.execute_command(verb, argument.encode("ascii"))
    if answer.code not in _TAKEN:
        raise aiosmtplib.SMTPResponseException(answer.code, answer.message)


def _why_away(error: BaseException) -> str:
    """The kinds of the error and of what caused it: their texts may hold names."""
    kinds: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        code = f" {cause.code}" if isinstance(cause, aiosmtplib.SMTPResponseException) else ""
        kinds.append(f"{type(cause).__name__}{code}")
        cause = cause.__cause__ or cause.__context__
    return ", ".join(dict.fromkeys(kinds))


def _lost(error: Exception, step: str, *, used: bool) -> Judged:
    """A used line that breaks at the first step was closed for idleness, as servers do."""
    detail = f"{type(error).__name__} at {step}"
    if step == "DATA":
        return Judged(Verdict.UNCLEAR, detail)
    return Judged(Verdict.AWAY if used and step == "MAIL" else Verdict.LATER, detail)
