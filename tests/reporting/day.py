"""A believable day at a desk: a hundred tickets, told in the words of all six services."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.contracts.fields import (
    Attachment,
    Priority,
    Requester,
    Status,
    TicketType,
    Tier,
)
from shared.contracts.message import Message
from shared.contracts.people import AgentUpdated, Availability
from shared.contracts.sla import Metric, SlaPaused, SlaWarning
from shared.contracts.ticket import NoteAdded, StatusChanged
from shared.contracts.triage import Match, PriorityStep
from tests.harness import Bench
from tests.reporting.making import (
    MINUTE,
    agent_actor,
    assigned,
    body,
    breached,
    closed,
    created,
    escalated,
    fulfilled,
    promised,
    queued,
    reopened,
    replied,
    resolved,
    sent,
    target,
    triaged,
    unassigned,
    wrote,
)

HOSTILE = '<img src=x onerror="document.title=1337"><script>document.title=1337</script> & co.'
HOURS_TO_ANSWER = {Priority.CRITICAL: 0.5, Priority.HIGH: 1, Priority.MEDIUM: 4, Priority.LOW: 8}

SUBJECTS = {
    "billing": [
        "Charged twice for March",
        "Rechnung ohne Umsatzsteuer-ID",
        "Refund not received yet",
        "Invoice shows the wrong company name",
        "Can we pay by bank transfer?",
    ],
    "login": [
        "Locked out after changing my phone",
        "Password reset mail never arrives",
        "SSO loop since this morning",
        "No puedo entrar en mi cuenta",
    ],
    "outage": [
        "Checkout returns 502 for all customers",
        "API latency above 5 s in eu-west",
        "Webhooks stopped at 09:12",
    ],
    "shipping": [
        "Parcel stuck in customs since Tuesday",
        "Colis livré à la mauvaise adresse",
        "Change of delivery address for order 88213",
    ],
    "how_to": [
        "How do I export last year's orders?",
        "Is there a way to add a second approver?",
        "Exporter les données de mon équipe",
    ],
    "general": ["Question about your partner programme", HOSTILE, "Feedback on the new dashboard"],
}
QUEUES = {
    "billing": "billing",
    "login": "accounts",
    "outage": "incidents",
    "shipping": "logistics",
    "how_to": "frontline",
    "general": "frontline",
}
TEAM = [
    ("ana", "Ana Kovač", 8, Availability.ONLINE, ("billing", "accounts")),
    ("ben", "Ben Okafor", 5, Availability.ONLINE, ("incidents", "accounts")),
    ("chiara", "Chiara Moretti", 9, Availability.ONLINE, ("billing", "logistics")),
    ("dmitri", "Dmitri Sokolov", 4, Availability.AWAY, ("incidents",)),
    ("emma", "Emma Lindqvist", 9, Availability.ONLINE, ("frontline", "logistics")),
    ("farid", "Farid Haddad", 9, Availability.ONLINE, ("frontline", "accounts")),
    ("grace", "Grace Muthoni", 5, Availability.OFFLINE, ("billing",)),
]
NAMES = ["Rosa Díaz", "Jonas Weber", "Aiko Tanaka", "Léa Martin", "Tom Whitfield", "Ingrid Holm"]
FIRMS = ["Northwind Cycles", "Bäckerei Lang", None, "Atelier Sud", "Harbour Logistics", None]
CHANNELS = ["email"] * 6 + ["web"] * 3 + ["whatsapp"] * 3 + ["phone", "alertmanager"]
Happening = tuple[datetime, str, Message]


@dataclass
class Day:
    """Everything happens before `now`; what would come later has not happened yet."""

    now: datetime
    tickets: int = 100
    dice: random.Random = field(default_factory=lambda: random.Random(20260302))  # noqa: S311

    def publish(self, desk: Bench) -> None:
        for agent_id, name, capacity, availability, skills in TEAM:
            update = AgentUpdated(
                agent_id=agent_id,
                name=name,
                address=f"{agent_id}@desk.example",
                skills=dict.fromkeys(skills, 3),
                languages=("en", "de"),
                teams=("support",),
                capacity=capacity,
                availability=availability,
            )
            desk.publish(update, agent_id)
        happenings = [event for number in range(self.tickets) for event in self._ticket(number)]
        for at, ticket, data in sorted(happenings, key=lambda event: event[0]):
            if at <= self.now:
                desk.publish(data, ticket, at=at)

    def _ticket(self, index: int) -> Iterator[Happening]:
        dice = self.dice
        ticket = f"ticket-{index:04d}"
        # Busier at mid-morning and after lunch than at night.
        hours_ago = min(dice.triangular(0, 24, 3), dice.triangular(0, 24, 7))
        start = self.now - timedelta(hours=hours_ago)
        category = dice.choices(list(SUBJECTS), weights=[8, 7, 2, 5, 5, 3])[0]
        weights = [1, 4, 3, 2] if category == "outage" else [3, 6, 3, 0.4]
        priority = dice.choices(list(Priority), weights=weights)[0]
        yield from self._opening(ticket, index, start, category, priority)
        yield from self._work(ticket, start, QUEUES[category], priority)

    def _opening(
        self, ticket: str, index: int, start: datetime, category: str, priority: Priority
    ) -> Iterator[Happening]:
        who, dice = index % len(NAMES), self.dice
        subject = dice.choice(SUBJECTS[category])
        channel = "alertmanager" if category == "outage" and index % 3 else dice.choice(CHANNELS)
        asker = Requester(
            customer_id=f"c{index % 41}",
            name=NAMES[who],
            address=f"customer{index}@example.org",
            organisation=FIRMS[who],
            tier=dice.choice(list(Tier)),
            vip=index % 13 == 0,
            known=True,
        )
        text = f"Hello,\n\n{subject}. It began today, and it is getting in our way.\n\nThank you!"
        picture = Attachment(
            filename="screenshot.png", content_type="image/png", size=182_400, sha256="0" * 64
        )
        opening = created(
            number=f"TKT-{10_001 + index}",
            channel=channel,
            requester=asker,
            subject=subject,
            message=body(text, channel=channel, attachments=(picture,) if index % 4 == 0 else ()),
        )
        found = Match(phrase=category.replace("_", " "), field="subject", weight=2.5, category="x")
        step = PriorityStep(rule="matrix", effect=f"impact low by urgency high ▶ {priority}")
        yield start, ticket, opening
        yield (
            start + 0.02 * MINUTE,
            ticket,
            triaged(
                category=category,
                priority=priority,
                confidence=round(dice.uniform(0.55, 0.98), 2),
                matches=(found,),
                priority_steps=(step,),
                type=dice.choice(list(TicketType)),
            ),
        )
        yield start + 0.05 * MINUTE, ticket, sent(at=start + 0.05 * MINUTE)

    def _work(
        self, ticket: str, start: datetime, queue: str, priority: Priority
    ) -> Iterator[Happening]:
        dice = self.dice
        hours = HOURS_TO_ANSWER[priority]
        answer_due = start + timedelta(hours=hours)
        full = hours * 6
        first, whole = Metric.FIRST_RESPONSE, Metric.RESOLUTION
        yield start, ticket, promised(target(first, start, hours), target(whole, start, full))
        wait = dice.choice([0.1, 0.1, 0.1, 0.1, 0.1, 2, 9, 25, 300]) * MINUTE
        able = [name for name, *_, state, skills in TEAM if queue in skills and state != "offline"]
        agent = dice.choice(able)
        taken = start + 0.1 * MINUTE
        if wait > MINUTE:
            yield taken, ticket, queued(queue=queue, position=dice.randint(1, 6))
            taken = start + wait
        seconds = (taken - start).total_seconds()
        yield taken, ticket, assigned(agent, queue=queue, waited_seconds=seconds)

        answered = taken + timedelta(
            hours=hours * dice.choice([0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.5])
        )
        warning = start + timedelta(hours=hours * 0.75)
        if answered > warning:
            yield warning, ticket, _warning(first, answer_due, hours * 900)
        if answered > answer_due:
            yield answer_due, ticket, breached(first, answer_due)
            yield answer_due, ticket, escalated(queue=queue)
        yield answered, ticket, self._answer(agent)
        yield answered, ticket, fulfilled(first, answered, late=answered > answer_due)
        yield (
            answered,
            ticket,
            SlaPaused(metrics=(whole,), remaining_seconds=(full * 3000,), reason="pending"),
        )
        yield from self._end(ticket, agent, answered)

    def _answer(self, agent: str) -> Message:
        text = (
            "Thank you for writing. I have looked into it and found the cause; it is being put "
            "right now. I will be back with you within the hour."
        )
        return replied(agent, message=body(text), status=Status.PENDING)

    def _end(self, ticket: str, agent: str, answered: datetime) -> Iterator[Happening]:
        dice = self.dice
        back = answered + dice.uniform(10, 200) * MINUTE
        if dice.random() < 0.4:
            yield back, ticket, wrote(message=body("Thanks, but it happens still."))
            yield back, ticket, promised(target(Metric.NEXT_RESPONSE, back, 2))
            note = body("Seen before: the cache of the old node. Asked operations.")
            yield back + 8 * MINUTE, ticket, NoteAdded(message=note, actor=agent_actor(agent))
            again = back + dice.uniform(5, 180) * MINUTE
            yield again, ticket, self._answer(agent)
            yield (
                again,
                ticket,
                fulfilled(Metric.NEXT_RESPONSE, again, late=again - back > 120 * MINUTE),
            )
            back = again
        end = back + dice.uniform(1, 60) * MINUTE
        on = StatusChanged(
            old=Status.PENDING, new=Status.IN_PROGRESS, actor=agent_actor(agent), reason="at work"
        )
        yield end - MINUTE, ticket, on
        if dice.random() < 0.9:
            yield end, ticket, resolved(agent, resolution="Cache of the old node cleared")
            yield end, ticket, fulfilled(Metric.RESOLUTION, end)
            yield end, ticket, unassigned(agent)
            if dice.random() < 0.1:
                yield end + 30 * MINUTE, ticket, wrote(message=body("It is back!"))
                yield end + 30 * MINUTE, ticket, reopened()
                yield end + 30.1 * MINUTE, ticket, assigned(agent)
            else:
                yield end + 900 * MINUTE, ticket, closed()


def _warning(metric: Metric, due: datetime, left: float) -> SlaWarning:
    at = due - timedelta(seconds=left)
    return SlaWarning(metric=metric, level="75%", due_at=due, warned_at=at, remaining_seconds=left)
