from datetime import timedelta
from typing import Any

import pytest

from services.notifier.app import STAGE
from services.notifier.domain.telling import Correspondence
from services.notifier.handlers import Notifier
from services.notifier.store import mail_of
from shared.contracts.fields import Automatic, Priority, Requester, Status, TicketType
from shared.contracts.mail import (
    ticket_of_address,
    ticket_of_message_id,
    ticket_of_rating_address,
)
from shared.contracts.message import Message
from shared.contracts.notification import (
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
)
from shared.contracts.people import CustomerUpdated
from shared.contracts.sla import SurveyDue
from shared.contracts.ticket import DeliveryFailed, TicketMarkedSpam, TicketMerged
from shared.contracts.triage import TicketTriaged
from shared.kit.deliveries import COLLECTION
from shared.kit.handover import Handover
from shared.kit.unit import Document
from tests.harness import Bench
from tests.notifier.words import (
    ANA,
    ANA_AGENT,
    ANA_REQUESTER,
    BEN,
    MONDAY,
    RULES,
    SECRET,
    SUPPORT,
    TICKET,
    WORDING,
    agent,
    assigned,
    attachment,
    body,
    breached,
    created,
    escalated,
    promise,
    replied,
    resolved,
    warning,
    wrote_again,
)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOBODY_HERE = Handover(timedelta(0), room=0)


class Desk(Bench):
    """The notifier on the bench, with words for what it decided."""

    def __init__(self, **rules: Any) -> None:
        told = RULES.model_copy(update=rules)
        handler = Notifier(Correspondence(told, WORDING, SECRET), timedelta(hours=48), NOBODY_HERE)
        super().__init__(STAGE, handler, start=MONDAY)

    async def hears(self, *messages: Message, subject: str = TICKET) -> None:
        for message in messages:
            self.publish(message, subject)
        await self.run()

    async def knows(self, *agents: Message) -> None:
        for each in agents:
            self.publish(each, getattr(each, "agent_id", "c1"))
        await self.run()

    @property
    def deliveries(self) -> list[Document]:
        """In the order in which they were asked for."""
        return list(self.documents(COLLECTION).values())

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(each["template"], each["recipient"]["address"]) for each in self.deliveries]

    @property
    def held(self) -> list[tuple[str, str]]:
        return [(each.template, each.reason) for each in self.said_of(NotificationSuppressed)]

    async def settled(self, delivery: Document, state: str, **facts: Any) -> None:
        """As a sender would leave it."""
        done = {**delivery, "state": state, "outcome_ready": True, "done_at": self.now, **facts}
        self.data["notifier"].replace({COLLECTION: {delivery["_id"]: done}})
        await self.advance(timedelta(seconds=1))


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_the_acknowledgement_states_the_promise(desk: Desk) -> None:
    await desk.hears(created())
    assert desk.told == []
    await desk.hears(promise())
    assert desk.told == [("acknowledgement", ANA)]
    mail = mail_of(desk.deliveries[0])
    assert mail.subject == "Re: Printer on fire [TKT-7]"
    assert "Monday, 4 May 2026 at 13:00 CEST" in mail.text
    assert mail.auto_submitted == "auto-replied"
    assert mail.in_reply_to == "<a@cust>"
    assert mail.sender == SUPPORT
    assert ticket_of_address(mail.reply_to, secret=SECRET) == TICKET
    assert ticket_of_message_id(mail.message_id, secret=SECRET) == TICKET
    await desk.advance(HOUR)
    assert len(desk.told) == 1


async def test_without_a_promise_it_goes_out_after_a_minute(desk: Desk) -> None:
    await desk.hears(created())
    await desk.advance(timedelta(seconds=59))
    assert desk.told == []
    await desk.advance(timedelta(seconds=1))
    assert desk.told == [("acknowledgement", ANA)]
    assert "as soon as we can" in mail_of(desk.deliveries[0]).text
    await desk.hears(promise())
    assert len(desk.told) == 1


async def test_a_paused_target_is_no_promise(desk: Desk) -> None:
    await desk.hears(created(), promise(due_at=None))
    assert "as soon as we can" in mail_of(desk.deliveries[0]).text


