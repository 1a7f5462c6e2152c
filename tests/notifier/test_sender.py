"""The sender against a real database and a real mail server that answers as it is told."""

import asyncio
import shutil
import ssl
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import AutoReconnect

from deskstream.demo.smtp_sink import HANG_UP, SmtpSink
from services.notifier.domain.letter import Attached, Mail
from services.notifier.sender import Sender
from services.notifier.settings import NotifierSettings
from services.notifier.store import mail_of, packed
from shared.contracts.notification import Recipient
from shared.kit.blobs import MemoryBlobs
from shared.kit.clock import SystemClock
from shared.kit.deliveries import (
    COLLECTION,
    INDEXES,
    Claim,
    Deliveries,
    Settlement,
    new_delivery,
)
from shared.kit.handover import Handover
from shared.kit.health import Health
from shared.kit.mongo import ensure
from shared.kit.unit import Document
from tests.notifier.waiting import until
from tests.notifier.words import ANA, MONDAY, SUPPORT

REPLY_TO = "support+token@desk.example"


class Outbox:
    """Deliveries in a database, and senders on it."""

    def __init__(self, database: AsyncDatabase[Document], sink: SmtpSink) -> None:
        self.collection: AsyncCollection[Document] = database[COLLECTION]
        self.blobs = MemoryBlobs()
        self.health = Health()
        self.handover = Handover(timedelta(minutes=2), room=3)
        self.woken = 0
        self._sink = sink

    async def put(self, *names: str, **mail: Any) -> None:
        await self.collection.insert_many([self._delivery(name, mail) for name in names])

    async def bear(self, *names: str, at: datetime | None = None) -> None:
        """As a stage does whose batch is committed."""
        births = self.handover.births(at or datetime.now(UTC))
        mail = {"subject": "From memory"}
        born = [
            births.claimed(document, mail_of(document))
            for document in (self._delivery(name, mail) for name in names)
        ]
        await self.collection.insert_many(born)
        births.committed()

    def _delivery(self, name: str, changes: dict[str, Any]) -> Document:
        fields = {
            "sender_name": "Support",
            "sender": SUPPORT,
            "reply_to": REPLY_TO,
            "to_name": "Ana",
            "to": ANA,
            "subject": f"About {name}",
            "text": ".\nHello\n",
            "html": "<p>Hello</p>",
            "date": MONDAY,
            "message_id": f"<{name}@desk.example>",
        }
        mail = Mail(**{**fields, **changes})
        recipient = Recipient(kind="requester", id="c1", address=mail.to)
        now = datetime.now(UTC)
        return new_delivery(
            name,
            partition=0,
            subject="t1",
            due_at=now - timedelta(seconds=1),
            give_up_at=now + timedelta(hours=48),
            payload={
                "template": "reply",
                "channel": "email",
                "message_id": mail.message_id,
                "recipient": recipient.model_dump(),
                "mail": packed(mail),
            },
        )

    @asynccontextmanager
    async def sending(
        self, leases: type[Deliveries] = Deliveries, **settings: Any
    ) -> AsyncIterator[Sender]:
        fast = {
            "smtp_port": self._sink.port,
            "poll_seconds": 0.02,
            "first_retry_seconds": 0.05,
            "smtp_timeout_seconds": 5,
            "workers": 2,
        }
        chosen = NotifierSettings(**{**fast, **settings})
        sender = Sender(
            leases(self.collection, timedelta(seconds=chosen.lease_seconds)),
            self.handover,
            self.blobs,
            chosen,
            our_name="desk.example",
            clock=SystemClock(),
            health=self.health,
            wake=self._wake,
        )
        task = asyncio.create_task(sender.run())
        try:
            yield sender
        finally:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    def _wake(self) -> None:
        self.woken += 1

    async def get(self, name: str = "a") -> Document:
        document = await self.collection.find_one({"_id": name})
        assert document is not None
        return document

    async def settled(self, *names: str) -> list[Document]:
        """The deliveries once all of them are done."""
        done = {"_id": {"$in": list(names)}, "outcome_ready": True}

        async def all_done() -> bool:
            return await self.collection.count_documents(done) == len(names)

        await until(all_done)
        return [await self.get(name) for name in names]


@pytest.fixture
async def outbox(database: AsyncDatabase[Document], sink: SmtpSink) -> Outbox:
    await ensure(database, [], INDEXES)
    return Outbox(database, sink)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_a_mail_arrives_as_it_was_decided(outbox: Outbox, sink: SmtpSink) -> None:
    await outbox.put("a")
    async with outbox.sending():
        [document] = await outbox.settled("a")
    [caught] = sink.mails
    assert (caught.sender, caught.recipients) == (REPLY_TO, (ANA,))
    assert caught.message_id == "<a@desk.example>"
    assert next(caught.message.iter_parts()).get_content().splitlines() == [".", "Hello"]
    assert (document["state"], document["attempts"]) == ("sent", 1)
    assert "lease" not in document
    assert outbox.woken == 1


