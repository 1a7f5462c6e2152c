"""What an attachment may be called: a name that no shell, browser or file system misreads."""

import re
import unicodedata

LONGEST_NAME = 240  # bytes of UTF-8: file systems take 255
LONGEST_READ = 2_000
# Controls, zero-width and bidirectional marks, surrogates and private use: they hide what follows.
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
FORBIDDEN = re.compile(r'[<>:"|?*\\/]+')
# A wide or small twin of these is read as the character itself by what comes later.
TWINNED = frozenset('<>:"|?*\\/.')
CONTROLS = re.compile("[\x00-\x1f\x7f]")
SPACES = re.compile(r"\s+")


def safe_filename(name: str | None, fallback: str) -> str:
    """Canonical first, then checked: what is stripped can not hide what is forbidden."""
    if not name:
        return fallback
    canonical = unicodedata.normalize("NFC", name[:LONGEST_READ])
    visible = "".join(
        _plain(c) for c in canonical if c.isascii() or unicodedata.category(c) not in INVISIBLE
    )
    last = CONTROLS.sub("", visible).replace("\\", "/").rpartition("/")[2]
    plain = SPACES.sub(" ", FORBIDDEN.sub("_", last)).strip(" .")
    return _shortened(plain).strip(" .") or fallback


def _plain(character: str) -> str:
    """The character itself, or what its compatible form would become of it where that matters."""
    if character.isascii():
        return character
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if TWINNED.intersection(compatible) else character


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    keep = LONGEST_NAME - len((dot + extension).encode())
    if not dot or keep <= 0:
        return _cut(name, LONGEST_NAME)
    return _cut(stem, keep) + dot + extension


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")
