"""The runbooks: commands, variables and series that exist, texts as services say them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from deskstream.cli import create
from shared.kit.ports import Checkpoint, Look
from shared.kit.records import Partition
from shared.kit.refusal import refusal
from tests.deploy.known import ROOT, RUNBOOKS, series, setting_names

PAGES = [ROOT / "docs" / "deploying.md", *sorted(RUNBOOKS.glob("*.md"))]
BY_NAME = pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
EVENTS = Partition("ticket.events", 3)


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _commands() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for block in re.findall(r"```sh\n(.*?)```", _text(page), flags=re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                if found := re.search(r"(?:^|exec \w+ |-- )\s*(deskstream .*)$", line):
                    yield page.stem, found[1]
        for command in re.findall(r"`(deskstream [^`]+)`", _text(page)):
            yield page.stem, " ".join(command.replace("\n> ", " ").split())


@pytest.mark.parametrize(("page", "command"), sorted(set(_commands())))
def test_a_command_exists_with_its_options(page: str, command: str, tmp_path: Path) -> None:
    words = [_filled(word, tmp_path) for word in shlex.split(command)[1:]]
    if words[-1] == "…":
        words.pop()
    found: Any = typer.main.get_command(create())

    while words and hasattr(found, "commands"):
        assert words[0] in found.commands, f"{page}: {command}"
        found = found.commands[words.pop(0)]

    found.make_context(page, words, resilient_parsing=not words)


def _filled(word: str, tmp_path: Path) -> str:
    """Something of the right kind where the page leaves the choice."""
    if word == "FILE" or word.endswith(".json"):
        (tmp_path / "sample.json").write_text("{}", encoding="utf-8")
        return str(tmp_path / "sample.json")
    return {"SERVICE": "sla", "$partition": "0"}.get(word, word)


@BY_NAME
def test_every_variable_is_a_setting(page: Path) -> None:
    named = re.findall(r"\bDESKSTREAM_[A-Z0-9_]*[A-Z0-9]\b", _text(page))

    assert {name for name in named if name not in setting_names()} == set()


@BY_NAME
def test_every_series_exists(page: Path) -> None:
    named = set(re.findall(r"\bdeskstream_(?:kit|intake|router|sla|notifier)_\w+", _text(page)))

    assert {name for name in named if not _is_series(name)} == set()


def _is_series(name: str) -> bool:
    """Its family's name will do, and the beginning that a search asks for (it ends in _)."""
    known = set(series())
    family = {name, f"{name}_total", f"{name}_bucket"}
    return bool(family & known) or (
        name.endswith("_") and any(each.startswith(name) for each in known)
    )


@BY_NAME
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", _text(page)):
        name, _, section = target.partition("#")
        other = (page.parent / name).resolve() if name else page
        assert other.is_file(), target
        if section:
            headings = re.findall(r"^#+ (.+)$", _text(other), flags=re.MULTILINE)
            assert section in [
                re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings
            ]


def _look(log_start: int = 0, end: int = 200, committed: int | None = None) -> Look:
    return Look(log_start=log_start, end=end, record=None, committed=committed)


@pytest.mark.parametrize(
    ("checkpoint", "look", "count"),
    [
        ((120, 119), _look(end=10), 12),
        ((120, 119), _look(), 12),
        ((120, 119), _look(log_start=130), 12),
        ((120, None), _look(committed=150), 12),
        ((120, None), _look(), 24),
    ],
    ids=["ends before", "another record", "retention", "older database", "recounted"],
)
def test_the_page_has_the_text_of_each_refusal(
    checkpoint: tuple[int, int | None], look: Look, count: int
) -> None:
    position, last_offset = checkpoint
    known = Checkpoint(
        partition=EVENTS,
        epoch=1,
        commits=0,
        position=position,
        last_offset=last_offset,
        last_identity="what was handled",
        partition_count=12,
    )

    said = refusal(known, look, count, "sla")

    assert said is not None
    fact = said.partition(": ")[2].partition(" To go on:")[0]
    assert _without_figures(fact) in _without_figures(_text(RUNBOOKS / "refused-partition.md"))


def _without_figures(text: str) -> str:
    return re.sub(r"\d+", "N", " ".join(text.replace("\n>", "\n").split()))
