"""A connection that is cut at the wrong moment is an outage, whatever the event loop calls it."""

from typing import Any

import pytest
from aiokafka import TopicPartition

from shared.contracts.topics import TICKET_EVENTS
from shared.kit.clock import ServerClock
from shared.kit.consumer import StageConsumer
from shared.kit.kafka import Inspector, KafkaBroker, KafkaPublisher
from shared.kit.ports import BrokerAwayError
from shared.kit.records import Partition, Publication
from shared.kit.settings import KitSettings
from tests.kit.counting import COUNTING

CUT = RuntimeError("unable to perform operation on <TCPTransport closed=True>; handler is closed")
PLACE = Partition(TICKET_EVENTS.name, 0)


async def _cut(*_: Any, **__: Any) -> Any:
    raise CUT


async def test_a_publisher_whose_connection_is_cut_can_be_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publisher = KafkaPublisher(KitSettings(), "test")
    monkeypatch.setattr(publisher, "_started", _cut)
    with pytest.raises(BrokerAwayError):
        await publisher.publish([Publication(TICKET_EVENTS.name, b"t1", b"{}")])


async def test_a_look_whose_connection_is_cut_can_be_taken_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inspector = Inspector(KitSettings(), "test")
    monkeypatch.setattr(inspector, "_started", _cut)
    with pytest.raises(BrokerAwayError):
        await inspector.look({PLACE: None}, {PLACE: None})
    with pytest.raises(BrokerAwayError):
        await inspector.partitions(TICKET_EVENTS.name)


class _Member:
    """A group's member that has just lost its coordinator."""

    committed = commit = staticmethod(_cut)

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition(PLACE.topic, PLACE.number)}


class _Engine:
    stage = COUNTING

    def positions(self) -> dict[Partition, int]:
        return {PLACE: 7}


async def test_offsets_that_cannot_be_committed_are_no_event() -> None:
    settings = KitSettings()
    broker = KafkaBroker(
        settings, KafkaPublisher(settings, "test"), Inspector(settings, "test"), ServerClock()
    )
    member: Any = _Member()
    broker.consumer = member
    engine: Any = _Engine()
    none: Any = None
    consumer = StageConsumer(
        engine, broker, settings, clock=ServerClock(), health=none, meters=none
    )
    await consumer._commit()
    assert consumer._committed == {}
    with pytest.raises(BrokerAwayError):
        await broker.look({PLACE: None})