async def test_the_same_events_again_tell_nobody_anything(desk: Desk) -> None:
    await desk.hears(created(), promise(), replied())
    records = desk.log[:]
    for record in records:
        headers = {name: (value or b"").decode() for name, value in record.headers}
        desk.publish_raw(record.topic, TICKET, record.value, headers)
    await desk.advance(HOUR)
    assert len(desk.deliveries) == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"automatic": Automatic.AUTO_REPLY}, "automatic_sender"),
        ({"automatic": Automatic.MAILING_LIST}, "automatic_sender"),
        ({"acknowledge": False}, "acknowledgement_not_wanted"),
    ],
)
async def test_no_acknowledgement_for(desk: Desk, changes: dict[str, Any], reason: str) -> None:
    await desk.hears(created(**changes), promise())
    await desk.advance(HOUR)
    assert desk.told == []
    assert desk.held == [("acknowledgement", reason)]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("+4917012345", "no_mail_address"),
        (None, "no_mail_address"),
        ("no-reply@shop.example", "machine_address"),
        (SUPPORT, "own_address"),
        ("ana@x.example\r\nBcc: all@y.example", "no_mail_address"),
    ],
)
async def test_nor_to(desk: Desk, address: str | None, reason: str) -> None:
    requester = Requester(customer_id="c1", address=address)
    await desk.hears(created(requester=requester), promise())
    assert desk.told == []
    assert desk.held == [("acknowledgement", reason)]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (replied(), "already_answered"),
        (resolved(), "already_answered"),
        (TicketMarkedSpam(actor=ANA_AGENT), "spam"),
        (TicketMerged(other="t2", side="source", actor=ANA_AGENT), "merged"),
    ],
)
async def test_overtaken_acknowledgement(desk: Desk, event: Message, reason: str) -> None:
    await desk.hears(created(), event)
    await desk.advance(HOUR)
    assert ("acknowledgement", reason) in desk.held
    assert "acknowledgement" not in [template for template, _ in desk.told]


async def test_a_reply_is_threaded_and_a_humans(desk: Desk) -> None:
    await desk.hears(created(), promise(), wrote_again(), replied("Use <water>."))
    reply = mail_of(next(d for d in desk.deliveries if d["template"] == "reply"))
    [acknowledgement] = [d for d in desk.deliveries if d["template"] == "acknowledgement"]
    assert reply.references == ("<a@cust>", acknowledgement["message_id"], "<b@cust>")
    assert reply.in_reply_to == "<b@cust>"
    assert reply.auto_submitted is None
    assert reply.text.startswith("Use <water>.")
    assert "Use &lt;water&gt;." in reply.html


async def test_a_reply_takes_its_attachments_along() -> None:
    desk = Desk(attachments_mb=1)
    files = (
        attachment("a.txt", 900_000),
        attachment("big.zip", 900_000),
        attachment("../.ssh/x\u202egpj.exe", 10),
        attachment("elsewhere", 10, blob=None),
    )
    await desk.hears(created(), replied(message=body("See.", attachments=files)))
    [delivery] = [d for d in desk.deliveries if d["template"] == "reply"]
    names = [each.filename for each in mail_of(delivery).attachments]
    assert names == ["a.txt", "_.ssh_xgpj.exe"]
    assert "big.zip, elsewhere" in mail_of(delivery).text


async def test_a_resolving_reply_is_one_mail(desk: Desk) -> None:
    await desk.hears(created(), promise())
    cause = {"causation": "c7"}
    publish_caused(desk, replied(status=Status.RESOLVED), **cause)
    publish_caused(desk, resolved(), **cause)
    await desk.run()
    assert [template for template, _ in desk.told] == ["acknowledgement", "reply"]
    assert "consider your request TKT-7 resolved" in mail_of(desk.deliveries[1]).text
    assert ("resolved", "said_in_reply") in desk.held


async def test_a_later_resolution_is_a_mail_of_its_own(desk: Desk) -> None:
    await desk.hears(created(), promise(), replied(), resolved(resolution="New printer."))
    assert [template for template, _ in desk.told] == ["acknowledgement", "reply", "resolved"]
    assert "New printer." in mail_of(desk.deliveries[-1]).text


async def test_the_requesters_language(desk: Desk) -> None:
    unknown = ANA_REQUESTER.model_copy(update={"locale": None})
    await desk.hears(created(requester=unknown), triaged("fr"), promise())
    assert "Votre demande est enregistrée" in mail_of(desk.deliveries[0]).text


