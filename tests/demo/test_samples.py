"""What the demo's people write is as varied as it says, and the desk reads it as meant."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from deskstream.demo import samples, writing
from deskstream.demo.chance import chance
from deskstream.demo.persons import MOST_OPENED_BY_ONE, Person, Public
from deskstream.demo.samples import LANGUAGES, Request, Spoiled
from deskstream.demo.smtp_sink import Caught
from deskstream.demo.writing import Input, Writer
from services.intake.adapters.canonical import from_received
from services.intake.adapters.channels import ADAPTERS, UnknownChannelError, channel_of
from services.intake.adapters.payload import Payload
from services.intake.domain.message import IncomingMessage, Parsed, UnreadableError
from shared.contracts.channel import MessageReceived
from shared.contracts.fields import Automatic
from shared.kit.decoding import read

REQUESTS = [(language, each) for language in LANGUAGES for each in samples.requests(language)]
OUR_MAIL = b"""From: Example Support <support@desk.example>
To: tess@example.org
Reply-To: support+token@desk.example
Subject: [TKT-1000] Charged twice
Message-ID: <acknowledgement.token.1@desk.example>
Content-Type: text/plain; charset=utf-8

We have it.
"""


@pytest.fixture
def writer() -> Writer:
    return Writer(chance(7))


@pytest.fixture
def tess() -> Person:
    return Person("Tess Wexford", "tess@example.org", "+15550000001", "en", "Wexford & Co")


def read_by_intake(sent: Input) -> Parsed:
    if sent.canonical:
        received = read(MessageReceived, sent.value)
        assert isinstance(received, MessageReceived)
        return from_received(received, sent.mailbox)
    channel = channel_of(sent.channel, sent.content_type)
    [parsed] = ADAPTERS[channel](Payload(sent.value, channel, sent.mailbox))
    return parsed


def message(sent: Input) -> IncomingMessage:
    parsed = read_by_intake(sent)
    assert isinstance(parsed, IncomingMessage)
    return parsed


def test_there_are_many_in_four_languages_by_many_channels() -> None:
    names = [each.id for _, each in REQUESTS]
    channels = Counter(each.channel for _, each in REQUESTS)

    assert len(set(names)) == len(names) >= 60
    assert {language for language, _ in REQUESTS} == {"en", "de", "fr", "es"}
    assert set(channels) == {"email", "web", "phone", "chat", "whatsapp"}
    assert any(each.html for _, each in REQUESTS)
    assert any(each.attachments for _, each in REQUESTS)


@pytest.mark.parametrize(
    ("language", "request_"), [pytest.param(*each, id=each[1].id) for each in REQUESTS]
)
def test_each_is_read_as_one_persons_message(
    writer: Writer, tess: Person, language: str, request_: Request
) -> None:
    tess.language = language

    sent = writer.request(request_, tess)

    found = message(sent)
    assert found.channel == request_.channel
    assert found.automatic is None
    assert found.opens
    assert "$" not in found.text
    assert len(found.attachments) == len(request_.attachments)
    address = tess.phone if request_.channel == "whatsapp" else tess.address
    assert found.sender.address == address
    assert all(writer.filled(text, tess) for text in request_.then)


@pytest.mark.parametrize("name", samples.raw_names("mail"))
def test_odd_mail_survives(writer: Writer, tess: Person, name: str) -> None:
    found = message(writer.odd_mail(name, tess))

    assert found.text.strip()
    assert found.subject
    assert (found.automatic is Automatic.MAILING_LIST) == (name == "mailing-list")


@pytest.mark.parametrize("name", ["image", "location"])
def test_odd_whatsapp_is_read(writer: Writer, tess: Person, name: str) -> None:
    assert message(writer.odd_whatsapp(name, tess)).sender.address == tess.phone


@pytest.mark.parametrize("name", samples.raw_names("alerts"))
def test_an_alert_that_clears_is_the_one_that_fired(writer: Writer, name: str) -> None:
    started = datetime.now(UTC)

    fired = message(writer.alert(name, "node-1.example.net", started, resolved=False))
    cleared = message(writer.alert(name, "node-1.example.net", started, resolved=True))

    assert (fired.opens, fired.resolves) == (True, False)
    assert (cleared.opens, cleared.resolves) == (False, True)
    assert fired.conversation == cleared.conversation
    assert fired.external_id != cleared.external_id


@pytest.mark.parametrize("sample", [pytest.param(s, id=s.id) for s in samples.spoiled()])
def test_nobody_can_read_what_is_spoiled(sample: Spoiled) -> None:
    # Plain ValueError is how the kit refuses a body that is no MessageReceived.
    with pytest.raises((UnreadableError, UnknownChannelError, ValueError)):
        read_by_intake(writing.spoiled(sample))


def test_a_reply_names_the_mail_that_it_answers(writer: Writer, tess: Person) -> None:
    ours = Caught("support@desk.example", (tess.address,), OUR_MAIL, datetime.now(UTC)).message

    found = message(writer.reply(ours, tess, "It happened again."))

    assert found.references == ("<acknowledgement.token.1@desk.example>",)
    assert found.new_text is not None
    assert "It happened again." in found.new_text
    assert "We have it." not in found.new_text


def test_machines_answers_are_known_for_what_they_are(writer: Writer, tess: Person) -> None:
    ours = Caught("support@desk.example", (tess.address,), OUR_MAIL, datetime.now(UTC)).message

    away, bounce = message(writer.away(ours, tess)), message(writer.bounce(ours, tess))

    assert away.automatic is Automatic.AUTO_REPLY
    assert bounce.automatic is Automatic.BOUNCE
    assert bounce.bounce is not None
    assert bounce.bounce.hard
    assert bounce.bounce.address == tess.address


def test_nobody_writes_so_often_as_to_be_taken_for_a_machine() -> None:
    public = Public(samples.people(), chance(3))

    opened = Counter(public.somebody(now=0.0).address for _ in range(2_000))

    assert max(opened.values()) <= MOST_OPENED_BY_ONE


def test_the_same_seed_gives_the_same_words() -> None:
    def words(seed: int) -> list[str]:
        public, writer = Public(samples.people(), chance(seed)), Writer(chance(seed))
        request = samples.requests("en")[0]
        return [message(writer.request(request, public.somebody(0.0))).text for _ in range(5)]

    assert words(1) == words(1)
    assert words(1) != words(2)
