"""What a service's CPU time goes to, under full load, as a page under build/."""

import asyncio
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.desk import Desk
from tests.bench.pipeline import Pipeline
from tests.bench.profiles import page
from tests.bench.run import Run, say
from tests.bench.section import Section

WRITTEN_SECONDS = 30.0
LOOK_SECONDS = 0.1


async def measure(run: Run, names: Sequence[str], folder: Path) -> None:
    """One after the other, so that the profiler slows down only one at a time."""
    section = Section("profile", "Profiles: CPU of the service's loop under full load")
    say("profile: starts")
    async with run.desk(profiled=names) as deployment:
        pipeline = run.pipeline(deployment)
        await pipeline.warm_up(run.plan.warm_up)
        for service in names:
            say(f"profile: {service}")
            tickets = await _profile(run, deployment, pipeline, service)
            file = folder / f"profile-{service}.txt"
            title = f"{service} on {run.stack.kind}, the whole pipeline at full speed"
            file.write_text(page(deployment.fleet.profile(service), title, tickets))
            section.row(service, file)
            section.figures[service] = str(file)
        _, reconciled = await pipeline.results()
    run.report.reconciled.append(reconciled)
    run.report.sections.append(section)


async def _profile(run: Run, deployment: Desk, pipeline: Pipeline, service: str) -> int:
    fleet = deployment.fleet
    fleet.signal(service, signal.SIGUSR1)
    fed = await pipeline.at_full_speed(run.plan.profile_seconds)
    fleet.signal(service, signal.SIGUSR2)
    deadline = time.monotonic() + WRITTEN_SECONDS
    while not fleet.profile(service).exists():
        fleet.check()
        if time.monotonic() > deadline:
            raise TimeoutError(f"{service} wrote no profile within {WRITTEN_SECONDS:.0f} s")
        await asyncio.sleep(LOOK_SECONDS)
    return len(fed.origins)
