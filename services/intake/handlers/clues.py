"""What is known about a message: who sent it, and what its ids lead to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.intake.domain.admission import Earlier
from services.intake.domain.conversation import Traces, numbers_in, tokens_of
from services.intake.domain.identity import normal_address, stranger_id
from services.intake.domain.message import IncomingMessage
from services.intake.domain.profile import Profile
from services.intake.handlers.arrivals import conversation_of, originals_of
from services.intake.store.customers import CustomerChanges, as_requester
from services.intake.store.reception import ReceptionStore
from shared.contracts.fields import Requester
from shared.contracts.ticket import RequesterProfile


@dataclass(frozen=True, slots=True)
class Clues:
    store: ReceptionStore
    secret: str

    async def load_people(
        self, messages: Sequence[IncomingMessage], changes: CustomerChanges
    ) -> None:
        """Each under all ids that are his; one query more where a customer has addresses."""
        people = [(message, self.customer_id(message)) for message in messages]
        senders = [(m.channel, m.sender.address) for m in messages if m.sender.address]
        strangers = {stranger_id(channel, address) for channel, address in senders}
        ids = {customer_id for _, customer_id in people}
        vouched = {customer_id for message, customer_id in people if message.aliases}
        await self.store.load_owned((ids - strangers) | vouched, changes)
        for message, customer_id in people:
            ids |= self.identities(message, customer_id)
        # What is proven in this batch joins what the address did before.
        ids |= {stranger_id(m.channel, alias) for m in messages for alias in m.aliases}
        named = any(message.sender.customer_id for message in messages)
        await self.store.senders.load(ids | strangers if named else ids)

    def customer_id(self, message: IncomingMessage) -> str:
        """As the upstream says, as the CRM knows the address, else made of the address."""
        if message.sender.customer_id:
            return message.sender.customer_id
        reply_to = message.reply_to.address if message.reply_to else None
        named = (message.sender.address, *message.aliases, reply_to)
        for address in (each for each in named if each):
            if owner := self.store.customer_of(normal_address(address, message.channel)):
                return owner
        sender = message.sender.address or message.origin or message.sender.name or ""
        return stranger_id(message.channel, sender)

    def identities(self, message: IncomingMessage, customer_id: str) -> set[str]:
        """The person's ids: also those he had while nobody had told whose his addresses are."""
        owned = self.store.addresses_of(customer_id)
        return {customer_id, *(stranger_id(message.channel, address) for address in owned)}

    def is_proven(self, message: IncomingMessage, customer_id: str) -> bool:
        """That the address he writes from is his. A reply address only says so."""
        if message.sender.customer_id:
            return True
        address = normal_address(message.sender.address or "", message.channel)
        return (self.store.customer_of(address) or stranger_id(message.channel, address)) == (
            customer_id
        )

    def learn(self, message: IncomingMessage, customer_id: str) -> None:
        """An upstream that names customer and address has seen both: that is proof.

        So is a vendor that names two addresses of one account. What a sender says of himself (a
        name, a reply address, a signature) is none.
        """
        sender = message.sender
        address = normal_address(sender.address, message.channel) if sender.address else ""
        if sender.customer_id and ("@" in address or address.startswith("+")):
            self.store.learn(address, sender.customer_id)
        before = stranger_id(message.channel, sender.address or "")
        for alias in message.aliases:
            self.store.learn(normal_address(alias, message.channel), customer_id, before=before)

    def notice(
        self, message: IncomingMessage, customer_id: str, partition: int, at: datetime
    ) -> None:
        proven = self.is_proven(message, customer_id)
        self.store.senders.notice(customer_id, partition, message, at, proven=proven)

    def earlier(self, message: IncomingMessage, customer_id: str) -> Earlier:
        identities = self.identities(message, customer_id)
        profile = self.store.senders.profile(identities)
        return Earlier(self.store.history(identities), _told(profile))

    def requester(self, message: IncomingMessage, customer_id: str) -> Requester:
        customer = self.store.customer(customer_id)
        known = as_requester(customer) if customer else Requester(customer_id=customer_id)
        reply_to = message.reply_to.address if message.reply_to else None
        return known.model_copy(
            update={
                "name": known.name or message.sender.name or self._name(message, customer_id),
                "address": reply_to or message.sender.address or known.address,
            }
        )

    def _name(self, message: IncomingMessage, customer_id: str) -> str | None:
        """As he called himself before."""
        return self.store.senders.profile(self.identities(message, customer_id)).name

    def traces(self, message: IncomingMessage) -> Traces:
        numbers = {n: self.store.ticket_of_number(n) for n in numbers_in(message.subject)}
        thread = self.store.thread(conversation_of(message)) if message.conversation else None
        if thread is not None:
            thread = replace(thread, ticket_id=self.store.final(thread.ticket_id))
        return Traces(
            references=self._references(message),
            numbers={n: self.store.final(found) for n, found in numbers.items() if found},
            thread=thread,
            tickets=self.store.tickets,
        )

    def ticket_that_came_back(self, message: IncomingMessage) -> str | None:
        answered = replace(message, references=originals_of(message))
        token = tokens_of(answered, self.secret)
        known = self._references(answered)
        return token.ticket_id if token else next(iter(known.values()), None)

    def _references(self, message: IncomingMessage) -> dict[str, str]:
        found = {
            each: self.store.ticket_of_reference(message.channel, message.mailbox, each)
            for each in message.references
        }
        return {each: ticket_id for each, ticket_id in found.items() if ticket_id}


def _told(profile: Profile) -> RequesterProfile | None:
    if profile.since is None:
        return None
    return RequesterProfile(
        messages=profile.messages,
        since=profile.since,
        channels=profile.channels,
        addresses=profile.addresses,
    )
