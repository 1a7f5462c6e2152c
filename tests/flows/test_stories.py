"""What a desk lives through, told on the shipped rules; then again with every record twice.

Monday, nine o'clock in Berlin: the desk has just opened. "standard" promises a first response in
8 h and a resolution in 45 h for medium, 1 h and 9 h for critical, of open hours.
"""

from datetime import timedelta

from services.reporting.domain.report import TicketReport
from shared.contracts.assignment import TicketAssigned, TicketEscalated, TicketQueued
from shared.contracts.commands import ChangeFields, Merge, Reply, SetStatus
from shared.contracts.fields import Automatic, Priority, Status, Tier
from shared.contracts.notification import NotificationSent
from shared.contracts.people import Availability
from shared.contracts.sla import (
    Metric,
    SlaBreached,
    SlaFulfilled,
    SlaPaused,
    SlaResumed,
    SlaTargetsSet,
    SlaWarning,
)
from shared.contracts.ticket import (
    AgentReplied,
    CommandRejected,
    CustomerReplied,
    MessageDropped,
    MessageRejected,
    TicketClosed,
    TicketCreated,
    TicketReopened,
    TicketResolved,
)
from shared.contracts.triage import TicketTriaged
from tests.flows.desk import ANA, Desk, Posted, agent, story
from tests.harness import MONDAY_9AM
from tests.intake_reception.mails import mail

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OUTAGE = "The whole system is down and nobody can work. This is urgent!"
PRINTER = "The printer on floor two prints only stripes."


def report_of(desk: Desk, ticket_id: str | None = None) -> TicketReport:
    return TicketReport.model_validate(desk.report(ticket_id))


def acknowledgement(desk: Desk) -> Posted:
    [posted] = desk.mails("acknowledgement")
    return posted


@story
async def test_a_mail_becomes_a_ticket_that_somebody_owns(desk: Desk) -> None:
    await desk.online("ben")
    await desk.mail(PRINTER)
    await desk.post()

    [created] = desk.told(TicketCreated)
    [triaged] = desk.told(TicketTriaged)
    [assigned] = desk.told(TicketAssigned)
    [targets] = desk.told(SlaTargetsSet)
    assert created.subject == "Printer on fire"
    assert (triaged.category, triaged.priority) == ("it_request", Priority.MEDIUM)
    assert assigned.agent_id == "ben"
    assert {t.metric for t in targets.targets} >= {Metric.FIRST_RESPONSE, Metric.RESOLUTION}
    assert acknowledgement(desk).to == ANA
    assert created.number in acknowledgement(desk).mail.subject
    [told] = desk.mails("assigned")
    assert told.to == "ben@desk.example"
    report = report_of(desk)
    assert (report.number, report.agent, report.category) == (created.number, "ben", "it_request")
    assert report.acknowledged_at == MONDAY_9AM
    assert desk.board() == {"open": 1, "assigned": 1, "awaiting_reply": 1}


@story
async def test_nobody_answers_a_critical_mail(desk: Desk) -> None:
    await desk.online("ben")
    await desk.mail(OUTAGE, subject="Everything is down")
    [triaged] = desk.told(TicketTriaged)
    assert triaged.priority is Priority.CRITICAL

    await desk.wait(44 * MINUTE)
    assert desk.told(SlaWarning) == []
    await desk.wait(2 * HOUR)

    warnings = [w for w in desk.told(SlaWarning) if w.metric is Metric.FIRST_RESPONSE]
    assert [(w.level, w.warned_at - MONDAY_9AM) for w in warnings] == [
        ("75%", 45 * MINUTE),
        ("90%", 54 * MINUTE),
    ]
    [breached] = [b for b in desk.told(SlaBreached) if b.metric is Metric.FIRST_RESPONSE]
    assert breached.breached_at == MONDAY_9AM + HOUR
    escalated = desk.told(TicketEscalated)
    assert [e.level for e in escalated] == [1, 3]
    assert escalated[-1].queue == "escalated"
    assert len(desk.mails("warning", "ben@desk.example")) == 2
    assert len(desk.mails("breached", "ben@desk.example")) == 1
    assert report_of(desk).escalation_level == 3


