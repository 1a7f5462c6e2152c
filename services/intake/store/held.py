"""Messages that wait for a human's look: kept as they came, so that they can come in again."""

from collections.abc import Mapping
from typing import Any

from shared.contracts.envelope import deterministic_id
from shared.contracts.topics import CHANNEL_MESSAGES
from shared.kit.records import Publication
from shared.kit.unit import Document, Heard, Transaction

HELD = "held"
RELEASED = "ce_released"  # the header of what a human has let in; its value is the held one's id
SOURCE = "/deskstream/held"
REPLACED = ("ce_id", "ce_source", RELEASED)


def hold(
    tx: Transaction, heard: Heard, held_id: str, *, channel: str, sender: str | None, reason: str
) -> None:
    """Nothing where it came without a record: then there is nothing to come again."""
    if heard.record is None:
        return
    document: Document = {
        "_id": held_id,
        "channel": channel,
        "sender": sender,
        "reason": reason,
        "at": heard.time,
        "key": heard.record.key,
        "value": heard.record.value,
        "headers": [[name, value] for name, value in heard.record.headers],
    }
    tx.put(HELD, document)


def let_in(tx: Transaction, held_id: str) -> None:
    tx.drop(HELD, held_id)


def again(document: Mapping[str, Any]) -> Publication:
    """The record as it came, under an id of its own; the same id however often it is let in."""
    held_id = document["_id"]
    kept = [(n, v) for n, v in document["headers"] if n not in REPLACED]
    own = {
        "ce_id": deterministic_id("released", held_id),
        "ce_source": SOURCE,
        RELEASED: held_id,
    }
    headers = (*kept, *((name, text.encode()) for name, text in own.items()))
    return Publication(CHANNEL_MESSAGES.name, document["key"], document["value"], headers)
