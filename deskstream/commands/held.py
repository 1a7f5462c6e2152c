"""Lists and lets in what intake held: bursts of one sender, bounces of nobody's mail."""

from typing import Annotated, Any

import typer
from pymongo import AsyncMongoClient

from deskstream.console import BAD_USE, fail, out, run, settings, show_item
from services.intake.store.held import HELD, again
from shared.kit.kafka import KafkaPublisher
from shared.kit.settings import KitSettings
from shared.kit.unit import Document

app = typer.Typer(
    help="Messages that wait for a human's look, and their way in.", no_args_is_help=True
)
Ids = Annotated[list[str] | None, typer.Argument(help="Their ids, as `list` shows them.")]
Sender = Annotated[str | None, typer.Option(help="All of this sender's.")]


@app.command("list")
def list_held(
    sender: Sender = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List held messages, oldest first: who wrote, by which channel, and why it was held."""
    where = {} if sender is None else {"sender": sender}
    found = run(_find(settings(), where, limit))
    for held in found:
        facts = f"{held['at']:%Y-%m-%d %H:%M:%S}Z  {held['channel']}  {held['sender'] or ''}"
        show_item(held["_id"], facts, held["reason"])
    if not found:
        out.print("nothing is held")
    elif len(found) == limit:
        out.print(f"These are the first {limit}; --limit shows more.")


@app.command()
def release(ids: Ids = None, sender: Sender = None) -> None:
    """Let messages in: each becomes a ticket, or part of one, as if it had just come.

    What was let in is not held again. Twice is once.
    """
    released = run(_release(settings(), _where(ids, sender)))
    if not released:
        fail("nothing of that is held; `deskstream held list` shows what is")
    out.print(f"let in: {released}")


@app.command()
def discard(ids: Ids = None, sender: Sender = None) -> None:
    """Throw held messages away. That they came, and what they said, stays in the log."""
    discarded = run(_discard(settings(), _where(ids, sender)))
    if not discarded:
        fail("nothing of that is held; `deskstream held list` shows what is")
    out.print(f"thrown away: {discarded}")


def _where(ids: list[str] | None, sender: str | None) -> dict[str, Any]:
    if not ids and sender is None:
        fail("say which: ids, or --sender", BAD_USE)
    by_id = {"_id": {"$in": ids}} if ids else {}
    return {**by_id, **({} if sender is None else {"sender": sender})}


async def _find(chosen: KitSettings, where: dict[str, Any], limit: int) -> list[Document]:
    async with _client(chosen) as client:
        held = client[chosen.database("intake")][HELD]
        return await held.find(where).sort("at").limit(limit).to_list()


async def _release(chosen: KitSettings, where: dict[str, Any]) -> int:
    """In the order in which they came; reception takes each off the list when it has it."""
    publisher, released = KafkaPublisher(chosen, "deskstream-held"), 0
    try:
        async with _client(chosen) as client:
            held = client[chosen.database("intake")][HELD]
            async for document in held.find(where).sort("at"):
                await publisher.publish([again(document)])
                released += 1
    finally:
        await publisher.stop()
    return released


async def _discard(chosen: KitSettings, where: dict[str, Any]) -> int:
    async with _client(chosen) as client:
        result = await client[chosen.database("intake")][HELD].delete_many(where)
        return result.deleted_count


def _client(chosen: KitSettings) -> AsyncMongoClient[Document]:
    return AsyncMongoClient(chosen.mongo_url, **chosen.mongo_client())
