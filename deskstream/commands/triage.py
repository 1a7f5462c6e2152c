"""Learns, scores, explains and compares the rules of triage, on files."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from deskstream.console import BAD_USE, fail
from deskstream.history import HistoryError, examples
from deskstream.triage_tables import show_decision, show_differences, show_proposal, show_scores
from services.triage.domain.language import LanguageDetector
from services.triage.domain.learning.examples import Example, Names
from services.triage.domain.learning.proposing import Proposal, TooLittleError, Wish, propose
from services.triage.domain.learning.scores import score
from services.triage.domain.learning.writing import WritingError, added_to, new_file
from services.triage.domain.triage import Triage
from services.triage.rules import load_rules
from shared.contracts.fields import MessageBody, Requester, Tier
from shared.contracts.ticket import TicketCreated
from shared.contracts.triage import TicketTriaged
from shared.kit.config import ConfigError
from shared.kit.settings import SHIPPED_CONFIG

app = typer.Typer(
    help="Learn the rules of triage from labelled tickets; score, explain and compare them.",
    no_args_is_help=True,
)
_SHIPPED = SHIPPED_CONFIG / "triage.yaml"

Texts = Annotated[
    list[str],
    typer.Option(
        "--text",
        help="Field with the text; `a.b` for a field within. Of several the first is the subject.",
    ),
]
Label = Annotated[str, typer.Option("--label", help="Field with the right category.")]
File = Annotated[Path, typer.Argument(help="CSV or JSON lines.", show_default=False)]
Rules = Annotated[Path, typer.Argument(help="Rules like config/triage.yaml.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RulesOption = Annotated[Path, typer.Option("--rules", help="Rules to judge by.")]


@app.command("learn")
def learn(
    history: File,
    *,
    text: Texts,
    label: Label,
    to: Annotated[
        Path | None, typer.Option("-o", "--out", help="Where to write the rules; else printed.")
    ] = None,
    merge: Annotated[
        Path | None, typer.Option(help="Hand-written rules to add what is learned to.")
    ] = None,
    none: Annotated[
        list[str] | None,
        typer.Option("--general", help="Label that means: none of the categories."),
    ] = None,
    words: Annotated[
        int | None,
        typer.Option(min=5, help="For each category, on the average; else 150 or more."),
    ] = None,
    held_out: Annotated[
        float, typer.Option(min=0.05, max=0.5, help="Share of the tickets that is tested on.")
    ] = 0.2,
    report: Annotated[
        Path | None, typer.Option(help="Where to write the whole report as JSON.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Overwrite what is there.")] = False,
) -> None:
    """Propose weighted words and phrases from labelled tickets, as rules to read and edit.

    The report is on a part of the history (by the hash of the text) that was not learned from;
    what is written is then learned from all of it. With --merge the hand-written rules keep every
    word and remark, the learned words stand beside them under `learned:`, and the report says how
    good they are without and with them.
    """
    if to is not None and to != merge and not force and to.exists() and to.stat().st_size:
        fail(f"{to} exists: say --merge {to} to keep its words, or --force to overwrite", BAD_USE)
    detector = LanguageDetector()
    base = None if merge is None else _rules(merge, detector).rules
    wish = Wish(key=label, most=words, held_out=held_out, none=tuple(none or ()))
    try:
        proposal = propose(examples(history, text, label), wish, detector, base)
        written = _written(proposal, merge)
    except (HistoryError, WritingError) as error:
        fail(f"{merge}:{error}" if isinstance(error, WritingError) else str(error))
    except TooLittleError as error:
        fail(f"{history}: {error}")
    if report is not None:
        report.write_text(json.dumps(_report(proposal), ensure_ascii=False, indent=2) + "\n")
    if to is None:
        typer.echo(written, nl=False)
        show_proposal(proposal, None)
    else:
        to.write_text(written, encoding="utf-8")
        _verify(to, proposal, detector)
        show_proposal(proposal, to)


@app.command("evaluate")
def evaluate(rules: Rules, file: File, text: Texts, label: Label, as_json: AsJson = False) -> None:
    """Score rules on labelled tickets: accuracy, macro-F1, and each category."""
    triage = _rules(rules, LanguageDetector())
    tickets = _examples(file, text, label)
    names = Names(triage.rules)
    labels = [names.of(ticket.label) or ticket.label for ticket in tickets]
    decided = [triage.read(ticket.subject, ticket.body).category for ticket in tickets]
    scores = score(labels, decided)
    unknown = sorted({ticket.label for ticket in tickets if names.of(ticket.label) is None})
    if as_json:
        whole = {**dataclasses.asdict(scores), "unknown_labels": unknown}
        typer.echo(json.dumps({**whole, "rules_version": triage.version}, ensure_ascii=False))
    else:
        show_scores(scores, unknown, f"{rules} on {file}")


@app.command("classify")
def classify(
    what: Annotated[str, typer.Argument(help="A text, `-` for standard input, or a file.")],
    *,
    rules: RulesOption = _SHIPPED,
    text: Annotated[list[str] | None, typer.Option("--text", help="Fields of a file.")] = None,
    subject: Annotated[str, typer.Option(help="Of a text.")] = "",
    tier: Annotated[Tier, typer.Option(help="The requester's.")] = Tier.STANDARD,
    vip: Annotated[bool, typer.Option(help="The requester is a VIP.")] = False,
    channel: Annotated[str, typer.Option(help="By which it came in.")] = "email",
    locale: Annotated[str | None, typer.Option(help="The requester's, like de-AT.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what the rules make of a text, with every reason; of a file as JSON lines."""
    triage = _rules(rules, LanguageDetector())
    requester = Requester(customer_id="unknown", tier=tier, vip=vip, locale=locale)
    if what != "-" and _is_file(what):
        for ticket in _examples(Path(what), text or ["text"], None):
            said = _said(triage, ticket, requester, channel)
            typer.echo(json.dumps(_told(said), ensure_ascii=False))
        return
    body = typer.get_text_stream("stdin").read() if what == "-" else what
    said = _said(triage, Example(subject, body, ""), requester, channel)
    if as_json:
        typer.echo(json.dumps(_told(said), ensure_ascii=False))
    else:
        show_decision(said)