@pytest.mark.parametrize("extensions", [("250-PIPELINING",), ()])
async def test_what_was_handed_over_is_sent_at_once(
    outbox: Outbox, sink: SmtpSink, extensions: tuple[str, ...]
) -> None:
    sink.extensions = extensions
    async with outbox.sending(poll_seconds=60):
        await outbox.bear("a", "b")
        documents = await outbox.settled("a", "b")
    assert sorted(mail.message_id for mail in sink.mails) == [
        "<a@desk.example>",
        "<b@desk.example>",
    ]
    assert [(each["state"], each["attempts"]) for each in documents] == [("sent", 1)] * 2
    assert not {"mail", "lease"} & documents[0].keys()


async def test_what_was_handed_over_too_late_is_looked_up(outbox: Outbox, sink: SmtpSink) -> None:
    """Half of its lease is over: by then nobody begins to send."""
    async with outbox.sending():
        await outbox.bear("a", at=datetime.now(UTC) - timedelta(seconds=61))
        [document] = await outbox.settled("a")
    assert (document["state"], document["attempts"], sink.count) == ("sent", 1, 1)


async def test_without_a_server_others_may_have_them(outbox: Outbox, sink: SmtpSink) -> None:
    await sink.stop()
    async with outbox.sending():
        await outbox.bear("a")
        await until(lambda: not outbox.handover.open)
        await sink.start()
        await outbox.settled("a")
        await until(lambda: outbox.handover.open)
    assert sink.count == 1


async def test_at_a_stop_nothing_stays_claimed(outbox: Outbox, sink: SmtpSink) -> None:
    sink.delay_seconds = 0.3
    async with outbox.sending(workers=1, claim=1):
        await outbox.bear("a", "b", "c")
        await until(lambda: sink.begun)
    assert await outbox.collection.count_documents({"lease": {"$exists": True}}) == 0
    left = {"state": "due", "attempts": 0}
    assert await outbox.collection.count_documents(left) == 3 - sink.count


async def test_attachments_come_from_the_blob_store(outbox: Outbox, sink: SmtpSink) -> None:
    stored = await outbox.blobs.put(b"\x00\xff" * 1000)
    fields: Any = {"filename": "x.bin", "content_type": "application/x-bin", "size": 2000}
    await outbox.put("a", attachments=(Attached(blob_id=stored.blob_id, **fields),))
    await outbox.put("b", attachments=(Attached(blob_id="gone", **fields),))
    async with outbox.sending():
        sent, failed = await outbox.settled("a", "b")
    [caught] = sink.mails
    [file] = caught.message.iter_attachments()
    assert file.get_payload(decode=True) == b"\x00\xff" * 1000
    assert sent["state"] == "sent"
    assert failed["error"] == "an attachment is not in the blob store"


async def test_several_senders_send_each_once(outbox: Outbox, sink: SmtpSink) -> None:
    names = [f"d{number}" for number in range(120)]
    await outbox.put(*names)
    async with outbox.sending(), outbox.sending(), outbox.sending():
        documents = await outbox.settled(*names)
    times = Counter(mail.message_id for mail in sink.mails)
    assert times == Counter(f"<{name}@desk.example>" for name in names)
    assert {document["attempts"] for document in documents} == {1}
    assert sink.connections <= 6


async def test_a_backlog_is_claimed_for_all_workers_together(
    outbox: Outbox, sink: SmtpSink
) -> None:
    claimed: list[int] = []

    class Watched(Deliveries):
        async def claim(self, ids: Sequence[str]) -> list[Claim]:
            claimed.append(len(ids))
            return await super().claim(ids)

    names = [f"d{number}" for number in range(80)]
    await outbox.put(*names)
    async with outbox.sending(Watched, workers=4, claim=10):
        documents = await outbox.settled(*names)
    assert claimed == [40, 40]
    assert {document["attempts"] for document in documents} == {1}
    assert sink.connections > 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
async def test_a_temporary_refusal_is_tried_again(
    outbox: Outbox, sink: SmtpSink, step: Any
) -> None:
    sink.answer(step, "451 4.3.0 try again", "450 4.2.0 busy")
    await outbox.put("a")
    async with outbox.sending():
        [document] = await outbox.settled("a")
    assert (document["state"], document["attempts"]) == ("sent", 3)
    assert sink.count == 1


