"""How a subject's document looks in the store, and which numbers it has had."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar, cast

from bson.raw_bson import RawBSONDocument
from pydantic import BaseModel

from shared.kit.records import Partition
from shared.kit.unit import Document, Entity

S = TypeVar("S", bound=BaseModel)
MOST_MISSING = 1_000


class Verdict(Enum):
    NEW = "new"
    LATE = "late"  # a number that was missing: in time to count, out of order
    DUPLICATE = "duplicate"


def note_number(entity: Entity[Any], writer: str, number: int) -> tuple[Verdict, int]:
    """Notes that this number was met; the second value is how many were newly found missing."""
    highest = entity.applied.get(writer, 0)
    if number > highest:
        gap = list(range(highest + 1, number))[-MOST_MISSING:]
        if gap:
            entity.missing[writer] = [*entity.missing.get(writer, []), *gap][-MOST_MISSING:]
        entity.applied[writer] = number
        return Verdict.NEW, len(gap)
    missing = entity.missing.get(writer, [])
    if number not in missing:
        return Verdict.DUPLICATE, 0
    entity.missing[writer] = [other for other in missing if other != number]
    if not entity.missing[writer]:
        del entity.missing[writer]
    return Verdict.LATE, 0


def to_document(entity: Entity[Any]) -> Document:
    """The service's state at the top level, the kit's part under `_kit`."""
    state: Document = entity.state.model_dump() if entity.state is not None else {}
    due_at: datetime | None = entity.due_at
    state["_id"] = entity.subject
    kit = {
        "at": str(entity.at),
        "stated": entity.state is not None,
        "applied": entity.applied,
        "said": entity.said,
        "missing": entity.missing,
        "letters": entity.letters,
        "timers": [[name, due] for name, due in sorted(entity.timers.items())],
        "due": due_at,
    }
    state["_kit"] = {name: value for name, value in kit.items() if value or name == "at"}
    return state


def finished(encoded: bytes) -> Document:
    """A document that is written as it is; whoever looks into it decodes it."""
    document: Any = RawBSONDocument(encoded)
    return cast(Document, document)


def from_document(document: Mapping[str, Any], state_type: type[S] | None) -> Entity[S]:
    kit = document["_kit"]
    topic, _, number = kit["at"].rpartition("/")
    fields = {name: value for name, value in document.items() if name not in ("_id", "_kit")}
    stated = bool(kit.get("stated")) and state_type is not None
    return Entity(
        subject=document["_id"],
        at=Partition(topic, int(number)),
        state=state_type.model_validate(fields) if stated and state_type is not None else None,
        timers=dict(kit.get("timers", [])),
        applied=dict(kit.get("applied", {})),
        missing={writer: list(numbers) for writer, numbers in kit.get("missing", {}).items()},
        said=dict(kit.get("said", {})),
        letters=list(kit.get("letters", [])),
        stored=True,
    )
