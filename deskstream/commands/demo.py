"""Runs the whole pipeline on this machine, with people who are played."""

import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from deskstream.console import fail, out
from deskstream.stack import StackUnavailable, StartFailed

CALM_RATE = 2.0
ONCE_TICKETS, ONCE_RATE, ONCE_PACE = 300, 10.0, 0.2


def demo(
    tickets: Annotated[
        int | None, typer.Option(min=1, help="So many; without it they go on coming.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.1, max=500, help="Tickets a second (2; --once: 10).")
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="End when they are through, with a verdict.")
    ] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder for data and logs, which stay there.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed: other people, other words.")] = 1,
    keep: Annotated[bool, typer.Option("--keep", help="Keep data and logs.")] = False,
) -> None:
    """Run everything on this machine: broker, database, services, people.

    Needs Linux and nothing else. Customers and agents are played.
    Shows the desk live and names the dashboard's address.
    Ctrl-C ends all of it.

    With --once it runs until its tickets are through, and then compares
    what was sent with the log, the mails and the reports.
    The exit code is 1 if anything was lost or came twice.
    """
    if find_spec("aiosmtpd") is None:
        fail("the demo's parts are not installed: `pip install 'deskstream[embedded]'`.")
    from deskstream.demo.playing import Wishes  # noqa: PLC0415 - it imports what may be missing
    from deskstream.demo.running import run  # noqa: PLC0415 - as above

    if keep and data_dir is None:
        data_dir = Path(tempfile.mkdtemp(prefix="deskstream-demo-"))
    wishes = Wishes(
        tickets=tickets or (ONCE_TICKETS if once else None),
        rate=rate or (ONCE_RATE if once else CALM_RATE),
        pace=ONCE_PACE if once else 1.0,
        seed=seed,
        once=once,
    )
    try:
        code = uvloop.run(run(data_dir, wishes, out))
    except (StackUnavailable, StartFailed) as error:
        fail(str(error))
    raise typer.Exit(code)
