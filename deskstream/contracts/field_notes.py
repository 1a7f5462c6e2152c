"""What a field means: the comment that stands with it in the class."""

import ast
import inspect
import tokenize
from functools import cache
from io import StringIO

from shared.contracts.fields import Contract


def field_notes(cls: type[Contract]) -> dict[str, str]:
    """Field ▶ its comment, on the field's own lines or just above them; inherited ones too.

    What is None in Python is left out of the JSON, so the notes call it absent.
    """
    notes: dict[str, str] = {}
    for ancestor in reversed(cls.__mro__):
        if issubclass(ancestor, Contract) and ancestor is not Contract:
            notes |= _own_notes(ancestor)
    return {name: note for name, note in notes.items() if name in cls.model_fields}


@cache
def _own_notes(cls: type[Contract]) -> dict[str, str]:
    source = inspect.getsource(cls)
    comments = _comments(source)
    lines = source.splitlines()
    return {
        name: note
        for name, first, last in _fields(source)
        if (note := _note(comments, lines, first, last))
    }


def _fields(source: str) -> list[tuple[str, int, int]]:
    """Name, first and last line of each annotated name of the class."""
    [cls] = ast.parse(source).body
    body = cls.body if isinstance(cls, ast.ClassDef) else []
    return [
        (node.target.id, node.lineno, node.end_lineno or node.lineno)
        for node in body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(StringIO(source).readline)
    return {
        token.start[0]: token.string.removeprefix("#").strip()
        for token in tokens
        if token.type == tokenize.COMMENT and "noqa" not in token.string
    }


def _note(comments: dict[int, str], lines: list[str], first: int, last: int) -> str:
    above = first - 1
    while above in comments and lines[above - 1].lstrip().startswith("#"):
        above -= 1
    numbers = range(above + 1, last + 1)
    note = " ".join(comments[number] for number in numbers if number in comments)
    return note.replace("None:", "absent:")
