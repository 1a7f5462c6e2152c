"""A broker and a database together, of the kind that this machine and this purpose ask for."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from deskstream.stack import external
from deskstream.stack.detour import Detour, straight
from deskstream.stack.missing import require_linux
from deskstream.stack.node import Node


@dataclass
class Stack:
    kind: str
    kafka_servers: str
    mongo_url: str
    # Whether the broker supports idempotent producers.
    idempotence: bool
    # Whether the broker keeps its data over a restart.
    durable: bool
    # None where they are not ours to kill.
    broker: Node | None = None
    database: Node | None = None
    _resources: ExitStack = field(default_factory=ExitStack, repr=False)

    def stop(self) -> None:
        """End what this stack started, and delete its data if nobody named a place for it."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(
    kind: str = "embedded",
    *,
    data_dir: Path | None = None,
    mongo_cache_gb: float = 0.5,
    detour: Detour = straight,
) -> Stack:
    """Start a stack, and return when its broker and its database are ready.

    Without `data_dir` all data goes with the stack. With it, an Apache broker and its database
    find their data of the last time again; an embedded broker can't, so its database starts empty
    too. `detour` says by which addresses clients reach the servers, where something stands between.
    Docker and external stacks have no use for either.
    """
    if kind not in _STARTERS:
        raise ValueError(f"no stack is called {kind}: choose from {', '.join(_STARTERS)}")
    return _STARTERS[kind](data_dir, mongo_cache_gb, detour)


def _embedded(data_dir: Path | None, mongo_cache_gb: float, detour: Detour) -> Stack:
    require_linux()
    from deskstream.stack import local  # noqa: PLC0415 -- imports what only Unix has

    with ExitStack() as resources:
        servers = resources.enter_context(local.embedded(data_dir, mongo_cache_gb, detour))
        return Stack(
            kind="embedded",
            kafka_servers=servers.kafka_servers,
            mongo_url=servers.mongo_url,
            idempotence=False,
            durable=False,
            broker=servers.broker,
            database=servers.database,
            _resources=resources.pop_all(),
        )


def _apache(data_dir: Path | None, mongo_cache_gb: float, detour: Detour) -> Stack:
    require_linux()
    from deskstream.stack import local  # noqa: PLC0415 -- imports what only Unix has

    with ExitStack() as resources:
        servers = resources.enter_context(local.apache(data_dir, mongo_cache_gb, detour))
        return Stack(
            kind="apache",
            kafka_servers=servers.kafka_servers,
            mongo_url=servers.mongo_url,
            idempotence=True,
            durable=True,
            broker=servers.broker,
            database=servers.database,
            _resources=resources.pop_all(),
        )


def _docker(_data_dir: Path | None, mongo_cache_gb: float, _detour: Detour) -> Stack:
    from deskstream.stack import containers  # noqa: PLC0415 -- only this kind needs testcontainers

    containers.require_engine()
    with ExitStack() as resources:
        broker = resources.enter_context(containers.broker())
        database = resources.enter_context(containers.database(mongo_cache_gb))
        return Stack(
            kind="docker",
            kafka_servers=broker.get_bootstrap_server(),
            mongo_url=containers.mongo_url(database),
            idempotence=True,
            durable=True,
            _resources=resources.pop_all(),
        )


def _external(_data_dir: Path | None, _mongo_cache_gb: float, _detour: Detour) -> Stack:
    return Stack(
        kind="external",
        kafka_servers=external.kafka_servers(),
        mongo_url=external.mongo_url(),
        idempotence=True,
        durable=True,
    )


_STARTERS: dict[str, Callable[[Path | None, float, Detour], Stack]] = {
    "embedded": _embedded,
    "apache": _apache,
    "docker": _docker,
    "external": _external,
}
