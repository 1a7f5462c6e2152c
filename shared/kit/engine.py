"""What a stage handles, and when: records, timers, revisits, outcomes; docs/protocol.md."""

from collections.abc import Collection, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel

from shared.kit.claims import FIRST_PAUSE
from shared.kit.decoding import Decoder
from shared.kit.entities import from_document
from shared.kit.health import Health
from shared.kit.letters import LetterLimit
from shared.kit.meters import Meters
from shared.kit.ports import (
    LONG_AGO,
    Broker,
    Clock,
    ConflictError,
    FencedError,
    OutageError,
    Store,
)
from shared.kit.records import Partition, Record
from shared.kit.revisits import Revisits
from shared.kit.runs import Limits, Runs
from shared.kit.unit import Entity, Handler, Stage
from shared.kit.work import Input, Owned

S = TypeVar("S", bound=BaseModel)
log = structlog.get_logger("deskstream.kit")
AT_ONCE_AHEAD = 25  # more would keep what is due waiting
AT_ONCE_FORESEEN = 5_000
SETTLED_WITHIN = timedelta(milliseconds=250)


class Engine(Runs[S]):
    """Runs one stage on the partitions it is given.

    All calls come from one task but `assigned` and `revoked`, which may come between two awaits.
    """

    def __init__(
        self,
        stage: Stage[S],
        handler: Handler[S],
        *,
        broker: Broker,
        store: Store,
        clock: Clock,
        health: Health,
        meters: Meters,
        group: str,
        limits: Limits | None = None,
        letter_limit: LetterLimit | None = None,
        revisits: Revisits | None = None,
    ) -> None:
        super().__init__(
            stage,
            handler,
            broker=broker,
            store=store,
            clock=clock,
            health=health,
            meters=meters,
            group=group,
            limits=limits,
            letter_limit=letter_limit,
        )
        self.revisits = revisits or Revisits()
        self._decoder = Decoder(stage, group)
        self._next_outcomes = self._last_outcomes = LONG_AGO

    # --- batches -----------------------------------------------------------------------------

    async def turn(
        self, fetched: Mapping[Partition, Sequence[Record]], under: Mapping[Partition, int]
    ) -> None:
        """Claims what waits, then handles these records.

        `under` are the `epochs` as of the fetch. What was fetched under an earlier claim does not
        begin where the later one sought to: it is dropped, and comes again after that seek.
        """
        self._note_ends()
        await self.claim()
        now = self.epochs()
        await self.process(
            {p: each for p, each in fetched.items() if p in now and now[p] == under.get(p)}
        )

    async def process(self, fetched: Mapping[Partition, Sequence[Record]]) -> None:
        """Handles these records, each partition's in order, and returns when that is done.

        Records of partitions that are not being handled are dropped: a later claim seeks back.
        What comes due when they are handled is handled with the last of them.
        """
        inputs: list[Input] = []
        size = 0
        doubtful: list[Owned] = []
        positions: dict[Partition, int] = {}
        for partition, records in fetched.items():
            owned = self._owned.get(partition)
            if owned is None or not owned.live or owned.checkpoint is None or self.stopped:
                continue
            expected = owned.checkpoint.position or 0
            for record in records:
                if self._is_doubtful(owned, record, expected):
                    doubtful.append(owned)
                    break
                expected = record.offset + 1
                decoded = self._decoder.decode(record, self._counts[partition.topic])
                inputs.append(Input(owned, decoded))
                size += record.size
                if len(inputs) >= self.stage.max_records or size >= self.limits.in_bytes:
                    await self._run(inputs)
                    inputs, size = [], 0
            positions[partition] = expected
        if inputs and not doubtful:
            await self._fire_before(inputs, positions)
            inputs += self._ripe_after(inputs, positions)
        if inputs:
            await self._run(inputs)
        for owned in doubtful:
            self._claim_anew(owned)
        await self._note_caught_up()

    async def tick(self) -> None:
        """Fires timers that are due, hands over outcomes, and notes tables that are read."""
        if self.stopped:
            return
        self._doubt_logs_that_end_early()
        self._note_ends()
        try:
            with self._busy():
                await self._note_caught_up()
                await self._store_positions()
                await self._fire_timers()
                await self._revisit()
                await self._hand_over_outcomes()
            self._well("timers")
        except OutageError as error:
            self._unwell("timers", f"waits for {error}")
            await self.clock.sleep(FIRST_PAUSE)

    async def _fire_timers(self) -> None:
        live = self._live()
        if self.stage.entities is None or not live:
            return
        await self._fire_foreseen(live, {}, ())
        now, partitions = self.clock.now(), [owned.partition for owned in live]
        await self._settle_in_time(live, now, at_once=self.timers.looks_for_all(partitions, now))
        await self.timers.prefetch(partitions, now)
        inputs = self._ripe(live, now, self.stage.max_records, {}, ())
        if inputs:
            await self._run(inputs)
        else:
            await self._look_ahead()

    async def _fire_foreseen(
        self,
        live: Sequence[Owned],
        positions: Mapping[Partition, int],
        but: Collection[str],
    ) -> None:
        """All of them that are due, once the partitions are known up to these positions.

        Not of entities that the records up to there concern.
        """
        while len(self.foresight):
            now = self.clock.now()
            safe = {owned.partition: self._safe_until(owned, positions) for owned in live}
            room = self.limits.out_bytes - self._owed_bytes(live)
            fits = self.foresight.within(room, but)
            ripe = self.timers.ripe(now, safe, AT_ONCE_FORESEEN, fits)
            if ripe:
                foreseen = self.foresight.take(key for key, _ in ripe)
                if not await self._goes_well(self._fire(foreseen)):
                    return
            elif room > 0 or not await self._goes_well(self._settle(live)):
                return

    async def leave(self) -> None:
        """At the end: what is owed is written, or else by the next owner."""
        try:
            await self._goes_well(self._settle(self._live()))
        except OutageError as error:
            log.warning("left to the next owner", stage=self.stage.name, reason=str(error))

    async def _settle_in_time(self, live: Sequence[Owned], now: datetime, *, at_once: bool) -> None:
        """Mostly the next batch of records takes it along."""
        since = min((o.owes_since for o in live if o.owes_since is not None), default=now)
        if at_once or now - since >= SETTLED_WITHIN or any(map(self._forgot, live)):
            await self._goes_well(self._settle(live))

    async def _goes_well(self, step: Coroutine[Any, Any, None]) -> bool:
        """Where it does not, memory is worth nothing, and what was to be done is found again."""
        try:
            await step
        except ConflictError:
            self.meters.count("conflicts")
            self._forget()
        except FencedError as error:
            self._fenced(error)
        except OutageError:
            self._forget()
            raise
        except Exception as error:  # noqa: BLE001 - handled one by one, they are told from poison
            self._foresee_no_more(error)
        else:
            return True
        return False

    def _foresee_no_more(self, error: Exception) -> None:
        log.error("foresees no more", **self._about(error))
        self.foresight.end()
        self._forget()

    def _owed_bytes(self, live: Sequence[Owned]) -> int:
        points = [owned.checkpoint for owned in live if owned.checkpoint is not None]
        return sum(owed.size for point in points for owed in point.owed)

    async def _fire_before(
        self, inputs: Sequence[Input], positions: Mapping[Partition, int]
    ) -> None:
        """Foreseen timers that these inputs, the last that are at hand, do not concern."""
        next_due = self.timers.next_due()
        if not len(self.foresight) or next_due is None or next_due > self.clock.now():
            return
        try:
            with self._busy():
                await self._fire_foreseen(self._live(), positions, _concerned(inputs))
        except OutageError as error:  # these inputs will wait for its end
            self._unwell("outage", f"waits for {error}")

    def _ripe_after(
        self, inputs: Sequence[Input], positions: Mapping[Partition, int]
    ) -> list[Input]:
        """Timers that are due once the partitions are handled up to these positions.

        Not of entities that these inputs concern: those may move them.
        """
        now, next_due = self.clock.now(), self.timers.next_due()
        room = self.stage.max_records - len(inputs)
        if self.stage.entities is None or next_due is None or next_due > now or room <= 0:
            return []
        return self._ripe(self._live(), now, room, positions, _concerned(inputs))

    def _ripe(
        self,
        live: Sequence[Owned],
        now: datetime,
        most: int,
        positions: Mapping[Partition, int],
        but: Collection[str],
    ) -> list[Input]:
        safe = {each.partition: self._safe_until(each, positions) for each in live}
        return [
            Input(self._owned[partition], key=key, safe_until=min(now, safe[partition] or now))
            for key, partition in self.timers.ripe(
                now,
                safe,
                most,
                lambda key, due: key not in but and not self.foresight.is_of(key, due),
            )
            if partition in self._owned
        ]

    async def _look_ahead(self) -> None:
        """Entities whose timers come due soon, a few at a time: then they are here at once.

        They are as right as any that are remembered, if they were read under the claims of now.
        """
        known = self.foresight if self.stage.foresees else self.recent
        keys = self.timers.coming(AT_ONCE_AHEAD, known)
        if not keys or self.foresight.is_full or any(map(self._forgot, self._live())):
            return
        under = self.epochs()
        read = await self._read([key for key in keys if key not in self.recent])
        if self.epochs() != under:
            return
        found = {key: each for key, each in read.items() if each.at in under}
        if not self.stage.foresees:
            self.recent.read_ahead(found)
            return
        for key in keys:
            entity = self.recent.look(key) or found.get(key)
            if entity is not None and entity.at in under:
                await self.foresight.foresee(entity)

    async def _read(self, keys: Collection[str]) -> dict[str, Entity[S]]:
        if not keys or self.stage.entities is None:
            return {}
        documents = await self.store.read(self.stage.entities, keys)
        return {key: from_document(doc, self.stage.state) for key, doc in documents.items()}

    async def _revisit(self) -> None:
        live = self._live()
        self.revisits.own(owned.partition for owned in live)
        if not self.revisits.waiting:
            return
        now = self.clock.now()
        read = [(owned, self._at_the_end(owned)) for owned in live]
        safe = {owned.partition: min(now, until) for owned, until in read if until is not None}
        inputs = [
            Input(self._owned[at], key=key, revisit=name, safe_until=safe[at])
            for name, key, at in self.revisits.take(safe, self.stage.max_records)
        ]
        if inputs:
            await self._run(inputs)

    async def _hand_over_outcomes(self) -> None:
        live = {
            owned.partition.number: owned
            for owned in self._live()
            if owned.partition.topic == self.stage.topics[0].name
        }
        now = self.clock.now()
        if not self.stage.outcomes or not live or now < self._next_outcomes:
            return
        self._last_outcomes = now
        documents = await self.store.outcomes(list(live), self.stage.max_records)
        if len(documents) < self.stage.max_records:
            self._next_outcomes = now + self.limits.outcomes_every
        inputs = [Input(live[doc["partition"]], delivery_id=doc["_id"]) for doc in documents]
        if inputs:
            await self._run(inputs)

    def outcomes_ready(self) -> None:
        """A delivery was finished in this process: look soon."""
        self._next_outcomes = min(self._next_outcomes, self._last_outcomes + self.stage.pace)

    async def _note_caught_up(self) -> None:
        if self._tables_ready:
            return
        tables = {topic.name for topic in self.stage.tables}
        for owned in self._live():
            checkpoint = owned.checkpoint
            if checkpoint is None or checkpoint.caught_up or owned.partition.topic not in tables:
                continue
            if self._at_the_end(owned) is not None:
                await self._run([Input(owned)])

    async def _store_positions(self) -> None:
        """Those that went on over skipped records, once a while."""
        oldest = self.clock.now() - self.limits.passed_for
        inputs = [
            Input(owned)
            for owned in self._live()
            if owned.passed_since is not None and owned.passed_since <= oldest
        ]
        if inputs:
            await self._run(inputs)


def _concerned(inputs: Sequence[Input]) -> set[str]:
    return {key for each in inputs if (key := each.entity_key) is not None}
