"""What timers lead to, decided before they are due: at the instant itself little is left to do."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

import bson
import structlog
from pydantic import BaseModel

from shared.contracts.message import LATENESS, Message, lateness
from shared.kit.batch import timer_heard
from shared.kit.entities import finished, to_document
from shared.kit.outgoing import Press
from shared.kit.ports import Owed, Writes
from shared.kit.records import Partition, Publication, frame, murmur2
from shared.kit.unit import Batch, Entity, Handler, Heard, Said, Stage
from shared.kit.work import Work

S = TypeVar("S", bound=BaseModel)
log = structlog.get_logger("deskstream.kit")
MOST = 5_000
ON_TIME_NAME = f'"{LATENESS}":'.encode()
ON_TIME = ON_TIME_NAME + b"0.0"


class UnforeseeableError(Exception):
    """It depends on more than its entity, or writes more than that and sums."""


class Foretold(NamedTuple):
    """An event that is to be said, finished but for how late it will be."""

    message: Message
    publication: Publication
    frame: bytes
    around: tuple[bytes, bytes] | None  # what its value is before and after the lateness

    def said(self, late: bytes) -> Publication:
        if self.around is None:
            return self.publication
        said = self.publication
        return Publication(said.topic, said.key, late.join(self.around), said.headers)


@dataclass(frozen=True, slots=True)
class Foreseen(Generic[S]):
    """What the first of an entity's timers lead to. Right as long as nothing else happens to it."""

    due_at: datetime
    entity: Entity[S]  # as it is then
    heard: Sequence[Heard]
    foretold: Sequence[Foretold]
    writes: Writes
    size: int


@dataclass(slots=True)
class Told(Generic[S]):
    """What of a partition is said at one moment."""

    at: datetime
    foreseen: list[Foreseen[S]] = field(default_factory=list)
    publications: list[Publication] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    size: int = 0
    _due_at: datetime | None = None
    _lateness: bytes = b""

    def add(self, foreseen: Foreseen[S]) -> None:
        self.foreseen.append(foreseen)
        self.size += foreseen.size
        if foreseen.due_at != self._due_at:  # most come due together, or are the only one
            self._due_at = foreseen.due_at
            self._lateness = str(lateness(foreseen.due_at, self.at)).encode()
        for each in foreseen.foretold:
            self.publications.append(each.said(self._lateness))
            self.frames.append(each.frame)

    def owed(self) -> Owed:
        writes = together(each.writes for each in self.foreseen)
        return Owed(tuple(self.publications), writes, tuple(self.frames), self.size)

    def note(self, work: Work) -> None:
        """That it is committed."""
        for each in self.foreseen:
            work.touched[each.entity.subject] = each.entity
            work.heard.extend(each.heard)
            work.said.extend(foretold.message for foretold in each.foretold)
        work.count("timers", len(self.foreseen))

    @property
    def partition(self) -> Partition:
        return self.foreseen[0].entity.at


class Foresight(Generic[S]):
    """Foreseen timers by entity. Whatever happens to an entity ends what was foreseen of it."""

    def __init__(self, stage: Stage[S], handler: Handler[S]) -> None:
        self._stage, self._handler = stage, handler
        self._foreseen: dict[str, Foreseen[S]] = {}
        self._most = MOST

    def __contains__(self, key: object) -> bool:
        return key in self._foreseen

    def __len__(self) -> int:
        return len(self._foreseen)

    @property
    def is_full(self) -> bool:
        return len(self._foreseen) >= self._most

    def is_of(self, key: str, due_at: datetime) -> bool:
        """What this timer leads to is known."""
        foreseen = self._foreseen.get(key)
        return foreseen is not None and foreseen.due_at == due_at

    def within(self, size: int, but: Collection[str]) -> Callable[[str, datetime], bool]:
        """For `Timers.ripe`: those that were foreseen, of so many bytes together or just more."""
        left = size

        def fits(key: str, due_at: datetime) -> bool:
            nonlocal left
            if left <= 0 or key in but or not self.is_of(key, due_at):
                return False
            left -= self._foreseen[key].size
            return True

        return fits

    def take(self, keys: Iterable[str]) -> list[Foreseen[S]]:
        return [self._foreseen.pop(key) for key in keys]

    def drop(self, keys: Collection[str]) -> None:
        if self._foreseen:
            for key in keys:
                self._foreseen.pop(key, None)

    def forget(self) -> None:
        self._foreseen.clear()

    def end(self) -> None:
        """From now on nothing is foreseen."""
        self._most = 0

    async def foresee(self, entity: Entity[S]) -> None:
        """What cannot be foreseen is left to its hour."""
        if self.is_full or entity.due_at is None:
            return
        try:
            self._foreseen[entity.subject] = await self._decided(entity.copy(), entity.due_at)
        except Exception as error:  # noqa: BLE001 - when it is due it is told from poison
            log.debug("not foreseen", stage=self._stage.name, error=type(error).__name__)

    async def _decided(self, entity: Entity[S], due_at: datetime) -> Foreseen[S]:
        work = Work(Nothing())
        for name in sorted(name for name, at in entity.timers.items() if at <= due_at):
            del entity.timers[name]
            work.heard.append(timer_heard(entity, name, due_at))
        entities = {entity.subject: entity}
        batch = Batch(work.heard, entities, due_at, Nothing().load)
        said = [_sayable(each) for each in await self._handler.handle(batch, work)]
        press = Press(self._stage, entities, work.touched)
        foretold = [_foretold(each.data, press.publication(each)) for each in said]
        unwritable = work.writes.puts or work.writes.inserts or work.writes.drops or work.rejected
        if unwritable or work.actions or self._stage.entities is None:
            raise UnforeseeableError
        encoded = bson.encode(to_document(entity))
        work.writes.puts[self._stage.entities] = {entity.subject: finished(encoded)}
        size = len(encoded) + sum(each.publication.size for each in foretold)
        return Foreseen(due_at, entity, work.heard, foretold, work.writes, size)


def _sayable(outgoing: Any) -> Said:
    if not isinstance(outgoing, Said):
        raise UnforeseeableError
    return outgoing


def _foretold(message: Message, publication: Publication) -> Foretold:
    around = None
    if LATENESS in type(message).model_fields:
        before, mark, after = (publication.value or b"").rpartition(ON_TIME)
        if not mark:
            raise UnforeseeableError
        around = before + ON_TIME_NAME, after
    murmur2(publication.key or b"")  # so that it is remembered when it is sent
    return Foretold(message, publication, frame(publication), around)


class Nothing:
    """A transaction in which nothing can be read."""

    async def _refused(self, *_: Any, **__: Any) -> NoReturn:
        raise UnforeseeableError

    load: Any = _refused
    get: Any = _refused
    find: Any = _refused
    write: Any = _refused


def together(parts: Iterable[Writes]) -> Writes:
    """Puts and sums, in order: the last put of a document holds."""
    writes = Writes.none()
    for part in parts:
        for collection, documents in part.puts.items():
            writes.puts.setdefault(collection, {}).update(documents)
        for collection, additions in part.adds.items():
            for key, (sums, fixed) in additions.items():
                writes.add(collection, key, sums, fixed)
    return writes
