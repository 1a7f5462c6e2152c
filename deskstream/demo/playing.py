"""The play: who writes and who answers, watched on the screen, and judged in the end."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from rich.console import Console
from rich.live import Live

from deskstream.demo import samples
from deskstream.demo.acting import Stage
from deskstream.demo.agents import Agents
from deskstream.demo.board import Board
from deskstream.demo.chance import chance
from deskstream.demo.checking import Evidence, Verdict, check
from deskstream.demo.customers import Customers
from deskstream.demo.desk import Desk
from deskstream.demo.fetching import get
from deskstream.demo.hearing import Ear, Fact
from deskstream.demo.ledger import Expect, Ledger
from deskstream.demo.persons import Public
from deskstream.demo.screen import View, line, screen
from deskstream.demo.sending import Mouth
from deskstream.demo.writing import Writer
from shared.contracts.fields import reveal
from shared.contracts.people import AgentUpdated, Availability
from shared.contracts.ticket import TicketClosed, TicketCreated
from shared.kit.kafka import KafkaPublisher

SETTLED_SECONDS, LOOK_SECONDS = 2.0, 0.1
# Longer than the longest promise and every wait of --once: after it nothing more will come.
STUCK_SECONDS = 60.0
CHECK_WITHIN_SECONDS = 40.0
FRAMES_A_SECOND, LINE_SECONDS = 4, 5.0
ROWS_BESIDE = 22  # lines of the screen that are not tickets
FEWEST_ROWS = 5
PAGE = 200
# Room for twice what is usually at hand: people, not places, are to be what takes time here.
PLACES_A_TICKET = 0.75


@dataclass(frozen=True, slots=True)
class Wishes:
    """`tickets` None: for ever. `pace`: how long what people do takes, 1 for a calm desk."""

    tickets: int | None
    rate: float
    pace: float
    seed: int
    once: bool = False


class Play:
    def __init__(self, desk: Desk, wishes: Wishes, console: Console) -> None:
        luck = chance(wishes.seed)
        self._desk, self._wishes, self._console = desk, wishes, console
        self._started = self._heard_at = time.monotonic()
        self._publisher = KafkaPublisher(desk.settings, "deskstream-demo")
        self._ear = Ear(desk.settings)
        self._hint = f"Ctrl-C ends it. {self._other_terminal}"
        self.board, self.ledger = Board(), Ledger()
        self._acts, self._breaks = Stage(), Stage()
        door = desk.services["intake"].port.number
        mouth = Mouth(self._publisher, door, desk.token, self.ledger)
        public = Public(samples.people(), chance(luck.random()))
        self._mouth = mouth
        self._agents = Agents(
            agents={agent.agent_id: agent for agent in _on_shift(wishes)},
            mouth=mouth,
            stage=self._acts,
            breaks=self._breaks,
            board=self.board,
            by_address=public.by_address,
            chance=chance(luck.random()),
            pace=wishes.pace,
        )
        self._customers = Customers(
            public=public,
            writer=Writer(chance(luck.random())),
            mouth=mouth,
            stage=self._acts,
            chance=luck,
            pace=wishes.pace,
            mail_secret=desk.settings.mail_secret.get_secret_value(),
        )
        desk.sink.caught = self._customers.on_mail

    @property
    def _other_terminal(self) -> str:
        return f"In another terminal: . {self._desk.shell} && deskstream ticket show TKT-1000"

    async def prepare(self) -> None:
        """The workforce tool and the CRM speak before anybody writes."""
        await self._mouth.tell(*self._agents.agents.values(), *samples.people().customers)

    async def go_on(self) -> None:
        """Until cancelled; raises what went wrong."""
        await self._while_watched(self._for_ever())

    async def once(self) -> Verdict:
        """Until all tickets are through, or nothing moves any more; then the verdict."""
        await self._while_watched(self._until_settled())
        self._customers.quiet = True
        with self._console.status("reading the log, the mails and the reports again"):
            return await self._verdict()

    async def close(self) -> None:
        await self._acts.clear()
        await self._breaks.clear()
        await self._publisher.stop()

    async def _for_ever(self) -> None:
        self._agents.take_breaks()
        await self._customers.write(self._wishes.tickets, self._wishes.rate)
        self._hint = f"All are written; the desk stays open. Ctrl-C ends it. {self._other_terminal}"
        await asyncio.Event().wait()

    async def _until_settled(self) -> None:
        tickets = self._wishes.tickets or 0
        self._agents.take_breaks()
        await self._customers.write(tickets, self._wishes.rate)
        self._heard_at = time.monotonic()
        silence = 0.0
        while silence < (SETTLED_SECONDS if self._is_settled() else STUCK_SECONDS):
            await asyncio.sleep(LOOK_SECONDS)
            silence = time.monotonic() - self._heard_at

    def _is_settled(self) -> bool:
        """Nobody has anything to do any more, and every ticket is closed."""
        counts = self.board.counts
        return (
            self._acts.done
            and counts["created"] >= self.ledger.expected(Expect.OPENS)
            and counts["closed"] == counts["created"]
        )

    async def _while_watched(self, script: Any) -> None:
        """Runs the script beside everything that must go well meanwhile."""
        tasks = [
            asyncio.ensure_future(work)
            for work in (
                script,
                self._listen(),
                self._desk.services.watch(),
                self._show(),
                self._acts.failed(),
                self._breaks.failed(),
            )
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        async for heard in self._ear.listen():
            self._heard_at = time.monotonic()
            if not self.board.hear(heard) or not isinstance(heard, Fact):
                continue
            self._agents.hear(heard)
            if isinstance(heard.message, TicketCreated):
                self._customers.on_created(heard.envelope.subject, heard.message)
            elif isinstance(heard.message, TicketClosed):
                self._customers.on_closed(heard.envelope.subject)

    async def _show(self) -> None:
        if not self._console.is_terminal:
            while True:
                await asyncio.sleep(LINE_SECONDS)
                self._console.print(line(self.board, self._view()), soft_wrap=True)
        with Live(console=self._console, auto_refresh=False) as live:
            while True:
                rows = max(FEWEST_ROWS, self._console.height - ROWS_BESIDE)
                live.update(screen(self.board, self._view(), rows), refresh=True)
                await asyncio.sleep(1 / FRAMES_A_SECOND)

    def _view(self) -> View:
        return View(
            dashboard=self._desk.dashboard,
            door=self._desk.door,
            seconds=time.monotonic() - self._started,
            received=self.ledger.received,
            agents={
                agent.agent_id: (reveal(agent.name), agent.capacity)
                for agent in self._agents.agents.values()
            },
            hint=self._hint,
        )

    async def _verdict(self) -> Verdict:
        """What is on its way still is waited for; what is doubled will not go away."""
        deadline = time.monotonic() + CHECK_WITHIN_SECONDS
        while True:
            self._desk.services.check()
            heard = await self._ear.everything()
            evidence = Evidence(
                self.ledger, heard, list(self._desk.sink.mails), await self._reports()
            )
            verdict = check(evidence)
            if verdict.clean or time.monotonic() > deadline:
                return verdict
            await asyncio.sleep(1)

    async def _reports(self) -> Mapping[str, Mapping[str, Any]]:
        """All tickets as reporting's API tells them, page by page."""
        port = self._desk.services["reporting"].port.number
        found: dict[str, Mapping[str, Any]] = {}
        after: str | None = ""
        while after is not None:
            more = f"&after={quote(after)}" if after else ""
            page = (await get(port, f"/v1/tickets?limit={PAGE}{more}", within=20)).json()
            found |= {ticket["id"]: ticket for ticket in page["tickets"]}
            after = page["after"]
        return found


def _on_shift(wishes: Wishes) -> list[AgentUpdated]:
    more = max(1.0, PLACES_A_TICKET * wishes.rate * wishes.pace)
    changes = {"availability": Availability.ONLINE}
    return [
        agent.model_copy(update={**changes, "capacity": round(agent.capacity * more)})
        for agent in samples.people().agents
    ]
