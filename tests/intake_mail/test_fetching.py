"""Fetching by IMAP from a real server: what is taken is moved, nothing is lost or taken twice."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from services.intake.mail.fetching import Fetcher
from services.intake.mail.imap import Connection, Waiting
from services.intake.mail.mailboxes import Mailbox, load_mailboxes
from services.intake.mail.troubled import Troubled
from shared.kit.clock import SystemClock
from shared.kit.config import ConfigError
from shared.kit.health import Health
from tests.intake_mail.conftest import LARGEST, MAILBOX, Doorway, mail

USER, PASSWORD = "desk", "open sesame"
LONGEST_SECONDS = 30.0


@pytest.fixture
def port() -> Iterator[int]:
    """A server of its own for each test, so that no folder is left over."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    program = Path(sys.executable).with_name("pymap")
    listening = ["--no-tls", "--host", "127.0.0.1", "--port", str(free)]
    account = ["dict", "--demo-user", USER, "--demo-password", PASSWORD]
    with subprocess.Popen(  # noqa: S603 - our own environment's program
        [str(program), *listening, *account],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            _until_listening(free)
            yield free
        finally:
            server.kill()


def _until_listening(port: int) -> None:
    end = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
    raise TimeoutError("the IMAP server does not listen")


def box(port: int, **fields: object) -> Mailbox:
    given = {"address": MAILBOX, "host": "127.0.0.1", "port": port, "tls": "none", "user": USER}
    return Mailbox.model_validate({**given, "password": PASSWORD, "look_seconds": 1, **fields})


class Account:
    """The mailbox as its owner sees it."""

    def __init__(self, port: int) -> None:
        self._client = IMAPClient("127.0.0.1", port=port, ssl=False, timeout=20)
        self._client.login(USER, PASSWORD)

    def put(self, *bodies: bytes) -> None:
        for body in bodies:
            self._client.append("INBOX", body)

    def close(self) -> None:
        self._client.logout()

    def delete(self, folder: str) -> None:
        self._client.select_folder("INBOX", readonly=True)
        self._client.delete_folder(folder)

    def count(self, folder: str) -> int:
        if not self._client.folder_exists(folder):
            return 0
        self._client.select_folder(folder, readonly=True)
        return len(self._client.search("ALL"))


@pytest.fixture
def account(port: int) -> Iterator[Account]:
    with contextlib.closing(Account(port)) as account:
        yield account


class Quick(SystemClock):
    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds, 0.05))


@contextlib.asynccontextmanager
async def fetching(
    way: Doorway,
    mailbox: Mailbox,
    connect: Callable[[Mailbox], Connection] = Connection,
    health: Health | None = None,
) -> AsyncIterator[None]:
    fetcher = Fetcher(mailbox, way.door, health or Health(), Quick(), connect)
    task = asyncio.create_task(fetcher.watch())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_SECONDS
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < end, "it did not come to that in time"
        await asyncio.sleep(0.02)


async def test_what_lies_there_and_what_comes_is_taken_and_moved(
    way: Doorway, port: int, account: Account
) -> None:
    account.put(mail(1), mail(2))

    async with fetching(way, box(port)):
        await until(lambda: account.count("Deskstream") == 2)
        account.put(mail(3))
        await until(lambda: account.count("Deskstream") == 3)

    assert way.bodies == [mail(1), mail(2), mail(3)]
    assert account.count("INBOX") == 0
    assert way.headers[0]["ce_mailbox"] == MAILBOX
    assert len({headers["ce_id"] for headers in way.headers}) == 3


async def test_without_kafka_the_mail_stays_where_it_is(
    way: Doorway, port: int, account: Account
) -> None:
    health = Health()
    account.put(mail(1))
    way.broker.away = True

    async with fetching(way, box(port), health=health):
        await until(lambda: "imap help@desk.example" in str(health.readiness()))
        assert account.count("INBOX") == 1
        way.broker.away = False
        await until(lambda: account.count("Deskstream") == 1)

    assert way.bodies == [mail(1)]
    assert health.ready


class Interrupted(Connection):
    """Loses its server after Kafka has the mail, before it is moved."""

    times = 0

    def put_away(self, mail: Waiting, folder: str) -> None:
        if type(self).times < 2:
            type(self).times += 1
            raise ConnectionResetError
        super().put_away(mail, folder)


async def test_what_was_interrupted_is_moved_and_not_sent_again(
    way: Doorway, port: int, account: Account
) -> None:
    account.put(mail(1))
    Interrupted.times = 0

    async with fetching(way, box(port), Interrupted):
        await until(lambda: account.count("Deskstream") == 1)

    assert way.bodies == [mail(1)]


