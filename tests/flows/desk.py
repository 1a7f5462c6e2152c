"""The six services as they are composed, with the shipped rules, on one log in memory."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from services.intake.app import LIFECYCLE
from services.intake.domain.ticket import Policy
from services.intake.handlers.desk import ReceptionOptions
from services.intake.handlers.lifecycle import Lifecycle
from services.intake.handlers.reception import RECEPTION, Reception
from services.intake.settings import IntakeSettings
from services.intake.store.lifecycle import MemoryNumbers
from services.notifier.app import STAGE as NOTIFIER
from services.notifier.domain.letter import Mail
from services.notifier.domain.telling import Correspondence
from services.notifier.handlers import Notifier
from services.notifier.rules import load_notifications
from services.notifier.settings import NotifierSettings
from services.notifier.store import DELIVERIES, mail_of
from services.reporting.app import STAGE as REPORTING
from services.reporting.handlers import Reporter
from services.router import rules as routing
from services.router.app import DECIDE, FORWARD
from services.router.handlers import Dispatcher, Forwarder
from services.sla.app import STAGE as SLA
from services.sla.handlers import SlaHandler
from services.sla.rules import load_rules as load_policies
from services.sla.settings import SlaSettings
from services.triage.app import STAGE as TRIAGE
from services.triage.domain.language import LanguageDetector
from services.triage.handlers import TriageHandler
from services.triage.rules import load_rules as load_words
from services.triage.settings import TriageSettings
from shared.contracts.commands import Command, Reply
from shared.contracts.envelope import deterministic_id
from shared.contracts.fields import Actor, ActorKind, Status
from shared.contracts.message import Message
from shared.contracts.people import AgentUpdated, Availability, CustomerUpdated
from shared.contracts.topics import CHANNEL_MESSAGES
from shared.kit.blobs import MemoryBlobs
from shared.kit.engine import Engine
from shared.kit.handover import Handover
from shared.kit.settings import SHIPPED_CONFIG
from shared.kit.unit import Document, Handler, Stage
from tests.harness import Bench
from tests.intake_reception.mails import MAILBOX, mail

SECRET = "a secret of the tests"
ANA = "ana@customer.example"
NOBODY_HERE = Handover(timedelta(0), room=0)  # the desk posts what lies in the store
# What a repetition may change: how far everybody is, what is known to have come before, and where
# a dead letter lay.
TRACES = frozenset({"checkpoints", "inbox", "dead_letters"})
M = TypeVar("M", bound=Message)
Pair = tuple[Stage[Any], Handler[Any]]


@cache
def rules(config: Path = SHIPPED_CONFIG) -> tuple[Any, Any, Any, Any]:
    """Read once: they never change."""
    return (
        load_words(config / TriageSettings().rules_file, LanguageDetector()),
        routing.load_rules(config / routing.FILE),
        load_policies(config / SlaSettings().rules_file),
        load_notifications(config),
    )


def stages(blobs: MemoryBlobs, config: Path = SHIPPED_CONFIG) -> list[Pair]:
    """As each service's `create` puts them together."""
    words, routes, policies, told = rules(config)
    intake, notifier = IntakeSettings(), NotifierSettings()
    options = ReceptionOptions(
        mail_secret=SECRET,
        burst_limit=intake.burst_limit,
        conversation_window=timedelta(hours=intake.conversation_hours),
        keep_originals=intake.keep_originals,
    )
    correspondence = Correspondence(told.rules, told.wording, SECRET)
    return [
        (RECEPTION, Reception(blobs, options)),
        (LIFECYCLE, Lifecycle(MemoryNumbers(), Policy(intake.after_reply))),
        (TRIAGE, TriageHandler(words)),
        (FORWARD, Forwarder(routes)),
        (DECIDE, Dispatcher(routes)),
        (SLA, SlaHandler(policies)),
        (
            NOTIFIER,
            Notifier(correspondence, timedelta(hours=notifier.give_up_hours), NOBODY_HERE),
        ),
        (REPORTING, Reporter()),
    ]


@dataclass(frozen=True, slots=True)
class Posted:
    template: str
    mail: Mail

    @property
    def to(self) -> str:
        return self.mail.to