@pytest.mark.parametrize("extensions", [("250-PIPELINING",), ()])
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
async def test_a_permanent_refusal_is_final(
    outbox: Outbox, sink: SmtpSink, step: Any, extensions: tuple[str, ...]
) -> None:
    sink.extensions = extensions
    sink.answer(step, f"550 5.1.1 <{ANA}> is unknown here")
    await outbox.put("a")
    async with outbox.sending():
        [document] = await outbox.settled("a")
        assert (document["state"], document["attempts"]) == ("failed", 1)
        assert document["error"] == f"550 5.1.1 at {step}"
        await outbox.put("b")
        await outbox.settled("b")
    assert [mail.message_id for mail in sink.mails] == ["<b@desk.example>"]


async def test_no_server_then_a_server(outbox: Outbox, sink: SmtpSink) -> None:
    await sink.stop()
    await outbox.put("a", "b")
    async with outbox.sending():
        await until(lambda: "smtp" in degraded(outbox.health))
        why = "SMTPConnectError, ConnectionRefusedError"
        shown = f"mail server 127.0.0.1:{sink.port} cannot be used: {why}"
        assert degraded(outbox.health)["smtp"] == shown
        assert outbox.health.ready
        assert (await outbox.get("a"))["attempts"] == 0
        await sink.start()
        a, b = await outbox.settled("a", "b")
        await until(lambda: "smtp" not in degraded(outbox.health))
    assert (a["attempts"], b["attempts"]) == (1, 1)
    assert sink.count == 2


@pytest.mark.parametrize("answer", ["421 4.3.2 closing", "530 5.7.0 log in first"])
async def test_a_server_that_takes_nobodys_mail_judges_none(
    outbox: Outbox, sink: SmtpSink, answer: str
) -> None:
    sink.answer("MAIL", answer, answer, answer)
    await outbox.put("a")
    async with outbox.sending(workers=1):
        [document] = await outbox.settled("a")
    assert (document["state"], document["attempts"]) == ("sent", 1)
    assert sink.connections == 4


async def test_a_connection_closed_when_idle_costs_nothing(outbox: Outbox, sink: SmtpSink) -> None:
    await outbox.put("a")
    async with outbox.sending(workers=1):
        await outbox.settled("a")
        await sink.stop()
        await sink.start()
        await outbox.put("b")
        [document] = await outbox.settled("b")
    assert (document["state"], document["attempts"]) == ("sent", 1)
    assert degraded(outbox.health) == {}


async def test_nor_does_one_that_closes_at_that_moment(outbox: Outbox, sink: SmtpSink) -> None:
    await outbox.put("a")
    async with outbox.sending(workers=1):
        await outbox.settled("a")
        sink.answer("MAIL", HANG_UP)
        await outbox.put("b")
        [document] = await outbox.settled("b")
    assert (document["state"], document["attempts"]) == ("sent", 1)


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
async def test_a_connection_lost_before_the_content_is_no_doubt(
    outbox: Outbox, sink: SmtpSink, step: Any
) -> None:
    before = counted("deskstream_notifier_unclear_total", lost="connection")
    sink.answer(step, HANG_UP)
    await outbox.put("a")
    async with outbox.sending(workers=1):
        [document] = await outbox.settled("a")
    assert (document["state"], document["attempts"], sink.count) == ("sent", 2, 1)
    assert counted("deskstream_notifier_unclear_total", lost="connection") == before


async def test_an_unclear_result_is_sent_again_under_its_id(outbox: Outbox, sink: SmtpSink) -> None:
    before = counted("deskstream_notifier_unclear_total", lost="connection")
    sink.answer("DATA", HANG_UP)
    await outbox.put("a")
    async with outbox.sending():
        [document] = await outbox.settled("a")
    assert (document["state"], document["attempts"]) == ("sent", 2)
    first, second = sink.mails
    assert first.content == second.content
    assert counted("deskstream_notifier_unclear_total", lost="connection") == before + 1


async def test_a_dead_senders_mail_is_taken_over(outbox: Outbox, sink: SmtpSink) -> None:
    before = counted("deskstream_notifier_unclear_total", lost="holder")
    await outbox.put("a")
    await Deliveries(outbox.collection, timedelta(milliseconds=300)).claim(["a"])
    async with outbox.sending():
        [document] = await outbox.settled("a")
    assert (document["state"], document["attempts"]) == ("sent", 2)
    assert sink.count == 1
    assert counted("deskstream_notifier_unclear_total", lost="holder") == before + 1


async def test_after_two_days_it_is_given_up(outbox: Outbox, sink: SmtpSink) -> None:
    sink.answer("RCPT", *["451 4.2.1 mailbox busy"] * 9)
    await outbox.put("a")
    soon = datetime.now(UTC) + timedelta(seconds=0.2)
    await outbox.collection.update_one({"_id": "a"}, {"$set": {"give_up_at": soon}})
    async with outbox.sending():
        [document] = await outbox.settled("a")
    assert document["state"] == "failed"
    assert document["error"] == "451 4.2.1 at RCPT"
    assert 1 < document["attempts"] < 9


