"""The board counts each ticket once at each stage, whatever is said again."""

from io import StringIO

from rich.console import Console

from deskstream.demo.board import Board
from deskstream.demo.hearing import DeadLetter, Fact
from deskstream.demo.screen import View, line, screen
from shared.contracts.fields import Status
from shared.contracts.ticket import TicketReopened, TicketResolved
from tests.demo.test_checking import ADA, Run, assigned, created, triaged

VIEW = View(
    "http://127.0.0.1:1", "http://127.0.0.1:2", 10, 3, {"ada": ("Ada", 5)}, "Ctrl-C ends it."
)


def story() -> list[Fact]:
    run = Run()
    run.say(created(), cause="in-1")
    run.say(triaged(), cause="x")
    run.say(assigned(), cause="x")
    run.say(TicketResolved(old=Status.NEW, actor=ADA), cause="x")
    run.say(TicketReopened(old=Status.RESOLVED, actor=ADA, reason="again", reopens=1), cause="x")
    return run.facts


def test_counts_by_stage() -> None:
    board = Board()

    for fact in story():
        board.hear(fact)
    board.hear(DeadLetter("d", None, "g", "no JSON"))

    counted = ("created", "triaged", "assigned", "resolved", "reopened", "dead-lettered")
    assert {name: board.counts[name] for name in counted} == dict.fromkeys(counted, 1)
    assert board.open == 1
    assert board.loads["ada"] == 1
    assert board.percentile(0.5) == 1.0


def test_what_is_said_again_counts_once() -> None:
    once, twice = Board(), Board()

    for fact in story():
        once.hear(fact)
        assert twice.hear(fact)
        assert not twice.hear(fact)

    assert once.counts == twice.counts
    assert once.open == twice.open


def test_the_screen_shows_subjects_as_they_are() -> None:
    board, run = Board(), Run()
    board.hear(run.say(created().model_copy(update={"subject": "[location] [/b]"}), cause="in-1"))
    console = Console(width=140, record=True, file=StringIO())

    console.print(screen(board, VIEW, 5))

    shown = console.export_text()
    assert "[location] [/b]" in shown
    assert "http://127.0.0.1:1" in shown
    assert "created 1" in line(board, VIEW)


def test_a_narrow_screen_cuts_subjects_and_no_numbers() -> None:
    board, run = Board(), Run()
    subject = "Rechnung doppelt abgebucht, und das schon seit Januar"
    fact = run.say(created().model_copy(update={"subject": subject}), cause="in-1")
    board.hear(fact)
    console = Console(width=70, record=True, file=StringIO())

    console.print(screen(board, VIEW, 5))

    (row,) = board.latest(1)
    shown = console.export_text()
    assert f"\n{row.number} " in shown
    assert subject not in shown
