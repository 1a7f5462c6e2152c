"""The deployment's processes: stoppable at chosen points, each with its own clock if need be."""

from collections.abc import Mapping
from typing import Any

from deskstream.stack import ports
from tests.bench.fleet import Fleet
from tests.bench.processes import start_python
from tests.chaos.halting import Orders
from tests.chaos.mailserver import Mood

EXTRA = "#3"  # comes and goes in a storm


class Crew(Fleet):
    """`own` are variables of single processes, by service."""

    def __init__(self, *args: Any, own: Mapping[str, Mapping[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = {name: dict(each) for name, each in own.items()}
        self.orders = Orders(self.folder)
        self.mood = self.folder / "mood.txt"

    def start_one(self, name: str) -> None:
        if name not in self._ports:
            self._ports[name] = ports.reserve()
        self.orders.take_back(name)
        if name == "sink":
            port = str(self._ports["sink"].number)
            program = ["-m", "tests.chaos.mailserver", port, str(self.mails), str(self.mood)]
            self._running[name] = start_python(program, self.log(name), self._variables(name))
        else:
            super().start_one(name)

    async def come_up(self) -> None:
        """Ready for the first time; ServiceDiedError where one ends instead."""
        self._unwatched = False
        try:
            self.start()
            await self.ready()
        finally:
            self._unwatched = True

    def _program(self, name: str) -> list[str]:
        return ["-m", "tests.chaos.entry", "run", name.partition("#")[0]]

    def _variables(self, name: str) -> dict[str, str]:
        chaos = {"CHAOS_NAME": name, "CHAOS_FOLDER": str(self.folder)}
        return super()._variables(name) | chaos | self.own.get(name.partition("#")[0], {})

    def variables(self) -> dict[str, str]:
        """For an operator's command."""
        return super()._variables("sink")

    def feel(self, mood: Mood) -> None:
        """Of the mail server."""
        draft = self.mood.with_suffix(".draft")
        draft.write_text(mood, encoding="utf-8")
        draft.rename(self.mood)

    def addresses(self, service: str) -> list[str]:
        """Where all processes of it serve HTTP."""
        names = [name for name in self.services if name.partition("#")[0] == service]
        return [self._ports[name].address for name in names]

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def leave(self, name: str) -> None:
        """SIGTERM, and nobody waits for it any more: the process is the caller's."""
        self._running[name].terminate()

    def forget(self, name: str) -> None:
        """Ended for good."""
        self._running.pop(name, None)

    def is_running(self, name: str) -> bool:
        process = self._running.get(name)
        return process is not None and process.poll() is None
