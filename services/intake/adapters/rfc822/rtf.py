"""What an RTF body says: its text, and the HTML that Outlook wraps in it (MS-OXRTFEX)."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from services.intake.adapters.rfc822.charsets import decode

SIGNATURE = b"{\\rtf"
MOST_TOKENS = 30_000  # so much takes a tenth of a second; the whole stays in the original
TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,9})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)",
    re.DOTALL,
)
WRAPS_HTML = re.compile(rb"\\fromhtml1?(?!\d)")
HEAD = 2_000  # bytes in which an RTF says what it was made of
# Groups that hold no words of the message.
HIDDEN = frozenset(
    b"fonttbl colortbl stylesheet info pict object header headerl headerr footer footerl footerr"
    b" listtable listoverridetable rsidtbl themedata datastore latentstyles generator".split()
)
WORDS: Mapping[bytes, str] = {
    b"par": "\n",
    b"line": "\n",
    b"row": "\n",
    b"sect": "\n",
    b"page": "\n",
    b"cell": "\t",
    b"tab": "\t",
    b"lquote": "\u2018",
    b"rquote": "\u2019",
    b"ldblquote": "“",
    b"rdblquote": "”",
    b"bullet": "•",
    b"endash": "\u2013",
    b"emdash": "—",
    b"enspace": " ",
    b"emspace": " ",
}
SYMBOLS: Mapping[bytes, str] = {
    b"\\": "\\", b"{": "{", b"}": "}", b"~": "\xa0", b"_": "-", b"\n": "\n", b"\r": "\n",
}  # fmt: skip
# Windows' numbers of scripts, by code page.
SCRIPTS = {
    128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256,
    186: 1257, 204: 1251, 222: 874, 238: 1250,
}  # fmt: skip


class Group(NamedTuple):
    """What holds between a pair of braces."""

    hidden: bool = False
    suppressed: bool = False  # RTF that stands beside the HTML that it renders
    optional: bool = False  # the next word names a group that readers may pass over
    names_fonts: bool = False
    after_unicode: int = 1  # characters that stand for a Unicode one in older readers
    page: int | None = None


@dataclass(slots=True)
class _Reader:
    wraps_html: bool
    page: int = 1252
    fonts: dict[int, int] = field(default_factory=dict)
    font: int = 0
    group: Group = field(default_factory=Group)
    outer: list[Group] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    waiting: bytearray = field(default_factory=bytearray)  # bytes of one charset
    passed_over: int = 0

    def read(self, data: bytes) -> str:
        for count, token in enumerate(TOKEN.finditer(data)):
            if count == MOST_TOKENS:
                break
            word, number, byte, symbol, brace, text = token.groups()
            if text or byte:
                self._write(text or bytes([int(byte, 16)]))
            elif word:
                self._word(word, int(number) if number else None)
            elif brace:
                self._brace(brace)
            elif symbol == b"*":
                self.group = self.group._replace(optional=True)
            elif symbol in SYMBOLS:
                self._say(SYMBOLS[symbol])
        self._flush()
        return "".join(self.pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _brace(self, brace: bytes) -> None:
        self._flush()
        self.passed_over = 0
        if brace == b"{":
            self.outer.append(self.group)
        elif self.outer:
            self.group = self.outer.pop()

    def _write(self, data: bytes) -> None:
        cut = min(self.passed_over, len(data))
        self.passed_over -= cut
        if not (self.group.hidden or self.group.suppressed):
            self.waiting += data[cut:]

    def _say(self, text: str) -> None:
        self._flush()
        if not (self.group.hidden or self.group.suppressed):
            self.pieces.append(text)

    def _flush(self) -> None:
        if self.waiting:
            self.pieces.append(decode(bytes(self.waiting), f"cp{self.group.page or self.page}"))
            self.waiting.clear()

    def _word(self, word: bytes, number: int | None) -> None:
        if self.group.optional or word in HIDDEN:
            self._begin(word)
        elif word in WORDS:
            self._say(WORDS[word])
        elif word == b"u" and number is not None:
            self._say(chr(number & 0xFFFF))
            self.passed_over = self.group.after_unicode
        elif word == b"htmlrtf":
            self._flush()
            suppressed = self.wraps_html and number != 0
            if suppressed is not self.group.suppressed:
                self.group = self.group._replace(suppressed=suppressed)
        elif word == b"uc":
            self.group = self.group._replace(after_unicode=min(number or 0, 20))
        elif word == b"ansicpg" and number:
            self.page = number
        elif word in (b"f", b"fcharset"):
            self._font(word, number or 0)

    def _begin(self, word: bytes) -> None:
        """A group of its own kind: Outlook's hold HTML, most others what nobody reads."""
        shown = word == b"htmltag" and self.wraps_html
        self.group = self.group._replace(
            optional=False,
            hidden=not shown,
            suppressed=False,
            names_fonts=word == b"fonttbl",
        )

    def _font(self, word: bytes, number: int) -> None:
        if not self.group.names_fonts:
            page = self.fonts.get(number)
            if page != self.group.page:
                self._flush()
                self.group = self.group._replace(page=page)
        elif word == b"f":
            self.font = number
        elif number in SCRIPTS:
            self.fonts[self.font] = SCRIPTS[number]


@dataclass(frozen=True, slots=True)
class Writing:
    """`text` is None where it is the HTML's; both are where it is no RTF, or says nothing."""

    text: str | None = None
    html: str | None = None


def read_rtf(data: bytes) -> Writing:
    if not data.lstrip().startswith(SIGNATURE):
        return Writing()
    wraps_html = WRAPS_HTML.search(data, 0, HEAD) is not None
    found = _Reader(wraps_html).read(data).replace("\x00", "").strip()
    if wraps_html or not found:
        return Writing(None, found or None)
    return Writing(found, "".join(f"<p>{html.escape(line)}</p>" for line in found.split("\n")))
