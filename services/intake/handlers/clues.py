"""What is known about a message: who sent it, and what its ids lead to."""

from dataclasses import dataclass, replace

from services.intake.domain.conversation import Traces, numbers_in, tokens_of
from services.intake.domain.identity import normal_address, stranger_id
from services.intake.domain.message import IncomingMessage
from services.intake.handlers.arrivals import conversation_of, originals_of
from services.intake.store.customers import as_requester
from services.intake.store.reception import ReceptionStore
from shared.contracts.fields import Requester


@dataclass(frozen=True, slots=True)
class Clues:
    store: ReceptionStore
    secret: str

    def customer_id(self, message: IncomingMessage) -> str:
        """As the upstream says, as the CRM knows the address, else made of the address."""
        if message.sender.customer_id:
            return message.sender.customer_id
        people = (message.sender, message.reply_to)
        for address in (p.address for p in people if p and p.address):
            if owner := self.store.customer_of(normal_address(address, message.channel)):
                return owner
        sender = message.sender.address or message.origin or message.sender.name or ""
        return stranger_id(message.channel, sender)

    def requester(self, message: IncomingMessage, customer_id: str) -> Requester:
        customer = self.store.customer(customer_id)
        known = as_requester(customer) if customer else Requester(customer_id=customer_id)
        reply_to = message.reply_to.address if message.reply_to else None
        return known.model_copy(
            update={
                "name": known.name or message.sender.name,
                "address": reply_to or message.sender.address or known.address,
            }
        )

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
