"""Whether a server is ready for clients, asked in its own protocol."""

import socket
import struct
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

REPLICA_SET = "rs0"

_ANSWER_WITHIN_SECONDS = 2.0
_ALREADY_INITIALIZED = 23

# Metadata v1 (key 3) with correlation id 1 and client id "deskstream", for no topics.
_METADATA = struct.pack(">hhih10si", 3, 1, 1, 10, b"deskstream", 0)
_METADATA_REQUEST = struct.pack(">i", len(_METADATA)) + _METADATA
# Size, correlation id, number of brokers.
_METADATA_HEAD = struct.Struct(">iii")


def broker_answers(address: str) -> bool:
    """Whether the broker lists a broker in its metadata: before that, clients find no leader."""
    try:
        with _connect(address) as connection, connection.makefile("rb") as reply:
            connection.sendall(_METADATA_REQUEST)
            head = reply.read(_METADATA_HEAD.size)
    except OSError:
        return False
    if len(head) < _METADATA_HEAD.size:
        return False
    _, _, brokers = _METADATA_HEAD.unpack(head)
    return bool(brokers)


def database_answers(address: str, *, member: str | None = None) -> bool:
    """Whether the database is primary of its replica set of one, which it makes if need be.

    `member` is the address by which the server knows itself, where it is not `address`.
    """
    # The driver waits half a second after a refused connection: far longer than the server needs.
    if not accepts_connections(address):
        return False
    url = f"mongodb://{address}/?directConnection=true"
    with MongoClient[dict[str, Any]](url, timeoutMS=int(_ANSWER_WITHIN_SECONDS * 1000)) as client:
        try:
            if _is_primary(client):
                return True
            _settle(client, member or address)
            return _is_primary(client)
        except PyMongoError:
            return False


def accepts_connections(address: str) -> bool:
    try:
        _connect(address).close()
    except OSError:
        return False
    return True


def _connect(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=_ANSWER_WITHIN_SECONDS)


def _is_primary(client: MongoClient[dict[str, Any]]) -> bool:
    return bool(client.admin.command("hello")["isWritablePrimary"])


def _settle(client: MongoClient[dict[str, Any]], member: str) -> None:
    config = {"_id": REPLICA_SET, "members": [{"_id": 0, "host": member}]}
    try:
        client.admin.command("replSetInitiate", config)
    except OperationFailure as error:
        if error.code != _ALREADY_INITIALIZED:
            raise
        _move(client, member)


def _move(client: MongoClient[dict[str, Any]], member: str) -> None:
    """Kept data may come up on another port, where the replica set does not know itself."""
    config = client.admin.command("replSetGetConfig")["config"]
    [itself] = config["members"]
    if itself["host"] == member:
        return
    itself["host"] = member
    config["version"] += 1
    client.admin.command("replSetReconfig", config, force=True)
