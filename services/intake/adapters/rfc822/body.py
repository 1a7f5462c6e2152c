"""Which parts are the message and which are attached to it."""

import re
from dataclasses import dataclass, field, replace
from mimetypes import MimeTypes

from services.intake.adapters.markup import read_markup, safe_html
from services.intake.adapters.rfc822.calendar import told
from services.intake.adapters.rfc822.charsets import decode
from services.intake.adapters.rfc822.encoded_words import header_text
from services.intake.adapters.rfc822.headers import read_head
from services.intake.adapters.rfc822.parts import MEDIA_TYPE, OCTETS, Part
from services.intake.adapters.rfc822.rtf import read_rtf
from services.intake.adapters.rfc822.tnef import PackedFile, unpacked
from services.intake.adapters.rfc822.transfer import files_in_text
from services.intake.domain.filename import safe_filename
from services.intake.domain.message import LONGEST_TEXT, FoundAttachment
from services.intake.domain.quoting import without_marks

MOST_ATTACHMENTS = 100
LARGEST_TEXT = 4_194_304  # bytes that are read as text; the whole stays in the original
NO_PROSE = frozenset(
    {
        "text/calendar",
        "text/css",
        "text/csv",
        "text/directory",
        "text/ecmascript",
        "text/javascript",
        "text/rfc822-headers",
        "text/vcard",
        "text/x-amp-html",
        "text/x-vcard",
        "text/xml",
    }
)
ENRICHED = re.compile(r"</?[A-Za-z][\w-]{0,59}>")  # RFC 1896
BY_NAME = MimeTypes()  # Python's own table, not the machine's
TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
EXTENSIONS = {
    "text/calendar": "ics",
    "text/plain": "txt",
    "text/html": "html",
    "text/csv": "csv",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/pjpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/ms-tnef": "dat",
    "application/pgp-signature": "asc",
    "application/pkcs7-signature": "p7s",
    "application/x-pkcs7-signature": "p7s",
    "message/rfc822": "eml",
    "message/delivery-status": "txt",
    "text/rfc822-headers": "txt",
}


@dataclass(slots=True)
class Section:
    """One stretch of the message, perhaps in both forms."""

    plain: str | None = None
    markup: str | None = None


@dataclass(slots=True)
class Content:
    sections: list[Section] = field(default_factory=list)
    attachments: list[FoundAttachment] = field(default_factory=list)
    content_ids: dict[int, str] = field(default_factory=dict)  # by the attachment's place
    # What a winmail.dat or an invitation says: for a mail that has no words of its own.
    instead: Section | None = None

    def text_and_html(self) -> tuple[str, str | None]:
        texts: list[str] = []
        htmls: list[str | None] = []
        for section in self._sections():
            if section.markup is None:
                texts.append(section.plain or "")
            elif section.plain and section.plain.strip():
                texts.append(section.plain)
                htmls.append(safe_html(section.markup))
            else:
                read = read_markup(section.markup)
                texts.append(read.text)
                htmls.append(read.html)
        text = "\n".join(text for text in texts if text.strip())
        html = "\n".join(html for html in htmls if html)
        return text.strip("\n")[:LONGEST_TEXT], html or None

    def _sections(self) -> list[Section]:
        written = any((each.plain or each.markup or "").strip() for each in self.sections)
        return self.sections if written or self.instead is None else [self.instead]


def content_of(part: Part) -> Content:
    content = Content()
    _gather(part, content, parent="", first=True)
    if content.content_ids:
        _show(content)
    return content


def _show(content: Content) -> None:
    """Pictures that the HTML shows are inline, wherever and as whatever they came."""
    markup = "".join(section.markup or "" for section in content.sections)
    for i, identity in content.content_ids.items():
        if f"cid:{identity}" in markup:
            content.attachments[i] = replace(content.attachments[i], inline=True)


def _gather(part: Part, content: Content, *, parent: str, first: bool) -> None:
    if not part.children:
        _leaf(part, content, parent, first=first)
    elif part.content_type == "multipart/alternative":
        _alternatives(part, content)
    else:
        for i, child in enumerate(part.children):
            # Only the first part of a mixed multipart can be text by having no type at all.
            _gather(child, content, parent=part.content_type, first=first and i == 0)


def _alternatives(part: Part, content: Content) -> None:
    """One section of all alternatives: the last of each kind, as the richest comes last.

    An alternative may itself be several pieces of HTML with files between them.
    """
    inner = Content()
    section = Section()
    for child in part.children:
        before = len(inner.sections)
        _gather(child, inner, parent=part.content_type, first=True)
        pieces = [each.markup for each in inner.sections[before:] if each.markup is not None]
        section.markup = "\n".join(pieces) if pieces else section.markup
    plain = [each.plain for each in inner.sections if each.plain and each.plain.strip()]
    section.plain = "\n".join(plain) if plain else None
    if inner.sections:
        content.sections.append(section)
    place = len(content.attachments)
    content.content_ids |= {place + i: identity for i, identity in inner.content_ids.items()}
    content.attachments += inner.attachments
    content.instead = content.instead or inner.instead


