"""Pictures of the page after a believable day: `python -m tests.reporting.look FOLDER`."""

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from deskstream.stack import mongod
from services.reporting.store.reading import Database
from tests.reporting import browser
from tests.reporting.serving import connect, fill, full_day, served

DARK = "--blink-settings=preferredColorScheme=0"
SHOTS = (
    ("desk", "#/", ("--window-size=1440,1500",)),
    ("desk-dark", "#/", ("--window-size=1440,1500", DARK)),
    ("desk-phone", "#/", ("--window-size=500,2200",)),
    ("list", "#/tickets?live=true", ("--window-size=1440,1000",)),
)


async def look(database: Database, folder: Path) -> None:
    now = datetime.now(UTC)
    bench = await full_day(now)
    await fill(database, bench)
    stories = sorted(bench.documents("tickets").values(), key=lambda one: -one.get("entries", 0))
    shots = (*SHOTS, ("story", f"#/tickets/{stories[0]['number']}", ("--window-size=1440,1300",)))
    async with served(database, now) as address:
        for name, place, flags in shots:
            with tempfile.TemporaryDirectory() as profile:
                file = folder / f"{name}.png"
                await browser.picture(f"{address}/{place}", file, Path(profile), *flags)


async def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as data:
        node = await asyncio.to_thread(mongod.start, Path(data), cache_gb=0.25)
        try:
            async with connect(mongod.url(node)) as client:
                await look(client["look"], folder)
        finally:
            node.close(graceful=False)


if __name__ == "__main__":
    FOLDER = Path(sys.argv[1])
    FOLDER.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(FOLDER))
