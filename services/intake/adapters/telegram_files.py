"""The files of a Telegram message: each in its largest size, named by the vendor's id."""

from services.intake.adapters.media import described
from services.intake.adapters.payload import Json, member, objects, text_at
from shared.contracts.fields import Attachment

MEDIA = (
    "animation",
    "document",
    "audio",
    "video",
    "voice",
    "video_note",
    "live_photo",
    "sticker",
)
CONTENT_TYPES = {
    "photo": "image/jpeg",
    "sticker": "image/webp",
    "video": "video/mp4",
    "video_note": "video/mp4",
    "live_photo": "video/mp4",
}
MOVING = {"is_animated": "application/x-tgsticker", "is_video": "video/webm"}  # of stickers


def files_of(message: Json) -> tuple[Attachment, ...]:
    found = [(kind, member(message, kind)) for kind in MEDIA if member(message, kind)]
    found += _largest(message)
    for bought in objects(member(message, "paid_media").get("paid_media")):
        found += [("video", bought["video"])] if member(bought, "video") else _largest(bought)
    if found and found[0][0] == "animation":
        # An animation comes as a document as well, so that old clients show it.
        del found[1:]
    return tuple(_attachment(kind, file) for kind, file in found)


def _largest(holder: Json) -> list[tuple[str, Json]]:
    """A photo comes in several sizes, often without saying how many bytes each has."""
    sizes = objects(holder.get("photo"))
    return [("photo", max(sizes, key=lambda each: (_size(each), _width(each))))] if sizes else []


def _attachment(kind: str, file: Json) -> Attachment:
    moving = next((MOVING[name] for name in MOVING if file.get(name) is True), None)
    return described(
        kind,
        text_at(file, "file_id"),
        filename=text_at(file, "file_name"),
        content_type=text_at(file, "mime_type") or moving or CONTENT_TYPES.get(kind),
        size=_size(file),
        unique=text_at(file, "file_unique_id"),
    )


def _size(file: Json) -> int:
    size = file.get("file_size")
    return size if isinstance(size, int) else 0


def _width(file: Json) -> int:
    width = file.get("width")
    return width if isinstance(width, int) else 0