def _leaf(part: Part, content: Content, parent: str, *, first: bool) -> None:
    if _is_prose(part, parent) and not _is_attached(part, first=first):
        _text(part, content)
    elif len(content.attachments) < MOST_ATTACHMENTS:
        _attach(part, content, parent)


def _is_prose(part: Part, parent: str) -> bool:
    """Also words of a kind that nobody knows, unless a better known form stands beside them."""
    kind = part.content_type
    if kind in ("text/plain", "text/html"):
        return True
    words = kind.startswith("text/") and kind not in NO_PROSE
    return words and parent != "multipart/alternative"


def _attach(part: Part, content: Content, parent: str) -> None:
    package = unpacked(part.decoded()) if _may_be_packed(part) else None
    if package is None:
        place = len(content.attachments)
        content.attachments.append(_attachment(part, parent, place + 1))
        if identity := part.headers.raw("content-id").strip(" <>"):
            content.content_ids[place] = identity
        if part.content_type == "text/calendar" and content.instead is None:
            content.instead = Section(told(part.decoded(), part.charset))
        return
    for file in package.files[: MOST_ATTACHMENTS - len(content.attachments)]:
        number = len(content.attachments) + 1
        name = safe_filename(file.name, f"attachment-{number}.bin")
        content.attachments.append(FoundAttachment(name, _media_type(file, name), file.data))
    content.instead = content.instead or Section(package.text, package.html)


def _may_be_packed(part: Part) -> bool:
    named = (part.filename or "").lower()
    return part.content_type in TNEF_TYPES or named in ("winmail.dat", "win.dat", "att00001.dat")


def _media_type(file: PackedFile, name: str) -> str:
    stated = (file.content_type or "").lower()
    return stated if MEDIA_TYPE.fullmatch(stated) else BY_NAME.guess_type(name)[0] or OCTETS


def _is_attached(part: Part, *, first: bool) -> bool:
    if part.disposition == "attachment":
        return True
    return bool(part.filename) and not first


def _text(part: Part, content: Content) -> None:
    data = part.decoded(LARGEST_TEXT)
    if part.content_type == "text/html":
        content.sections.append(Section(markup=decode(data, part.charset or _meta_charset(data))))
        return
    if part.content_type == "text/rtf":
        written = read_rtf(data)
        content.sections.append(Section(written.text, written.html))
        return
    data, files = files_in_text(data)
    text = decode(data, part.charset).replace("\r\n", "\n").replace("\r", "\n")
    if part.content_type in ("text/enriched", "text/richtext"):
        text = ENRICHED.sub("", text.replace("<<", "<"))
    if part.parameters.get("format", "").lower() == "flowed":
        text = _unflowed(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    content.sections.append(Section(plain=without_marks(text)))
    for name, bytes_ in files[: MOST_ATTACHMENTS - len(content.attachments)]:
        filename = safe_filename(name, f"attachment-{len(content.attachments) + 1}")
        content_type = BY_NAME.guess_type(filename)[0] or OCTETS
        content.attachments.append(FoundAttachment(filename, content_type, bytes_))


def _meta_charset(data: bytes) -> str | None:
    head = data[:2048].lower()
    _, found, rest = head.partition(b"charset=")
    return (
        rest[:40].strip(b"\"'").split(b'"')[0].split(b"'")[0].decode("latin-1") if found else None
    )


def _unflowed(text: str, *, delete_space: bool) -> str:
    """RFC 3676: a line that ends in a space goes on in the next one of the same quote depth."""
    lines: list[str] = []
    before = None  # the depth at which a line is to go on
    for line in text.split("\n"):
        bare = line.lstrip(">")
        depth = len(line) - len(bare)
        stuffed = bare.removeprefix(" ")
        signature = stuffed == "-- "
        if depth == before and not signature:
            lines[-1] = (lines[-1][:-1] if delete_space else lines[-1]) + stuffed
        else:
            lines.append(f"{line[:depth]} {stuffed}" if depth else stuffed)
        before = depth if stuffed.endswith(" ") and not signature else None
    return "\n".join(lines)


def _attachment(part: Part, parent: str, number: int) -> FoundAttachment:
    extension = EXTENSIONS.get(part.content_type) or _extension(part.content_type)
    inline = part.disposition != "attachment" and (
        part.disposition == "inline"
        or (parent == "multipart/related" and "content-id" in part.headers.values)
    )
    return FoundAttachment(
        filename=safe_filename(
            part.filename or part.described or _subject(part), f"attachment-{number}.{extension}"
        ),
        content_type=part.content_type,
        data=part.decoded(),
        inline=inline,
    )


def _extension(content_type: str) -> str:
    kind = content_type.partition("/")[0]
    fallback = ".txt" if kind in ("text", "message") else ".bin"
    return (BY_NAME.guess_extension(content_type) or fallback)[1:]


def _subject(part: Part) -> str | None:
    """An attached mail is called after its subject."""
    if part.content_type != "message/rfc822":
        return None
    subject = read_head(part.decoded(20_000))[0].text("subject")
    return header_text(subject)[:100].replace("/", "-") + ".eml" if subject else None
