"""Writes docs/mistakes.md from the tables of mistakes: python -m tests.router.mistakes_page."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.router.mistakes import MISTAKES as ROUTING
from tests.triage.mistakes import MISTAKES as TRIAGE

FILE = Path(__file__).parents[2] / "docs" / "mistakes.md"
HEAD = """\
# What is said of mistakes in `routing.yaml` and `triage.yaml`

<!-- Made by `python -m tests.router.mistakes_page`; a test keeps it so. -->

`deskstream check` names every mistake at once, each with file, line, place and what to do. So does
a service that will not start with them, and the log of one that runs on with the rules before.
Each of these texts is tested word for word.
"""
LONGEST = 70


def text() -> str:
    parts = [HEAD]
    for file, rows in (("routing.yaml", ROUTING), ("triage.yaml", TRIAGE.values())):
        parts += [
            f"\n## {file}\n",
            "\n| instead of | somebody wrote | and was told |\n|---|---|---|\n",
        ]
        parts += [
            f"| {_code(good)} | {_code(bad)} | {_quoted(f'{file}:{told}')} |\n"
            for good, bad, told in rows
        ]
    return "".join(parts)


def _code(written: str) -> str:
    """What differs is on the first lines; a tab is shown, as nobody would see it."""
    lines = [line.replace("\t", "⇥") for line in written.splitlines() if line.strip()]
    return " ⏎ ".join(map(_quoted, _short(lines))) or "nothing"


def _quoted(code: str) -> str:
    """As Markdown wants it in a table, also with backticks of its own."""
    plain = code.replace("|", "\\|")
    return f"`` {plain} ``" if "`" in plain else f"`{plain}`"


def _short(lines: Sequence[str]) -> Iterator[str]:
    for line in lines[:4]:
        plain = line.strip() if "⇥" not in line else line
        yield plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}…"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
