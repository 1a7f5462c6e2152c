"""Messages in, commands out: finds each message's ticket, or opens one, exactly once."""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from services.intake.adapters.canonical import from_received
from services.intake.adapters.channels import ADAPTERS, UnknownChannelError, channel_of
from services.intake.adapters.payload import Payload
from services.intake.domain.message import Parsed, UnreadableError
from services.intake.handlers.arrivals import Arrival, arrived
from services.intake.handlers.desk import Desk, ReceptionOptions
from services.intake.store.customers import CustomerChanges, CustomerStore, address_keys
from services.intake.store.senders import forget
from shared.contracts.channel import MessageReceived, RawMessage
from shared.contracts.envelope import header_text
from shared.contracts.fields import BlobRef
from shared.contracts.mail import ticket_of_message_id
from shared.contracts.people import CustomerRemoved, CustomerUpdated
from shared.contracts.topics import CHANNEL_MESSAGES, CUSTOMER_UPDATES
from shared.kit.blobs import BlobMissingError, Blobs
from shared.kit.decoding import read
from shared.kit.unit import Batch, Handler, Heard, Outgoing, Stage, Transaction

RECEPTION: Stage[Any] = Stage(
    name="intake-reception",
    writer="intake",
    topics=(CHANNEL_MESSAGES,),
    tables=(CUSTOMER_UPDATES,),
    hears=(MessageReceived, RawMessage, CustomerUpdated, CustomerRemoved),
)


class Reception(Handler[Any]):
    def __init__(self, blobs: Blobs, options: ReceptionOptions) -> None:
        self._blobs = blobs
        self._options = options

    async def handle(self, batch: Batch[Any], tx: Transaction) -> Sequence[Outgoing]:
        """Customers first: what a batch says of them holds for its messages."""
        changes = await _update_customers(batch.inputs, tx)
        desk = Desk(tx, self._options)
        arrivals: list[Arrival] = []
        for heard in batch.inputs:
            if not isinstance(heard.data, CustomerUpdated | CustomerRemoved):
                arrivals += await self._arrivals(heard, desk)
        # The bytes are there before the commit, since a message must not refer to what is not; and
        # they are written while the rest is read. Again, should the batch run again, is nothing.
        await _both(desk.load(arrivals, changes), self._keep(desk.bytes_of(arrivals)))
        for arrival in arrivals:
            desk.receive(arrival)
        desk.store.flush()
        return desk.said

    async def _keep(self, data: Sequence[bytes]) -> None:
        if data:
            await self._blobs.put_all(data)

    async def _arrivals(self, heard: Heard, desk: Desk) -> list[Arrival]:
        try:
            parsed = await self._read(heard)
        except (UnreadableError, UnknownChannelError, BlobMissingError) as error:
            desk.reject(heard, str(error))
            return []
        return [arrived(heard, each, index) for index, each in enumerate(parsed)]

    async def _read(self, heard: Heard) -> Sequence[Parsed]:
        headers = header_text(heard.record.headers) if heard.record else {}
        mailbox = headers.get("ce_mailbox")
        if isinstance(heard.data, MessageReceived):
            return [from_received(heard.data, mailbox)]
        value = (heard.record.value if heard.record else None) or b""
        if "ce_dataref" in headers:
            value = await self._blobs.get(_dataref(headers["ce_dataref"]).blob_id)
        if heard.envelope.type == MessageReceived.type_name():
            return [from_received(_canonical(value), mailbox)]
        content_type = headers.get("content-type")
        channel = channel_of(headers.get("ce_channel"), content_type)
        servers = self._options.mail_servers
        payload = Payload(value, channel, mailbox, content_type, self._is_ours, servers)
        return ADAPTERS[channel](payload)

    def _is_ours(self, message_id: str) -> bool:
        return ticket_of_message_id(message_id, secret=self._options.mail_secret) is not None


async def _both(*works: Awaitable[None]) -> None:
    """At the same time. When one fails the other is waited for: it may be in the transaction."""
    for outcome in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


async def _update_customers(inputs: Iterable[Heard], tx: Transaction) -> CustomerChanges:
    said = [h.data for h in inputs if isinstance(h.data, CustomerUpdated | CustomerRemoved)]
    store = CustomerStore(tx)
    if said:
        keys = {k for each in said if isinstance(each, CustomerUpdated) for k in address_keys(each)}
        await store.load({each.customer_id for each in said}, keys)
    for each in said:
        if isinstance(each, CustomerUpdated):
            store.update(each)
        else:
            await forget(tx, store.identities(each.customer_id))
            store.remove(each.customer_id)
    return store.changes


def _canonical(value: bytes) -> MessageReceived:
    """What the kit could not read is read again, to say what is wrong with it."""
    try:
        message = read(MessageReceived, value)
    except ValueError as error:
        raise UnreadableError(str(error)) from error
    if not isinstance(message, MessageReceived):
        raise TypeError(type(message))
    return message


def _dataref(text: str) -> BlobRef:
    try:
        return BlobRef.model_validate_json(text)
    except ValidationError as error:
        raise UnreadableError("header ce_dataref is no reference to a blob") from error
