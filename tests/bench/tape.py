"""What a run left on its topics, to be played to one service alone."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.contracts.people import AgentRemoved, AgentUpdated
from shared.contracts.topics import (
    CHANNEL_MESSAGES,
    ROUTING_REQUESTS,
    TICKET_COMMANDS,
    TICKET_EVENTS,
)
from shared.kit.records import Publication, partition_of
from tests.bench.desk import Desk
from tests.bench.reading import records

# What leads to all that a service does; what it says to itself it says again.
INPUT: Mapping[str, str] = {"intake": CHANNEL_MESSAGES.name}
# What the first of its two stages tells the second.
BETWEEN: Mapping[str, str] = {"intake": TICKET_COMMANDS.name, "router": ROUTING_REQUESTS.name}
WRITER = "ce_writer"
PEOPLE = tuple(cls.type_name().encode() for cls in (AgentUpdated, AgentRemoved))


@dataclass(frozen=True, slots=True)
class Tape:
    """By topic, each partition's records in their order."""

    tickets: int
    recorded: Mapping[str, Sequence[Publication]]

    def input_of(self, service: str) -> list[Publication]:
        """Without what the service itself said."""
        recorded = self.recorded[INPUT.get(service, TICKET_EVENTS.name)]
        return [each for each in recorded if not _is_of(service, each)]

    def between(self, service: str) -> int:
        """How many records about tickets its stages hand over."""
        recorded = self.recorded.get(BETWEEN.get(service, ""), ())
        return sum(1 for each in recorded if not _is_about_people(each))


async def record(desk: Desk, tickets: int) -> Tape:
    topics = (CHANNEL_MESSAGES.name, TICKET_EVENTS.name, *BETWEEN.values())
    return Tape(tickets, {topic: [each async for each in _read(desk, topic)] for topic in topics})


async def _read(desk: Desk, topic: str) -> AsyncIterator[Publication]:
    async for raw in records(desk.settings.kafka_client(), desk.settings.topic(topic)):
        yield Publication(topic, raw.key, raw.value, tuple(raw.headers))


def _is_about_people(publication: Publication) -> bool:
    kind = dict(publication.headers).get("ce_type") or b""
    return kind.startswith(PEOPLE)


def _is_of(service: str, publication: Publication) -> bool:
    """Writers are a service's name, or that and more: `router-forward`."""
    writer = dict(publication.headers).get(WRITER) or b""
    return writer.decode().split("-")[0] == service


def ends(publications: Iterable[Publication], partitions: int) -> Counter[tuple[str, int]]:
    """How many records lie on each partition of each topic then."""
    return Counter((each.topic, partition_of(each.key or b"", partitions)) for each in publications)