class Unmoved(Connection):
    """Of a process that always dies before it can move a mail."""

    def put_away(self, mail: Waiting, folder: str) -> None:
        raise ConnectionResetError(mail.uid, folder)


async def test_after_a_crash_it_comes_again_under_the_same_id(
    way: Doorway, port: int, account: Account
) -> None:
    account.put(mail(1))

    for nth in (1, 2):
        async with fetching(way, box(port), Unmoved):
            await until(lambda nth=nth: len(way.bodies) >= nth)  # type: ignore[misc]
    async with fetching(way, box(port)):
        await until(lambda: account.count("Deskstream") == 1)

    assert way.bodies == [mail(1)] * 3
    ids = {(headers["ce_source"], headers["ce_id"]) for headers in way.headers}
    assert len(ids) == 1  # which the pipeline takes once


async def test_a_mail_over_the_limit_is_set_aside_unread(
    way: Doorway, port: int, account: Account
) -> None:
    account.put(mail(1, text="x" * LARGEST), mail(2))

    async with fetching(way, box(port)):
        await until(lambda: account.count("Deskstream") == 1)

    assert way.bodies == [mail(2)]
    assert account.count("Deskstream too large") == 1


class OneBad(Connection):
    """Of a server that has a mail which nobody can fetch from it."""

    healed = False
    error: type[Exception] = IMAPClientError

    def read(self, mail: Waiting) -> bytes:
        body = super().read(mail)
        if b"Lamp 1" in body and not type(self).healed:
            raise type(self).error("of no use")
        return body


@pytest.mark.parametrize("error", [IMAPClientError, ConnectionResetError, KeyError])
async def test_a_mail_that_cannot_be_fetched_holds_up_no_other(
    way: Doorway, port: int, account: Account, error: type[Exception]
) -> None:
    health = Health()
    OneBad.healed, OneBad.error = False, error
    account.put(mail(1), mail(2), mail(3))

    async with fetching(way, box(port), OneBad, health):
        await until(lambda: account.count("Deskstream") == 2)
        await until(lambda: f"({error.__name__}); the others are" in str(health.readiness()))
        OneBad.healed = True
        await until(lambda: account.count("Deskstream") == 3)
        await until(lambda: "imap" not in str(health.readiness()))

    assert way.bodies == [mail(2), mail(3), mail(1)]


class Refusing(Connection):
    """Of a server whose folder is full."""

    full = True

    def put_away(self, mail: Waiting, folder: str) -> None:
        if type(self).full:
            raise IMAPClientError("over quota")
        super().put_away(mail, folder)


async def test_mails_that_cannot_be_moved_are_taken_once(
    way: Doorway, port: int, account: Account
) -> None:
    Refusing.full = True
    account.put(mail(1), mail(2))

    async with fetching(way, box(port), Refusing):
        await until(lambda: len(way.bodies) == 2)
        account.put(mail(3))
        await until(lambda: len(way.bodies) == 3)
        Refusing.full = False
        await until(lambda: account.count("Deskstream") == 3)

    assert way.bodies == [mail(1), mail(2), mail(3)]


async def test_a_folder_that_its_owner_deleted_is_made_again(
    way: Doorway, port: int, account: Account
) -> None:
    account.put(mail(1))

    async with fetching(way, box(port)):
        await until(lambda: account.count("Deskstream") == 1)
        account.delete("Deskstream")
        account.put(mail(2))
        await until(lambda: account.count("Deskstream") == 1)

    assert way.bodies == [mail(1), mail(2)]


def waiting(uid: int) -> Waiting:
    return Waiting(uid=uid, validity=1, size=1)


def test_what_makes_trouble_waits_longer_each_time_and_never_for_ever() -> None:
    troubled, now, pauses = Troubled(), datetime(2026, 3, 2, tzinfo=UTC), []
    bad, good = waiting(1), waiting(2)
    for _ in range(16):
        troubled.failed(bad, now, "why")
        assert troubled.in_turn([bad, good], now) == [good]
        again = next(
            s for s in range(1, 3_602) if bad in troubled.in_turn([bad], now + timedelta(seconds=s))
        )
        pauses.append(again)
        now += timedelta(seconds=again)

    assert pauses[:4] == [1, 2, 4, 8]
    assert pauses[-1] == 3_600
    assert troubled.in_turn([bad, good], now) == [good, bad]


def test_trouble_is_told_in_few_words() -> None:
    troubled, now = Troubled(), datetime(2026, 3, 2, tzinfo=UTC)
    for uid in range(1, 8):
        troubled.failed(waiting(uid), now, "why")

    told = troubled.told or ""

    assert told.startswith("cannot take uid 1 (why), uid 2 (why)")
    assert "uid 6" not in told
    assert told.endswith("and 2 more; the others are taken")
    troubled.in_turn([], now)
    assert troubled.told is None


