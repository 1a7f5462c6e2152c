"""What a service's handler gets and gives: inputs, the state they concern, and what is said."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from shared.contracts.envelope import Envelope
from shared.contracts.message import Message
from shared.contracts.topics import Topic
from shared.kit.records import Partition, Publication, Record

Document = dict[str, Any]
S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Due:
    """A timer of the subject came due. `due_at` is the instant that was set, however late it is."""

    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a side effect (a delivery) that an earlier batch asked for."""

    delivery_id: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """One input: a record, a timer or an outcome. All have an envelope, so all can be a cause.

    `data` is None for raw input, whose bytes are `record.value`. `record` is None for timers
    and outcomes.
    """

    envelope: Envelope
    data: Message | Due | Outcome | None
    at: Partition
    record: Record | None = None

    @property
    def subject(self) -> str:
        return self.envelope.subject

    @property
    def time(self) -> datetime:
        """When it was accepted (a timer: when it was due)."""
        return self.envelope.time


@dataclass(frozen=True, slots=True)
class Said:
    """Something to say because of `cause`. Topic and type are the message's own.

    The kit gives it a deterministic id, the cause's time and the writer's next number. `subject`
    (also the record's key) is the cause's where it is None.
    """

    data: Message
    cause: Heard
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The cause's record once more, unchanged, under another key on another topic.

    Its readers drop repetitions by the forwarding stage's own number for the subject.
    """

    cause: Heard
    topic: Topic
    key: str


Outgoing = Said | Forwarded


@dataclass(slots=True)
class Entity(Generic[S]):
    """All that a stage keeps about one subject (mostly a ticket), in one document.

    `state` is the service's part, None for a subject not met before: assign a new value or change
    it in place. Timers are kept with it: one for each name, set again to move it.
    """

    subject: str
    at: Partition  # whose loop owns it and fires its timers
    state: S | None = None
    timers: dict[str, datetime] = field(default_factory=dict)
    applied: dict[str, int] = field(default_factory=dict)
    missing: dict[str, list[int]] = field(default_factory=dict)
    said: dict[str, int] = field(default_factory=dict)
    letters: list[str] = field(default_factory=list)
    stored: bool = False

    def set_timer(self, name: str, due_at: datetime) -> None:
        self.timers[name] = due_at

    def cancel_timer(self, name: str) -> None:
        self.timers.pop(name, None)

    @property
    def due_at(self) -> datetime | None:
        return min(self.timers.values(), default=None)

    def copy(self) -> "Entity[S]":
        """Another with the same state."""
        return replace(
            self,
            timers=dict(self.timers),
            applied=dict(self.applied),
            missing={writer: list(numbers) for writer, numbers in self.missing.items()},
            said=dict(self.said),
            letters=list(self.letters),
        )


class Transaction(Protocol):
    """Reads of the service's store as of the batch's snapshot, and writes that commit with it.

    Reads don't see the writes of the same batch. Ids are strings. Collections need no creation.
    """

    async def get(self, collection: str, ids: Collection[str]) -> dict[str, Document]:
        """The documents that exist, by id, in one query."""

    async def find(
        self, collection: str, where: Mapping[str, Any], *, limit: int = 0
    ) -> list[Document]:
        """Documents by equality or `{"$in": [...]}` on fields, in order of id; limit 0: all."""

    def put(self, collection: str, document: Document) -> None:
        """Insert or replace by `_id`; the last put of a batch holds."""

    def insert(self, collection: str, document: Document) -> None:
        """Must be new; else the whole batch runs again on fresh reads."""

    def add(
        self,
        collection: str,
        document_id: str,
        increments: Mapping[str, float],
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        """Adds to numeric fields (dots reach inside); `fixed` is set when the document is new."""

    def drop(self, collection: str, document_id: str) -> None:
        """Deletes by id; no error where there is none."""

    def reject(self, heard: Heard, reason: str) -> None:
        """This record is bad: it goes to the dead letters with this reason."""

    def after_commit(self, action: Callable[[], None]) -> None:
        """Runs once the batch is committed, never if it is not: for metrics."""


class LoadsEntities(Protocol[S]):
    async def __call__(self, subjects: Collection[str], at: Partition) -> dict[str, Entity[S]]: ...


@dataclass(slots=True)
class Batch(Generic[S]):
    """Inputs in order (order holds within a subject), and the entities they concern.

    `now` is the machine's time at the start of the batch: for lateness, never for decisions that
    a replay must repeat.
    """

    inputs: Sequence[Heard]
    entities: dict[str, Entity[S]]
    now: datetime
    loads: LoadsEntities[S]

    def entity(self, heard: Heard) -> Entity[S]:
        return self.entities[entity_key(heard)]

    async def load(self, subjects: Collection[str], at: Partition) -> None:
        """Adds the entities of other subjects that the loop of `at` owns, in one query.

        What is said about a subject needs its entity here, for the writer's number. Whatever is
        asked for is written back, also what was here already because of a repeated record.
        """
        if subjects:
            self.entities.update(await self.loads(subjects, at))


def entity_key(heard: Heard) -> str:
    """Tickets go by their id; agents and customers are told apart by a prefix."""
    return subject_key(heard.envelope.type, heard.subject)


def subject_key(type_name: str, subject: str) -> str:
    if type_name.startswith(("deskstream.AgentUpdated", "deskstream.AgentRemoved")):
        return f"agent:{subject}"
    if type_name.startswith(("deskstream.CustomerUpdated", "deskstream.CustomerRemoved")):
        return f"customer:{subject}"
    return subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Generic[S]):
    """What a handler runs on: a consumer group with its checkpoints, inputs and state.

    `tables` are compacted inputs that are read to their end before the first batch of others.
    Records of types that are not in `hears` are skipped by their header.
    `pace` is the shortest time from one batch to the next, unless that would be a full one: what
    nobody waits for is gathered, so that several events of a subject are one write.
    `patient` are those of `hears` that may wait a moment for others to come with them.
    `entities` names the collection of the subjects' documents, `state` their type; None: the stage
    keeps no state by subject.
    `foresees`: what its timers lead to is decided before they are due. So its handler decides them
    on their entity alone, gives that a new state instead of changing the old one, and writes
    nothing but sums beside it.
    """

    name: str
    writer: str
    topics: tuple[Topic, ...]
    hears: tuple[type[Message], ...]
    patient: tuple[type[Message], ...] = ()
    tables: tuple[Topic, ...] = ()
    entities: str | None = None
    state: type[S] | None = None
    outcomes: bool = False
    max_records: int = 500
    foresees: bool = False
    pace: timedelta = timedelta(0)

    @property
    def inputs(self) -> tuple[Topic, ...]:
        return self.topics + self.tables


class Handler(ABC, Generic[S]):
    """The service's part of a stage: load, decide, record; what it returns is said.

    It never publishes, catches, logs or commits. It may keep memory between batches, and change it
    within `handle`: whenever a batch did not commit, or partitions changed hands, `forget` is
    called, and what is needed is loaded again.
    """

    @abstractmethod
    async def handle(self, batch: Batch[S], tx: Transaction) -> Sequence[Outgoing]: ...

    def forget(self) -> None:
        """Drop everything in memory that came from the store."""

    def noted(self, said: Sequence[Message], at: datetime) -> None:
        """All this was said at this moment, and that is committed: for metrics."""


__all__ = [
    "Batch",
    "Document",
    "Due",
    "Entity",
    "Forwarded",
    "Handler",
    "Heard",
    "Outcome",
    "Outgoing",
    "Publication",
    "Said",
    "Stage",
    "Transaction",
    "entity_key",
]
