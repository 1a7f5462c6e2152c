"""What our own mail servers found out about a mail's sender (RFC 8601)."""

import re
from collections.abc import Collection, Iterable, Sequence

from shared.contracts.fields import SenderCheck

COMMENT = re.compile(r"\([^()]{0,500}\)")
FOUND = re.compile(r"\s*([a-z]{2,10})(?:/\d+)?\s*=\s*([a-z]{2,12})\b", re.ASCII)
LONGEST = 10_000
METHODS = ("dmarc", "spf", "dkim")
GOOD = "pass"


def sender_check(values: Sequence[str], servers: Collection[str]) -> SenderCheck | None:
    """`values` are the Authentication-Results, the topmost first; None: none is of `servers`.

    Anybody can write such a header: one by a name that is not among `servers` says nothing. Of
    several signatures one that passes counts, else the first.
    """
    named = {server.lower() for server in servers}
    results = [each for value in values if (each := _results(value, named)) is not None]
    if not results:
        return None
    found: dict[str, str] = {}
    for method, result in (pair for each in results for pair in each):
        if method in METHODS and found.get(method) != GOOD:
            found[method] = result if result == GOOD else found.get(method, result)
    return SenderCheck(**found)


def _results(value: str, servers: Collection[str]) -> list[tuple[str, str]] | None:
    """Methods with their results, if one of the servers says them."""
    first, *rest = _without_comments(value[:LONGEST].lower()).split(";")
    name = (first.split() or [""])[0].strip('"')
    return list(_pairs(rest)) if name in servers else None


def _pairs(parts: Iterable[str]) -> Iterable[tuple[str, str]]:
    for part in parts:
        if match := FOUND.match(part):
            yield match[1], match[2]


def _without_comments(value: str) -> str:
    """Comments may hold comments, but hardly more than two deep."""
    for _ in range(3):
        value = COMMENT.sub(" ", value)
    return value