async def test_a_wrong_password_is_shown_and_tried_again(way: Doorway, port: int) -> None:
    health = Health()

    async with fetching(way, box(port, password="a guess"), health=health):
        await until(lambda: "LoginError" in str(health.readiness()))

    assert "a guess" not in str(health.readiness())
    assert health.ready


async def test_a_server_that_is_away_is_shown(way: Doorway) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = int(probe.getsockname()[1])
    health = Health()

    async with fetching(way, box(closed), health=health):
        await until(lambda: "ConnectionRefusedError" in str(health.readiness()))


class Plain(Connection):
    """Of a server of the plainest kind: no MOVE, no IDLE, no UIDPLUS."""

    def can(self, capability: str) -> bool:  # noqa: ARG002 - whatever it is
        return False


async def test_a_plain_server_will_do(way: Doorway, port: int, account: Account) -> None:
    account.put(mail(1))

    async with fetching(way, box(port), Plain):
        await until(lambda: account.count("Deskstream") == 1)
        account.put(mail(2))
        await until(lambda: account.count("Deskstream") == 2)

    assert account.count("INBOX") == 0
    assert way.bodies == [mail(1), mail(2)]


def shown_to(server: socket.socket, shown: list[bytes]) -> None:
    """An IMAP server that wants a token, and takes none."""
    connection, _ = server.accept()
    with connection, connection.makefile("rwb", buffering=0) as lines:
        lines.write(b"* OK ready\r\n")
        while line := lines.readline():
            tag, command, *_ = line.split()
            if command == b"AUTHENTICATE":
                lines.write(b"+ \r\n")
                shown.append(b64decode(lines.readline()))
            answers = {
                b"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n%b OK done\r\n" % tag,
                b"AUTHENTICATE": b"%b NO it has run out\r\n" % tag,
            }
            lines.write(answers.get(command, b"%b BAD what\r\n" % tag))


async def test_a_token_is_read_anew_for_each_login(way: Doorway, tmp_path: Path) -> None:
    token, health, shown = tmp_path / "token", Health(), list[bytes]()
    token.write_text("first\n")
    with socket.create_server(("127.0.0.1", 0)) as server:
        mailbox = box(int(server.getsockname()[1]), password=None, token_file=token)
        async with fetching(way, mailbox, health=health):
            await asyncio.to_thread(shown_to, server, shown)
            token.write_text("second\n")
            await asyncio.to_thread(shown_to, server, shown)
            await until(lambda: "LoginError" in str(health.readiness()))

    said = b"user=desk\x01auth=Bearer %b\x01\x01"
    assert shown == [said % b"first", said % b"second"]
    assert "first" not in str(health.readiness())


async def test_what_comes_between_a_look_and_the_wait_is_not_waited_for(
    port: int, account: Account
) -> None:
    connection = Connection(box(port))
    try:
        connection.open()
        assert connection.waiting() == []
        account.put(mail(1))
        async with asyncio.timeout(LONGEST_SECONDS):
            await asyncio.to_thread(connection.wait, LONGEST_SECONDS * 2)

        assert len(connection.waiting()) == 1
    finally:
        connection.close()


def test_the_file_of_mailboxes(tmp_path: Path) -> None:
    secret, file = tmp_path / "secret", tmp_path / "mailboxes.yaml"
    secret.write_text("open sesame\n")
    file.write_text(
        f"mailboxes: [{{address: a@b.example, host: imap.b.example, user: a, "
        f"password_file: '{secret}'}}]"
    )

    [found] = load_mailboxes(file)

    assert (found.port, found.tls, found.secret()) == (993, "tls", "open sesame")
    assert load_mailboxes(None) == ()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("", "give one of password, password_file and token_file"),
        (", password: x, password_file: y", "give one of password, password_file and token_file"),
        (", password: x, token_file: y", "give one of password, password_file and token_file"),
        (", password: x, taken: INBOX", "three different folders"),
        (", password: x, tls: maybe", "tls"),
        (", password: x, pasword: y", "pasword"),
    ],
)
def test_a_mailbox_that_is_wrong_is_told(tmp_path: Path, fields: str, told: str) -> None:
    file = tmp_path / "mailboxes.yaml"
    file.write_text(f"mailboxes: [{{address: a@b, host: h, user: u{fields}}}]")

    with pytest.raises(ConfigError) as refused:
        load_mailboxes(file)

    assert told in "\n".join(refused.value.problems)
