"""The demo from start to end, and how it is ended from outside."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deskstream.demo.board import percentile
from deskstream.demo.checking import Verdict
from deskstream.demo.desk import open_desk
from deskstream.demo.fetching import Unanswered
from deskstream.demo.playing import Play, Wishes
from deskstream.demo.processes import ServiceFailed
from deskstream.demo.sending import Refused
from deskstream.stack import directories
from shared.kit.ports import OutageError

INTERRUPTED = 130
MOST_NAMED = 15
MAILS_KEPT = 1_000
BROKEN = (ServiceFailed, Refused, Unanswered, OutageError)


async def run(data_dir: Path | None, wishes: Wishes, console: Console) -> int:
    """The exit code: 0 well, 1 lost, doubled or broken, 130 interrupted before the verdict."""
    _obey_signals(console)
    directory = directories.claim(data_dir)
    try:
        return await _run(directory.path, wishes, console)
    except asyncio.CancelledError:
        console.print("Ended; nothing of it is running any more.")
        return INTERRUPTED if wishes.once else 0
    except BROKEN as error:
        console.print(Text.assemble(("error:", "bold red"), f" {type(error).__name__}:"))
        console.print(str(error), soft_wrap=True)
        return 1
    finally:
        if not directory.temporary:
            console.print(f"Data and logs are in {directory.path}", soft_wrap=True)
        directory.close()


async def _run(folder: Path, wishes: Wishes, console: Console) -> int:
    for leftover in ("logs", "config"):
        shutil.rmtree(folder / leftover, ignore_errors=True)
    mails = (wishes.tickets or 0) * 100 if wishes.once else MAILS_KEPT
    async with open_desk(folder, wishes.pace, console, keep_mails=mails) as desk:
        dashboard = (desk.dashboard, "bold cyan")
        console.print(Text.assemble("  Dashboard: ", dashboard), soft_wrap=True)
        play = Play(desk, wishes, console)
        try:
            await play.prepare()
            if not wishes.once:
                await play.go_on()
            verdict = await play.once()
        finally:
            await play.close()
        _tell(verdict, console)
        return 0 if verdict.clean else 1


def _obey_signals(console: Console) -> None:
    """The first signal ends all of it in order; the second at once: the kernel kills the rest."""
    main = asyncio.current_task()
    loop = asyncio.get_running_loop()
    asked = False

    def obey() -> None:
        nonlocal asked
        if asked or main is None:
            console.show_cursor()
            os._exit(INTERRUPTED)
        asked = True
        main.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, obey)


def _tell(verdict: Verdict, console: Console) -> None:
    table = Table("what", "how many", box=None, header_style="dim")
    table.columns[1].justify = "right"
    for name, count in verdict.figures.items():
        table.add_row(name, str(count))
    for name, found in (("lost", verdict.lost), ("doubled", verdict.doubled)):
        table.add_row(name, Text(str(len(found)), f"bold {'red' if found else 'green'}"))
    _time(table, "accepted to assigned", verdict.latencies)
    _time(table, "  where somebody was free", verdict.at_once)
    console.print(table)
    for name, found in (
        ("lost", verdict.lost),
        ("doubled", verdict.doubled),
        ("not through", verdict.unfinished),
    ):
        for text in found[:MOST_NAMED]:
            console.print(f"{name}: {text}", soft_wrap=True)
        if len(found) > MOST_NAMED:
            console.print(f"{name}: and {len(found) - MOST_NAMED} more")


def _time(table: Table, what: str, seconds: list[float]) -> None:
    for share in (0.5, 0.99):
        found = percentile(seconds, share)
        if found is not None:
            table.add_row(f"{what}, p{share * 100:.0f}", f"{found:.3f} s")
