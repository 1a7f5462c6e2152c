"""A sender's HTML as HTML that is safe to show, and as text that is good to read."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

import nh3
from inscriptis import get_text  # type: ignore[import-untyped]
from inscriptis.css_profiles import STRICT_CSS_PROFILE  # type: ignore[import-untyped]
from inscriptis.model.config import ParserConfig  # type: ignore[import-untyped]
from lxml.etree import LxmlError  # type: ignore[import-untyped]

from services.intake.adapters.rfc822.charsets import readable
from services.intake.domain.quoting import CLIENTS_MARK

LARGEST = 500_000  # characters; more is read as text only
LARGEST_LAID_OUT = 150_000  # more is read without regard to tables and lists
MOST_LAID_OUT = 10_000  # tags, each of which costs the layout several microseconds
DEEPEST = 200  # the sanitiser's time grows with the square of the depth
MOST_AMPERSANDS = 60_000  # each costs it as much as a tag
TAGS = frozenset(
    {
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "dd",
        "del",
        "div",
        "dl",
        "dt",
        "em",
        "font",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
    }
)
ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"align"},
    "th": {"align"},
    "font": {"color"},
}
WITH_CONTENT = frozenset(
    {"script", "style", "title", "noscript", "template", "svg", "math", "head"}
)
CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(WITH_CONTENT),
    attributes=ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel", "cid"},
    link_rel="noopener noreferrer nofollow",
    url_relative="deny",  # beside our own pages they would point at these
)
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
# Never nested by the parser: they end by themselves.
UNNESTED = frozenset(
    {
        "area",
        "base",
        "br",
        "col",
        "dd",
        "dt",
        "embed",
        "hr",
        "img",
        "input",
        "li",
        "link",
        "meta",
        "option",
        "p",
        "source",
        "td",
        "th",
        "tr",
        "wbr",
    }
)
ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]{0,200}>", re.IGNORECASE)
HIDING = re.compile(r"<(/?)(script|style|head)\b[^<>]{0,500}>?|<!--|-->", re.IGNORECASE)
BLOCKQUOTE = re.compile(r"<(/?)blockquote\b[^<>]{0,500}>", re.IGNORECASE)
OPENS, CLOSES = "\ue000", "\ue001"
MARKS = re.compile(f"[{OPENS}{CLOSES}]")
OURS = re.compile(f"[{OPENS}{CLOSES}{CLIENTS_MARK}]")
# What clients call the elements that hold, or introduce, what they quote.
QUOTE_ELEMENTS = tuple(
    b"divrplyfwdmsg appendonsend stopspelling olk_src_body_section"
    b" mail-editor-reference-message-container ms-outlook-mobile-reference-message"
    b" outlookmessageheader gmail_quote gmail_attr gmail_extra yahoo_quoted yahooquoted"
    b" moz-cite-prefix moz-forward-container protonmail_quote tutanota_quote zmail_extra"
    b" zmail_quote applemailquote reply-intro replyforwardheader email_quote hs_reply"
    b" mailbird-quote edo-reply mimestream-quote front-blockquote skiff_quote cm_quote"
    b" qt-body qmbox ntes_not_fresh_mail isreplycontent spark-quote".split()
)
BEFORE_NAME, AFTER_NAME = b" \t\r\n\"'=_", b" \t\r\n\"'>_"
MOST_ELEMENTS, MOST_PLACES, LONGEST_TAG = 20, 200, 600
PARSER = ParserConfig(css=STRICT_CSS_PROFILE, display_images=False, display_links=False)
BLANK_LINES = re.compile(r"\n{4,}")


@dataclass(frozen=True, slots=True)
class Markup:
    """`html` is None where it is too large or too deep to be made safe."""

    html: str | None
    text: str


def read_markup(source: str) -> Markup:
    """The text carries CLIENTS_MARK where an element says that what it holds is quoted."""
    source = OURS.sub("", source)
    if _too_costly(source):
        return Markup(None, stripped(source))
    safe = CLEANER.clean(_marked(source))
    return Markup(safe.replace(CLIENTS_MARK, ""), text_of(safe))


def _marked(source: str) -> str:
    """With a mark before the first elements that clients put around what they quote."""
    pieces: list[str] = []
    position = 0
    for named in _quote_elements(source):
        tag = source.rfind("<", max(position, named - LONGEST_TAG), named)
        if tag < 0 or ">" in source[tag:named] or source[tag + 1] in "/!":
            continue
        pieces += [source[position:tag], CLIENTS_MARK]
        position = tag
    return "".join([*pieces, source[position:]])


def _quote_elements(source: str) -> list[int]:
    """Where the first ones are named. One search for each name: an expression takes far longer."""
    lower = source.encode("latin-1", "replace").lower()  # one byte a character
    found = (place for name in QUOTE_ELEMENTS for place in _named(lower, name))
    return sorted(found)[:MOST_ELEMENTS]


def _named(lower: bytes, name: bytes) -> Iterator[int]:
    place = lower.find(name)
    for _ in range(MOST_PLACES):
        if place < 0:
            return
        after = place + len(name)
        if place > 0 and lower[place - 1] in BEFORE_NAME and lower[after : after + 1] in AFTER_NAME:
            yield place
        place = lower.find(name, after)


def safe_html(source: str) -> str | None:
    """Only the HTML, where the text came beside it."""
    return None if _too_costly(source) else CLEANER.clean(source)


def text_of(safe: str) -> str:
    """Quoted blocks get the marks that plain mail has (`> `). `safe` is sanitised already."""
    if len(safe) > LARGEST_LAID_OUT or safe.count("<") > MOST_LAID_OUT:
        return _roughly(safe)
    marked = BLOCKQUOTE.sub(lambda tag: f"<div>{CLOSES if tag[1] else OPENS}</div>", safe)
    try:
        text = get_text(f"<html><body>{marked}</body></html>", PARSER)
    except (RecursionError, LxmlError, ValueError):
        return stripped(safe)
    return readable(BLANK_LINES.sub("\n\n\n", _quoted(text))).strip("\n")


def stripped(source: str) -> str:
    """The text between the tags: what is left where HTML is too hostile to be parsed."""
    broken = BREAK.sub("\n", _visible(source[:LARGEST]))
    return readable(html.unescape(ANY_TAG.sub(" ", broken))).strip()


def _visible(source: str) -> str:
    """Without scripts, styles and comments, in one pass however they overlap."""
    shown: list[str] = []
    hidden = ""
    position = 0
    for mark in HIDING.finditer(source):
        opens = mark[0] == "<!--" or (mark[2] and not mark[1])
        kind = mark[2].lower() if mark[2] else "comment"
        if not hidden and opens:
            shown.append(source[position : mark.start()])
            hidden = kind
        elif hidden == kind and not opens:
            hidden = ""
            position = mark.end()
    if not hidden:
        shown.append(source[position:])
    return "".join(shown)


def _roughly(safe: str) -> str:
    """Lines and quotes as they should be, without regard to tables and lists."""
    marked = BLOCKQUOTE.sub(lambda tag: f"\n{CLOSES if tag[1] else OPENS}\n", safe)
    return _quoted(stripped(marked))


def _quoted(text: str) -> str:
    if OPENS not in text:
        return "\n".join(line.rstrip() for line in text.split("\n"))
    depth = 0
    lines: list[str] = []
    for line in text.split("\n"):
        if MARKS.search(line):
            depth = max(0, depth + line.count(OPENS) - line.count(CLOSES))
            line = MARKS.sub("", line)  # noqa: PLW2901 - the line without its mark
            if not line.strip():
                continue
        lines.append(
            (">" * min(depth, 9) + " " if depth else "") + line.strip(" " if depth else "")
        )
    return "\n".join(line.rstrip() for line in lines)


def _too_costly(source: str) -> bool:
    many = len(source) > LARGEST or source.count("&") > MOST_AMPERSANDS
    return many or _too_deep(source)


def _too_deep(source: str) -> bool:
    depth = 0
    for tag in TAG.finditer(source):
        if tag[2].lower() in UNNESTED:
            continue
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > DEEPEST:
            return True
    return False
