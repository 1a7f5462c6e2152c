"""Headless Chromium: the page as a person sees it, as a picture or as its final document."""

import asyncio
import shutil
from pathlib import Path

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)


def program() -> str | None:
    return shutil.which("chromium") or shutil.which("google-chrome")


async def picture(url: str, file: Path, profile: Path, *flags: str) -> None:
    await _run(url, profile, f"--screenshot={file}", "--virtual-time-budget=6000", *flags)


async def document(url: str, profile: Path) -> str:
    """The document after its scripts have had six seconds of their own time."""
    return await _run(url, profile, "--dump-dom", "--virtual-time-budget=6000")


async def _run(url: str, profile: Path, *flags: str) -> str:
    command = program()
    if command is None:
        raise FileNotFoundError("chromium")
    process = await asyncio.create_subprocess_exec(
        command,
        *FLAGS,
        f"--user-data-dir={profile}",
        *flags,
        url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), timeout=60)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return output.decode()
