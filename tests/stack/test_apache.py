"""Apache Kafka: what it acknowledged is there after a kill, and in the next stack on its data."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from deskstream.stack import start
from tests.stack.records import consume, create_topic, produce

pytestmark = [
    pytest.mark.apache,
    pytest.mark.skipif(os.environ.get("STACK") != "apache", reason="needs STACK=apache"),
]


async def test_a_restart_keeps_a_record(tmp_path: Path) -> None:
    with start("apache", data_dir=tmp_path) as stack:
        assert stack.broker
        await create_topic(stack, "kept")
        await produce(stack, "kept", b"acknowledged")
        async with AsyncMongoClient[dict[str, Any]](stack.mongo_url) as client:
            await client["desk"]["kept"].insert_one({"_id": "acknowledged"})

        stack.broker.kill()
        stack.broker.restart()

        assert await asyncio.wait_for(consume(stack, "kept", group="a"), 20) == b"acknowledged"

    with start("apache", data_dir=tmp_path) as stack:
        assert await asyncio.wait_for(consume(stack, "kept", group="b"), 20) == b"acknowledged"
        async with AsyncMongoClient[dict[str, Any]](stack.mongo_url) as client:
            assert await client["desk"]["kept"].distinct("_id") == ["acknowledged"]
