"""What an attachment may be called: a name that no shell, browser or file system misreads."""

import re
import unicodedata

LONGEST_NAME = 150
# Controls, zero-width and bidirectional marks, surrogates and private use: they hide what follows.
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
FORBIDDEN = re.compile(r'[<>:"|?*\\/]+')
SPACES = re.compile(r"\s+")


def safe_filename(name: str | None, fallback: str) -> str:
    """Canonical first, then checked: what is stripped can not hide what is forbidden."""
    if not name:
        return fallback
    canonical = unicodedata.normalize("NFKC", name[: LONGEST_NAME * 4])
    visible = "".join(c for c in canonical if unicodedata.category(c) not in INVISIBLE)
    last = visible.replace("\\", "/").rpartition("/")[2]
    plain = SPACES.sub(" ", FORBIDDEN.sub("_", last)).strip(" .")
    return _shortened(plain) or fallback


def _shortened(name: str) -> str:
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    keep = LONGEST_NAME - len(dot + extension)
    return stem[:keep] + dot + extension if dot and keep > 0 else name[:LONGEST_NAME]
