"""Inputs that are almost right: seeds cut, doubled, spliced and spoiled at random."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from random import Random
from typing import Any

import orjson

Mutation = Callable[[bytes, Random, Sequence[bytes]], bytes]
MOST_MUTATIONS = 8
LARGEST = 400_000
TOKENS = (
    b"\x00", b"\r\n", b"\n\n", b"\r", b"\n ", b"=?", b"?=", b"=?utf-8?b?", b"=?x?q?=41?=", b"<",
    b">", b'"', b"'", b";", b":", b",", b"(", b")", b"\\", b"--", b"=\r\n", b"=3D", b"\xff",
    b"\xc3\x28", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"\xe2\x80\x8b", b"\x1b$B", b"+AGE-",
    b"{", b"}", b"[", b"]",
    b"null", b"true", b"1e999", b"-1", b"\\ud800", b"\\u0000", b"%00", b"%ff", b"&", b"<script>",
    b"<svg onload=x>", b"<!--", b"</blockquote>", b"javascript:", b"data:", b"Content-Type: ",
    b"multipart/mixed", b"message/rfc822", b"message/delivery-status", b"boundary=",
    b"charset=utf-16", b"charset=utf-7", b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: x\r\n",
    b"From: ", b"Subject: ", b"begin 644 a\n", b"=ybegin name=a\n", b"end\n", b"> ", b"-- \n", b"@",
    b"On 1/1/26, A wrote:\n", b"x" * 2_000, b"<div>" * 200, b"(" * 200, b'"' * 101,
)  # fmt: skip


STRANGE: Sequence[Any] = (
    None, True, 0, -1, 1e308, 2**63, "", " ", "\x00", "\n", "a\r\nb", "$where", "é\u202e", [], {},
    [[]], [None], {"": ""}, {"a": {"a": {}}}, "x" * 3_000, "<script>x</script>", "1" * 400,
    "https://x.example/" + "a" * 3_000, "2026-13-45T99:99:99Z", "99999999999999999",
)  # fmt: skip


def mutated_payload(seeds: Sequence[bytes], random: Random) -> bytes:
    """Mostly with its form kept, so that what reads it gets further than the first bracket."""
    data = random.choice(seeds)
    if data[:1] != b"{" or random.random() < 0.3:
        return mutated(seeds, random)
    try:
        tree = orjson.loads(data)
    except orjson.JSONDecodeError:
        return mutated(seeds, random)
    for _ in range(random.randint(1, MOST_MUTATIONS)):
        _spoil(tree, random)
    return orjson.dumps(tree)


def _spoil(tree: Any, random: Random) -> None:
    """Somewhere below: a value becomes a strange one, another's, or goes; or a key is doubled."""
    holder = tree
    while True:
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        if not keys:
            return
        key = random.choice(keys)
        inner = holder[key]
        if not isinstance(inner, dict | list) or not inner or random.random() < 0.2:
            break
        holder = inner
    match random.randrange(4):
        case 0 if isinstance(holder, dict):
            del holder[key]
        case 1 if isinstance(holder, dict):
            name = random.choice(list(holder)) + random.choice(("", "s", ".x", "$"))
            holder[name] = deepcopy(inner)
        case 2 if isinstance(inner, str):
            holder[key] = inner + random.choice(TOKENS).decode("utf-8", "replace")
        case _:
            holder[key] = deepcopy(random.choice(STRANGE))


def mutated(seeds: Sequence[bytes], random: Random) -> bytes:
    data = random.choice(seeds)
    for _ in range(random.randint(1, MOST_MUTATIONS)):
        data = random.choice(MUTATIONS)(data, random, seeds)[:LARGEST]
    return data


def _span(data: bytes, random: Random, longest: int) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.randint(0, longest))


def _insert(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    at, _end = _span(data, random, 0)
    return data[:at] + random.choice(TOKENS) + data[at:]


def _replace(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, random, 12)
    return data[:start] + random.choice(TOKENS) + data[end:]


def _flip(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    spoiled = bytearray(data)
    for _i in range(random.randint(1, 10) if data else 0):
        spoiled[random.randrange(len(data))] = random.randrange(256)
    return bytes(spoiled)


def _delete(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, random, max(8, len(data) // 8))
    return data[:start] + data[end:]


def _double(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, random, 2_000)
    return data[:end] + data[start:end] * random.choice((1, 1, 2, 20)) + data[end:]


def _cut(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    return data[: random.randint(0, len(data))]


def _splice(data: bytes, random: Random, seeds: Sequence[bytes]) -> bytes:
    start, end = _span(data, random, 500)
    other = random.choice(seeds)
    from_, to = _span(other, random, 3_000)
    return data[:start] + other[from_:to] + data[end:]


def _swap_lines(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    lines = data.splitlines(keepends=True)
    if len(lines) > 1:
        i, j = random.randrange(len(lines)), random.randrange(len(lines))
        lines[i], lines[j] = lines[j], lines[i]
    return b"".join(lines)


def _line_ends(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    end = random.choice((b"\n", b"\r\n", b"\r", b"\r\r\n"))
    return end.join(data.splitlines())


def _case(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, random, 300)
    return data[:start] + data[start:end].swapcase() + data[end:]


MUTATIONS: Sequence[Mutation] = (
    _insert, _insert, _replace, _replace, _flip, _delete, _double, _cut, _splice, _splice,
    _swap_lines, _line_ends, _case,
)  # fmt: skip
Seeds = Mapping[str, Sequence[bytes]]
