"""One attempt at a batch, inside its transaction: what is new, what the handler makes of it."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from shared.contracts.envelope import Envelope, deterministic_id
from shared.contracts.topics import BY_NAME, Dedupe
from shared.kit.decoding import Bad, Good, Misplaced, Noted, Skipped
from shared.kit.entities import Verdict, from_document, note_number, to_document
from shared.kit.letters import COLLECTION as LETTERS
from shared.kit.letters import letter_for
from shared.kit.outgoing import Press, TooLargeError
from shared.kit.recent import Recent
from shared.kit.records import Partition, Record
from shared.kit.unit import Batch, Document, Due, Entity, Handler, Heard, Outcome, Said, Stage
from shared.kit.work import Input, Work

S = TypeVar("S", bound=BaseModel)
INBOX = "inbox"
DELIVERIES = "deliveries"
SOURCE = "/deskstream/kit"


class SpoiledError(Exception):
    """This one input cannot be handled, whatever the others are."""

    def __init__(self, spoiled: Input, reason: str) -> None:
        self.input = spoiled
        super().__init__(reason)


@dataclass(slots=True)
class Attempt(Generic[S]):
    stage: Stage[S]
    handler: Handler[S]
    group: str
    now: datetime
    work: Work
    recent: Recent[S]
    entities: dict[str, Entity[S]] = field(default_factory=dict)
    _inputs: dict[int, Input] = field(default_factory=dict)
    _places: dict[int, int] = field(default_factory=dict)  # where in `work.verdicts`
    _inbox: dict[str, Document] = field(default_factory=dict)
    _letters: dict[str, Document] = field(default_factory=dict)
    _deliveries: dict[str, Document] = field(default_factory=dict)

    async def decide(self, inputs: Sequence[Input]) -> None:
        """Fills `work` with all that this batch writes and publishes."""
        await self._load(inputs)
        for item in inputs:
            self._take(item)
        await self._handle()
        if self.stage.entities is not None:
            for entity in self.work.touched.values():
                self.work.put(self.stage.entities, to_document(entity))
        for letter in self.work.letters:
            self.work.put(LETTERS, letter.document())

    # --- what is there -----------------------------------------------------------------------

    async def _load(self, inputs: Sequence[Input]) -> None:
        owners = {key: i.owned.partition for i in inputs if (key := self._key(i)) is not None}
        await self._load_entities(owners)
        good = [i.decoded for i in inputs if isinstance(i.decoded, Good)]
        inbox_ids = [key for g in good if (key := _inbox_id(g)) is not None]
        self._inbox = await self.work.get(INBOX, inbox_ids)
        self._letters = await self.work.get(LETTERS, [g.letter_id for g in good if g.letter_id])
        delivery_ids = [i.delivery_id for i in inputs if i.delivery_id is not None]
        self._deliveries = await self.work.get(DELIVERIES, delivery_ids)
        subjects = {doc["subject"]: _owner(inputs) for doc in self._deliveries.values()}
        await self._load_entities({k: at for k, at in subjects.items() if k not in self.entities})

    def _key(self, item: Input) -> str | None:
        """The entity that this input concerns; tables and stateless stages have none."""
        tables = {topic.name for topic in self.stage.tables}
        if self.stage.entities is None or item.owned.partition.topic in tables:
            return None
        return item.entity_key

    async def _load_entities(self, owners: dict[str, Partition]) -> None:
        if not owners or self.stage.entities is None:
            return
        self.entities.update(self.recent.take(owners))
        unknown = [key for key in owners if key not in self.entities]
        documents = await self.work.get(self.stage.entities, unknown)
        for key in unknown:
            at = owners[key]
            found = documents.get(key)
            self.entities[key] = (
                from_document(found, self.stage.state) if found is not None else Entity(key, at)
            )

    async def _also(self, subjects: Collection[str], at: Partition) -> dict[str, Entity[S]]:
        """For `Batch.load`: what is loaded on request is written back."""
        absent = [subject for subject in subjects if subject not in self.entities]
        await self._load_entities(dict.fromkeys(absent, at))
        loaded = {subject: self.entities[subject] for subject in subjects}
        self.work.touched.update(loaded)
        return loaded

    # --- what is new -------------------------------------------------------------------------

    def _take(self, item: Input) -> None:
        if item.key is not None:
            self._take_timers(item)
            self._take_revisit(item)
        elif item.delivery_id is not None:
            self._take_outcome(item)
        match item.decoded:
            case Skipped():
                self.work.count("skipped")
            case Noted(_, envelope):
                self._note(item, envelope)
            case Misplaced(record, again):
                self.work.count("misplaced")
                self.work.publish(record.at, again)
            case Bad():
                self._take_bad(item, item.decoded)
            case Good():
                self._take_good(item, item.decoded)
            case None:
                pass

    def _note(self, item: Input, envelope: Envelope) -> bool:
        """Whether this number is met for the first time."""
        key = self._key(item)
        if key is None or envelope.writer is None or envelope.number is None:
            return True
        verdict, gaps = note_number(self.entities[key], envelope.writer, envelope.number)
        if gaps:
            self.work.count("gaps", gaps)
        if verdict is Verdict.DUPLICATE:
            self.work.count("duplicates")
            return False
        if verdict is Verdict.LATE:
            self.work.count("late")
        self.work.touched[key] = self.entities[key]
        return True

    def _take_bad(self, item: Input, bad: Bad) -> None:
        numbered = bad.envelope is not None and bad.letter_id is None
        if numbered and bad.envelope is not None and not self._note(item, bad.envelope):
            return
        # What was dead before says nothing new of us.
        self.work.verdicts.append(bad.letter_id is None)
        self._put_away(item, bad.record, bad.reason, bad.letter_id, bad.attempts)

    def _take_good(self, item: Input, good: Good) -> None:
        if good.letter_id is not None:
            if self._is_settled(good.letter_id):
                self.work.count("duplicates")
                return
        elif not self._is_new(item, good):
            return
        key = self._key(item)
        blocking = self.entities[key].letters if key is not None else []
        if blocking and blocking[0] != good.letter_id:
            reason = f"an earlier record of {key} is a dead letter"
            self._put_away(
                item, good.record, reason, good.letter_id, good.attempts, waits_for=blocking[0]
            )
            return
        if good.letter_id is not None:
            self._settle(good.letter_id, key)
        if key is not None:
            self.work.touched[key] = self.entities[key]
        self._hear(good.heard, item)
        self._places[id(good.heard)] = len(self.work.verdicts)
        self.work.verdicts.append(False)
        self.work.count("handled")

    def _is_settled(self, letter_id: str) -> bool:
        document = self._letters.get(letter_id)
        return document is None or document["state"] != "open"

    def _settle(self, letter_id: str, key: str | None) -> None:
        document = self._letters[letter_id] | {"state": "done"}
        self._letters[letter_id] = document
        self.work.put(LETTERS, document)
        self.work.count("redriven")
        if key is not None and letter_id in self.entities[key].letters:
            self.entities[key].letters.remove(letter_id)

    def _is_new(self, item: Input, good: Good) -> bool:
        inbox_id = _inbox_id(good)
        if inbox_id is None:
            dedupe = BY_NAME[good.record.topic].dedupe
            return dedupe is not Dedupe.NUMBERS or self._note(item, good.heard.envelope)
        digest = hashlib.sha256(good.record.value or b"").hexdigest()[:32]
        known = self._inbox.get(inbox_id)
        if known is None:
            document = {"_id": inbox_id, "digest": digest, "at": good.heard.time}
            self._inbox[inbox_id] = document
            self.work.insert(INBOX, document)
            return True
        if known["digest"] == digest:
            self.work.count("duplicates")
        else:
            envelope = good.heard.envelope
            reason = f"{envelope.source} used id {envelope.id} before, for another content"
            self.work.verdicts.append(True)
            self._put_away(item, good.record, reason, None, 0)
        return False

    def _put_away(
        self,
        item: Input,
        record: Record,
        reason: str,
        letter_id: str | None,
        attempts: int,
        *,
        waits_for: str | None = None,
    ) -> None:
        key = self._key(item)
        letter = letter_for(
            record,
            group=self.group,
            reason=reason,
            at=self.now,
            attempts=attempts + 1,
            subject=key or "",
            known_id=letter_id,
            waits_for=waits_for,
        )
        if key is not None:
            entity = self.entities[key]
            if letter.id not in entity.letters:
                entity.letters.append(letter.id)
            self.work.touched[key] = entity
        self.work.letters.append(letter)
        self.work.publish(record.at, letter.publication())
        self.work.count("waiting" if waits_for else "dead")

    def _take_timers(self, item: Input) -> None:
        """The timers that are due, in order, are taken from the entity and heard."""
        entity = self.entities[item.key or ""]
        until = item.safe_until
        due = sorted((at, name) for name, at in entity.timers.items() if until and at <= until)
        if not due:
            return
        for due_at, name in due:
            del entity.timers[name]
            if item.poison is None:
                self._hear(timer_heard(entity, name, due_at), item)
                self.work.count("timers")
            else:
                self._keep_poison("timer", entity.subject, name, item.poison)
        self.work.touched[entity.subject] = entity

    def _take_revisit(self, item: Input) -> None:
        entity = self.entities[item.key or ""]
        if item.revisit is None or item.safe_until is None:
            return
        if item.poison is not None:
            self._keep_poison("revisit", entity.subject, item.revisit, item.poison)
            return
        self._hear(timer_heard(entity, item.revisit, item.safe_until), item)
        self.work.count("revisits")
        self.work.touched[entity.subject] = entity

    def _take_outcome(self, item: Input) -> None:
        document = self._deliveries.get(item.delivery_id or "")
        if document is None or not document.get("outcome_ready"):
            return
        if item.poison is None:
            key = document["subject"]
            self.work.touched[key] = self.entities[key]
            self._hear(_outcome(document, item.owned.partition), item)
            self.work.count("outcomes")
        else:
            self.work.put(DELIVERIES, document | {"outcome_ready": False})
            self._keep_poison("outcome", document["subject"], document["_id"], item.poison)

    def _keep_poison(self, kind: str, subject: str, name: str, reason: str) -> None:
        """A timer or outcome that the handler cannot bear: kept for a human's look."""
        self.work.count("dead")
        self.work.verdicts.append(True)
        self.work.put(
            LETTERS,
            {
                "_id": deterministic_id("letter", self.group, kind, subject, name, self.now),
                "group": self.group,
                "state": "open",
                "kind": kind,
                "collection": self.stage.entities,
                "subject": subject,
                "name": name,
                "reason": reason,
                "attempts": 1,
                "at": self.now,
                "order": self.now.isoformat(),
            },
        )

    def _hear(self, heard: Heard, item: Input) -> None:
        self.work.heard.append(heard)
        self._inputs[id(heard)] = item

    # --- what it leads to --------------------------------------------------------------------

    async def _handle(self) -> None:
        if not self.work.heard:
            return
        batch = Batch(self.work.heard, self.entities, self.now, self._also)
        outgoing = await self.handler.handle(batch, self.work)
        self.work.said = [each.data for each in outgoing if isinstance(each, Said)]
        press = Press(self.stage, self.entities, self.work.touched)
        try:
            for each in outgoing:
                self.work.publish(each.cause.at, press.publication(each))
        except TooLargeError as error:
            raise SpoiledError(self._inputs[id(error.cause)], str(error)) from error
        for heard in self.work.heard:
            reason = self.work.rejected.get(id(heard))
            if reason is not None and heard.record is not None:
                decoded = self._inputs[id(heard)].decoded
                attempts = decoded.attempts if isinstance(decoded, Good) else 0
                letter_id = decoded.letter_id if isinstance(decoded, Good) else None
                self.work.verdicts[self._places[id(heard)]] = letter_id is None
                self._put_away(self._inputs[id(heard)], heard.record, reason, letter_id, attempts)


def _inbox_id(good: Good) -> str | None:
    if BY_NAME[good.record.topic].dedupe is not Dedupe.IDS or not good.identified:
        return None
    if good.letter_id is not None:
        return None
    return f"{good.heard.envelope.source}|{good.heard.envelope.id}"


def _owner(inputs: Sequence[Input]) -> Partition:
    return next(i.owned.partition for i in inputs if i.delivery_id is not None)


def timer_heard(entity: Entity[Any], name: str, due_at: datetime) -> Heard:
    """What a stage hears when this timer of the entity comes due."""
    # The same timer may be set for the same instant again, after it fired.
    said_before = sum(entity.said.values())
    timer_id = deterministic_id("timer", entity.subject, name, due_at.isoformat(), said_before)
    envelope = Envelope(
        id=timer_id, type=f"timer {name}", source=SOURCE, time=due_at, subject=entity.subject
    )
    return Heard(envelope, Due(name, due_at), entity.at)


def _outcome(document: Document, at: Partition) -> Heard:
    envelope = Envelope(
        id=deterministic_id("outcome", document["_id"]),
        type="outcome",
        source=SOURCE,
        time=document["done_at"],
        subject=document["subject"],
    )
    return Heard(envelope, Outcome(document["_id"], document), at)
