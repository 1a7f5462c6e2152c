"""A ticket's whole story in the terminal."""

from typing import Annotated, Any

import typer
from pymongo import AsyncMongoClient
from rich.table import Table
from rich.text import Text

from deskstream.console import fail, out, run, settings
from services.reporting.store.reading import Stories
from shared.kit.settings import KitSettings
from shared.kit.unit import Document

app = typer.Typer(help="Tickets, as reporting knows them.", no_args_is_help=True)
MOST_ENTRIES = 1_000
LOUD = {"SlaBreached": "red", "SlaWarning": "yellow", "TicketResolved": "green"}


@app.command()
def show(
    number: Annotated[str, typer.Argument(help="TKT-1000, or the ticket's id.")],
    messages: Annotated[bool, typer.Option(help="Also what was written (personal data).")] = True,
) -> None:
    """Show everything that happened to a ticket: who did what, when, and why."""
    story = run(_story(settings(), number))
    if story is None:
        fail(
            f"reporting knows no ticket {number}. Was it made a moment ago? `deskstream "
            "checkpoints list` tells how far reporting is."
        )
    ticket, entries, texts = story
    _head(ticket)
    table = Table(box=None, pad_edge=False)
    for name in ("time", "event", "who", "what"):
        table.add_column(name, style="dim" if name == "time" else "", overflow="fold")
    for entry in entries:
        table.add_row(
            f"{entry['at']:%m-%d %H:%M:%S}",
            Text(entry["type"], style=LOUD.get(entry["type"], "")),
            _who(entry),
            _what(entry, texts.get(entry["_id"]) if messages else None),
        )
    out.print(table)


async def _story(
    chosen: KitSettings, number: str
) -> tuple[Document, list[Document], dict[str, Document]] | None:
    async with AsyncMongoClient(chosen.mongo_url, **chosen.mongo_client()) as client:
        stories = Stories(client[chosen.database("reporting")])
        ticket = await stories.ticket(number)
        if ticket is None:
            return None
        entries = await stories.entries(ticket["_id"], 0, MOST_ENTRIES)
        texts = await stories.messages(ticket["_id"], 0, MOST_ENTRIES)
        return ticket, entries, {text["_id"]: text for text in texts}


def _head(ticket: Document) -> None:
    personal = ticket.get("personal") or {}
    out.print(
        Text.assemble(
            (f"{ticket.get('number') or ticket['_id']}  ", "bold"),
            (str(personal.get("subject") or ""), "bold"),
        )
    )
    facts = {
        "status": ticket.get("status"),
        "priority": ticket.get("priority"),
        "category": ticket.get("category"),
        "agent": ticket.get("agent") or "nobody",
        "queue": ticket.get("queue"),
        "channel": ticket.get("channel"),
        "policy": ticket.get("policy"),
    }
    out.print("  ".join(f"{name} {value}" for name, value in facts.items() if value))
    for metric, clock in (ticket.get("clocks") or {}).items():
        due = f", due {clock['due_at']:%Y-%m-%d %H:%M:%S}Z" if clock.get("due_at") else ""
        out.print(f"  {metric}: {clock.get('state')}{due}")
    out.print()


def _who(entry: Document) -> str:
    who: dict[str, Any] = entry.get("who") or {}
    return " ".join(str(who[name]) for name in ("kind", "id") if who.get(name))


def _what(entry: Document, text: Document | None) -> Text:
    told = Text(str(entry.get("text") or ""))
    if entry.get("why"):
        told.append(f" ({entry['why']})", style="dim")
    if text is not None and text.get("text"):
        told.append(f"\n{text['text']}", style="italic")
    return told