async def test_the_customers_record_knows_better(desk: Desk) -> None:
    await desk.knows(CustomerUpdated(customer_id="c1", locale="de-DE", time_zone="UTC"))
    await desk.hears(created(), promise())
    assert "spätestens Montag, 4. Mai 2026 um 11:00 Uhr (UTC)" in (mail_of(desk.deliveries[0]).text)


async def test_agents_hear_of_what_is_theirs(desk: Desk) -> None:
    await desk.knows(agent(), agent("eve", "eve@desk.example"))
    await desk.hears(created(), promise(), assigned(), warning(), breached())
    await desk.hears(escalated("eve"))
    assert sorted(desk.told) == [
        ("acknowledgement", ANA),
        ("assigned", BEN),
        ("breached", BEN),
        ("escalated", "eve@desk.example"),
        ("warning", BEN),
    ]
    notices = [mail_of(d) for d in desk.deliveries if d["recipient"]["kind"] == "agent"]
    assert {notice.auto_submitted for notice in notices} == {"auto-generated"}
    assert len({notice.references for notice in notices}) == 1
    assert notices[0].references[0] != "<a@cust>"


async def test_who_is_on_call_is_paged_though_the_ticket_is_not_hers(desk: Desk) -> None:
    await desk.knows(agent(), agent("eve", "eve@desk.example"))
    await desk.hears(created(), promise(), assigned(), escalated(on_call="eve"))
    told = [letter for letter in desk.told if letter[0] not in ("acknowledgement", "assigned")]
    assert sorted(told) == [("escalated", BEN), ("on_call", "eve@desk.example")]
    [page] = [mail_of(d) for d in desk.deliveries if d["template"] == "on_call"]
    assert "You are on call" in page.subject
    assert "level 2 in the queue second line" in page.text


async def test_who_is_on_call_and_got_the_ticket_hears_of_it_once(desk: Desk) -> None:
    await desk.knows(agent())
    await desk.hears(created(), promise(), assigned(), escalated("ben", on_call="ben"))
    assert [template for template, _ in desk.told].count("escalated") == 1
    assert "on_call" not in [template for template, _ in desk.told]


async def test_supervisors_hear_of_a_breach_once_even_as_its_owner() -> None:
    desk = Desk(supervisors={"lead": "lead@desk.example", "ben": "Ben@desk.example"})
    await desk.knows(agent())
    await desk.hears(created(), promise(), assigned(), breached())
    told = [address for template, address in desk.told if template == "breached"]
    assert sorted(told) == [BEN, "lead@desk.example"]


async def test_nobody_owns_it_nobody_is_told(desk: Desk) -> None:
    await desk.hears(created(), promise(), warning())
    assert [template for template, _ in desk.told] == ["acknowledgement"]
    assert desk.held == []


async def test_an_agent_without_address(desk: Desk) -> None:
    await desk.knows(agent(address=None))
    await desk.hears(created(), promise(), assigned(), assigned("stranger"))
    assert desk.held == [("assigned", "no_mail_address")] * 2


async def test_history_is_not_mailed(desk: Desk) -> None:
    for message in (created(), promise(), replied(), resolved()):
        desk.publish(message, TICKET, at=MONDAY - 25 * HOUR)
    await desk.run()
    assert desk.told == []
    assert {reason for _, reason in desk.held} == {"stale"}


async def test_a_chatty_bot_is_stopped(desk: Desk) -> None:
    await desk.hears(created(), promise(), *[replied(human=False)] * 20)
    assert len(desk.told) == 10
    assert desk.held == [("reply", "loop_guard_ticket")] * 11
    await desk.hears(replied())
    assert len(desk.told) == 11
    await desk.advance(11 * HOUR)
    await desk.hears(replied(human=False))
    assert len(desk.told) == 12


async def test_one_recipient_over_many_tickets(desk: Desk) -> None:
    for number in range(40):
        ticket_id = f"ticket-{number}"
        desk.publish(created(number=f"TKT-{number}"), ticket_id)
        desk.publish(promise(), ticket_id)
    await desk.run()
    assert len(desk.told) == 30
    assert desk.held == [("acknowledgement", "loop_guard_recipient")] * 10


