"""A broker and a database that somebody else runs, by their addresses."""

import os
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deskstream.stack.handshake import accepts_connections
from deskstream.stack.unavailable import StackUnavailable

_ANSWER_WITHIN_MS = 5000


def kafka_servers() -> str:
    servers = _address("DESKSTREAM_KAFKA_SERVERS")
    # Not the broker's own protocol: it may want TLS or a password, which the services know of.
    if not any(accepts_connections(server.strip()) for server in servers.split(",")):
        raise StackUnavailable(
            f"No broker of DESKSTREAM_KAFKA_SERVERS ({servers}) accepts connections: start it."
        )
    return servers


def mongo_url(within_ms: int = _ANSWER_WITHIN_MS) -> str:
    url = _address("DESKSTREAM_MONGO_URL")
    with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=within_ms) as client:
        try:
            hello = client.admin.command("hello")
        except PyMongoError as error:
            raise StackUnavailable(
                "The database of DESKSTREAM_MONGO_URL does not answer "
                f"({type(error).__name__}): start it."
            ) from error
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise StackUnavailable(
            "The database of DESKSTREAM_MONGO_URL has no transactions: "
            "make it a replica set of one or more."
        )
    return url


def _address(name: str) -> str:
    if address := os.environ.get(name):
        return address
    raise StackUnavailable(f"The external stack's address is not given: set {name}.")
