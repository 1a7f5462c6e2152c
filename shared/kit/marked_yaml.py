"""What a YAML file says, and on which line it says each thing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

Loc = tuple[str | int, ...]

LARGEST_FILE_BYTES = 1_048_576
MOST_ALIASES = 100
MOST_VALUES = 200_000  # after aliases are written out
DEEPEST = 40

_HINTS = {
    "undefined alias": 'put quotes around what begins with a star, like "*word"',
    "expected ',' or": "a bracket is not closed, or a comma is missing",
    "cannot start any token": "indent with blanks, not with tabs; put quotes around @ and `",
}
_TAG = "tag:yaml.org,2002:"


def _loader() -> Any:
    """The scalars of YAML 1.2: `no` is a word, `9:30` and `0049` are text, dates stay text."""
    fastest = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    loader = type("Loader", (fastest,), {"yaml_implicit_resolvers": {}})
    scalars = (
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
        ("int", r"[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
    )
    for name, pattern, first in scalars:
        yaml.add_implicit_resolver(_TAG + name, re.compile(rf"(?:{pattern})$"), first, loader)
    return loader


_LOADER = _loader()
_SCALARS: Mapping[str, Any] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": int,
    "float": float,
    "str": str,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`line` counts from 1; None where the file itself is the problem."""

    line: int | None
    message: str
    loc: Loc = ()


@dataclass(slots=True)
class Marked:
    """The plain value of a file, the line of every place in it, and what was wrong."""

    value: Any = None
    lines: dict[Loc, int] = field(default_factory=lambda: {(): 1})
    problems: list[Problem] = field(default_factory=list)

    def line(self, loc: Loc) -> int:
        """The line of a place, or of the nearest place around it that is written down."""
        while loc not in self.lines:
            loc = loc[:-1]
        return self.lines[loc]


def parse(content: bytes) -> Marked:
    """Never raises on what the content may be: what is wrong is in `problems`."""
    if len(content) > LARGEST_FILE_BYTES:
        size = f"{len(content):,} bytes; at most {LARGEST_FILE_BYTES:,} are read"
        return Marked(problems=[Problem(None, f"the file is too large: {size}")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Marked(problems=[Problem(line, "this is not UTF-8 text; save the file as UTF-8")])
    return _parse_text(text)


def _parse_text(text: str) -> Marked:
    marked = Marked(value={})
    try:
        marked.problems.extend(_bounds(text))
        node = None if marked.problems else yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        marked.problems.append(_syntax_problem(error))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        marked.problems.append(Problem(line, "a control character stands here; remove it"))
    else:
        if node is not None:
            marked.value = _Builder(marked).build(node, (), ())
    return marked


def _bounds(text: str) -> Iterator[Problem]:
    """Refuses what would only be there to exhaust the reader, before anything is built."""
    depth = aliases = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        if depth > DEEPEST or aliases > MOST_ALIASES:
            what = f"nested more than {DEEPEST} deep" if depth > DEEPEST else "too many aliases (*)"
            yield Problem(_line_of(event.start_mark), f"{what}; write it more simply")
            return


def _syntax_problem(error: yaml.MarkedYAMLError) -> Problem:
    context = f" ({error.context})" if error.context else ""
    line = _line_of(error.problem_mark or error.context_mark)
    hint = next((f"; {what}" for sign, what in _HINTS.items() if sign in str(error.problem)), "")
    return Problem(line, f"this is not valid YAML: {error.problem}{context}{hint}")


def _line_of(mark: Any) -> int | None:
    return None if mark is None else int(mark.line) + 1


@dataclass(slots=True)
class _Builder:
    into: Marked
    values: int = 0

    def build(self, node: yaml.Node, loc: Loc, above: Sequence[yaml.Node]) -> Any:
        self.into.lines.setdefault(loc, node.start_mark.line + 1)
        self.values += 1
        if node in above:
            return self._refuse(node, loc, "an alias (*) stands inside what it names")
        if self.values > MOST_VALUES:
            return self._refuse(node, loc, "the aliases (*) unfold into too many values")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loc, (*above, node))
        if isinstance(node, yaml.SequenceNode):
            inside = (*above, node)
            return [self.build(item, (*loc, i), inside) for i, item in enumerate(node.value)]
        return self._scalar(node, loc)

    def _mapping(self, node: yaml.MappingNode, loc: Loc, above: Sequence[yaml.Node]) -> Any:
        """Keys are always text, so that a category may be called `no` or `404`."""
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(key_node, loc, "a key must be a plain word")
            elif key_node.value == "<<" and not key_node.style:
                self._refuse(key_node, loc, "merge keys (<<) are not read; write the fields out")
            elif key_node.value in built:
                first = self.into.lines[*loc, key_node.value]
                where = (*loc, key_node.value)
                self._refuse(key_node, where, f"stands here twice; first on line {first}")
            else:
                self.into.lines[*loc, key_node.value] = key_node.start_mark.line + 1
                built[key_node.value] = self.build(value_node, (*loc, key_node.value), above)
        return built

    def _scalar(self, node: yaml.Node, loc: Loc) -> Any:
        read = _SCALARS.get(node.tag.removeprefix(_TAG))
        if read is None:
            return self._refuse(node, loc, f"the tag {node.tag} is not read here")
        try:
            return read(node.value)
        except ValueError:
            return self._refuse(node, loc, f"{node.value!r} does not fit its tag")

    def _refuse(self, node: yaml.Node, loc: Loc, message: str) -> None:
        """Aliases that unfold too far would repeat themselves: one line says it."""
        problem = Problem(node.start_mark.line + 1, message, loc)
        if all(problem.message != said.message for said in self.into.problems[-1:]):
            self.into.problems.append(problem)