@story
async def test_an_answer_meets_the_promise_and_goes_out_in_the_thread(desk: Desk) -> None:
    await desk.online("ben")
    first = await desk.mail(PRINTER)
    await desk.wait(HOUR)
    await desk.reply("We have cleaned it. Does it print well now?", status=Status.PENDING)
    await desk.post()

    [fulfilled] = [f for f in desk.told(SlaFulfilled) if f.metric is Metric.FIRST_RESPONSE]
    assert not fulfilled.late
    assert fulfilled.elapsed_seconds == HOUR.total_seconds()
    [posted] = desk.mails("reply")
    assert "We have cleaned it" in posted.mail.text
    assert posted.to == ANA
    assert first in posted.mail.references
    assert acknowledgement(desk).mail.message_id in posted.mail.references
    report = report_of(desk)
    assert (report.first_response_by, report.status) == ("ben", "pending")
    assert report.first_response_business_seconds == HOUR.total_seconds()


@story
async def test_pending_stops_the_clock_and_the_customers_word_starts_it(desk: Desk) -> None:
    await desk.online("ben")
    await desk.mail(PRINTER)
    await desk.wait(HOUR)
    await desk.reply("Which printer?", status=Status.PENDING)
    await desk.post()
    [paused] = desk.told(SlaPaused)
    assert Metric.RESOLUTION in paused.metrics
    [reply] = desk.mails("reply")

    await desk.wait(2 * DAY)
    await desk.mail("The one by the lift.", answers=reply)

    [resumed] = desk.told(SlaResumed)
    [resolution] = [t for t in resumed.targets if t.metric is Metric.RESOLUTION]
    assert resolution.remaining_seconds == (44 * HOUR).total_seconds()
    [answered] = desk.told(CustomerReplied)
    assert answered.status is not Status.PENDING
    assert desk.told(SlaBreached) == []
    assert len(desk.told(TicketCreated)) == 1


@story
async def test_replies_find_their_ticket_by_address_and_by_message_id(desk: Desk) -> None:
    first = await desk.mail(PRINTER)
    await desk.post()
    sent = acknowledgement(desk)

    await desk.mail("It is on fire now.", subject="Re: other words", answers=sent)
    await desk.mail("By its own id.", headers={"In-Reply-To": first})
    await desk.mail("A colleague.", sender="eve@customer.example", answers=sent)
    await desk.mail("Something else.", subject="Invoice 7")

    assert len(desk.tickets) == 2
    replies = desk.told(CustomerReplied)
    assert [reply.participant for reply in replies] == [True, True, False]


@story
async def test_the_same_mail_twice_is_one_ticket(desk: Desk) -> None:
    value = mail(PRINTER, message_id="<same@customer.example>")
    for key in ("ana", "bob", "eve"):
        desk.post_raw(value, key=key)
    await desk.bench.run()
    desk.post_raw(value, key="ana")
    await desk.bench.run()
    await desk.post()

    assert len(desk.tickets) == 1
    assert len(desk.told(MessageDropped)) == 3
    assert len(desk.posted) == 1
    assert report_of(desk).turns.requester == 1


@story
async def test_a_resolved_ticket_closes_by_itself(desk: Desk) -> None:
    await desk.online("ben")
    await desk.mail(PRINTER)
    await desk.reply("A new drum is in it.", status=Status.RESOLVED)
    [resolved] = desk.told(TicketResolved)
    assert resolved.old is not Status.RESOLVED
    assert desk.board().get("assigned") is None

    await desk.wait(47 * HOUR)
    assert desk.told(TicketClosed) == []
    await desk.wait(2 * HOUR)

    [closed] = desk.told(TicketClosed)
    assert closed.old is Status.RESOLVED
    report = report_of(desk)
    assert report.status == "closed"
    assert report.closed_at == MONDAY_9AM + 48 * HOUR
    assert len(desk.mails("reply")) == 1
    assert desk.board().get("open") is None


