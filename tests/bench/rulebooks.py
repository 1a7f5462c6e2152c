"""The shipped rules with more of them added that no ticket meets: what their number costs."""

import shutil
from itertools import islice, product
from pathlib import Path
from string import ascii_lowercase

from shared.kit.settings import SHIPPED_CONFIG

TRIAGE, ROUTING = "triage.yaml", "routing.yaml"
WORDS, RULES = "    words:\n", "\nrules:\n"


def with_phrases(folder: Path, more: int) -> None:
    """Of two words each, in the first category."""
    added = ", ".join(f"zq{word} qz{word}: 1" for word in _words(more))
    _insert(folder, TRIAGE, WORDS, f"      any: {{{added}}}\n")


def with_routing_rules(folder: Path, more: int) -> None:
    """Before the shipped ones, so that each is tried for every ticket."""
    added = (
        f"  - name: Brand {word}\n    when: {{brand: brand-{word}}}\n    queue: support\n"
        for word in _words(more)
    )
    _insert(folder, ROUTING, RULES, "".join(added))


def _words(count: int) -> list[str]:
    letters = product(ascii_lowercase, repeat=4)
    return ["".join(each) for each in islice(letters, count)]


def _insert(folder: Path, name: str, after: str, text: str) -> None:
    shutil.copytree(SHIPPED_CONFIG, folder, dirs_exist_ok=True)
    before, mark, rest = (folder / name).read_text(encoding="utf-8").partition(after)
    if not mark:
        raise ValueError(f"the shipped {name} has no line like {after!r}")
    (folder / name).write_text(before + mark + text + rest, encoding="utf-8")
