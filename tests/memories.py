"""Whether an engine's memory of entities is what its store holds."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from shared.kit.engine import Engine
from shared.kit.entities import from_document
from shared.kit.memory import MemoryData


def misremembered(engine: Engine[Any], data: MemoryData) -> Iterator[str]:
    """Of partitions that it believes to own only: what it holds of others it never uses.

    What a partition owes is in memory before it is in the store.
    """
    stage = engine.stage
    documents = data.collections.get(stage.entities or "", {})
    for key, entity in engine.recent.entities.items():
        owned = engine.owned.get(entity.at)
        if owned is None or not owned.live or engine.recent.knows_debts_of(entity.at):
            continue
        if key not in documents:
            yield f"{stage.name} remembers {key}, which is not in its store"
        elif from_document(documents[key], stage.state) != replace(entity, stored=True):
            yield f"{stage.name} remembers {key} otherwise than it is stored"
