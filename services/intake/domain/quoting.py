"""Which part of a message is new, and which only repeats what was said or signs it."""

# ruff: noqa: RUF001 - colons are wide in Chinese and Japanese

import re
from dataclasses import dataclass

from services.intake.domain.quoting_words import (
    ADDRESS_AT_END,
    ATTRIBUTION_START,
    ATTRIBUTION_VERB,
    BARE_ATTRIBUTION,
    FORWARDED,
    HEADER_LABELS,
    MOBILE_SIGNATURE,
    QUOTING,
    REPLY_ABOVE,
    SEPARATOR,
    TIME_OF_DAY,
)

LONGEST_LINE = 400  # a longer line is prose, no attribution
MOST_LINES = 2_000  # whoever writes more before he quotes is not cut
LONGEST_ATTRIBUTION = 6  # lines, as clients wrap and pad them
LONGEST_SIGNATURE = 15
LONGEST_GREETING = 40  # characters
HEADER_SPAN = 10  # lines in which a quoted mail's From, Date, To, Subject stand
FEWEST_HEADERS = 3
QUOTED = re.compile(r"\s{0,3}(?:>|\|(?=\s|$)|[A-Z][a-z]{0,15}>(?=\s|$))")
QUOTE_MARKS = re.compile(r"^[\s>|]*")
RULE = re.compile(r"\s*(?:[_=*-]{5,}|—{3,})\s*")
SIGNATURE = re.compile(r"(?:-- ?|—)")
NAME_SIGNATURE = re.compile(r"-{1,2}[A-ZÀ-Þ][\w.'’-]{0,30}(?: [\w.'’-]{1,30}){0,3}")
DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LABEL_EDGES = " \t>*_|\xa0\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
UNDERSCORES = re.compile(r"_{5,}\s*")


@dataclass(frozen=True, slots=True)
class Division:
    """`new` is what the sender wrote now; `quoted` what was cut away, in its order."""

    new: str
    quoted: str


@dataclass(frozen=True, slots=True)
class Introduction:
    """Lines first to last (inclusive) introduce quoted text: "On Monday Ana wrote:"."""

    first: int
    last: int


