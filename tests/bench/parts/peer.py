"""The ingest of django-helpdesk on PostgreSQL: the same mails, in the same run."""

import asyncio
import shutil
import subprocess
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from tests.bench.parsing import sample_mails
from tests.bench.peer import environment
from tests.bench.peer.server import postgres
from tests.bench.percentiles import median
from tests.bench.run import Run, say
from tests.bench.section import Bars, Section, number

PROGRAM = Path(environment.__file__).with_name("ingest.py")
PROCESSES = 2
MAILS = 400
ENVIRONMENT = "peer-environment"
READY = b"ready\n"


async def measure(run: Run, build: Path) -> None:
    """Two processes, as it does no better with more on two cores."""
    say("peer: its environment")
    program = await asyncio.to_thread(environment.python, build / ENVIRONMENT)
    rates = []
    with postgres() as port:
        folder = run.folder / "peer"
        _write_mails(folder, run.seed)
        command = [str(program), str(PROGRAM), str(port), str(folder)]
        subprocess.run(command, check=True)  # noqa: ASYNC221, S603 - nothing else goes on
        for turn in range(run.plan.rounds):
            say(f"peer: round {turn + 1} of {run.plan.rounds}")
            rates.append(await _ingest(command))
        shutil.rmtree(folder)
    section = Section("peer", f"{environment.HELPDESK}, {PROCESSES} processes, tickets a second")
    section.row("mails to tickets, no rules, no mails sent", *map(number, rates))
    section.figures = {"rates": rates, "mails": MAILS, "processes": PROCESSES}
    section.bars.append(Bars("Peer", "tickets/s", [(environment.HELPDESK, median(rates))]))
    if ours := run.report.values()["T1"]:
        section.goals["T2"] = ours / median(rates)
    run.report.sections.append(section)


def _write_mails(folder: Path, seed: int) -> None:
    folder.mkdir()
    for place, mail in enumerate(sample_mails(MAILS, seed)):
        (folder / f"{place:05}.eml").write_bytes(mail)


async def _ingest(command: list[str]) -> float:
    """All begin at the same moment; the slower share counts."""
    shares = [
        await asyncio.create_subprocess_exec(
            *command, str(first), str(PROCESSES), stdin=PIPE, stdout=PIPE
        )
        for first in range(PROCESSES)
    ]
    try:
        await asyncio.gather(*map(_until_ready, shares))
        seconds = await asyncio.gather(*map(_take_in, shares))
    finally:
        for share in shares:
            if share.returncode is None:
                share.kill()
    return MAILS / max(seconds)


async def _until_ready(share: Process) -> None:
    if share.stdout is None or await share.stdout.readline() != READY:
        raise RuntimeError("the peer did not start: see above")


async def _take_in(share: Process) -> float:
    said, _ = await share.communicate(b"begin\n")
    if share.returncode:
        raise RuntimeError("the peer could not take in its mails: see above")
    return float(said)