@app.command("diff")
def diff(
    old: Rules,
    new: Rules,
    file: File,
    text: Texts,
    label: Annotated[
        str | None, typer.Option("--label", help="Field with the right category, if there is.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show which tickets two sets of rules decide differently, and by which words."""
    detector = LanguageDetector()
    before, after = _rules(old, detector), _rules(new, detector)
    requester = Requester(customer_id="unknown")
    tickets = _examples(file, text, label)
    differing = []
    for place, ticket in enumerate(tickets, start=1):
        was = _said(before, ticket, requester, "email")
        now = _said(after, ticket, requester, "email")
        if _outcome(was) != _outcome(now):
            differing.append((place, ticket, was, now))
    if not as_json:
        show_differences(differing, len(tickets))
        return
    for place, ticket, was, now in differing:
        told = {"ticket": place, "label": ticket.label, "old": _told(was), "new": _told(now)}
        typer.echo(json.dumps(told, ensure_ascii=False))


def _rules(path: Path, detector: LanguageDetector) -> Triage:
    try:
        return load_rules(path, detector)
    except ConfigError as error:
        fail("\n".join(error.problems))


def _examples(file: Path, texts: list[str], label: str | None) -> list[Example]:
    try:
        return examples(file, texts, label)
    except HistoryError as error:
        fail(str(error))


def _written(proposal: Proposal, merge: Path | None) -> str:
    if merge is None:
        return new_file(proposal.rules, proposal.learned_from)
    return added_to(merge.read_text(encoding="utf-8-sig"), proposal.rules, proposal.words)


def _verify(path: Path, proposal: Proposal, detector: LanguageDetector) -> None:
    """What stands in the file must be what was tested."""
    read = _rules(path, detector).rules
    if read.model_dump() != proposal.rules.model_dump():
        fail(f"{path}: does not say what was learned; please report this with the file")


def _report(proposal: Proposal) -> dict[str, Any]:
    whole = dataclasses.asdict(proposal)
    return {key: whole[key] for key in ("learned_from", "labels", "tested", "alone", "worth")}


def _said(triage: Triage, ticket: Example, requester: Requester, channel: str) -> TicketTriaged:
    created = TicketCreated(
        number="TKT-0",
        channel=channel,
        requester=requester,
        subject=ticket.subject,
        message=MessageBody(message_id="m", text=ticket.body, channel=channel),
    )
    said = triage.first(created).said
    if said is None:
        raise AssertionError("a new ticket is always triaged")
    return said


def _told(said: TicketTriaged) -> dict[str, Any]:
    return said.model_dump(mode="json", exclude={"changes"})


def _outcome(said: TicketTriaged) -> tuple[object, ...]:
    return said.category, said.sub_category, said.priority, said.type


def _is_file(what: str) -> bool:
    try:
        return Path(what).is_file()
    except OSError:  # a text may be longer than a name can be
        return False
