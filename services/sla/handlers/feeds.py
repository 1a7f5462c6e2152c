"""The iCal files behind the schedules: a changed one is taken like changed policies."""

from collections.abc import Callable, Sequence
from pathlib import Path

from services.sla.domain.policy import Rules
from services.sla.rules import load_rules
from shared.kit.config import version_of
from shared.kit.health import Health
from shared.kit.ports import Clock
from shared.kit.reload import LOOK_SECONDS, Reloader


class FeedWatch:
    """`names` tells which files of the folder are in use, which the policies may change."""

    def __init__(
        self,
        policies: Path,
        names: Callable[[], Sequence[str]],
        use: Callable[[Rules], None],
        *,
        clock: Clock,
        health: Health,
    ) -> None:
        self._policies, self._names, self._use = policies, names, use
        self._clock, self._health = clock, health
        self._reloaders: dict[str, Reloader[Rules]] = {}

    async def watch(self) -> None:
        while True:
            await self._clock.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        for name in self._names():
            if name not in self._reloaders:
                self._reloaders[name] = self._reloader(self._policies.parent / name)
            await self._reloaders[name].look()

    def _reloader(self, file: Path) -> Reloader[Rules]:
        return Reloader(
            file,
            lambda _: load_rules(self._policies),
            self._use,
            version=version_of(file.read_bytes()) if file.exists() else "",
            clock=self._clock,
            health=self._health,
        )