@story
async def test_a_word_after_the_resolution_reopens_and_stops_the_closing(desk: Desk) -> None:
    await desk.online("ben")
    await desk.mail(PRINTER)
    await desk.reply("A new drum is in it.", status=Status.RESOLVED)
    await desk.post()
    [reply] = desk.mails("reply")
    await desk.wait(DAY)

    await desk.mail("Stripes again.", answers=reply)
    await desk.wait(2 * DAY)

    [reopened] = desk.told(TicketReopened)
    assert reopened.reopens == 1
    assert desk.told(TicketClosed) == []
    report = report_of(desk)
    assert (report.reopens, report.agent, report.resolved_at) == (1, "ben", None)


@story
async def test_nobody_is_there_until_somebody_comes(desk: Desk) -> None:
    await desk.mail(PRINTER, subject="Stripes")
    await desk.wait(10 * MINUTE)
    await desk.mail(OUTAGE, subject="Everything is down", sender="eve@customer.example")
    assert len(desk.told(TicketQueued)) == 2
    assert desk.told(TicketAssigned) == []
    assert desk.board()["open"] == 2

    await desk.online("ben", capacity=1)
    await desk.wait(5 * MINUTE)
    [first] = desk.told(TicketAssigned)
    assert first.priority is Priority.CRITICAL
    await desk.online("ada", capacity=1)

    assert [a.agent_id for a in desk.told(TicketAssigned)] == ["ben", "ada"]
    assert desk.told(TicketAssigned)[1].waited_seconds == (15 * MINUTE).total_seconds()
    assert desk.board()["assigned"] == 2


@story
async def test_an_agent_who_leaves_gives_his_tickets_back(desk: Desk) -> None:
    await desk.online("ben")
    await desk.mail(PRINTER)
    await desk.online("ben", availability=Availability.OFFLINE)
    await desk.wait(9 * MINUTE)
    assert [a.agent_id for a in desk.told(TicketAssigned)] == ["ben"]

    await desk.wait(2 * MINUTE)
    await desk.online("ada")

    assert [a.agent_id for a in desk.told(TicketAssigned)] == ["ben", "ada"]
    report = report_of(desk)
    assert (report.agent, report.assignments) == ("ada", 2)


@story
async def test_a_poisonous_mail_harms_only_itself(desk: Desk) -> None:
    await desk.online("ben", capacity=9)
    for number in range(3):
        desk.post_raw(mail(PRINTER, message_id=f"<{number}@a.example>"), key=ANA)
        desk.post_raw(b"", key=ANA, event_id=f"empty-{number}")
        desk.post_raw(b"{", key="canonical", event_id=f"broken-{number}")
    await desk.bench.run()
    await desk.post()

    assert len(desk.tickets) == 3
    assert len(desk.told(TicketAssigned)) == 3
    assert len(desk.mails("acknowledgement")) == 3
    nothing_to_read = "no header of a mail was found (From, To, Subject, Date …)"
    assert desk.letters() == 6 * [("intake", nothing_to_read)]
    assert len(desk.told(MessageRejected)) == 6
    assert desk.bench.health.ready


@story
async def test_an_automatic_answer_is_kept_and_moves_nothing(desk: Desk) -> None:
    await desk.online("ben")
    await desk.mail(PRINTER)
    await desk.reply("Please restart it.", status=Status.PENDING)
    await desk.post()
    [reply] = desk.mails("reply")

    await desk.mail(
        "I am away until Thursday.", answers=reply, headers={"Auto-Submitted": "auto-replied"}
    )
    await desk.post()

    [replied] = desk.told(CustomerReplied)
    assert replied.automatic is Automatic.AUTO_REPLY
    assert replied.status is Status.PENDING
    assert report_of(desk).turns.automatic == 1
    assert len(desk.posted) == len(desk.told(NotificationSent)) == 3


