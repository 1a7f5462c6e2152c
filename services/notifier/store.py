"""The notifier's documents: agents, customers, correspondents, and what is to be delivered."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import cramjam
from bson.binary import Binary

from services.notifier.domain.address import digest_of, mail_address
from services.notifier.domain.letter import Mail
from services.notifier.domain.people import Correspondent, KnownAgent, KnownCustomer, People
from services.notifier.domain.telling import Letter
from shared.contracts.fields import Personal
from shared.contracts.people import AgentUpdated, CustomerUpdated
from shared.kit import deliveries
from shared.kit.deliveries import new_delivery, reported
from shared.kit.handover import Births
from shared.kit.unit import Heard, Outcome, Transaction

TICKETS, AGENTS, CUSTOMERS, CORRESPONDENTS = "tickets", "agents", "customers", "correspondents"
DELIVERIES = deliveries.COLLECTION
EMAIL = "email"
MAIL = "mail"  # the field: nobody needs it once it is settled, its words are in the log
INDEXES = {**deliveries.INDEXES, CORRESPONDENTS: ((("digest", 1),),)}


class Directory:
    """The people of one batch: as loaded, with what the batch itself changes of them.

    An address that is written to from several partitions has a document for each, so that no two
    transactions meet in one; what they hold is summed on reading.
    """

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._agents: dict[str, KnownAgent] = {}
        self._customers: dict[str, KnownCustomer] = {}
        self._correspondents: dict[str, dict[int, Correspondent]] = {}

    @property
    def people(self) -> People:
        return People(self._agents, self._customers, self._correspondents)

    async def load(
        self,
        agents: Collection[str],
        customers: Collection[str],
        addresses: Iterable[Personal | None],
    ) -> None:
        """The correspondents are those at these addresses, and at the agents' own."""
        for key, document in (await self._tx.get(AGENTS, agents)).items():
            self._agents[key] = KnownAgent.model_validate(document)
        for key, document in (await self._tx.get(CUSTOMERS, customers)).items():
            self._customers[key] = KnownCustomer.model_validate(document)
        met = [*addresses, *(agent.address for agent in self._agents.values())]
        await self._load_correspondents({digest_of(a) for a in map(mail_address, met) if a})

    async def _load_correspondents(self, digests: Collection[str]) -> None:
        if not digests:
            return
        where = {"digest": {"$in": sorted(digests)}}
        for document in await self._tx.find(CORRESPONDENTS, where):
            known = self._correspondents.setdefault(document["digest"], {})
            known[document["partition"]] = Correspondent.model_validate(document)

    def put_agent(self, agent: AgentUpdated) -> None:
        known = KnownAgent(name=agent.name, address=agent.address, time_zone=agent.time_zone)
        self._agents[agent.agent_id] = known
        self._tx.put(AGENTS, {"_id": agent.agent_id, **known.model_dump()})

    def drop_agent(self, agent_id: str) -> None:
        self._agents.pop(agent_id, None)
        self._tx.drop(AGENTS, agent_id)

    def put_customer(self, customer: CustomerUpdated) -> None:
        known = KnownCustomer(locale=customer.locale, time_zone=customer.time_zone)
        self._customers[customer.customer_id] = known
        self._tx.put(CUSTOMERS, {"_id": customer.customer_id, **known.model_dump()})

    def drop_customer(self, customer_id: str) -> None:
        self._customers.pop(customer_id, None)
        self._tx.drop(CUSTOMERS, customer_id)

    def mailed(self, digest: str, partition: int, at: datetime) -> None:
        known = self._known(digest, partition)
        self._put(digest, partition, known.model_copy(update={"tally": known.tally.plus_one(at)}))

    def bounced(self, digest: str, partition: int, at: datetime) -> None:
        known = self._known(digest, partition)
        self._put(digest, partition, known.model_copy(update={"bounced_at": at}))

    def heard_from(self, digest: str, partition: int, at: datetime) -> None:
        """Only worth keeping where mail to it had come back."""
        if any(each.bounced_at for each in self._correspondents.get(digest, {}).values()):
            known = self._known(digest, partition)
            self._put(digest, partition, known.model_copy(update={"heard_at": at}))

    def _known(self, digest: str, partition: int) -> Correspondent:
        return self._correspondents.get(digest, {}).get(partition, Correspondent())

    def _put(self, digest: str, partition: int, known: Correspondent) -> None:
        self._correspondents.setdefault(digest, {})[partition] = known
        identity = {"_id": f"{partition}:{digest}", "digest": digest, "partition": partition}
        self._tx.put(CORRESPONDENTS, {**identity, **known.model_dump()})


def insert_letter(
    tx: Transaction, letter: Letter, heard: Heard, births: Births, give_up: timedelta
) -> None:
    """Reported in the loop of the partition whose event asked for it."""
    to = letter.to
    payload = {
        "channel": EMAIL,
        "template": letter.template,
        "recipient": {"kind": to.kind, "id": to.id, "address": letter.mail.to},
        "message_id": letter.mail.message_id,
        MAIL: packed(letter.mail),
    }
    delivery = new_delivery(
        letter.delivery_id,
        partition=heard.at.number,
        subject=heard.subject,
        due_at=births.now,
        give_up_at=births.now + give_up,
        payload=payload,
    )
    tx.insert(DELIVERIES, births.claimed(delivery, letter.mail))


def mail_of(document: Mapping[str, Any]) -> Mail:
    return Mail.model_validate_json(bytes(cramjam.lz4.decompress(document[MAIL])))


def packed(mail: Mail) -> Binary:
    """One small field: the document is written again with each step of its way."""
    return Binary(bytes(cramjam.lz4.compress(mail.model_dump_json().encode())))


def put_reported(tx: Transaction, outcome: Outcome) -> None:
    names = ("template", "channel", "message_id", "error")
    tx.put(DELIVERIES, reported(outcome.document, *names))
