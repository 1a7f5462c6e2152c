"""A stage's batches, each tried until it is done: one transaction, then its events published."""

import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from pydantic import BaseModel

from shared.kit.batch import Attempt, SpoiledError
from shared.kit.claims import FIRST_PAUSE, LONGEST_PAUSE, Claims
from shared.kit.decoding import Skipped
from shared.kit.foresight import Foreseen, Nothing, Told, together
from shared.kit.health import Health
from shared.kit.letters import LetterLimit
from shared.kit.meters import Meters
from shared.kit.ports import (
    Advance,
    Broker,
    BrokerAwayError,
    Checkpoint,
    Clock,
    ConflictError,
    FencedError,
    OutageError,
    Store,
    Writes,
)
from shared.kit.records import Partition, Publication, Record
from shared.kit.unit import Handler, Stage
from shared.kit.work import Input, Owned, Work

S = TypeVar("S", bound=BaseModel)
log = structlog.get_logger("deskstream.kit")

TRIES_ALONE = 2
CONFLICTS_BEFORE_HALVING = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a batch takes in and gives out, in bytes; and what need not be at once."""

    in_bytes: int = 4 * 1024 * 1024
    out_bytes: int = 8 * 1024 * 1024
    outcomes_every: timedelta = timedelta(milliseconds=500)
    passed_for: timedelta = timedelta(seconds=1)  # a position may be ahead of the stored one


class Runs(Claims[S]):
    """What becomes of a batch: committed, tried again, halved, or dropped with its partition."""

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
        limits: Limits | None,
        letter_limit: LetterLimit | None,
    ) -> None:
        super().__init__(
            stage, handler, broker=broker, store=store, clock=clock, health=health, meters=meters
        )
        self.group = group
        self.limits = limits or Limits()
        self.letter_limit = letter_limit or LetterLimit()

    async def _run(self, inputs: list[Input]) -> None:
        """Until these inputs are handled, or belong to somebody else."""
        if self._pass_over(inputs):
            return
        with self._busy():
            await self._run_until_done(inputs)

    def _pass_over(self, inputs: list[Input]) -> bool:
        """Records that are all skipped leave no trace: only the position moves, stored later.

        Who claims before that reads them once more, and skips them once more.
        """
        if not all(isinstance(each.decoded, Skipped) for each in inputs):
            return False
        advances = self._advances(self._still_mine(inputs), {})
        now = self.clock.now()
        for owned, to in advances:
            if owned.checkpoint is None or to.caught_up != owned.checkpoint.caught_up:
                return False
        for owned, to in advances:
            known = owned.checkpoint
            owes = known.owed if known is not None else ()
            owned.checkpoint = replace(to, commits=to.commits - 1, owed=owes)
            owned.passed_since = owned.passed_since or now
        self.meters.counted({"skipped": len(inputs)})
        return True

    async def _run_until_done(self, inputs: list[Input]) -> None:
        conflicts, pause = 0, 0.0
        while inputs := self._still_mine(inputs):
            try:
                await self._settle(filter(self._forgot, _owners(inputs)))
                await self._attempt(inputs)
            except ConflictError:
                self.meters.count("conflicts")
                conflicts += 1
                await self.clock.sleep(0.002 * conflicts)
                failure: Exception | None = None
            except OutageError as error:
                pause = min(max(pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
                self._unwell("outage", f"waits for {error}; tries again in {pause:.1f} s")
                await self.clock.sleep(pause)
                failure = None
            except Exception as error:  # noqa: BLE001 - what a handler raises is told from poison
                failure = error
            else:
                self._well("outage")
                return
            self._forget()
            too_often = conflicts >= CONFLICTS_BEFORE_HALVING and len(inputs) > 1
            if too_often or (failure is not None and self._needs_halving(inputs, failure)):
                await self._halve(inputs)
                return

    def _still_mine(self, inputs: list[Input]) -> list[Input]:
        if self.stopped:
            return []
        return [i for i in inputs if self._owned.get(i.owned.partition) is i.owned and i.owned.live]

    def _needs_halving(self, inputs: list[Input], error: Exception) -> bool:
        """Puts the blame where it belongs; True: that is not known yet."""
        match error:
            case FencedError():
                self._fenced(error)
            case SpoiledError():
                error.input.spoil(str(error))
            case _ if len(inputs) > 1:
                log.warning("batch failed, halving it", inputs=len(inputs), **self._about(error))
                return True
            case _:
                self._suspect(inputs[0], error)
        return False

    def _suspect(self, alone: Input, error: Exception) -> None:
        """An error that repeats for an input alone makes it poison."""
        alone.failures += 1
        if alone.failures >= TRIES_ALONE:
            log.error(
                "poison",
                position=alone.record.position if alone.record else None,
                ticket=alone.entity_key,
                **self._about(error),
            )
            alone.spoil(f"{type(error).__name__}: {error}")

    def _about(self, error: Exception) -> dict[str, str]:
        """Where it happened; not the text, which may repeat what a customer wrote."""
        frames = traceback.extract_tb(error.__traceback__)
        where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        return {"stage": self.stage.name, "error": type(error).__name__, "where": where}

    async def _halve(self, inputs: list[Input]) -> None:
        self.meters.count("halved")
        middle = len(inputs) // 2
        await self._run_until_done(inputs[:middle])
        await self._run_until_done(inputs[middle:])

    async def _attempt(self, inputs: list[Input]) -> None:
        now = self.clock.now()
        async with self.store.transaction() as transaction:
            work = Work(transaction)
            work.writes = together(self._owed_of(inputs))
            attempt = Attempt(self.stage, self.handler, self.group, now, work, self.recent)
            await attempt.decide(inputs)
            if work.published_bytes > self.limits.out_bytes and len(inputs) > 1:
                raise _TooMuchError(f"{work.published_bytes} bytes to publish")
            advances = self._advances(inputs, work.published)
            await transaction.write(work.writes, [Advance(to) for _, to in advances])
        self._committed(work, advances, now)
        await self._publish(work.published)
        self.meters.batch(len(inputs), (self.clock.now() - now).total_seconds())

    async def _settle(self, those: Iterable[Owned]) -> None:
        """Writes what these partitions' commits still owe, each partition's in a transaction.

        Not of those that were lost: what they said may not be published, and is their next owner's.
        """
        for owned in list(those):
            checkpoint = owned.checkpoint
            mine = self._owned.get(owned.partition) is owned
            if not mine or checkpoint is None or not checkpoint.owed:
                continue
            to = self._advance(owned, None, ())
            async with self.store.transaction() as transaction:
                writes = together(owed.writes for owed in checkpoint.owed)
                await transaction.write(writes, [Advance(to)])
            self._moved([(owned, to)])

    def _forgot(self, owned: Owned) -> bool:
        """It owes what memory does not hold: nothing of it may be read before that is written."""
        owes = owned.checkpoint is not None and bool(owned.checkpoint.owed)
        return owes and not self.recent.knows_debts_of(owned.partition)

    def _owed_of(self, inputs: Sequence[Input]) -> Iterator[Writes]:
        """What these inputs' partitions still owe goes with what is written now."""
        for owned in _owners(inputs):
            if owned.checkpoint is not None:
                yield from (owed.writes for owed in owned.checkpoint.owed)

    async def _fire(self, foreseen: Sequence[Foreseen[S]]) -> None:
        """Commits what was decided before: one write, and all else is owed."""
        now = self.clock.now()
        groups: dict[Partition, Told[S]] = {}
        for each in foreseen:
            groups.setdefault(each.entity.at, Told(now)).add(each)
        steps = [(self._owned[at], self._owing(self._owned[at], g)) for at, g in groups.items()]
        fenced = await self.store.owe([advance for _, advance in steps])
        done = [(owned, advance.to) for owned, advance in steps if owned.partition not in fenced]
        self._moved(done)
        mine = [groups[owned.partition] for owned, _ in done]
        await self._publish({told.partition: told.publications for told in mine})
        work = Work(Nothing())
        for told in mine:
            told.note(work)
            self._remember_debts(told)
        self._noted(work, now)
        self.meters.batch(len(work.heard), (self.clock.now() - now).total_seconds())
        if fenced:
            self._fenced(FencedError(fenced))

    def _remember_debts(self, told: Told[S]) -> None:
        """Unless those before were forgotten meanwhile: it takes all of them to build on them."""
        owned = self._owned.get(told.partition)
        checkpoint = owned.checkpoint if owned is not None else None
        alone = checkpoint is not None and len(checkpoint.owed) == 1
        entities = {each.entity.subject: each.entity for each in told.foreseen}
        if alone or self.recent.knows_debts_of(told.partition):
            self.recent.owe(entities)
        else:
            self.recent.take(entities)

    def _owing(self, owned: Owned, told: Told[S]) -> Advance:
        before = owned.checkpoint.owed if owned.checkpoint is not None else ()
        to, owes = self._advance(owned, None, ()), told.owed()
        owned.owes_since = owned.owes_since or told.at
        return Advance(replace(to, owed=(*before, owes)), owes)

    def _advances(
        self, inputs: list[Input], published: Mapping[Partition, Sequence[Publication]]
    ) -> list[tuple[Owned, Checkpoint]]:
        last: dict[Partition, Record | None] = {}
        for item in inputs:
            partition = item.owned.partition
            last[partition] = item.record or last.get(partition)
        found = [(self._owned[partition], record) for partition, record in last.items()]
        return [
            (owned, self._advance(owned, record, published.get(owned.partition, ())))
            for owned, record in found
        ]

    def _advance(
        self, owned: Owned, last: Record | None, published: Sequence[Publication]
    ) -> Checkpoint:
        checkpoint = owned.checkpoint
        if checkpoint is None:
            raise FencedError([owned.partition])
        to = replace(
            checkpoint,
            commits=checkpoint.commits + 1,
            stored=tuple(published),
            owed=(),
            caught_up=checkpoint.caught_up or self._at_the_end(owned) is not None,
        )
        if last is None:
            return to
        return replace(
            to,
            position=last.offset + 1,
            last_offset=last.offset,
            last_identity=last.identity(),
        )

    def _committed(
        self, work: Work, advances: Sequence[tuple[Owned, Checkpoint]], now: datetime
    ) -> None:
        self._moved(advances)
        self.recent.keep(work.touched)
        self._noted(work, now)

    def _moved(self, advances: Sequence[tuple[Owned, Checkpoint]]) -> None:
        for claimed, to in advances:
            owned = self._owned.get(claimed.partition)
            if owned is not None and owned.checkpoint is not None:
                owned.checkpoint = to
                if not to.owed:
                    self.recent.settled([owned.partition])
                    owned.owes_since = None
                owned.stored_position, owned.passed_since = to.position, None
                owned.pause = 0.0

    def _noted(self, work: Work, now: datetime) -> None:
        """What is known by this commit. Partitions that were lost meanwhile are claimed first."""
        self.foresight.drop(work.touched)
        self.timers.committed(work.touched.values(), now)
        self.handler.noted(work.said, now)
        self.meters.counted(work.counts)
        for heard in work.heard:
            log.debug(
                "handled",
                stage=self.stage.name,
                type=heard.envelope.type,
                ticket=heard.subject,
                event_id=heard.envelope.id,
                trace=heard.envelope.traceparent,
            )
        for action in work.actions:
            action()
        for dead in work.verdicts:
            reason = self.letter_limit.note(dead=dead)
            if reason is not None:
                self._stop(reason)

    def _stop(self, reason: str) -> None:
        self.stopped = (
            f"stopped: {reason}. See `deskstream dead-letters list --group {self.group}`; "
            "mend the cause and start the service again."
        )
        log.critical("stage stopped", stage=self.stage.name, reason=reason)
        self.health.not_ready(f"{self.stage.name} dead letters", self.stopped)

    async def _publish(self, published: Mapping[Partition, Sequence[Publication]]) -> None:
        """Until all is acknowledged, or the partitions' next owner will do it at its claim."""
        pause = 0.0
        while True:
            mine = [
                p
                for partition, group in published.items()
                if partition in self._owned
                for p in group
            ]
            if not mine:
                return
            try:
                await self.broker.publish(mine)
            except BrokerAwayError as error:
                self.meters.count("outages")
                pause = min(max(pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
                self._unwell("outage", f"waits for {error}; tries again in {pause:.1f} s")
                await self.clock.sleep(pause)
            else:
                self._well("outage")
                return


def _owners(inputs: Iterable[Input]) -> Collection[Owned]:
    """The partitions that these inputs came from."""
    return {each.owned.partition: each.owned for each in inputs}.values()


class _TooMuchError(Exception):
    """The batch leads to more than one transaction should hold: halve it."""
