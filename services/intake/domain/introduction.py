"""The lines that introduce what is quoted: "On Monday Ana wrote:", or a block of headers."""

# ruff: noqa: RUF001 - colons are wide in Chinese and Japanese

import re
from dataclasses import dataclass

from services.intake.domain.attribution_words import (
    ADDRESS,
    ADDRESS_AT_END,
    ATTRIBUTION_START,
    ATTRIBUTION_VERB,
    BARE_ATTRIBUTION,
    CLOCK,
    DATE,
    DATE_FIRST,
    ENCLOSED,
    FULL_DATE,
    NOTES,
    PRONOUN,
    QUOTING,
    TIME_OF_DAY,
    WITHOUT_COLON,
    YEAR,
)
from services.intake.domain.header_words import HEADER_LABELS
from services.intake.domain.separator_words import DRAWN, FORWARDED, REPLY_ABOVE, SEPARATOR

LONGEST_LINE = 400  # a longer line is prose, no attribution
LONGEST_ATTRIBUTION = 6  # lines, as clients wrap and pad them
HEADER_SPAN = 12  # lines in which a quoted mail's From, Date, To, Subject stand
FEWEST_HEADERS = 3
QUOTED = re.compile(r"\s{0,3}(?:>|\|(?=\s|$)|[A-Z][a-z]{0,15}>(?=\s|$))")
QUOTE_MARKS = re.compile(r"^[\s>|]*")
RULE = re.compile(r"\s*(?:[_=*-]{5,}|[—‐-]{3,})\s*")
DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LABEL_EDGES = " \t>*_|\xa0\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
COLONS = (":", "：")
MAY_END = frozenset((*COLONS, ">", "-", "—"))  # the last letter of an attribution's last line
PADDING = (
    " \t\r\f\v\xa0\u2002\u2003\u2009\u202f\u3000"
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
# Headers that a client put on one line.
LABEL_IN_LINE = re.compile(r"(?:(?<=\s)|^)\*?(\w{1,16})\s?:\*?(?=\s)")
SENTENCE_END = re.compile(r"(?:[!?]|\w{4,}\.)\s*\Z")
DATE_AT_END = re.compile(r"\d\.?\s(?:de\s)?\w+\.\s*\Z")


@dataclass(frozen=True, slots=True)
class Introduction:
    """Lines first to last (inclusive) introduce quoted text: "On Monday Ana wrote:"."""

    first: int
    last: int


def introduction_at(lines: list[str], i: int) -> Introduction | None:
    found = _separator(lines, i) or _attribution(lines, i) or _headers(lines, i)
    if found and i > 0 and RULE.fullmatch(lines[i - 1]):
        return Introduction(i - 1, found.last)
    return found


def next_written(lines: list[str], i: int) -> int:
    return next((j for j in range(i, len(lines)) if lines[j].strip()), len(lines))


def quoted_next(lines: list[str], i: int) -> bool:
    j = next_written(lines, i)
    return j < len(lines) and bool(QUOTED.match(lines[j]))


def header_block(lines: list[str], i: int) -> int | None:
    """The block's last line, where line `i` begins one.

    Three kinds of header, one the sender's, and an address or subject: "From: Berlin, To: Rome,
    Date: May" is what somebody asks for. Without them, or of two, the date must be a mail's.
    """
    kinds: dict[str, str] = {}
    last = None
    for j in range(i, min(i + HEADER_SPAN, len(lines))):
        kind, value = _header(lines[j])
        if kind is None and (j == i or not lines[j].strip(" >|")):
            break
        if kind is not None:
            kinds.setdefault(kind, value)
            last = j
    return last if _is_mail(kinds) else None


def _header(line: str) -> tuple[str | None, str]:
    label, colon, value = line[:LONGEST_LINE].replace("：", ":").partition(":")
    return (HEADER_LABELS.get(label.strip(LABEL_EDGES).casefold()), value) if colon else (None, "")


def _is_mail(kinds: dict[str, str]) -> bool:
    named = "subject" in kinds or any("@" in value for value in kinds.values())
    if len(kinds) >= FEWEST_HEADERS and "from" in kinds and named:
        return True
    people = "@" in kinds.get("from", "") or "@" in kinds.get("to", "")
    in_order = list(kinds)[:3] == ["from", "date", "to"]
    date = DIRECTION_MARKS.sub("", kinds.get("date", ""))
    return (people or in_order) and bool(CLOCK.search(date) and YEAR.search(date))


def _separator(lines: list[str], i: int) -> Introduction | None:
    line = lines[i].strip(" \t>|")
    bare = line.strip("*_ ")
    known = (
        SEPARATOR.fullmatch(line)
        or (bare.endswith(COLONS) and FORWARDED.fullmatch(bare))
        or ("---" in bare and NOTES.fullmatch(bare))
        or REPLY_ABOVE.fullmatch(bare)
    )
    if not known:
        return None
    j = next_written(lines, i + 1)
    attribution = _attribution(lines, j) if j < len(lines) else None
    return Introduction(i, header_block(lines, j) or (attribution.last if attribution else i))


def _headers(lines: list[str], i: int) -> Introduction | None:
    """A block of mail headers, with the rule that some clients draw above it."""
    drawn = RULE.fullmatch(lines[i]) or DRAWN.fullmatch(lines[i])
    j = next_written(lines, i + 1) if drawn else i
    if j == len(lines) or not any(colon in lines[j] for colon in COLONS):
        return None
    last = header_block(lines, j)
    if last is None and _on_one_line(lines[j]):
        last = j
    return None if last is None else Introduction(i, last)


def _on_one_line(line: str) -> bool:
    """`From: Ana <ana@x> Sent: Monday To: Support Subject: Help`."""
    kinds = [HEADER_LABELS.get(label.casefold()) for label in LABEL_IN_LINE.findall(line)]
    return kinds[:1] == ["from"] and {"date", "to", "subject"}.issubset(kinds)


def _attribution(lines: list[str], i: int) -> Introduction | None:
    """One that begins in line `i`, perhaps wrapped over the next ones."""
    if "> " in lines[i] and _lacks_colon(_bare(lines[i])):
        return Introduction(i, i)
    if not any(line.rstrip(PADDING)[-1:] in MAY_END for line in lines[i : i + LONGEST_ATTRIBUTION]):
        return None
    first = _bare(lines[i])
    begins = _begins(lines, i, first)
    joined = ""
    for j in range(i, min(i + LONGEST_ATTRIBUTION, len(lines))):
        line = _bare(lines[j])
        joined = f"{joined} {line}".strip()
        if len(joined) > LONGEST_LINE:
            return None
        if _introduces(joined, lines, j + 1):
            return Introduction(_latest_beginning(lines, i, j), j)
        if not begins or joined.endswith(COLONS) or _ends_sentence(line):
            return None
    return None


def _lacks_colon(line: str) -> bool:
    before, angle, after = line.rpartition("<")
    if not angle or not WITHOUT_COLON.fullmatch(after):
        return False
    return bool(ATTRIBUTION_VERB.search(after) and TIME_OF_DAY.search(before))


def _latest_beginning(lines: list[str], first: int, last: int) -> int:
    """A line of the reply may stand tight above it, and begin as attributions do."""
    joined = ""
    for k in range(last, first, -1):
        joined = f"{_bare(lines[k])} {joined}".strip()
        if not FULL_DATE.search(joined) or joined.startswith(("<", "(")):
            continue
        if lines[k].strip() and _introduces(joined, lines, last + 1):
            return k
    return first


def _begins(lines: list[str], i: int, first: str) -> bool:
    """Whether more lines may follow: a paragraph's first that holds a date may be in any tongue."""
    if ATTRIBUTION_START.match(first) or "@" in first:
        return True
    return bool(DATE.search(first)) and (i == 0 or not lines[i - 1].strip())


def _ends_sentence(line: str) -> bool:
    ends = SENTENCE_END.search(line) and not DATE_AT_END.search(line)
    return bool(ends) and "@" not in line


def _bare(line: str) -> str:
    """Without quote marks, and the marks of text that runs from right to left."""
    return QUOTE_MARKS.sub("", DIRECTION_MARKS.sub("", line))


def _introduces(joined: str, lines: list[str], after: int) -> bool:
    if not _ends(joined):
        return False
    quoted = quoted_next(lines, after)
    if QUOTING.fullmatch(joined) and "@" in joined:
        return True
    if ATTRIBUTION_VERB.search(joined):
        return (quoted and _dated(joined)) or _tells_when_and_who(joined)
    if quoted and _names_sender(joined):
        return True
    return _dates_sender(joined) and after < len(lines)


def _ends(joined: str) -> bool:
    return joined.rstrip().rstrip("-— ").endswith(COLONS) or joined.endswith(("----", ">"))


def _tells_when_and_who(joined: str) -> bool:
    """As clients do, and who retells what was written does not."""
    if PRONOUN.search(joined):
        return bool(ENCLOSED.search(joined) and DATE.search(joined))
    return "@" in joined or bool(DATE.search(joined))


def _names_sender(joined: str) -> bool:
    """Without a verb: a date and an address, right above a quote."""
    if BARE_ATTRIBUTION.fullmatch(joined) or QUOTING.fullmatch(joined):
        return True
    return joined.endswith(COLONS) and bool(ADDRESS.search(joined) and DATE.search(joined))


def _dates_sender(joined: str) -> bool:
    """A date and time, and an address that ends the line."""
    before, angle, _ = joined.partition("<")
    found = ADDRESS_AT_END.fullmatch(joined, len(before)) if angle else None
    return found is not None and bool(DATE_FIRST.match(before) and TIME_OF_DAY.search(before))


def _dated(joined: str) -> bool:
    return "@" in joined or any(c.isdigit() for c in joined)
