"""The embedded stack: its broker passes records on, its database keeps what it acknowledged."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient, MongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError

from deskstream.stack import Node, Stack, StackUnavailable, StartFailed, directories, mongod, start
from tests.stack.records import consume, create_topic, produce
from tests.stack.waiting import is_gone, until

Client = AsyncMongoClient[dict[str, Any]]

START_AND_TELL = """
import signal
from deskstream.stack import start
stack = start()
print(stack.broker.pid, stack.database.pid, stack.database.log_file.parent, flush=True)
signal.pause()
"""


@pytest.fixture(scope="module")
def embedded() -> Iterator[Stack]:
    with start("embedded") as stack:
        yield stack


@pytest_asyncio.fixture
async def client(embedded: Stack) -> AsyncIterator[Client]:
    async with Client(embedded.mongo_url, timeoutMS=10_000) as client:
        yield client


def nodes(stack: Stack) -> tuple[Node, Node]:
    assert stack.broker
    assert stack.database
    return stack.broker, stack.database


def pids(stack: Stack) -> list[int]:
    return [node.pid for node in nodes(stack) if node.pid is not None]


async def test_passes_a_record_on(embedded: Stack) -> None:
    await create_topic(embedded, "greetings")
    await produce(embedded, "greetings", b"hello")

    assert await asyncio.wait_for(consume(embedded, "greetings", group="guests"), 10) == b"hello"


async def test_broker_restarts_empty_on_the_same_address(embedded: Stack) -> None:
    broker, _ = nodes(embedded)
    await create_topic(embedded, "forgotten")

    broker.kill()
    assert broker.pid is None
    broker.restart()

    await create_topic(embedded, "forgotten")
    await produce(embedded, "forgotten", b"anew")
    assert await asyncio.wait_for(consume(embedded, "forgotten"), 10) == b"anew"


async def test_a_transaction_happens_whole_or_not_at_all(client: Client) -> None:
    tickets = client["desk"]["tickets"]

    async def open_two(session: AsyncClientSession) -> None:
        await tickets.insert_many([{"_id": 1}, {"_id": 2}], session=session)

    async def open_one_and_fail(session: AsyncClientSession) -> None:
        await tickets.insert_one({"_id": 3}, session=session)
        raise LookupError

    async with client.start_session() as session:
        await session.with_transaction(open_two)
        with pytest.raises(LookupError):
            await session.with_transaction(open_one_and_fail)

    assert await tickets.distinct("_id") == [1, 2]


async def test_database_keeps_what_it_acknowledged_when_killed(
    embedded: Stack, client: Client
) -> None:
    _, database = nodes(embedded)
    await client["desk"]["kept"].insert_one({"_id": "before"})
    killed = database.pid

    database.kill()
    database.restart()

    assert database.pid not in {killed, None}
    await client["desk"]["kept"].insert_one({"_id": "after"})
    assert sorted(await client["desk"]["kept"].distinct("_id")) == ["after", "before"]


async def test_database_keeps_its_data_over_a_graceful_stop(
    embedded: Stack, client: Client
) -> None:
    _, database = nodes(embedded)
    await client["desk"]["stopped"].insert_one({"_id": "before"})

    database.pause()
    database.stop()
    assert database.pid is None
    database.start()

    assert await client["desk"]["stopped"].distinct("_id") == ["before"]


def test_a_paused_database_is_silent_until_resumed(embedded: Stack) -> None:
    _, database = nodes(embedded)
    url = f"mongodb://{database.address}/?directConnection=true"
    with MongoClient[dict[str, Any]](url, timeoutMS=10_000) as client:
        client.admin.command("ping")

        database.pause()
        try:
            with (
                MongoClient[dict[str, Any]](url, timeoutMS=200) as impatient,
                pytest.raises(PyMongoError),
            ):
                impatient.admin.command("ping")
        finally:
            database.resume()

        assert client.admin.command("ping")["ok"]


def test_leaves_no_process_and_no_data_when_stopped() -> None:
    stack = start("embedded")
    running = pids(stack)
    assert len(running) == 2
    data = nodes(stack)[1].log_file.parent
    assert data.is_dir()

    stack.stop()
    stack.stop()

    assert all(is_gone(pid) for pid in running)
    assert not data.exists()


def test_servers_die_with_a_killed_parent_and_the_next_stack_tidies_up() -> None:
    with subprocess.Popen(  # noqa: S603 -- our own program
        [sys.executable, "-c", START_AND_TELL], stdout=subprocess.PIPE, text=True
    ) as parent:
        try:
            assert parent.stdout
            broker, database, data = parent.stdout.readline().split()
            assert not is_gone(int(broker))
            assert not is_gone(int(database))
        finally:
            parent.kill()

    until(lambda: is_gone(int(broker)) and is_gone(int(database)))
    assert Path(data).is_dir()
    directories.claim(None).close()
    assert not Path(data).exists()


def test_servers_outlive_the_thread_that_started_them() -> None:
    with ThreadPoolExecutor(1) as short_lived:
        stack = short_lived.submit(start, "embedded").result()

    with stack:
        assert len(pids(stack)) == 2
        with MongoClient[dict[str, Any]](stack.mongo_url, timeoutMS=10_000) as client:
            assert client.admin.command("ping")["ok"]


def test_servers_do_not_hear_the_terminal(embedded: Stack) -> None:
    assert os.getsid(0) not in [os.getsid(pid) for pid in pids(embedded)]


def test_a_named_directory_serves_one_stack_at_a_time(tmp_path: Path) -> None:
    with start("embedded", data_dir=tmp_path) as stack:
        with pytest.raises(StackUnavailable, match="in use by another stack"):
            start("embedded", data_dir=tmp_path)
        assert len(pids(stack)) == 2

    assert (tmp_path / "mongod.log").exists()


def test_a_named_directory_does_not_bring_back_checkpoints_of_a_lost_log(tmp_path: Path) -> None:
    for _ in range(2):
        with (
            start("embedded", data_dir=tmp_path) as stack,
            MongoClient[dict[str, Any]](stack.mongo_url, timeoutMS=10_000) as client,
        ):
            client["desk"]["checkpoints"].insert_one({"_id": "ticket.events-0"})


def test_database_finds_its_data_again_on_another_port(tmp_path: Path) -> None:
    seen = []
    for run in range(2):
        database = mongod.start(tmp_path, cache_gb=0.25)
        try:
            with MongoClient[dict[str, Any]](mongod.url(database), timeoutMS=10_000) as client:
                client["desk"]["runs"].insert_one({"_id": run})
                seen = client["desk"]["runs"].distinct("_id")
        finally:
            database.close(graceful=run == 0)

    assert seen == [0, 1]


def test_a_server_that_dies_at_its_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match=r"(?s)mongod ended with code \d+.*cacheSizeGB"):
        mongod.start(tmp_path, cache_gb=-1)


def test_signals_reach_the_server_itself(embedded: Stack) -> None:
    """The pid is the server's own: nothing stands between a fault and its victim."""
    _, database = nodes(embedded)
    assert database.pid
    with pytest.raises(RuntimeError, match="running already"):
        database.start()

    os.kill(database.pid, signal.SIGKILL)
    until(lambda: database.pid is None)

    database.restart()
    assert database.pid
