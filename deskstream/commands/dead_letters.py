"""Lists, shows and sends again what services could not handle."""

import asyncio
from typing import Annotated, Any

import typer
from pymongo import AsyncMongoClient
from rich.progress import track

from deskstream.console import fail, out, run, settings, show_item
from deskstream.services import SERVICES, service_of
from shared.kit import admin
from shared.kit.kafka import KafkaPublisher
from shared.kit.settings import KitSettings
from shared.kit.unit import Document

app = typer.Typer(
    help="Records that a service put away, with the reason, and their way back in.",
    no_args_is_help=True,
)
Group = Annotated[str | None, typer.Option(help="Only this group, e.g. deskstream.triage.")]
Subject = Annotated[str | None, typer.Option(help="Only this ticket's.")]
MOST_SHOWN = 2_000


@app.command("list")
def list_letters(
    group: Group = None,
    subject: Subject = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those handled since.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List dead letters, oldest first for each service."""
    found = run(_find(settings(), _where(group, subject, everything=everything), limit))
    for letter in found:
        tried = f"  tried {letter['attempts']} times" if letter["attempts"] > 1 else ""
        facts = f"{letter['at']:%Y-%m-%d %H:%M:%S}Z  {letter['state']}{tried}"
        place = f"{letter['group']}  {_place(letter)}"
        show_item(letter["_id"], facts, place, letter["reason"])
    if not found:
        out.print("no dead letters")
    elif len(found) == limit:
        out.print(f"These are the first {limit}; --limit shows more.")


def _place(letter: Document) -> str:
    if "topic" in letter:
        return f"{letter['topic']}/{letter['partition']}/{letter['offset']}"
    return f"{letter['kind']} {letter['name']}"


@app.command()
def show(letter_id: str) -> None:
    """Show one dead letter whole, with headers and value (personal data included)."""
    found = run(_find(settings(), {"_id": letter_id}, 1))
    if not found:
        fail(f"there is no dead letter {letter_id}; `deskstream dead-letters list --all` shows all")
    for name, value in found[0].items():
        if name == "headers":
            for header, text in value:
                out.print(f"  {header}: {_text(text)}")
        else:
            out.print(f"{name}: {_text(value)}")


@app.command()
def redrive(
    letter_id: Annotated[str | None, typer.Argument(help="One letter; none: all open.")] = None,
    group: Group = None,
    subject: Subject = None,
    rate: Annotated[float, typer.Option(min=0.1, help="At most so many a second.")] = 500,
    dry_run: Annotated[bool, typer.Option(help="Only say what would be sent.")] = False,
) -> None:
    """Send open letters back to the group that could not handle them, in order.

    Mend the cause first. Sending twice changes nothing: a letter that was handled stays handled.
    """
    where = _where(group, subject, everything=False)
    if letter_id is not None:
        where["_id"] = letter_id
    chosen = settings()
    found = run(_find(chosen, where, 0))
    if not dry_run and found:
        run(_redrive(chosen, found, rate))
    out.print(f"{len(found)} letter(s) {'would be' if dry_run else 'were'} sent")


def _where(group: str | None, subject: str | None, *, everything: bool) -> dict[str, Any]:
    where: dict[str, Any] = {} if everything else {"state": "open"}
    if group:
        where["group"] = group
    if subject:
        where["subject"] = subject
    return where


async def _find(chosen: KitSettings, where: dict[str, Any], limit: int) -> list[Document]:
    async with AsyncMongoClient(chosen.mongo_url, **chosen.mongo_client()) as client:
        found: list[Document] = []
        for service in SERVICES:
            found += await admin.letters(client[chosen.database(service)], where, limit=limit)
        return found[:limit] if limit else found


async def _redrive(chosen: KitSettings, found: list[Document], rate: float) -> None:
    publisher = KafkaPublisher(chosen, "deskstream-admin")
    async with AsyncMongoClient(chosen.mongo_url, **chosen.mongo_client()) as client:
        try:
            for letter in track(found, "sending", console=out, transient=True):
                stage = letter["group"].removeprefix(chosen.group(""))
                database = client[chosen.database(service_of(stage))]
                async for _ in admin.redrive(database, publisher, [letter]):
                    await asyncio.sleep(1 / rate)
        finally:
            await publisher.stop()


def _text(value: object) -> str:
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}… ({len(text)} characters)"
