"""The protocol with a piece taken out, in the whole pipeline: each of these must be found."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from unittest import mock

import shared.kit.deliveries
import shared.kit.runs
from services.notifier.channels import Judged, Verdict
from services.notifier.sender import Sender
from services.router.handlers import Dispatcher
from shared.contracts.topics import BY_NAME, Dedupe
from shared.kit.batch import Attempt, _outcome
from shared.kit.decoding import Good
from shared.kit.deliveries import Claim
from shared.kit.engine import Engine
from shared.kit.handover import Births
from shared.kit.memory import MemoryStore, MemoryTransaction
from shared.kit.ports import Advance, Writes
from shared.kit.unit import Document, Handler
from shared.kit.work import Input
from tests.simulation.plans import Parts
from tests.simulation.planted import Planted, PublishBeforeCommit


class EverythingIsNew(Attempt[Any]):
    def _is_new(self, item: Input, good: Good) -> bool:
        """What has no number, but an id, is never looked up."""
        by_id = BY_NAME[good.record.topic].dedupe is Dedupe.IDS
        return True if by_id else Attempt._is_new(self, item, good)


class TakesOutcomesBlindly(Attempt[Any]):
    def _take_outcome(self, item: Input) -> None:
        document = self._deliveries.get(item.delivery_id or "")
        if document is None:
            return
        self.work.touched[document["subject"]] = self.entities[document["subject"]]
        self._hear(_outcome(document, item.owned.partition), item)


class OutcomesOnce(MemoryStore):
    """Whoever looks an outcome up takes it off the list, before it is told."""

    async def outcomes(self, partitions: Collection[int], limit: int) -> list[Document]:
        found = await super().outcomes(partitions, limit)
        off = {document["_id"]: document | {"outcome_ready": False} for document in found}
        self.data.replace({"deliveries": off})
        return found


class NoUniqueKeys(MemoryStore):
    """Of two that insert the same, the last one's stays."""

    def _commit(self, transaction: MemoryTransaction) -> None:
        indexed = {name: transaction.changes.pop(name, {}) for name in UNIQUE}
        super()._commit(transaction)
        self.data.replace(indexed)


UNIQUE = ("received", "conversations")
WRITE = MemoryTransaction.write


async def _overwrite(self: MemoryTransaction, writes: Writes, advances: Sequence[Advance]) -> None:
    for name, documents in writes.inserts.items():
        writes.puts.setdefault(name, {}).update(documents)
    writes.inserts.clear()
    await WRITE(self, writes, advances)


class TablesCanWait(Engine[Any]):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._tables_ready = True


async def _send_written_down_first(self: Sender, line: Any, claim: Claim) -> Judged:
    await self._note(claim, Judged(Verdict.SENT)).written
    return await SEND(self, line, claim)


SEND = Sender._send


def _hand_over_at_once(self: Births, delivery: Document, content: object) -> Document:
    born = CLAIMED(self, delivery, content)
    self.committed()
    self.claims.clear()
    return born


CLAIMED = Births.claimed


def remembering_pool(handler: Handler[Any]) -> Handler[Any]:
    """The router never forgets what it decided, whether that was committed or not."""
    if isinstance(handler, Dispatcher):
        handler.forget = lambda: None  # type: ignore[method-assign]
    return handler


def _patched(target: Any, name: str, value: Any) -> Callable[[], AbstractContextManager[Any]]:
    return partial(mock.patch.object, target, name, value)


def _attempt(broken: type[Attempt[Any]]) -> Callable[[], AbstractContextManager[Any]]:
    return _patched(shared.kit.runs, "Attempt", broken)


LEASES = (shared.kit.deliveries, "_DUE_NOW", {"state": "due"})
PLANTED = tuple(
    Planted(name, parts, within, "whole")
    for name, parts, within in (
        ("published before the commit, all stages", Parts(engine=PublishBeforeCommit), 60),
        ("ids are not remembered", Parts(plant=_attempt(EverythingIsNew)), 20),
        (
            "unique keys do not hold",
            Parts(store=NoUniqueKeys, plant=_patched(MemoryTransaction, "write", _overwrite)),
            100,
        ),
        (
            "an outcome is taken off before it is told",
            Parts(store=OutcomesOnce, plant=_attempt(TakesOutcomesBlindly)),
            200,
        ),
        ("leases are not looked at", Parts(plant=_patched(*LEASES)), 60),
        (
            "a mail is written down before it is sent",
            Parts(plant=_patched(Sender, "_send", _send_written_down_first)),
            150,
        ),
        (
            "a mail is handed over before the commit",
            Parts(plant=_patched(Births, "claimed", _hand_over_at_once)),
            60,
        ),
        ("tables can wait", Parts(engine=TablesCanWait), 60),
        ("pools remember what was not committed", Parts(handler=remembering_pool), 300),
    )
)
