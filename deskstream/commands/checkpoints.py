"""Shows and moves how far each stage is."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from rich.table import Table

from deskstream.console import BAD_USE, fail, out, run, settings
from deskstream.services import SERVICES, service_of
from shared.contracts.topics import BY_NAME
from shared.kit import admin
from shared.kit.records import Partition
from shared.kit.settings import KitSettings
from shared.kit.unit import Document

app = typer.Typer(
    help="How far each stage is with each partition; the way out of a refusal.",
    no_args_is_help=True,
)
StageName = Annotated[str, typer.Option("--stage", help="As in `checkpoints list`.")]
TopicName = Annotated[str, typer.Option("--topic", help="Without a deployment's prefix.")]
Number = Annotated[int, typer.Option("--partition", min=0)]


@app.command("list")
def list_checkpoints() -> None:
    """List every stage's position on every partition."""
    chosen = settings()
    table = Table("stage/topic/partition", "position", "epoch", "partitions", "caught up")
    for document in run(_all(chosen)):
        table.add_row(
            document["_id"],
            str(document.get("position", "-")),
            str(document["epoch"]),
            str(document.get("partition_count", "-")),
            "yes" if document.get("caught_up") else "",
        )
    out.print(table)


@app.command()
def reset(
    stage: StageName,
    topic: TopicName,
    partition: Number,
    to: Annotated[str, typer.Option(help="start, end, stored (accept the facts) or an offset.")],
) -> None:
    """Move a checkpoint. What is handled again keeps its ids, so that others drop it.

    `--to end` and an offset beyond the position leave records out: they are lost to this stage.
    """
    if to not in ("start", "end", "stored") and not to.isdigit():
        fail(f"--to {to}: say start, end, stored or an offset", BAD_USE)
    chosen, place = settings(), _place(topic, partition)

    async def move(database: AsyncDatabase[Document]) -> admin.Reset:
        return await admin.reset(database, chosen, stage, place, to)

    _say(stage, place, run(_with_database(chosen, stage, move)))


@app.command()
def skip(
    stage: StageName,
    topic: TopicName,
    partition: Number,
    records: Annotated[int, typer.Option(min=1, help="How many to pass over.")] = 1,
) -> None:
    """Pass over the next records unread: they are lost to this stage."""
    chosen, place = settings(), _place(topic, partition)

    async def move(database: AsyncDatabase[Document]) -> admin.Reset:
        return await admin.skip(database, stage, place, records)

    _say(stage, place, run(_with_database(chosen, stage, move)))


def _place(topic: str, partition: int) -> Partition:
    if topic not in BY_NAME:
        fail(f"there is no topic {topic!r}; there are {', '.join(BY_NAME)}", BAD_USE)
    return Partition(topic, partition)


def _say(stage: str, place: Partition, moved: admin.Reset) -> None:
    before = "nowhere" if moved.before is None else moved.before
    after = "the log's start" if moved.after is None else moved.after
    out.print(f"{stage}/{place}: from {before} to {after}; the service goes on by itself")


async def _with_database(
    chosen: KitSettings, stage: str, move: Callable[[Any], Awaitable[admin.Reset]]
) -> admin.Reset:
    async with AsyncMongoClient(chosen.mongo_url, **chosen.mongo_client()) as client:
        return await move(client[chosen.database(service_of(stage))])


async def _all(chosen: KitSettings) -> list[Document]:
    async with AsyncMongoClient(chosen.mongo_url, **chosen.mongo_client()) as client:
        return [
            document
            for service in SERVICES
            for document in await admin.checkpoints(client[chosen.database(service)])
        ]