def divide(text: str) -> Division:
    """Cuts quoted text and signature. Where nothing would be left, nothing is cut.

    A quote that the sender answers line by line stays, as what gives his words their sense.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    keep = [True] * len(lines)
    _cut_signature(lines, keep)
    _cut_mobile_signature(lines, keep)
    introduction = _introduction(lines, keep)
    if introduction is None:
        _cut_trailing_quote(lines, keep)
    else:
        _cut_quotation(lines, keep, introduction)
        _cut_signature(lines, keep)
    _cut_mobile_signature(lines, keep)
    new = _joined(lines, keep, wanted=True)
    if not new:
        return Division(text.strip("\n"), "")
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
        if SIGNATURE.fullmatch(lines[i]) or (i < end and UNDERSCORES.fullmatch(lines[i])):
            if _written_before(lines, i) and not _header_block(lines, i + 1):
                _cut(keep, i, len(lines) - 1)
            break


def _cut_mobile_signature(lines: list[str], keep: list[bool]) -> None:
    end = _last_written(lines, keep)
    if end >= 0 and _signs(lines[end].strip()[:LONGEST_LINE]) and _written_before(lines, end):
        _cut(keep, end, end)


def _signs(line: str) -> bool:
    """What a device adds, or a name after a dash (`-Ana`)."""
    return bool(MOBILE_SIGNATURE.match(line) or NAME_SIGNATURE.fullmatch(line))


def _last_written(lines: list[str], keep: list[bool]) -> int:
    return next((i for i in range(len(lines) - 1, -1, -1) if keep[i] and lines[i].strip()), -1)


def _written_before(lines: list[str], i: int) -> bool:
    return any(line.strip() and not QUOTED.match(line) for line in lines[:i])


def _introduction(lines: list[str], keep: list[bool]) -> Introduction | None:
    for i, line in enumerate(lines[:MOST_LINES]):
        if not keep[i] or not line.strip() or len(line) > LONGEST_LINE:
            continue
        found = _separator(lines, i) or _attribution(lines, i) or _headers(lines, i)
        if found:
            return found
    return None


def _separator(lines: list[str], i: int) -> Introduction | None:
    line = lines[i].strip(" \t>*_|")
    if not any(pattern.fullmatch(line) for pattern in (SEPARATOR, FORWARDED, REPLY_ABOVE)):
        return None
    j = _next_written(lines, i + 1)
    return Introduction(i, _header_block(lines, j) or i)


def _headers(lines: list[str], i: int) -> Introduction | None:
    """A block of mail headers, with the rule that some clients draw above it."""
    j = _next_written(lines, i + 1) if RULE.fullmatch(lines[i]) else i
    last = _header_block(lines, j)
    return Introduction(i, last) if last else None


def _header_block(lines: list[str], i: int) -> int | None:
    """The block's last line, where line `i` begins one: three kinds of header, one the sender's."""
    kinds: set[str] = set()
    last = None
    for j in range(i, min(i + HEADER_SPAN, len(lines))):
        kind = _header_kind(lines[j])
        if kind is None and (j == i or not lines[j].strip(" >|")):
            break
        if kind is not None:
            kinds.add(kind)
            last = j
    return last if len(kinds) >= FEWEST_HEADERS and "from" in kinds else None


def _header_kind(line: str) -> str | None:
    label, colon, _ = line[:LONGEST_LINE].replace("：", ":").partition(":")
    return HEADER_LABELS.get(label.strip(LABEL_EDGES).casefold()) if colon else None


def _attribution(lines: list[str], i: int) -> Introduction | None:
    """One that begins in line `i`, perhaps wrapped over the next ones."""
    first = _bare(lines[i])
    starts = bool(ATTRIBUTION_START.match(first)) or "@" in first
    joined = ""
    for j in range(i, min(i + LONGEST_ATTRIBUTION, len(lines))):
        joined = f"{joined} {_bare(lines[j])}".strip()
        if len(joined) > LONGEST_LINE:
            return None
        if _ends_attribution(joined) and (_dated(joined) or _quoted_next(lines, j + 1)):
            return Introduction(i, j)
        if _names_sender(joined) and _quoted_next(lines, j + 1):
            return Introduction(i, j)
        if _dates_sender(joined) and j + 1 < len(lines):
            return Introduction(i, j)
        if not starts or joined.endswith((":", "：")):
            return None
    return None


def _bare(line: str) -> str:
    """Without quote marks, and the marks of text that runs from right to left."""
    return QUOTE_MARKS.sub("", DIRECTION_MARKS.sub("", line))


def _ends_attribution(joined: str) -> bool:
    ends = joined.rstrip().rstrip("-— ").endswith((":", "：")) or joined.rstrip().endswith("----")
    return ends and bool(ATTRIBUTION_VERB.search(joined))


def _names_sender(joined: str) -> bool:
    """Without a verb: a date and an address, right above a quote."""
    if BARE_ATTRIBUTION.fullmatch(joined) or QUOTING.fullmatch(joined):
        return True
    return joined.endswith(":") and "@" in joined and any(c.isdigit() for c in joined)


def _dates_sender(joined: str) -> bool:
    """A date and time, and an address that ends the line."""
    before, angle, _ = joined.partition("<")
    found = ADDRESS_AT_END.fullmatch(joined, len(before)) if angle else None
    return found is not None and bool(TIME_OF_DAY.search(before))


def _dated(joined: str) -> bool:
    return "@" in joined or any(c.isdigit() for c in joined)


def _next_written(lines: list[str], i: int) -> int:
    return next((j for j in range(i, len(lines)) if lines[j].strip()), len(lines))


def _quoted_next(lines: list[str], i: int) -> bool:
    j = _next_written(lines, i)
    return j < len(lines) and bool(QUOTED.match(lines[j]))


def _cut_quotation(lines: list[str], keep: list[bool], introduction: Introduction) -> None:
    written = [lines[i].strip() for i in range(introduction.first) if keep[i] and lines[i].strip()]
    before = bool(written)
    _cut(keep, introduction.first, introduction.last)
    own_marks = bool(QUOTED.match(lines[introduction.first]))
    if not own_marks and not _quoted_next(lines, introduction.last + 1):
        if before:
            _cut(keep, introduction.last + 1, len(lines) - 1)
        return
    _cut_trailing_quote(lines, keep)
    if not before or _is_greeting(written):
        _cut_leading_quote(lines, keep, introduction.last + 1)


def _is_greeting(written: list[str]) -> bool:
    """One short line that ends as greetings do: what answers the quote is still to come."""
    return len(written) == 1 and len(written[0]) <= LONGEST_GREETING and written[0][-1] in ",!，、"


def _cut_trailing_quote(lines: list[str], keep: list[bool]) -> None:
    for i in range(len(lines) - 1, -1, -1):
        if keep[i] and lines[i].strip() and not QUOTED.match(lines[i]):
            return
        keep[i] = False


def _cut_leading_quote(lines: list[str], keep: list[bool], start: int) -> None:
    """The one quote above an answer; several are answered one by one, and stay."""
    i = start
    while i < len(lines) and (not lines[i].strip() or QUOTED.match(lines[i])):
        i += 1
    if any(keep[j] and QUOTED.match(lines[j]) for j in range(i, len(lines))):
        return
    _cut(keep, start, i - 1)
