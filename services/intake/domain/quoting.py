"""Which part of a message is new, and which only repeats what was said or signs it."""

# ruff: noqa: RUF001 - commas are wide in Chinese and Japanese

import re
from dataclasses import dataclass

from services.intake.domain.introduction import (
    LONGEST_ATTRIBUTION,
    LONGEST_LINE,
    QUOTED,
    Introduction,
    header_block,
    introduction_at,
    next_written,
    quoted_next,
)
from services.intake.domain.signature_words import is_advert

# Where a client's markup says that quoted text begins; adapters put it into text made of HTML.
CLIENTS_MARK = "\ue002"
MOST_LINES = 2_000  # whoever writes more before he quotes is not cut
LONGEST_SIGNATURE = 15
LONGEST_GREETING = 40  # characters
SIGNATURE = re.compile(r"(?:-- ?|—)")
NAME_SIGNATURE = re.compile(r"-{1,2}[A-ZÀ-Þ][\w.'’-]{0,30}(?: [\w.'’-]{1,30}){0,3}")
UNDERSCORES = re.compile(r"(?:_{2,}|—{2,})\s*")
MARKED = re.compile(r"\s{0,3}(?:>|\|(?=\s|$))")
# In a quote, what a client's wrapping of a long link leaves without its mark.
LINK = re.compile(r"\s*[<(\[]?https?://\S+?[>)\]]?[\s>]*")


@dataclass(frozen=True, slots=True)
class Division:
    """`new` is what the sender wrote now; `quoted` what was cut away, in its order."""

    new: str
    quoted: str


