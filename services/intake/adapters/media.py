"""Attachments that a vendor only names: the bytes stay with it, under an id or an address."""

from services.intake.domain.filename import safe_filename
from shared.contracts.fields import Attachment

EXTENSIONS = {
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "application/pdf": "pdf",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/x-tgsticker": "tgs",
    "text/plain": "txt",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "video/3gpp": "3gp",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
}
TYPES = {extension: media_type for media_type, extension in EXTENSIONS.items()} | {
    "jpeg": "image/jpeg",
    "m4a": "audio/mp4",
    "mp4": "video/mp4",
    "vcf": "text/vcard",
}
LONGEST_SOURCE = 2_000
LONGEST_TYPE = 100


def type_by_name(filename: str) -> str | None:
    return TYPES.get(filename.rpartition(".")[2].lower())


def described(
    kind: str,
    source: str | None,
    *,
    filename: str | None = None,
    content_type: str | None = None,
    size: int = 0,
    sha256: str = "",
    unique: str | None = None,
) -> Attachment:
    """Without a name of its own it is called after its kind and `unique`."""
    media_type = (content_type or "application/octet-stream").partition(";")[0].strip().lower()
    extension = EXTENSIONS.get(media_type, "bin")
    fallback = safe_filename(f"{kind}-{unique or 1}.{extension}", f"{kind}.bin")
    return Attachment(
        filename=safe_filename(filename, fallback),
        content_type=media_type[:LONGEST_TYPE],
        size=max(0, size),
        sha256=sha256,
        source=source[:LONGEST_SOURCE] if source else None,
    )