async def test_a_hard_bounce_stops_automatic_mail_until_they_write(desk: Desk) -> None:
    await desk.knows(agent())
    await desk.hears(created(), promise(), assigned())
    bounce = DeliveryFailed(address=ANA, status="5.1.1", hard=True, message=body())
    await desk.hears(bounce)
    assert ("undelivered", BEN) in desk.told
    await desk.hears(resolved())
    assert ("resolved", "undeliverable_address") in desk.held
    await desk.advance(MINUTE)
    await desk.hears(wrote_again(), resolved())
    assert ("resolved", ANA) in desk.told


async def test_a_soft_bounce_is_nobodys_business(desk: Desk) -> None:
    await desk.knows(agent())
    soft = DeliveryFailed(address=ANA, status="4.2.2", hard=False, message=body())
    await desk.hears(created(), promise(), assigned(), soft, resolved())
    assert "undelivered" not in [template for template, _ in desk.told]
    assert ("resolved", ANA) in desk.told


async def test_what_was_sent_is_said_once_and_forgotten(desk: Desk) -> None:
    await desk.hears(created(), promise())
    [delivery] = desk.deliveries
    await desk.settled(delivery, "sent", attempts=2)
    await desk.advance(MINUTE)
    [sent] = desk.said_of(NotificationSent)
    assert (sent.notification_id, sent.template, sent.attempts) == (
        delivery["_id"],
        "acknowledgement",
        2,
    )
    assert sent.recipient.address == ANA
    assert sent.message_id == delivery["message_id"]
    [kept] = desk.deliveries
    assert "outcome_ready" not in kept
    assert not {"mail", "recipient"} & kept.keys()


async def test_what_was_given_up_is_told_to_the_owner(desk: Desk) -> None:
    await desk.knows(agent())
    await desk.hears(created(), promise(), assigned())
    [delivery] = [d for d in desk.deliveries if d["template"] == "acknowledgement"]
    await desk.settled(delivery, "failed", error="550 5.1.1 at RCPT")
    [failed] = desk.said_of(NotificationFailed)
    assert failed.error == "550 5.1.1 at RCPT"
    [notice] = [d for d in desk.deliveries if d["template"] == "undelivered"]
    assert notice["recipient"]["address"] == BEN
    assert "550 5.1.1 at RCPT" in mail_of(notice).text
    await desk.settled(notice, "failed", error="550 5.1.1 at RCPT")
    assert len(desk.deliveries) == 3


async def test_a_ticket_never_seen_created_is_let_be(desk: Desk) -> None:
    await desk.knows(agent())
    await desk.hears(replied(), assigned(), promise(), resolved())
    assert desk.deliveries == []
    assert desk.said == []
    assert desk.dead_letters == []


def triaged(language: str) -> TicketTriaged:
    return TicketTriaged(
        category="hardware",
        confidence=1,
        type=TicketType.INCIDENT,
        language=language,
        impact="one",
        urgency="high",
        priority=Priority.HIGH,
        rules_version="1",
    )


def publish_caused(desk: Desk, message: Message, causation: str) -> None:
    """As two events of one command: the bench itself names no cause."""
    record = desk.publish(message, TICKET)
    headers = {name: (value or b"").decode() for name, value in record.headers}
    log = next(each for each in desk.cluster.logs.values() if record in each)
    log.remove(record)
    headers["ce_causationid"] = causation
    desk.publish_raw(record.topic, TICKET, record.value, headers)


async def test_a_survey_goes_out_with_an_address_of_its_own(desk: Desk) -> None:
    await desk.hears(created(), promise(), SurveyDue(resolved_at=MONDAY))
    assert desk.told[1:] == [("survey", ANA)]
    survey = mail_of(desk.deliveries[1])
    assert ticket_of_rating_address(survey.reply_to, secret=SECRET) == TICKET
    assert ticket_of_address(survey.reply_to, secret=SECRET) == TICKET
    assert ticket_of_rating_address(mail_of(desk.deliveries[0]).reply_to, secret=SECRET) is None
    assert survey.auto_submitted == "auto-generated"


async def test_where_that_would_be_too_long_nobody_is_asked(desk: Desk) -> None:
    mailbox = "the-support-of-our-house@desk.example"
    await desk.hears(created(mailbox=mailbox), promise(), SurveyDue(resolved_at=MONDAY))
    assert desk.held == [("survey", "rating_address_too_long")]
