"""What stands below mails though nobody wrote it: disclaimers, scanners' notes, adverts."""

import re
from collections.abc import Callable, Iterator, Sequence

_PARAGRAPHS = re.compile(r"\n\s*\n")


def without(text: str, is_boilerplate: Callable[[str], bool]) -> str:
    """Each paragraph up to the line in which it begins; the whole text if nothing else is said."""
    kept = "\n\n".join(filter(str.strip, _kept(text, is_boilerplate)))
    return kept or text


def _kept(text: str, is_boilerplate: Callable[[str], bool]) -> Iterator[str]:
    for paragraph in _PARAGRAPHS.split(text):
        if not is_boilerplate(paragraph):
            yield paragraph
            continue
        lines = paragraph.split("\n")
        yield "\n".join(lines[: _beginning(lines, is_boilerplate)])


def _beginning(lines: Sequence[str], is_boilerplate: Callable[[str], bool]) -> int:
    """The line where it begins: it may be told only together with the next."""
    for place in range(len(lines)):
        if is_boilerplate(lines[place]):
            return place
        if is_boilerplate("\n".join(lines[place : place + 2])):
            return place if not is_boilerplate(lines[place + 1]) else place + 1
    return 0
