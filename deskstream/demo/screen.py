"""The demo on the terminal: what comes in, where it is, who has it, and how fast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.constrain import Constrain
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deskstream.demo.board import Board, Row
from shared.contracts.fields import Priority, Status

STAGES = (
    ("received", "messages that came in, by all channels"),
    ("created", "tickets opened"),
    ("appended", "messages that belonged to one"),
    ("triaged", "with category and priority"),
    ("assigned", "given to an agent"),
    ("acknowledged", "requesters told the number"),
    ("answered", "replies by agents"),
    ("warned", "promises that came near"),
    ("breached", "promises missed"),
    ("resolved", "requests met"),
    ("closed", "ended for good"),
    ("dead-lettered", "could not be read, put away"),
)
COLOURS: Mapping[Priority | None, str] = {
    Priority.CRITICAL: "bold red",
    Priority.HIGH: "yellow",
    Priority.LOW: "dim",
}
LOUD: Mapping[str, str] = {"breached": "red", "warned": "yellow", "dead-lettered": "magenta"}
LONGEST_SUBJECT = 44
WIDEST = 140


@dataclass(frozen=True, slots=True)
class View:
    """What the screen shows besides the board."""

    dashboard: str
    door: str
    seconds: float
    received: int
    agents: Mapping[str, tuple[str, int]]  # id ▶ name, capacity
    hint: str


def screen(board: Board, view: View, rows: int) -> RenderableType:
    top = Table.grid(padding=(0, 3))
    top.add_row(_stages(board, view), Group(_speed(board, view), Text(), _agents(board, view)))
    return Group(_head(view), top, _tickets(board.latest(rows), view), Text(view.hint, style="dim"))


def line(board: Board, view: View) -> str:
    """The same in one line, where nobody looks at a screen."""
    counts = {"received": view.received, **board.counts}
    shown = " ".join(f"{name} {counts.get(name, 0)}" for name, _ in STAGES)
    return f"{view.seconds:4.0f} s  {shown}  open {board.open}"


def _head(view: View) -> RenderableType:
    text = Text.assemble(
        ("Dashboard  ", "bold"),
        (view.dashboard, f"bold cyan link {view.dashboard}"),
        ("    Door  ", "bold"),
        (f"{view.door}/docs", f"cyan link {view.door}/docs"),
        (f"    {_clock(view.seconds)}", "dim"),
    )
    return Panel(text, title=Text("Deskstream", "bold"), title_align="left", border_style="cyan")


def _stages(board: Board, view: View) -> Table:
    table = Table.grid(padding=(0, 2))
    counts = {"received": view.received, **board.counts}
    for name, meaning in STAGES:
        count = counts.get(name, 0)
        style = LOUD.get(name, "bold") if count else "dim"
        table.add_row(name, Text(f"{count:>6}", style=style), Text(meaning, style="dim"))
    return table


def _speed(board: Board, view: View) -> Table:
    table = Table.grid(padding=(0, 2))
    rate = board.counts["created"] / view.seconds if view.seconds else 0
    table.add_row("open now", Text(str(board.open), "bold"))
    table.add_row("tickets a second", f"{rate:.1f}")
    middle, worst = board.percentile(0.5), board.percentile(0.99)
    if middle is not None and worst is not None:
        table.add_row("accepted to assigned", f"p50 {middle:.2f} s   p99 {worst:.2f} s")
    return table


def _agents(board: Board, view: View) -> Table:
    table = Table.grid(padding=(0, 2))
    for agent_id, (name, capacity) in view.agents.items():
        load = board.loads[agent_id]
        full = min(10, round(10 * load / capacity)) if capacity else 0
        bar = Text("━" * full, style="cyan") + Text("╌" * (10 - full), style="dim")
        table.add_row(name, bar, f"{load:>2} of {capacity}")
    return table


def _tickets(rows: Sequence[Row], view: View) -> RenderableType:
    """Where the terminal is narrow the subject gives way: the number is what one goes on with."""
    table = Table(box=None, header_style="dim", pad_edge=False, expand=True)
    for name in ("ticket", "subject", "channel", "category", "priority", "agent", "status"):
        table.add_column(name, no_wrap=True, ratio=1 if name == "subject" else None)
    for row in rows:
        style = COLOURS.get(row.priority, "")
        table.add_row(
            row.number,
            Text(_cut(row.subject)),
            row.channel,
            row.category or "…",
            Text(row.priority.value if row.priority else "…", style=style),
            _owner(row, view),
            _status(row),
        )
    return Constrain(table, WIDEST)


def _owner(row: Row, view: View) -> Text:
    if row.agent is None:
        waits = row.queue is not None and row.open
        return Text(f"waits in {row.queue}" if waits else "", style="dim")
    return Text(view.agents.get(row.agent, (row.agent, 0))[0])


def _status(row: Row) -> Text:
    style = "green" if row.status is Status.RESOLVED else "dim" if not row.open else ""
    text = Text(row.status.value.replace("_", " "), style=style)
    return text + Text("  promise missed", style="red") if row.breached else text


def _cut(subject: str) -> str:
    text = " ".join(subject.split())
    return text if len(text) <= LONGEST_SUBJECT else text[: LONGEST_SUBJECT - 1] + "…"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
