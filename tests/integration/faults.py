"""What befalls a broker and a database, done by hand, and how a stage of ours takes it."""

import asyncio
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.contracts.envelope import header_text
from shared.contracts.ticket import FeedbackReceived
from shared.contracts.triage import TicketTriaged
from shared.kit.letters import COLLECTION as LETTERS
from shared.kit.ports import BrokerAwayError
from shared.kit.records import Partition, Publication, Record, partition_of
from shared.kit.service import Service, ServiceContext, ServiceRun
from shared.kit.unit import Document, Handler, Stage
from tests.integration.conftest import Deployment, until
from tests.integration.processes import ROOT, environment
from tests.kit.counting import COUNTING, Counting

PARTITIONS = 3
TICKETS = tuple(f"t{number}" for number in range(8))


@dataclass(slots=True)
class Desk:
    """The counting stage, on a deployment that is about to have a bad day."""

    deployment: Deployment
    handler: Counting = field(default_factory=Counting)
    stage: Stage[Any] = COUNTING

    def running(self, **changes: Any) -> Any:
        return self.deployment.running("counting", self.create, **changes)

    def create(self, _: ServiceContext) -> Service:
        return Service("counting", [(self.stage, self.handler)])

    @property
    def database(self) -> Any:
        return self.deployment.database("counting")

    @property
    def group(self) -> str:
        return self.deployment.settings.group(self.stage.name)

    async def say(self, *subjects: str, score: int = 1) -> list[Publication]:
        """One event for each of these tickets, in order; as often as it takes."""
        said = [self.deployment.publication(FeedbackReceived(score=score), s) for s in subjects]

        async def acknowledged() -> bool:
            try:
                await self.deployment.publisher.publish(said)
            except BrokerAwayError:
                return False
            return True

        await until(acknowledged)
        return said

    async def heard(self) -> Counter[str]:
        """How many events of each ticket were counted; whatever else counts them agrees."""
        documents = await self.database["counts"].find({"heard": {"$exists": True}}).to_list()
        return Counter({each["_id"]: each["heard"] for each in documents})

    async def hears(self, wanted: Counter[str]) -> None:
        """And the totals, which every doubled transaction would have moved, agree with it."""

        async def as_wanted() -> Any:
            heard = await self.heard()
            return heard == wanted or _not_yet(heard, wanted)

        found = await until(as_wanted)
        assert found is True, found
        # A collection that a transaction made is there a moment later than what it wrote elsewhere.
        await until(lambda: self.totals_exist(wanted))
        totals = await self.database["totals"].find().to_list()
        assert sum(total["heard"] for total in totals) == wanted.total()

    async def totals_exist(self, wanted: Counter[str]) -> bool:
        return not wanted.total() or bool(await self.database["totals"].find_one())

    async def letters(self) -> list[Document]:
        found: list[Document] = await self.database[LETTERS].find().sort("order", 1).to_list()
        return found

    async def checkpoints(self) -> dict[int, Document]:
        documents = await self.database["checkpoints"].find().to_list()
        return {int(each["_id"].rpartition("/")[2]): each for each in documents}

    async def answered(self) -> Counter[str]:
        """How many different answers lie on the log; each number must have one meaning."""
        meanings: dict[tuple[str, str], Any] = {}
        for record in await self.deployment.of_type("ticket.events", TicketTriaged):
            headers = header_text(record.headers)
            number = (headers["ce_subject"], headers["ce_number"])
            meaning = (headers["ce_id"], record.value)
            assert meanings.setdefault(number, meaning) == meaning
        return Counter(subject for subject, _ in meanings)


def _not_yet(heard: Counter[str], wanted: Counter[str]) -> str:
    """Nothing to be said while something is missing; too much is said at once."""
    return f"counted too often: {heard - wanted}" if heard - wanted else ""


def each(times: int = 1, subjects: Sequence[str] = TICKETS) -> Counter[str]:
    return Counter(dict.fromkeys(subjects, times))


def partition_of_ticket(subject: str) -> Partition:
    return Partition("ticket.events", partition_of(subject.encode(), PARTITIONS))


async def reason(run: ServiceRun, part: str) -> str:
    """Why it is not ready, as soon as this part says so."""

    async def told() -> Any:
        reasons: Any = run.health.readiness()["reasons"]
        return reasons.get(part)

    return str(await until(told))


async def ready(run: ServiceRun) -> None:
    async def well() -> bool:
        return run.health.ready

    await until(well)


async def do_what_it_says(deployment: Deployment, text: str) -> str:
    """Runs the command that a refusal names, word for word, as an operator would."""
    [command] = re.findall(r"`deskstream (checkpoints [^`]+)`", text)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deskstream", *command.split()),
        env=environment(deployment.settings) | {"COLUMNS": "200"},
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await child.communicate()
    assert child.returncode == 0, output.decode()
    return output.decode()


@asynccontextmanager
async def administration(deployment: Deployment) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**deployment.settings.kafka_client())
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def make_anew(deployment: Deployment, topic: str, partitions: int = PARTITIONS) -> None:
    """Another topic under the same name: the old one's records are gone."""
    name = deployment.settings.topic(topic)
    async with administration(deployment) as admin:
        await admin.delete_topics([name])

        async def made() -> bool:
            answer: Any = await admin.create_topics([NewTopic(name, partitions, 1)])
            [(_, code, *_)] = answer.topic_errors
            return bool(code == 0)

        await until(made)


async def put(deployment: Deployment, publication: Publication, partition: int) -> None:
    """As a foreign client would, which does not ask where a key belongs."""
    producer = AIOKafkaProducer(**deployment.settings.kafka_client())
    await producer.start()
    try:
        await producer.send_and_wait(
            deployment.settings.topic(publication.topic),
            publication.value,
            key=publication.key,
            headers=list(publication.headers),
            partition=partition,
        )
    finally:
        await producer.stop()


Copy = dict[str, list[Document]]


async def copied(database: Any) -> Copy:
    names = await database.list_collection_names()
    return {name: await database[name].find().to_list() for name in names}


async def set_back(database: Any, copy: Copy) -> None:
    """As from a backup: each collection holds what it held then, and no more."""
    for name in await database.list_collection_names():
        await database[name].delete_many({})
        if copy.get(name):
            await database[name].insert_many(copy[name])


def written(record: Record) -> Publication:
    return Publication(record.topic, record.key, record.value, record.headers)


__all__ = ["Desk", "Handler", "each"]
