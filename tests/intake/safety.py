"""What must hold of every message that is read, however hostile its input was."""

import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser

import orjson

from deskstream.explaining import record_of
from services.intake.adapters.markup import TAGS
from services.intake.domain.filename import INVISIBLE, LONGEST_NAME
from services.intake.domain.message import LONGEST_SUBJECT, LONGEST_TEXT, IncomingMessage
from shared.contracts.fields import reveal

SCHEMES = ("http:", "https:", "mailto:", "tel:", "cid:")
ATTRIBUTES = frozenset(
    "align alt color dir height href lang rel src title width".split()  # noqa: SIM905
)
FORBIDDEN = frozenset('<>:"|?*\\/')


class _Unsafe(HTMLParser):
    """Collects what a browser could run, load or be led astray by."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.found.append(f"tag {tag}")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.found.append(f"attribute {name} of {tag}")
            elif name in ("href", "src") and not _is_safe(value or ""):
                self.found.append(f"{name} of {tag}")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"comment of {len(data)} characters")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"declaration {decl[:20]}")

    def handle_pi(self, data: str) -> None:
        self.found.append(f"instruction of {len(data)} characters")


def _is_safe(address: str) -> bool:
    """As a browser reads it: without the spaces and controls that it skips."""
    read = "".join(c for c in address if c > " " and unicodedata.category(c) != "Cf").lower()
    return read.startswith(SCHEMES)


def unsafe_html(html: str) -> list[str]:
    parser = _Unsafe()
    parser.feed(html)
    parser.close()
    return parser.found


def problems_of(message: IncomingMessage) -> list[str]:
    """Empty for a message that can be stored, shown and sent on."""
    return [*_of_html(message), *_of_names(message), *_of_lines(message), *_of_sizes(message)]


def _of_html(message: IncomingMessage) -> Iterator[str]:
    yield from (f"html: {found}" for found in unsafe_html(message.html or ""))


def _of_names(message: IncomingMessage) -> Iterator[str]:
    names = [each.filename for each in message.attachments]
    names += [reveal(each.filename) for each in message.described]
    for name in names:
        hidden = any(unicodedata.category(c) in INVISIBLE for c in name)
        if not name or name.startswith(".") or hidden or FORBIDDEN.intersection(name):
            yield f"filename {name!r}"
        if len(name.encode("utf-8", "replace")) > LONGEST_NAME:
            yield f"filename of {len(name)} characters"
        if unicodedata.normalize("NFKC", name).startswith(".") or "/" in unicodedata.normalize(
            "NFKC", name
        ):
            yield f"filename with a twin of a forbidden character: {name!r}"


def _of_lines(message: IncomingMessage) -> Iterator[str]:
    """What becomes a header of mail that we send must not hold a second one."""
    people = [message.sender, *message.to, *message.cc]
    people += [message.reply_to] if message.reply_to else []
    lines = [message.subject, message.external_id, *message.references]
    lines += [text for person in people for text in (person.address, person.name)]
    for line in lines:
        if line and len(line.splitlines()) > 1:
            yield f"a header of two lines: {line[:40]!r}"


def _of_sizes(message: IncomingMessage) -> Iterator[str]:
    if len(message.text) > LONGEST_TEXT:
        yield f"text of {len(message.text)} characters"
    if len(message.subject or "") > LONGEST_SUBJECT:
        yield f"subject of {len(message.subject or '')} characters"
    try:
        orjson.dumps(record_of(message, "a"))
    except (TypeError, ValueError) as error:
        yield f"no JSON: {error}"
