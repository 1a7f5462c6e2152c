"""The two kinds of stack whose servers are processes of this machine."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deskstream.stack import directories, mongod, tansu
from deskstream.stack.apache import broker as kafka
from deskstream.stack.detour import Detour
from deskstream.stack.node import Node


@dataclass(frozen=True)
class Servers:
    broker: Node
    database: Node
    detour: Detour

    @property
    def kafka_servers(self) -> str:
        return self.detour("broker", self.broker.address)

    @property
    def mongo_url(self) -> str:
        return mongod.url(self.database, self.detour)


@contextmanager
def embedded(data_dir: Path | None, mongo_cache_gb: float, detour: Detour) -> Iterator[Servers]:
    with _directory(data_dir) as directory:
        # Checkpoints of a log that is gone would have every service refuse its partitions.
        shutil.rmtree(directory.path / "database", ignore_errors=True)
        with _both(directory, tansu.start, mongo_cache_gb, detour) as servers:
            yield servers


@contextmanager
def apache(data_dir: Path | None, mongo_cache_gb: float, detour: Detour) -> Iterator[Servers]:
    with (
        _directory(data_dir) as directory,
        _both(directory, kafka.start, mongo_cache_gb, detour) as servers,
    ):
        yield servers


@contextmanager
def _directory(named: Path | None) -> Iterator[directories.DataDirectory]:
    directory = directories.claim(named)
    try:
        yield directory
    finally:
        directory.close()


@contextmanager
def _both(
    directory: directories.DataDirectory,
    start_broker: Callable[..., Node],
    mongo_cache_gb: float,
    detour: Detour,
) -> Iterator[Servers]:
    """Both started at the same time; whichever did start is closed in the end."""
    with ExitStack() as started:

        def start(what: Callable[[], Node]) -> Node:
            node = what()
            # What goes with its data has no reason to end gracefully.
            started.callback(node.close, graceful=not directory.temporary)
            return node

        with ThreadPoolExecutor(2) as pool:
            broker = pool.submit(start, lambda: start_broker(directory.path, detour=detour))
            database = pool.submit(
                start,
                lambda: mongod.start(directory.path, cache_gb=mongo_cache_gb, detour=detour),
            )
        yield Servers(broker.result(), database.result(), detour)
