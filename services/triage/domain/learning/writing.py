"""Learned words as YAML: a file of their own, or beside what people wrote, which stays as it is."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import yaml

from services.triage.domain.ruleset import Category, TriageRules

_WIDTH = 100
_PLAIN = re.compile(r"[^\W\d_][\w ]*\*?")
_SPECIAL = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))
_HEAD = """\
# Learned from {tickets:,} tickets by `deskstream triage learn`. Each word or phrase has the weight
# with which it speaks for its category, below 0 against it; the sums decide. Strike out what should
# not count (names, accidents of the history), and add words of your own under `words:`, by
# language; they stay when it is learned again with --merge.
"""
_ORDER = ("low", "medium", "high")


class WritingError(ValueError):
    """The hand-written file cannot be added to; the text says where and what to change."""


class _Edit(NamedTuple):
    """Lines `first` up to `end` are replaced; lines count from 0."""

    first: int
    end: int
    lines: Sequence[str]


def new_file(rules: TriageRules, tickets: int) -> str:
    """Complete rules: they can be used as they are."""
    matrix = rules.priority.matrix
    rows = (f"    {row}: {_flow(getattr(matrix, row).model_dump(), 0)}" for row in _ORDER)
    lines = [
        _HEAD.format(tickets=tickets),
        f"thresholds: {{least_score: {rules.thresholds.least_score:g}}}",
        "",
        "categories:",
        *(line for name, rule in rules.categories.items() for line in _category(name, rule, 2)),
        "",
        "priority:                     # a row for each impact, a column for each urgency",
        "  matrix:",
        *rows,
    ]
    return "\n".join(lines) + "\n"


def added_to(text: str, rules: TriageRules, changed: Iterable[str]) -> str:
    """The hand-written file with `learned` and `labels` of these categories, all else untouched."""
    node = _child(yaml.compose(text, Loader=yaml.SafeLoader), "categories")
    if not isinstance(node, yaml.MappingNode) or node.flow_style or not node.value:
        raise WritingError(
            "categories: write them in lines of their own, not in { }, to add to them"
        )
    written = {key.value: (key, value) for key, value in node.value}
    indent = node.value[0][0].start_mark.column
    edits: list[_Edit] = []
    fresh: list[str] = []
    for name in changed:
        if name in written:
            edits.extend(_category_edits(*written[name], rules.categories[name]))
        else:
            fresh.extend(_category(name, rules.categories[name], indent))
    if fresh:
        end = _last_line(node) + 1
        edits.append(_Edit(end, end, fresh))
    return _edited(text, edits)


def _category_edits(key: yaml.Node, node: yaml.Node, rule: Category) -> Iterator[_Edit]:
    if not isinstance(node, yaml.MappingNode) or node.flow_style or not node.value:
        line, name = key.start_mark.line + 1, key.value
        raise WritingError(f"{line}: categories.{name}: write its fields in lines of their own")
    for field, value in node.value:
        if field.value in ("learned", "labels"):
            yield _Edit(field.start_mark.line, _last_line(value) + 1, ())
    first = node.value[0][0].start_mark
    yield _Edit(first.line, first.line, list(_learned(rule, first.column)))


def _edited(text: str, edits: Sequence[_Edit]) -> str:
    """An insertion stands before what is taken away at the same line."""
    lines = text.splitlines()
    for edit in sorted(edits, key=lambda edit: (edit.first, edit.end), reverse=True):
        lines[edit.first : edit.end] = edit.lines
    return "\n".join(lines) + "\n"


def _child(node: yaml.Node | None, name: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for key, value in pairs if key.value == name), None)


def _last_line(node: yaml.Node) -> int:
    """Of the node's own text: the end that a block reports lies behind the remarks after it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    end: int = node.end_mark.line
    return end


def _category(name: str, rule: Category, indent: int) -> Iterator[str]:
    yield f"{' ' * indent}{_scalar(name)}:"
    yield from _learned(rule, indent + 2)


def _learned(rule: Category, indent: int) -> Iterator[str]:
    pad = " " * indent
    if rule.labels:
        yield f"{pad}labels: [{', '.join(map(_scalar, rule.labels))}]"
    if rule.learned:
        yield f"{pad}learned:"
        yield f"{pad}  {_flow(rule.learned, indent + 3)}"


def _flow(items: Mapping[str, object], indent: int) -> str:
    """`{a: 1, b: 2}` with line breaks; what follows a break stands under the first item."""
    lines, line = [], "{"
    last = len(items) - 1
    for place, (key, value) in enumerate(items.items()):
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        item = f"{_scalar(key)}: {shown}{'}' if place == last else ', '}"
        if len(line) > 1 and indent + len(line) + len(item) > _WIDTH:
            lines.append(line.rstrip())
            line = ""
        line += item
    return f"\n{' ' * indent}".join((*lines, line))


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _SPECIAL:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in quoted)