def divide(text: str) -> Division:
    """Cuts quoted text and signature. Where nothing would be left, nothing is cut.

    A quote that the sender answers line by line stays, as what gives his words their sense.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    marked = _marked(lines)
    if marked is not None:
        lines = [without_marks(line) for line in lines]
    keep = [True] * len(lines)
    _cut_signature(lines, keep)
    _cut_adverts(lines, keep)
    introduction = _introduction(lines, keep, marked)
    if introduction is None:
        _cut_trailing_quote(lines, keep)
    else:
        _cut_quotation(lines, keep, introduction)
        _cut_signature(lines, keep)
    _cut_adverts(lines, keep)
    new = _joined(lines, keep, wanted=True)
    if not new:
        return Division("\n".join(lines).strip("\n"), "")
    return Division(new, _joined(lines, keep, wanted=False))


def _joined(lines: list[str], keep: list[bool], *, wanted: bool) -> str:
    chosen = [line for line, kept in zip(lines, keep, strict=True) if kept is wanted]
    while chosen and not chosen[0].strip():
        chosen.pop(0)
    while chosen and not chosen[-1].strip():
        chosen.pop()
    return "\n".join(chosen)


def _cut(keep: list[bool], first: int, last: int) -> None:
    for i in range(first, last + 1):
        keep[i] = False


def _cut_signature(lines: list[str], keep: list[bool]) -> None:
    """The last delimiter's lines, where they are few and hold no quote; else a client's advert."""
    end = _last_written(lines, keep)
    for i in range(end, max(-1, end - LONGEST_SIGNATURE - 1), -1):
        if QUOTED.match(lines[i]):
            break
        if SIGNATURE.fullmatch(lines[i]) or (i < end and _is_underscored(lines, i)):
            if _written_before(lines, i) and not header_block(lines, i + 1):
                _cut(keep, i, len(lines) - 1)
            break


def _is_underscored(lines: list[str], i: int) -> bool:
    """The only line of this kind: between two of them stands what somebody wants to be seen."""
    return bool(UNDERSCORES.fullmatch(lines[i])) and not any(
        UNDERSCORES.fullmatch(line) for line in lines[max(0, i - MOST_LINES) : i]
    )


def _cut_adverts(lines: list[str], keep: list[bool]) -> None:
    """Up to two: a device's and an app's."""
    for _ in range(2):
        end = _last_written(lines, keep)
        if end < 0 or not _signs(lines[end].strip()[:LONGEST_LINE]):
            return
        if not _written_before(lines, end):
            return
        _cut(keep, end, end)


def _signs(line: str) -> bool:
    """What a device adds, or a name after a dash (`-Ana`)."""
    return is_advert(line) or bool(NAME_SIGNATURE.fullmatch(line))


def _last_written(lines: list[str], keep: list[bool]) -> int:
    return next((i for i in range(len(lines) - 1, -1, -1) if keep[i] and lines[i].strip()), -1)


def _written_before(lines: list[str], i: int) -> bool:
    return any(line.strip() and not QUOTED.match(line) for line in lines[:i])


def _marked(lines: list[str]) -> int | None:
    """The line with the first mark; the next one, where an element breaks the line at its mark."""
    for i, line in enumerate(lines):
        before, mark, after = line.partition(CLIENTS_MARK)
        if mark:
            return i + 1 if before.strip() and not without_marks(after).strip() else i
    return None


def without_marks(text: str) -> str:
    return text.replace(CLIENTS_MARK, "")


def _introduction(lines: list[str], keep: list[bool], marked: int | None) -> Introduction | None:
    for i, line in enumerate(lines[:MOST_LINES]):
        if i == marked:
            return introduction_at(lines, next_written(lines, i)) or _of_element(lines, i)
        if not keep[i] or not line.strip() or len(line) > LONGEST_LINE:
            continue
        if found := introduction_at(lines, i):
            return found
    return None


def _of_element(lines: list[str], i: int) -> Introduction:
    """In whatever language: all up to the quoted block that follows soon, else one line."""
    start = next_written(lines, i)
    for j in range(start, min(start + LONGEST_ATTRIBUTION, len(lines))):
        if QUOTED.match(lines[j]):
            return Introduction(i, j - 1)
    return Introduction(i, min(start, len(lines) - 1))


def _cut_quotation(lines: list[str], keep: list[bool], introduction: Introduction) -> None:
    written = [lines[i].strip() for i in range(introduction.first) if keep[i] and lines[i].strip()]
    answered = bool(written) and not _is_greeting(written)
    _cut(keep, introduction.first, introduction.last)
    after = introduction.last + 1
    own_marks = bool(MARKED.match(lines[introduction.first]))
    if not own_marks and (not quoted_next(lines, after) or (answered and _named(lines, after))):
        if written:
            _cut(keep, after, len(lines) - 1)
        return
    several = _blocks(lines, after) > 1
    _cut_trailing_quote(lines, keep)
    if not several:
        _cut(keep, after, _end_of_quote(lines, after) - 1)


def _is_greeting(written: list[str]) -> bool:
    """One short line that ends as greetings do: what answers the quote is still to come."""
    return len(written) == 1 and len(written[0]) <= LONGEST_GREETING and written[0][-1] in ",!，、"


def _named(lines: list[str], start: int) -> bool:
    """One block of `Ana> …`, as chats have it too: that alone does not tell quote from answer."""
    i = next_written(lines, start)
    if i == len(lines) or MARKED.match(lines[i]):
        return False
    return _blocks(lines, i) == 1


def _blocks(lines: list[str], start: int) -> int:
    """Stretches of quoted text: several are answered one by one, and stay; a single one goes."""
    count, inside = 0, False
    for i in range(start, len(lines)):
        if lines[i].strip():
            quoted = _in_quote(lines, i)
            count += quoted and not inside
            inside = quoted
    return count


def _end_of_quote(lines: list[str], i: int) -> int:
    while i < len(lines) and (not lines[i].strip() or _in_quote(lines, i)):
        i += 1
    return i


def _cut_trailing_quote(lines: list[str], keep: list[bool]) -> None:
    for i in range(len(lines) - 1, -1, -1):
        if keep[i] and lines[i].strip() and not _in_quote(lines, i):
            return
        keep[i] = False


def _in_quote(lines: list[str], i: int) -> bool:
    """With its mark, or a link between lines that have it."""
    if QUOTED.match(lines[i]):
        return True
    return i > 0 and bool(LINK.fullmatch(lines[i])) and bool(QUOTED.match(lines[i - 1]))