@story
async def test_a_known_customer_is_met_with_his_promise(desk: Desk) -> None:
    await desk.customer(
        "c-7", name="Ana Ruiz", addresses=(ANA,), tier=Tier.ENTERPRISE, vip=True, locale="de"
    )
    await desk.online("ben", skills={"technical": 3})
    await desk.mail(PRINTER)
    await desk.post()

    [created] = desk.told(TicketCreated)
    [targets] = desk.told(SlaTargetsSet)
    [assigned] = desk.told(TicketAssigned)
    assert (created.requester.customer_id, created.requester.known) == ("c-7", True)
    assert targets.policy == "enterprise"
    assert assigned.queue == "vip"
    assert report_of(desk).tier == "enterprise"


@story
async def test_what_a_human_set_stays_and_moves_the_promise(desk: Desk) -> None:
    await desk.online("ben")
    await desk.mail(PRINTER)
    await desk.command(ChangeFields(priority=Priority.HIGH, actor=agent("ben")))
    await desk.mail("Not urgent at all.", headers={"In-Reply-To": "<1@customer.example>"})

    assert report_of(desk).priority == "high"
    clock = report_of(desk).model_dump()["clocks"]["first_response"]
    assert clock["target_seconds"] == (4 * HOUR).total_seconds()
    assert len(desk.told(TicketTriaged)) == 1


@story
async def test_two_tickets_become_one(desk: Desk) -> None:
    await desk.online("ben")
    await desk.mail(PRINTER, subject="Stripes")
    await desk.mail("Still those stripes, as I wrote.", subject="Stripes, second mail")
    one, two = desk.tickets
    await desk.post()
    [second] = [p for p in desk.mails("acknowledgement") if "second" in p.mail.subject]
    await desk.command(Merge(into=one, actor=agent("ben")), two)

    await desk.mail("Any news?", answers=second)

    [replied] = desk.told(CustomerReplied)
    assert desk.told(CustomerReplied, one) == [replied]
    assert not report_of(desk, two).live
    assert desk.board()["open"] == 1


@story
async def test_what_does_not_fit_is_refused_with_its_reason(desk: Desk) -> None:
    await desk.mail(PRINTER)
    await desk.command(SetStatus(status=Status.RESOLVED, actor=agent("ben")))
    await desk.command(SetStatus(status=Status.CLOSED, actor=agent("ben")))
    before = desk.report()
    await desk.command(SetStatus(status=Status.PENDING, actor=agent("ben")))

    [rejected] = desk.told(CommandRejected)
    assert (rejected.command, rejected.actor) == ("SetStatus", agent("ben"))
    assert "closed" in rejected.reason
    assert desk.report()["status"] == before["status"] == "closed"


@story
async def test_a_busy_morning_adds_up(desk: Desk) -> None:
    """Twenty mails, three agents, half of them answered: every figure is the tickets' own."""
    for name in ("ada", "ben", "cem"):
        await desk.online(name, capacity=4)
    for number in range(20):
        await desk.mail(PRINTER, subject=f"Stripes {number}", sender=f"c{number}@customer.example")
    for ticket_id in list(desk.tickets)[:10]:
        owner = desk.report(ticket_id)["agent"]
        if owner is not None:
            done = Reply(text="Done.", actor=agent(owner), status=Status.RESOLVED)
            await desk.command(done, ticket_id)
    await desk.wait(HOUR)

    reports = [report_of(desk, ticket_id) for ticket_id in desk.tickets]
    resolved = [each for each in reports if each.status == "resolved"]
    assert 6 <= len(resolved) <= 10
    assert len(desk.told(AgentReplied)) == len(desk.mails("reply")) == len(resolved)
    owned = [each.agent for each in reports if each.live and each.agent is not None]
    assert all(owned.count(name) <= 4 for name in ("ada", "ben", "cem"))
    board = desk.board()
    assert board["open"] == sum(each.live for each in reports) == 20 - len(resolved)
    assert board["assigned"] == len(owned)
    assert {posted.to for posted in desk.mails("acknowledgement")} == {
        f"c{number}@customer.example" for number in range(20)
    }
    assert desk.letters() == []
