"""What a stage handles, and when: records, timers, revisits, outcomes; docs/protocol.md."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel

from shared.kit.claims import FIRST_PAUSE
from shared.kit.decoding import Decoder
from shared.kit.entities import from_document
from shared.kit.health import Health
from shared.kit.letters import LetterLimit
from shared.kit.meters import Meters
from shared.kit.ports import LONG_AGO, Broker, Clock, OutageError, Store
from shared.kit.records import Partition, Record
from shared.kit.revisits import Revisits
from shared.kit.runs import Limits, Runs
from shared.kit.unit import Handler, Stage
from shared.kit.work import Input, Owned

S = TypeVar("S", bound=BaseModel)
AT_ONCE_AHEAD = 50  # more would keep what is due waiting


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
        if inputs:
            await self._run(inputs + ([] if doubtful else self._ripe_after(inputs, positions)))
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
        now = self.clock.now()
        await self.timers.prefetch([owned.partition for owned in live], now)
        inputs = self._ripe(live, now, self.stage.max_records, {}, ())
        if inputs:
            await self._run(inputs)
        else:
            await self._read_ahead()

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
        concerned = {key for each in inputs if (key := each.entity_key) is not None}
        return self._ripe(self._live(), now, room, positions, concerned)

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
            for key, partition in self.timers.ripe(now, safe, most, but)
            if partition in self._owned
        ]

    async def _read_ahead(self) -> None:
        """Entities whose timers come due soon, a few at a time: then they are here at once.

        They are as right as any that are remembered, if they were read under the claims of now.
        """
        keys = self.timers.coming(AT_ONCE_AHEAD, self.recent)
        if not keys or self.stage.entities is None:
            return
        under = self.epochs()
        documents = await self.store.read(self.stage.entities, keys)
        if self.epochs() == under:
            found = {key: from_document(doc, self.stage.state) for key, doc in documents.items()}
            self.recent.read_ahead({key: each for key, each in found.items() if each.at in under})

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
