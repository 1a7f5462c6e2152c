"""The two kinds of stack whose servers are processes of this machine."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deskstream.stack import directories, mongod, tansu
from deskstream.stack.apache import broker as kafka
from deskstream.stack.node import Node


@dataclass(frozen=True)
class Servers:
    broker: Node
    database: Node

    @property
    def mongo_url(self) -> str:
        return mongod.url(self.database)


@contextmanager
def embedded(data_dir: Path | None, mongo_cache_gb: float) -> Iterator[Servers]:
    with _directory(data_dir) as directory:
        # Checkpoints of a log that is gone would have every service refuse its partitions.
        shutil.rmtree(directory.path / "database", ignore_errors=True)
        with _both(directory, tansu.start, mongo_cache_gb) as servers:
            yield servers


@contextmanager
def apache(data_dir: Path | None, mongo_cache_gb: float) -> Iterator[Servers]:
    with (
        _directory(data_dir) as directory,
        _both(directory, kafka.start, mongo_cache_gb) as servers,
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
    start_broker: Callable[[Path], Node],
    mongo_cache_gb: float,
) -> Iterator[Servers]:
    """Both started at the same time; whichever did start is closed in the end."""
    with ExitStack() as started:

        def start(what: Callable[[], Node]) -> Node:
            node = what()
            # What goes with its data has no reason to end gracefully.
            started.callback(node.close, graceful=not directory.temporary)
            return node

        with ThreadPoolExecutor(2) as pool:
            broker = pool.submit(start, lambda: start_broker(directory.path))
            database = pool.submit(
                start, lambda: mongod.start(directory.path, cache_gb=mongo_cache_gb)
            )
        yield Servers(broker.result(), database.result())
