"""Tells whom an event concerns: letters to be delivered, and what became of earlier ones."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from services.notifier.domain import story
from services.notifier.domain.address import digest_of, mail_address
from services.notifier.domain.story import Occasion, Occasions
from services.notifier.domain.telling import Cause, Correspondence, Held, Letter
from services.notifier.domain.thread import extended
from services.notifier.domain.ticket import NotifiedTicket
from services.notifier.store import EMAIL, Directory, insert_letter, put_reported
from shared.contracts.assignment import TicketAssigned, TicketEscalated, TicketUnassigned
from shared.contracts.fields import Personal, Requester
from shared.contracts.message import Message
from shared.contracts.notification import (
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
    Recipient,
)
from shared.contracts.people import AgentRemoved, AgentUpdated, CustomerRemoved, CustomerUpdated
from shared.contracts.ticket import (
    CustomerReplied,
    DeliveryFailed,
    FieldsChanged,
    TicketCreated,
    TicketReopened,
)
from shared.contracts.triage import TicketTriaged
from shared.kit.handover import Births, Handover
from shared.kit.unit import Batch, Due, Entity, Handler, Heard, Outcome, Outgoing, Said, Transaction

ACKNOWLEDGE = "acknowledge"
REQUESTER = "requester"
# These change what is known of a ticket, and nobody is told.
QUIET = frozenset(
    {TicketCreated, TicketTriaged, TicketUnassigned, TicketReopened, FieldsChanged, CustomerReplied}
)


class Notifier(Handler[NotifiedTicket]):
    def __init__(
        self, correspondence: Correspondence, give_up: timedelta, handover: Handover
    ) -> None:
        """`give_up` is how long a delivery is tried."""
        self._correspondence = correspondence
        self._give_up = give_up
        self._handover = handover

    async def handle(self, batch: Batch[NotifiedTicket], tx: Transaction) -> Sequence[Outgoing]:
        needed = _Needed.of(batch)
        supervisors = self._correspondence.rules.supervisors.values()
        directory = Directory(tx)
        await directory.load(needed.agents, needed.customers, [*needed.addresses, *supervisors])
        births = self._handover.births(batch.now)
        tx.after_commit(births.committed)
        telling = _Round(self._correspondence, self._give_up, births, batch, tx, directory)
        return [said for heard in batch.inputs for said in telling.hear(heard)]


@dataclass(slots=True)
class _Round:
    """One batch on its way."""

    correspondence: Correspondence
    give_up: timedelta
    births: Births
    batch: Batch[NotifiedTicket]
    tx: Transaction
    directory: Directory

    def hear(self, heard: Heard) -> Iterator[Said]:
        match heard.data:
            case AgentUpdated() as agent:
                self.directory.put_agent(agent)
            case AgentRemoved() as agent:
                self.directory.drop_agent(agent.agent_id)
            case CustomerUpdated() as customer:
                self.directory.put_customer(customer)
            case CustomerRemoved() as customer:
                self.directory.drop_customer(customer.customer_id)
            case _:
                yield from self._on_ticket(heard, self.batch.entity(heard))

    def _on_ticket(self, heard: Heard, entity: Entity[NotifiedTicket]) -> Iterator[Said]:
        if isinstance(heard.data, Outcome):
            put_reported(self.tx, heard.data)
            yield Said(_report(heard.data), heard)
        occasions = self._occasions(heard, entity)
        if entity.state is None:
            return
        _wait_for_promise(entity, entity.state)
        for occasion in occasions:
            yield from self._tell(occasion, entity.state, heard)

    def _occasions(self, heard: Heard, entity: Entity[NotifiedTicket]) -> Occasions:
        """Of a ticket whose beginning was never heard there is nothing to tell."""
        data = heard.data
        if isinstance(data, TicketCreated):
            wait = timedelta(seconds=self.correspondence.rules.acknowledge_within_seconds)
            entity.state, occasions = story.open_ticket(data, heard.time, wait)
            return occasions
        if entity.state is None:
            return ()
        if isinstance(data, Outcome):
            return _given_up(entity.state, data)
        if isinstance(data, Due):
            return story.stop_waiting(entity.state) if data.name == ACKNOWLEDGE else ()
        if isinstance(data, Message):
            self._note_address(heard, data)
            return story.hear(entity.state, data, heard.envelope.causation)
        return ()

    def _note_address(self, heard: Heard, data: Message) -> None:
        """Whether mail reaches an address: not once it bounced for good, again once it wrote."""
        if isinstance(data, DeliveryFailed) and data.hard:
            note, address = self.directory.bounced, mail_address(data.address)
        elif isinstance(data, CustomerReplied) and data.automatic is None:
            note, address = self.directory.heard_from, mail_address(data.sender)
        else:
            return
        if address is not None:
            note(digest_of(address), heard.at.number, heard.time)

    def _tell(self, occasion: Occasion, ticket: NotifiedTicket, heard: Heard) -> Iterator[Said]:
        cause = Cause(heard.envelope.id, heard.subject, heard.time, self.batch.now)
        people = self.directory.people
        for told in list(self.correspondence.tell(occasion, ticket, people, cause)):
            if isinstance(told, Held):
                yield Said(_suppressed(told), heard)
            else:
                self._post(told, ticket, heard)

    def _post(self, letter: Letter, ticket: NotifiedTicket, heard: Heard) -> None:
        insert_letter(self.tx, letter, heard, self.births, self.give_up)
        ticket.mailed(letter.digest, heard.time)
        self.directory.mailed(letter.digest, heard.at.number, heard.time)
        if letter.to.kind == REQUESTER:
            ticket.thread = extended(ticket.thread, letter.mail.message_id)


@dataclass(slots=True)
class _Needed:
    """Whom a batch may concern, so that they are loaded in one go."""

    agents: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)
    addresses: list[Personal | None] = field(default_factory=list)

    @classmethod
    def of(cls, batch: Batch[NotifiedTicket]) -> "_Needed":
        needed = cls()
        telling = {heard.subject for heard in batch.inputs if _may_tell(heard)}
        for entity in batch.entities.values():
            state = entity.state
            if state is not None and entity.subject in telling:
                needed.agents |= {state.owner} if state.owner else set()
                needed._add_requester(state.requester)
        for heard in batch.inputs:
            needed._add(heard, telling)
        return needed

    def _add(self, heard: Heard, telling: Collection[str]) -> None:
        match heard.data:
            case TicketCreated(requester=requester) | FieldsChanged(requester=requester):
                if requester is not None and heard.subject in telling:
                    self._add_requester(requester)
            case TicketAssigned(agent_id=agent_id):
                self.agents.add(agent_id)
            case TicketEscalated(agent_id=agent_id, on_call=on_call):
                self.agents |= {one for one in (agent_id, on_call) if one}
            case CustomerReplied(sender=address) | DeliveryFailed(address=address):
                self.addresses.append(address)
            case _:
                pass

    def _add_requester(self, requester: Requester) -> None:
        self.customers.add(requester.customer_id)
        self.addresses.append(requester.address)


def _may_tell(heard: Heard) -> bool:
    if isinstance(heard.data, Outcome):
        return bool(heard.data.document["state"] != "sent")
    return type(heard.data) not in QUIET


def _wait_for_promise(entity: Entity[NotifiedTicket], ticket: NotifiedTicket) -> None:
    if ticket.acknowledge_at is None:
        entity.cancel_timer(ACKNOWLEDGE)
    else:
        entity.set_timer(ACKNOWLEDGE, ticket.acknowledge_at)


def _given_up(ticket: NotifiedTicket, outcome: Outcome) -> Occasions:
    document = outcome.document
    if document["state"] != "failed" or document["recipient"]["kind"] != REQUESTER:
        return ()
    return story.gave_up(ticket, document["template"], document["error"])


def _suppressed(held: Held) -> NotificationSuppressed:
    address = held.to.address
    return NotificationSuppressed(
        notification_id=held.delivery_id,
        template=held.template,
        channel=EMAIL,
        recipient=Recipient(kind=held.to.kind, id=held.to.id, address=address) if address else None,
        reason=held.reason,
    )


def _report(outcome: Outcome) -> NotificationSent | NotificationFailed:
    document = outcome.document
    recipient = Recipient.model_validate(document["recipient"])
    if document["state"] == "sent":
        return NotificationSent(
            notification_id=outcome.delivery_id,
            template=document["template"],
            channel=document["channel"],
            recipient=recipient,
            message_id=document["message_id"],
            attempts=document["attempts"],
            sent_at=document["done_at"],
        )
    return NotificationFailed(
        notification_id=outcome.delivery_id,
        template=document["template"],
        channel=document["channel"],
        recipient=recipient,
        attempts=document["attempts"],
        error=document["error"],
    )
