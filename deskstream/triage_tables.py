"""How the triage commands look on a terminal."""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from deskstream.console import err, out
from services.triage.domain.learning.examples import Example
from services.triage.domain.learning.proposing import Proposal
from services.triage.domain.learning.scores import Scores
from shared.contracts.triage import TicketTriaged

_CONFUSIONS, _WORDS, _MATCHES, _DIFFERENCES, _TEXT = 10, 6, 15, 50, 60
Difference = tuple[int, Example, TicketTriaged, TicketTriaged]


def show_scores(scores: Scores, unknown: Sequence[str], title: str) -> None:
    out.print(_classes(scores, title))
    out.print(_summary(scores))
    _show_confusions(scores)
    if unknown:
        labels = ", ".join(unknown)
        out.print(Text(f"No category of these rules is called {labels}", "yellow"))


def show_proposal(proposal: Proposal, path: Path | None) -> None:
    """On standard error where the rules themselves go to standard output."""
    screen = err if path is None else out
    screen.print(_classes(proposal.tested, "On tickets that were not learned from"))
    screen.print(_summary(proposal.tested))
    if proposal.alone is not None:
        screen.print(f"Without the learned words: {_summary(proposal.alone)}")
    for wanted, said, number in proposal.tested.confusions[:_CONFUSIONS]:
        screen.print(f"  {number} x {wanted} taken for {said}")
    for category, words in proposal.worth.items():
        clearest = ", ".join(
            f"{word.phrase} {word.weight:g} ({word.precision:.0%} of {word.tickets})"
            for word in words[:_WORDS]
        )
        screen.print(Text.assemble((category, "bold"), f": {clearest}"), soft_wrap=True)
    number = sum(map(len, proposal.words.values()))
    where = f" to {path}" if path else ""
    screen.print(
        f"{number:,} weights for {len(proposal.words)} categories, learned from all "
        f"{proposal.learned_from:,} tickets{where}; each word above with the share of "
        "held-out tickets having it that were of its category"
    )


def show_decision(said: TicketTriaged) -> None:
    sub = f"/{said.sub_category}" if said.sub_category else ""
    category = (f"{said.category}{sub}", "bold")
    out.print(Text.assemble(category, f", confidence {said.confidence:.2f}"))
    more = {"language": said.language, "tone": said.tone, "product": said.product}
    more["tags"] = ", ".join(said.tags) or None
    known = "".join(f", {name} {value}" for name, value in more.items() if value)
    out.print(Text.assemble(f"{said.type}, priority ", (said.priority, "bold"), known))
    for step in said.priority_steps:
        out.print(f"  {step.rule}: {step.effect}")
    table = Table("phrase", "where", "weight", "speaks for", box=None)
    for match in said.matches:
        table.add_row(match.phrase, match.field, f"{match.weight:g}", match.category)
    if said.matches:
        out.print(table)


def show_differences(differing: Sequence[Difference], tickets: int) -> None:
    out.print(f"{len(differing)} of {tickets} tickets are decided differently")
    for place, ticket, was, now in differing[:_DIFFERENCES]:
        text = " ".join(f"{ticket.subject} {ticket.body}".split())[:_TEXT]
        label = f" (is {ticket.label})" if ticket.label else ""
        out.print(Text.assemble((f"{place}", "bold"), f" {text}{label}"))
        for side, said in (("-", was), ("+", now)):
            words = ", ".join(f"{match.phrase} {match.weight:g}" for match in said.matches[:5])
            out.print(f"  {side} {_decision(said)}: {words or 'nothing found'}")
    if len(differing) > _DIFFERENCES:
        out.print(f"… and {len(differing) - _DIFFERENCES} more: --json shows all")


def _decision(said: TicketTriaged) -> str:
    sub = f"/{said.sub_category}" if said.sub_category else ""
    return f"{said.category}{sub} {said.confidence:.2f}, {said.priority}, {said.type}"


def _classes(scores: Scores, title: str) -> Table:
    table = Table("category", "precision", "recall", "F1", "tickets", title=title)
    for name, item in scores.classes.items():
        shares = (f"{share:.3f}" for share in (item.precision, item.recall, item.f1))
        table.add_row(name, *shares, f"{item.tickets}")
    return table


def _summary(scores: Scores) -> str:
    return (
        f"accuracy {scores.accuracy:.3f}, macro-F1 {scores.macro_f1:.3f} on {scores.tickets} "
        f"tickets, of which {scores.undecided} general"
    )


def _show_confusions(scores: Scores) -> None:
    for wanted, said, number in scores.confusions[:_CONFUSIONS]:
        out.print(f"  {number} x {wanted} taken for {said}")
