"""How rules are changed while a service runs: a valid file is taken, a bad one changes nothing."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import structlog
from prometheus_client import Counter, Gauge

from shared.kit.config import ConfigError, version_of
from shared.kit.health import Health
from shared.kit.ports import Clock

R = TypeVar("R")
log = structlog.get_logger("deskstream.kit")
LOOK_SECONDS, SOONEST_SECONDS = 2.0, 1.0

RELOADS = Counter(
    "deskstream_kit_rules_reloads_total",
    "Changes of a rules' file that were seen, by what became of them (taken, refused)",
    ["file", "outcome"],
)
REFUSED = Gauge(
    "deskstream_kit_rules_refused",
    "1 while the file on disk cannot be used and the rules before it stay in force",
    ["file"],
)


class Reloader(Generic[R]):
    """Watches the content of one file, for as long as `watch` runs (`Service.background`).

    A content that two looks in a row find unchanged is given to `load` in a thread of its own, so
    that no half-written file is taken and the batches go on meanwhile. What `load` returns goes to
    `use`, which must only swap a reference: a handler reads it once at the start of `handle`, so a
    batch sees one version from its first record to its last. When `load` fails, the rules in force
    stay, and log, metric and readiness say so until the file is mended.

        reloader = Reloader(path, load_rules, handler.use, version=rules.version,
                            clock=context.clock, health=context.health)
        Service(..., background=[reloader.watch])
    """

    def __init__(
        self,
        path: Path,
        load: Callable[[Path], R],
        use: Callable[[R], None],
        *,
        version: str,
        clock: Clock,
        health: Health,
    ) -> None:
        self._path, self._load, self._use = path, load, use
        self._clock, self._health = clock, health
        self._in_force = version
        self._tried = version  # what was taken or refused last: said once, not at every look
        self._before = version
        REFUSED.labels(path.name).set(0)
        for outcome in ("taken", "refused"):
            RELOADS.labels(path.name, outcome)

    async def watch(self) -> None:
        """Looks when the clock is even, so that all instances see a change at the same moment.

        Never twice within a second: two looks close together would not tell that a file stands
        still, and a sleep may end a little early by this clock.
        """
        while True:
            pause = LOOK_SECONDS - self._clock.now().timestamp() % LOOK_SECONDS
            await self._clock.sleep(pause if pause > SOONEST_SECONDS else pause + LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """One look at the file; loads it where it has changed and stands still."""
        seen = _version_on_disk(self._path)
        still, self._before = seen == self._before, seen
        if not still or seen == self._tried:
            return
        self._tried = seen
        if seen == self._in_force:
            self._mended("the file is again what is in force")
            return
        try:
            rules = await asyncio.to_thread(self._load, self._path)
        except ConfigError as error:
            self._refused(error.problems)
        except Exception as error:  # what works must outlive whatever is wrong with a new file
            log.exception("rules cannot be read", file=str(self._path))
            self._refused([f"{self._path}: {type(error).__name__} while reading it; see the log"])
        else:
            self._use(rules)
            self._taken(seen)

    def _taken(self, version: str) -> None:
        log.info("rules taken", file=str(self._path), version=version, before=self._in_force)
        self._in_force = version
        RELOADS.labels(self._path.name, "taken").inc()
        self._mended(None)

    def _mended(self, why: str | None) -> None:
        REFUSED.labels(self._path.name).set(0)
        self._health.degraded(self._part, None)
        if why:
            log.info("rules kept", file=str(self._path), version=self._in_force, why=why)

    def _refused(self, problems: list[str]) -> None:
        log.error("rules refused", file=str(self._path), in_force=self._in_force, problems=problems)
        RELOADS.labels(self._path.name, "refused").inc()
        REFUSED.labels(self._path.name).set(1)
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        reason = f"version {self._in_force} stays in force; {problems[0]}{more}"
        self._health.degraded(self._part, reason)

    @property
    def _part(self) -> str:
        return f"rules {self._path.name}"


def _version_on_disk(path: Path) -> str:
    """Of a file that cannot be read the reason: it is a change like another, and is refused."""
    try:
        return version_of(path.read_bytes())
    except OSError as error:
        return type(error).__name__
