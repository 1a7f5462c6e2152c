"""What the database was asked to do: its own counters, before and after."""

from collections.abc import Mapping
from typing import Any

from pymongo import AsyncMongoClient

OPERATIONS = ("insert", "update", "delete", "query", "getmore", "command")


class DatabaseMeter:
    """Counts everything on the server; ours is the only load there."""

    def __init__(self, client: AsyncMongoClient[Any]) -> None:
        self._client = client
        self._before: Mapping[str, float] = {}

    async def begin(self) -> None:
        self._before = await self._counters()

    async def used(self) -> dict[str, float]:
        """Since `begin`."""
        return {
            name: count - self._before[name] for name, count in (await self._counters()).items()
        }

    async def _counters(self) -> Mapping[str, float]:
        status = await self._client.admin.command("serverStatus")
        operations = {name: float(status["opcounters"][name]) for name in OPERATIONS}
        return operations | {
            "transactions": float(status["transactions"]["totalCommitted"]),
            "round trips": float(status["network"]["numRequests"]),
            "kB in": status["network"]["bytesIn"] / 1000,
            "kB out": status["network"]["bytesOut"] / 1000,
        }
