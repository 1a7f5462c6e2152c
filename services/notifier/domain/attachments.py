"""Which attachments of a reply go with the mail, and which are only named in it."""

import re
import unicodedata

from services.notifier.domain.letter import Attached
from shared.contracts.fields import MessageBody, reveal

_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_PLAIN = "application/octet-stream"
LONGEST_NAME = 120
MOST = 50


def divide(message: MessageBody | None, most_mb: float) -> tuple[list[Attached], tuple[str, ...]]:
    """In their order, as long as all together stay within `most_mb` (before encoding)."""
    taken: list[Attached] = []
    left_out: list[str] = []
    room = int(most_mb * 1_000_000)
    for each in message.attachments if message else ():
        name = safe_name(reveal(each.filename))
        if each.blob is None or each.size > room or len(taken) == MOST:
            left_out.append(name)
            continue
        room -= each.size
        kind = each.content_type.lower() if _TYPE.fullmatch(each.content_type) else _PLAIN
        # A part of these types would be read as structure, not as a file.
        if kind.startswith(("multipart/", "message/")):
            kind = _PLAIN
        taken.append(
            Attached(filename=name, content_type=kind, blob_id=each.blob.blob_id, size=each.size)
        )
    return taken, tuple(left_out[:MOST])


def safe_name(name: str) -> str:
    """One path segment of visible characters that no system hides or refuses."""
    shown = unicodedata.normalize("NFC", name)
    shown = "".join(c for c in shown if not unicodedata.category(c).startswith("C"))
    shown = " ".join(shown.split())
    shown = re.sub(r"[/\\:*?\"<>|]+", "_", shown)
    return shown[-LONGEST_NAME:].strip(". ") or "attachment"
