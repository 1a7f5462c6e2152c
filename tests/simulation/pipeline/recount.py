"""Reporting against the log: built anew from the first copies, it comes to the same figures."""

from collections.abc import Coroutine, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from services.reporting.app import STAGE as REPORTING
from services.reporting.handlers import Reporter
from shared.contracts.topics import AGENT_UPDATES, CUSTOMER_UPDATES
from shared.kit.records import Publication, Record
from tests.harness import Bench
from tests.simulation.pipeline.log import Log
from tests.simulation.world import PARTITIONS, World

COLLECTIONS = ("boards", "rollups", "timeline", "messages", "tickets", "agents", "customers")

FIXED = {"_id", "partition", "dimension", "value", "hour"}


def reports_differ(world: World, log: Log) -> Iterator[str]:
    bench = Bench(REPORTING, Reporter(), partitions=PARTITIONS)
    for topic in (AGENT_UPDATES.name, CUSTOMER_UPDATES.name):
        for record in world.cluster.records(topic):
            _put(bench, record)
    for event in log.events:
        _put(bench, event.record)
    _finish(bench.run())
    for collection in COLLECTIONS:
        known = _figures(world.documents("reporting", collection))
        again = _figures(bench.documents(collection))
        for key in sorted(known.keys() | again.keys()):
            if known.get(key) != again.get(key):
                yield f"reporting's {collection} {key}: {_difference(known, again, key)}"


def _put(bench: Bench, record: Record) -> None:
    publication = Publication(record.topic, record.key, record.value, record.headers)
    at = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
    bench.cluster.append(publication, partition=record.partition, at=at)


def _figures(documents: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Field by field, without what counts nothing, and without the kit's own part."""
    found = {key: dict(_leaves("", document)) for key, document in documents.items()}
    return {key: leaves for key, leaves in found.items() if leaves.keys() - FIXED}


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name != "_kit":
                yield from _leaves(f"{path}.{name}" if path else name, inner)
    elif value != 0 or isinstance(value, bool):
        yield path, value


def _difference(known: Mapping[str, Any], again: Mapping[str, Any], key: str) -> str:
    here, there = known.get(key, {}), again.get(key, {})
    names = [name for name in sorted({*here, *there}) if here.get(name) != there.get(name)]
    return ", ".join(f"{name} {here.get(name)} not {there.get(name)}" for name in names[:4])


def _finish(work: Coroutine[Any, Any, None]) -> None:
    """It never waits for anything: there is nothing to wait for in memory."""
    try:
        while True:
            work.send(None)
    except StopIteration:
        return