async def test_a_mail_that_cannot_be_written_harms_no_other(outbox: Outbox, sink: SmtpSink) -> None:
    await outbox.put("a", subject="Hello\r\nBcc: all@example.com")
    await outbox.put("b")
    async with outbox.sending():
        bad, good = await outbox.settled("a", "b")
    assert bad["error"] == "it cannot be written as a mail: HeaderInjectionError"
    assert good["state"] == "sent"
    assert [mail.recipients for mail in sink.mails] == [(ANA,)]


async def test_what_is_on_its_way_at_a_stop_arrives_and_is_noted(
    outbox: Outbox, sink: SmtpSink
) -> None:
    sink.delay_seconds = 0.3
    await outbox.put(*"abcd")
    async with outbox.sending(workers=1, claim=4):
        await until(lambda: sink.begun)
    states = Counter([document["state"] async for document in outbox.collection.find()])
    assert states["sent"] == sink.count >= 1
    assert await outbox.collection.count_documents({"lease": {"$exists": True}}) == 0
    assert await outbox.collection.count_documents({"state": "due", "attempts": 0}) == (
        4 - sink.count
    )


class Deaf(Deliveries):
    """Swallows the first cancellation, as `asyncio.wait_for` may."""

    asked = 0

    async def due(self, limit: int) -> list[str]:  # noqa: ARG002 - as the real one
        Deaf.asked += 1
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return []


async def test_a_stop_is_heard_at_last(outbox: Outbox) -> None:
    async with asyncio.timeout(8):
        async with outbox.sending(leases=Deaf, workers=1):
            await until(lambda: Deaf.asked)


class Shaky(Deliveries):
    """The database is away when the first answers are to be written down."""

    tries = 0

    async def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        Shaky.tries += 1
        if Shaky.tries < 4:
            raise AutoReconnect("the primary stepped down")
        return await super().settle(settlements)


async def test_an_answer_is_written_down_when_the_database_is_back(
    outbox: Outbox, sink: SmtpSink
) -> None:
    await outbox.put("a")
    async with outbox.sending(leases=Shaky, workers=1):
        await until(lambda: "deliveries" in degraded(outbox.health))
        [document] = await outbox.settled("a")
        await until(lambda: "deliveries" not in degraded(outbox.health))
    assert (document["attempts"], Shaky.tries, sink.count) == (1, 4, 1)


async def test_a_slow_server_never_outlives_a_lease(outbox: Outbox, sink: SmtpSink) -> None:
    sink.delay_seconds = 0.4
    names = [f"d{number}" for number in range(6)]
    await outbox.put(*names)
    async with outbox.sending(lease_seconds=1.2, claim=6), outbox.sending(lease_seconds=1.2):
        await outbox.settled(*names)
    assert Counter(mail.message_id for mail in sink.mails).most_common(1)[0][1] == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost and its key, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl command to make a certificate with")
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject)
    subprocess.run(  # noqa: S603 - fixed arguments
        [openssl, *new, "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True,
        capture_output=True,
    )
    with path.open("ab") as both:
        both.write(path.with_suffix(".crt").read_bytes())
    return path


@pytest.mark.parametrize("how", ["starttls", "tls"])
async def test_an_encrypted_line_with_a_login(
    database: AsyncDatabase[Document], certificate: Path, how: Any
) -> None:
    await ensure(database, [], INDEXES)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    login = {"smtp_user": "desk", "smtp_password": "right", "smtp_tls": how}
    async with SmtpSink(tls=context, implicit_tls=how == "tls", login=("desk", "right")) as sink:
        outbox = Outbox(database, sink)
        await outbox.put("a")
        if how == "starttls":
            async with outbox.sending(**login):
                await until(
                    lambda: "SSLCertVerification" in degraded(outbox.health).get("smtp", "")
                )
        async with outbox.sending(**{**login, "smtp_ca_file": certificate, "smtp_password": "no"}):
            await until(lambda: "Error 535" in degraded(outbox.health).get("smtp", ""))
        assert (await outbox.get("a"))["attempts"] == 0
        async with outbox.sending(**login, smtp_ca_file=certificate):
            await outbox.settled("a")
    assert sink.count == 1


async def test_the_backlog_is_shown(outbox: Outbox, sink: SmtpSink) -> None:
    await sink.stop()
    await outbox.put("a", "b", "c")
    async with outbox.sending():
        await until(lambda: counted("deskstream_notifier_deliveries_due") == 3)
        assert counted("deskstream_notifier_oldest_due_seconds") > 0


def degraded(health: Health) -> dict[str, str]:
    shown: Any = health.readiness()["degraded"]
    return dict(shown)
