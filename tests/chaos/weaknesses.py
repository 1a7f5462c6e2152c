"""The product with one protection taken out: a run against it must find something broken."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from pymongo import UpdateOne

from shared.kit import batch, mongo
from shared.kit.batch import Attempt
from shared.kit.claims import Claims
from shared.kit.engine import Engine
from shared.kit.entities import Verdict
from shared.kit.mongo import CHECKPOINTS, MongoStore, checkpoint_of
from shared.kit.ports import Advance, Checkpoint
from shared.kit.records import Partition, Publication
from shared.kit.unit import Entity
from shared.kit.work import Owned


class Weakness(StrEnum):
    EPOCH = "epoch"  # whoever believes that he owns a partition may write its checkpoint
    NUMBERS = "numbers"  # each record of the log is news, however often it comes
    LETTERS = "letters"  # what cannot be handled is passed over, and nobody is told
    REPUBLISH = "republish"  # what the owner before did not send any more stays unsaid
    WATERMARK = "watermark"  # timers fire whatever lies unread before them


def weaken(weakness: Weakness) -> None:
    """In this process, before anything starts."""
    _TAKE_OUT[weakness]()


def _without_epoch() -> None:
    guarded = mongo.advance_operation

    def unguarded(stage: str, advance: Advance, attempt: Any) -> UpdateOne:
        operation = guarded(stage, advance, attempt)
        return UpdateOne({"_id": f"{stage}/{advance.to.partition}"}, operation._doc)

    async def claim(store: MongoStore, partition: Partition) -> Checkpoint:
        document = await store._database[CHECKPOINTS].find_one_and_update(
            {"_id": store._id(partition)},
            {"$set": {"epoch": 1, "commits": 0}},
            upsert=True,
            return_document=True,
        )
        return checkpoint_of(partition, document or {})

    async def nobody(_: MongoStore, __: Any) -> None:
        """An owner before is never ended."""

    mongo.advance_operation = unguarded
    MongoStore._claim = claim  # type: ignore[method-assign,assignment]
    MongoStore._end_transactions_of_owners_before = nobody  # type: ignore[method-assign,assignment]


def _without_numbers() -> None:
    def always_new(_: Entity[Any], __: str, ___: int) -> tuple[Verdict, int]:
        return Verdict.NEW, 0

    batch.note_number = always_new  # type: ignore[attr-defined,assignment]


def _without_letters() -> None:
    def pass_over(*_: Any, **__: Any) -> None:
        """No letter."""

    Attempt._put_away = pass_over  # type: ignore[method-assign]


def _without_republishing() -> None:
    async def nothing(_: Claims[Any], __: Sequence[Publication]) -> None:
        """Lost, if the owner before died."""

    Claims._republish = nothing  # type: ignore[method-assign,assignment]


def _without_watermark() -> None:
    def now(engine: Engine[Any], _: Owned, __: Mapping[Partition, int]) -> datetime:
        return engine.clock.now()

    Engine._safe_until = now  # type: ignore[method-assign,assignment]


_TAKE_OUT: Mapping[Weakness, Callable[[], None]] = {
    Weakness.EPOCH: _without_epoch,
    Weakness.NUMBERS: _without_numbers,
    Weakness.LETTERS: _without_letters,
    Weakness.REPUBLISH: _without_republishing,
    Weakness.WATERMARK: _without_watermark,
}
