"""RTF as Outlook sends it: packed in winmail.dat, with HTML inside, or as the mail's own text."""

import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.adapters.rfc822.packed_rtf import COMMON, LARGEST, unpacked_rtf
from services.intake.adapters.rfc822.rtf import MOST_TOKENS, read_rtf
from services.intake.adapters.rfc822.tnef import unpacked
from tests.intake_reception.mails import mail, read
from tests.intake_reception.test_packed_files import (
    MESSAGE,
    attribute,
    properties,
    winmail,
    with_winmail,
)

RTF, BINARY = 0x1009, 0x102


def packed(*pieces: bytes | tuple[int, int], size: int | None = None) -> bytes:
    """Bytes as they are, and pairs: so many bytes back, and how many from there."""
    position = len(COMMON)
    marks: list[bytes | None] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            marks += [bytes([byte]) for byte in piece]
            position += len(piece)
        else:
            back, count = piece
            offset = (position - back) & 0xFFF
            marks.append(struct.pack(">H", offset << 4 | count - 2))
            position += count
    marks.append(struct.pack(">H", (position & 0xFFF) << 4))
    body = b""
    for start in range(0, len(marks), 8):
        eight = [mark for mark in marks[start : start + 8] if mark is not None]
        flags = sum(1 << bit for bit, mark in enumerate(eight) if len(mark) > 1)
        body += bytes([flags]) + b"".join(eight)
    total = position - len(COMMON) if size is None else size
    return struct.pack("<III4x", len(body) + 12, total, 0x75465A4C) + body


def rtf(inner: bytes) -> bytes:
    return rb"{\rtf1\ansi\ansicpg1252\deff0" + inner + b"}"


def test_packed_bytes_and_what_points_back() -> None:
    assert unpacked_rtf(packed(b"abc", (3, 3), b"d")) == b"abcabcd"


def test_what_points_at_what_it_writes_repeats_it() -> None:
    assert unpacked_rtf(packed(b"ab", (2, 9))) == b"abababababa"


def test_the_window_begins_with_what_every_rtf_has() -> None:
    assert unpacked_rtf(packed((len(COMMON), 6))) == COMMON[:6]


def test_rtf_that_is_not_packed() -> None:
    assert unpacked_rtf(struct.pack("<III4x", 17, 5, 0x414C454D) + b"{\\rtf rest") == b"{\\rtf"


@pytest.mark.parametrize("data", [b"", b"LZFu", struct.pack("<III4x", 9, 9, 1) + b"x" * 9])
def test_what_is_no_packed_rtf(data: bytes) -> None:
    assert unpacked_rtf(data) is None


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(0, 2**32 - 1))
def test_damaged_packing_is_read_as_far_as_it_goes(noise: bytes, size: int) -> None:
    found = unpacked_rtf(struct.pack("<III4x", 1, size, 0x75465A4C) + noise)

    assert found is not None
    assert len(found) <= min(size, LARGEST)


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (rb"\pard One\par Two\line Three", "One\nTwo\nThree"),
        (rb"{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}{\*\generator X;}Hi", "Hi"),
        (rb"caf\'e9 \{a\} \\ b\~c", "café {a} \\ b\xa0c"),
        (rb"\u8364?uro \u-10179?\u-8704? \uc2\u233ab!", "€uro \U0001f600 é!"),
        (rb"{\fonttbl{\f1\fcharset204 A;}}\f1\'cf\'f0\'e8\f0\'e9", "Приé"),
        (rb"{\fonttbl{\f1\fcharset128 A;}}{\f1\'83\'65\'83\'58}\'e9", "テスé"[:2] + "é"),
        (rb"He said \ldblquote no\rdblquote\emdash {\b loud}ly", "He said “no”—loudly"),
        (rb"a\cell b\row c{\pict 89504e47}", "a\tb\nc"),
    ],
)
def test_its_words(inner: bytes, text: str) -> None:
    assert read_rtf(rtf(inner)).text == text


def test_its_lines_become_paragraphs() -> None:
    found = read_rtf(rtf(rb"a < b\par c"))

    assert found.html == "<p>a &lt; b</p><p>c</p>"


def test_the_html_inside_is_what_was_written() -> None:
    inner = (
        rb"\fromhtml1 {\*\htmltag18 <html>}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Gr\'fc\'dfe"
        rb"{\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0 from {\*\htmltag84 <b>}\htmlrtf {\b "
        rb"\htmlrtf0 Ana{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0 \htmlrtf\par}\htmlrtf0"
        rb" {\*\htmltag72 </p>}"
    )

    found = read_rtf(rtf(inner))

    assert found.text is None
    assert found.html == "<html><p>Grüße&nbsp;from <b>Ana</b></p>"


def test_rtf_made_of_text_has_no_html_inside() -> None:
    assert read_rtf(rtf(rb"\fromtext Hello {\*\htmltag64 <p>}you")).text == "Hello you"


@pytest.mark.parametrize("data", [b"", b"Hello", b"{\\html1 x}", b"{\\rtf1}"])
def test_what_says_nothing(data: bytes) -> None:
    found = read_rtf(data)

    assert (found.text, found.html) == (None, None)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([rb"\u-10179?", rb"\'ff", b"{", b"}", rb"\*", rb"\htmltag1 ", b"x"]))
)
def test_whatever_stands_in_it_is_read(pieces: list[bytes]) -> None:
    found = read_rtf(rb"{\rtf1\fromhtml1 " + b"".join(pieces))

    (found.html or "").encode()


@pytest.mark.parametrize(
    "unit", [b"{", b"}", rb"\'e9", rb"\u1?", rb"\f1\'e9\f0\'e9", rb"{\*\htmltag1 x}"]
)
def test_hostile_rtf_costs_little(unit: bytes) -> None:
    data = rb"{\rtf1\fromhtml1{\fonttbl{\f1\fcharset204 A;}} " + unit * (LARGEST // len(unit))
    began = time.thread_time()

    found = read_rtf(data)

    assert time.thread_time() - began < 1  # 0.1 s where nobody else is at work
    assert len(found.html or "") <= MOST_TOKENS * 2


def a_winmail(*bodies: tuple[int, int, bytes]) -> bytes:
    page = attribute(MESSAGE, 0x69007, struct.pack("<II", 1252, 0))
    return winmail(page, attribute(MESSAGE, 0x69003, properties(*bodies)))


def test_a_winmail_whose_words_are_rtf_only() -> None:
    body = packed(rtf(rb"\pard The printer\par is on fire."))

    message = read(with_winmail(a_winmail((BINARY, RTF, body))))

    assert message.text == "The printer\nis on fire."
    assert message.html == "<p>The printer</p><p>is on fire.</p>"


def test_a_winmail_whose_rtf_wraps_html() -> None:
    body = packed(rtf(rb"\fromhtml1 {\*\htmltag64 <p onclick=x>}It {\*\htmltag84 <b>}burns"))

    message = read(with_winmail(a_winmail((BINARY, RTF, body))))

    assert message.text == "It burns"
    assert message.html == "<p>It <b>burns</b></p>"


def test_its_plain_text_is_believed_before_its_rtf() -> None:
    body = packed(rtf(b"It burns (RTF)."))

    found = unpacked(a_winmail((0x1E, 0x1000, b"It burns."), (BINARY, RTF, body)))

    assert found is not None
    assert (found.text, found.html) == ("It burns.", "<p>It burns (RTF).</p>")


def test_a_mail_whose_text_is_rtf() -> None:
    value = mail(r"{\rtf1\ansi It \b burns\b0.}", headers={"Content-Type": "text/rtf"})

    assert read(value).text == "It burns."
