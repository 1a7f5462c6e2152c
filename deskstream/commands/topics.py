"""Provisions and lists topics."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from deskstream.console import fail, out, run, settings
from shared.contracts.topics import TOPICS
from shared.kit.provision import Provisioned
from shared.kit.provision import provision as make

app = typer.Typer(help="The topics: what there should be, and making it so.", no_args_is_help=True)


@app.command("list")
def list_topics() -> None:
    """Show every topic with its key, partitions and purpose, as the contracts define it."""
    table = Table("topic", "key", "partitions", "kept", "purpose")
    for topic in TOPICS:
        days = topic.retention_ms // (24 * 60 * 60 * 1000)
        kept = "compacted" if topic.compacted else "for ever" if days < 0 else f"{days} days"
        table.add_row(topic.name, topic.keyed_by, str(topic.partitions), kept, topic.purpose)
    out.print(table)


@app.command()
def provision(
    partitions: Annotated[
        int | None, typer.Option(min=1, help="Cap on each topic's partitions, for small set-ups.")
    ] = None,
    replication: Annotated[int, typer.Option(min=1, help="Replicas of each partition.")] = 1,
) -> None:
    """Create the topics that are missing; those that exist are left as they are.

    Choose the partitions once: a topic whose number of partitions changes later is refused by the
    services, since its keys would move.
    """
    made = run(make(settings(), partitions=partitions, replication=replication))
    for each in made:
        out.print(Text(f"{each.topic}: {_said(each)}", "red" if each.error else ""))
    if any(each.error for each in made):
        fail("not every topic could be made")


def _said(each: Provisioned) -> str:
    if each.error is not None:
        return each.error
    if each.found is None:
        return f"made, {each.partitions} partitions"
    note = "" if each.found == each.partitions else f" (the contracts want {each.partitions})"
    return f"was there, {each.found} partitions{note}"
