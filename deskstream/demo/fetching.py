"""HTTP to our own services on this machine: no proxy, no redirects, always a deadline."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from types import MappingProxyType
from typing import Any

import orjson

NONE: Mapping[str, str] = MappingProxyType({})


class Unanswered(Exception):  # noqa: N818 - a state of the other side
    """Nobody answered, or not in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


async def get(port: int, path: str, *, within: float = 5.0) -> Answer:
    return await asyncio.to_thread(_ask, port, "GET", path, None, NONE, within)


async def post(
    port: int, path: str, body: bytes, headers: Mapping[str, str], *, within: float = 20.0
) -> Answer:
    return await asyncio.to_thread(_ask, port, "POST", path, body, headers, within)


def _ask(
    port: int,
    method: str,
    path: str,
    body: bytes | None,
    headers: Mapping[str, str],
    within: float,
) -> Answer:
    connection = HTTPConnection("127.0.0.1", port, timeout=within)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, answer.read())
    except (OSError, HTTPException) as error:
        raise Unanswered(f"{method} {path} on port {port}: {type(error).__name__}") from error
    finally:
        connection.close()