class Desk:
    """Customers, agents and the mail server of a whole desk; time is told to move."""

    def __init__(self, copies: int = 1, config: Path = SHIPPED_CONFIG) -> None:
        self.blobs = MemoryBlobs()
        self.bench = Bench(stages(self.blobs, config), copies=copies)
        self.posted: list[Posted] = []
        self._mails = 0

    # --- what people do ----------------------------------------------------------------------

    async def online(self, agent_id: str, **given: Any) -> None:
        known: dict[str, Any] = {
            "name": agent_id.title(),
            "address": f"{agent_id}@desk.example",
            "availability": Availability.ONLINE,
            **given,
        }
        self.bench.publish(AgentUpdated(agent_id=agent_id, **known), agent_id)
        await self.bench.run()

    async def customer(self, customer_id: str, **given: Any) -> None:
        self.bench.publish(CustomerUpdated(customer_id=customer_id, **given), customer_id)
        await self.bench.run()

    async def mail(
        self,
        text: str,
        subject: str = "Printer on fire",
        *,
        sender: str = ANA,
        answers: Posted | None = None,
        message_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """What the Message-ID was. An answer goes where the mail wanted it, in its thread."""
        self._mails += 1
        own_id = message_id or f"<{self._mails}@customer.example>"
        to, more = MAILBOX, dict(headers or {})
        if answers is not None:
            to = answers.mail.reply_to
            more |= {"In-Reply-To": answers.mail.message_id}
        value = mail(text, sender=sender, to=to, subject=subject, message_id=own_id, headers=more)
        self.post_raw(value, key=sender)
        await self.bench.run()
        return own_id

    def post_raw(self, value: bytes, *, key: str, event_id: str | None = None) -> None:
        """As a mail gateway puts it on the topic, under an id of its own."""
        self._mails += 1
        headers = {
            "ce_id": event_id or deterministic_id("gateway", self._mails),
            "ce_source": "/gateway",
            "ce_type": "deskstream.RawMessage.v1",
            "ce_channel": "email",
            "ce_mailbox": MAILBOX,
        }
        self.bench.publish_raw(CHANNEL_MESSAGES.name, key, value, headers)

    async def command(self, command: Command, ticket_id: str | None = None) -> None:
        self.bench.publish(command, ticket_id or self.ticket)
        await self.bench.run()

    async def reply(self, text: str, agent_id: str = "ben", status: Status | None = None) -> None:
        await self.command(Reply(text=text, actor=agent(agent_id), status=status))

    async def wait(self, step: timedelta) -> None:
        """Time passes; what is due to be mailed is mailed about every hour."""
        while step > timedelta(0):
            part = min(step, timedelta(hours=1))
            await self.bench.advance(part)
            await self.post()
            step -= part

    async def post(self) -> None:
        """The mail server takes whatever is due; what became of it is told on the log."""
        while due := self._due():
            for document in due:
                self.posted.append(Posted(document["template"], mail_of(document)))
                self._settle(document)
            self._notifier.outcomes_ready()
            await self.bench.run()

    @property
    def _notifier(self) -> Engine[Any]:
        return next(each.engine for each in self.bench.running if each.stage is NOTIFIER)

    def _due(self) -> list[Document]:
        deliveries = self.bench.documents(DELIVERIES, "notifier").values()
        return [each for each in deliveries if each["state"] == "due"]

    def _settle(self, document: Document) -> None:
        done = {"state": "sent", "attempts": 1, "done_at": self.bench.now, "outcome_ready": True}
        self.bench.data["notifier"].replace({DELIVERIES: {document["_id"]: document | done}})

    # --- what can be seen --------------------------------------------------------------------

    @property
    def tickets(self) -> dict[str, Document]:
        return self.bench.documents("tickets", "intake")

    @property
    def ticket(self) -> str:
        """The only one."""
        [ticket_id] = self.tickets
        return ticket_id

    def told(self, kind: type[M], ticket_id: str | None = None) -> list[M]:
        """What is on the log, each event once."""
        found = {
            envelope.id: message
            for envelope, message in self.bench.said
            if isinstance(message, kind) and ticket_id in (None, envelope.subject)
        }
        return list(found.values())

    def mails(self, template: str, to: str | None = None) -> list[Posted]:
        return [each for each in self.posted if each.template == template and to in (None, each.to)]

    def report(self, ticket_id: str | None = None) -> Document:
        return self.bench.documents("tickets", "reporting")[ticket_id or self.ticket]

    def board(self) -> dict[str, float]:
        """Reporting's present figures for all tickets, its partitions added up."""
        sums: dict[str, float] = {}
        for document in self.bench.documents("boards", "reporting").values():
            if document["dimension"] == "all":
                for name, amount in document.items():
                    if isinstance(amount, int | float) and name != "partition":
                        sums[name] = sums.get(name, 0) + amount
        return {name: amount for name, amount in sums.items() if amount}

    def letters(self) -> list[tuple[str, str]]:
        """Who put something away, and why."""
        return sorted(
            (database, letter["reason"])
            for database in self.bench.data
            for letter in self.bench.documents("dead_letters", database).values()
        )

    def digest(self) -> dict[str, dict[str, Document]]:
        """All that the services know in the end.

        Only of agents not how often they were heard of: there the last word holds.
        """
        return {
            f"{database}.{collection}": {
                key: document | {"_kit": None} if key.startswith("agent:") else document
                for key, document in sorted(documents.items())
            }
            for database, data in sorted(self.bench.data.items())
            for collection, documents in sorted(data.collections.items())
            if collection not in TRACES
        }


def agent(agent_id: str) -> Actor:
    return Actor(kind=ActorKind.AGENT, id=agent_id)


Story = Callable[[Desk], Awaitable[None]]


def story(told: Story) -> Callable[[], Awaitable[None]]:
    """A test that tells it twice: as it is, and with every record put twice on its topic.

    In the end every service must know the same.
    """

    async def test() -> None:
        once, twice = Desk(), Desk(copies=2)
        await told(once)
        await told(twice)
        known, again = once.digest(), twice.digest()
        assert again.keys() == known.keys()
        for name, documents in known.items():
            assert again[name] == documents, name
        assert twice.letters() == once.letters()

    test.__name__, test.__doc__ = told.__name__, told.__doc__
    test.__module__ = told.__module__
    return test
