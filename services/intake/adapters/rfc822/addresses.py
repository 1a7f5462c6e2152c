"""Whom an address header names: lenient, since a sender misread is a requester lost."""

import re

from services.intake.adapters.rfc822.encoded_words import header_text
from services.intake.domain.message import Person

LONGEST_LIST = 60_000
MOST_ADDRESSES = 200
SIMPLE = re.compile(r'\s*"?([^"<>,;:()@\\]{0,200}?)"?\s*<\s*([^<>\s,;()"]{1,320})\s*>\s*')
BARE = re.compile(r"\s*([^\s<>,;:()\"\\]{1,254}@[^\s<>,;:()\"\\]{1,254})\s*")
TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"?|\((?:[^()\\]|\\.|\([^()]*\))*\)?|<[^<>]*>?|[,;]|[^",;()<]+|.', re.DOTALL
)
ANGLED = re.compile(r"<\s*([^<>]*?)\s*>?\Z")
SPACE = re.compile(r"\s")
ESCAPED = re.compile(r"\\(.)")
COMMENT = re.compile(r"\([^()]{0,200}\)")
# As a machine writes to itself: `From: root`.
LOCAL_USER = re.compile(r"[A-Za-z][\w.+-]{0,63}", re.ASCII)
# Begun only where a word does, else a long one is read from each of its letters.
LOOKS_LIKE_ADDRESS = re.compile(
    r"(?<![^\s<>,;\"'()\[\]@])"
    r"[^\s<>,;\"'()\[\]@]{1,254}@(?:\[[^\s\[\]]{1,100}\]|[^\s<>,;\"'()\[\]]{1,254})"
)
# As Outlook writes it into text: `Ana Ruiz [mailto:ana@x.example]`.
BRACKETED = re.compile(r"\[(?:mailto:)?([^\s\[\]<>@]{1,254}@[^\s\[\]<>]{1,254})\]", re.IGNORECASE)
QUOTED_LOCAL = re.compile(r'\s*("[^"<>@]{1,64}"@[^\s<>,;()"]{1,254})\s*')


def addresses(value: str) -> tuple[Person, ...]:
    """Everyone named, in order; entries without an address keep their name."""
    simple = SIMPLE.fullmatch(value)
    if simple and "@" in simple[2]:
        return (Person(_plain(simple[2]), _unquoted(header_text(simple[1])) or None),)
    bare = BARE.fullmatch(value)
    if bare:
        return (Person(_plain(bare[1])),)
    if "<" not in value and "[" in value and "@[" not in value:
        value = BRACKETED.sub(r"<\1>", value)
    grouped = ";" in value
    entries = _rejoined(_entries(value[:LONGEST_LIST]))
    people = (person for tokens in entries for person in _people(tokens, grouped=grouped))
    return tuple(person for person in people if person.address or person.name)


def _people(tokens: list[str], *, grouped: bool) -> list[Person]:
    """Of one entry: more than one where addresses stand side by side, without comma or angle."""
    if all(token.startswith("(") or token.isspace() for token in tokens):
        return []  # "(end of the group)" is nobody
    words = "".join(tokens).split()
    if len(words) > 1 and all(BARE.fullmatch(word) for word in words):
        return [Person(_plain(word)) for word in words[:MOST_ADDRESSES]]
    person = _person(tokens, grouped=grouped)
    if person.address is None and person.name and "@" in person.name:
        # The whole entry was one encoded word.
        for form in (SIMPLE, BARE):
            if found := form.fullmatch(person.name):
                name, address = found[1] if form is SIMPLE else "", found[form.groups]
                return [Person(_plain(address), _unquoted(name) or None)]
    return [person]


def _entries(value: str) -> list[list[str]]:
    """The tokens between commas; one that is missing is found (`Bob <b@x> Eve <e@x>`)."""
    entries: list[list[str]] = [[]]
    complete = 0  # so many tokens of the last entry, once it has an address
    for token in TOKEN.findall(value):
        if token in (",", ";"):
            entries.append([])
            complete = 0
        elif token[0] == "<" and "@" in token:
            if complete:
                words = entries[-1][complete:]
                del entries[-1][complete:]
                entries.append(words)
            entries[-1].append(token)
            complete = len(entries[-1])
        else:
            entries[-1].append(token)
        if len(entries) > MOST_ADDRESSES:
            return entries[:MOST_ADDRESSES]
    return entries


def _rejoined(entries: list[list[str]]) -> list[list[str]]:
    """Names with commas that nobody quoted (`Doe, Jane <j@x>`) are one entry again."""
    joined: list[list[str]] = []
    for tokens in entries:
        before = "".join(joined[-1]).strip() if joined else ""
        if before and "@" not in before and not before.startswith('"') and ":" not in before:
            joined[-1] += [",", *tokens]
        else:
            joined.append(tokens)
    return joined


def _person(tokens: list[str], *, grouped: bool) -> Person:
    if local := QUOTED_LOCAL.fullmatch("".join(tokens)):
        return Person(local[1])
    angles = [t for t in tokens if t.startswith("<")]
    angled = next((t for t in angles if "@" in t), angles[-1] if angles else None)
    comments = [t[1:].removesuffix(")") for t in tokens if t.startswith("(")]
    words = "".join(t for t in tokens if t is not angled and not t.startswith(("(", "<")))
    if ":" in words and '"' not in words and (grouped or angled is None):
        words = words.rpartition(":")[2]
    if angled is not None:
        inner = ANGLED.match(angled)
        address = _plain(inner[1] if inner else "")
        name = _name(words)
        if "@" not in address and (found := LOOKS_LIKE_ADDRESS.search(words)):
            address, name = found[0], ""
    else:
        found = LOOKS_LIKE_ADDRESS.search(words)
        if not found and comments and LOOKS_LIKE_ADDRESS.fullmatch(comments[0]):
            return Person(_plain(comments[0]), _name(words) or None)  # `Ana (ana@x.example)`
        address = _plain(found[0]) if found else ""
        name = _name(words.replace(found[0], "")) if found else _name(words)
        if not address and LOCAL_USER.fullmatch(name):
            address, name = name, ""
    others = [token for token in angles if token is not angled]
    name = name or _name(comments[0] if comments else others[0].strip("<>") if others else "")
    return Person(address or None, None if name == address else name or None)


def _plain(address: str) -> str:
    """Without source routes (`@a,@b:c@d`) and stray marks; encoded words are read."""
    address = address if address.isascii() and "=?" not in address else header_text(address)
    address = COMMENT.sub("", address).removeprefix("mailto:")
    if SPACE.search(address) and (found := LOOKS_LIKE_ADDRESS.search(address)):
        address = found[0]
    if address.startswith("@"):
        address = address.rpartition(":")[2]
    return address.strip(" '\t.;,").replace("\r", "").replace("\n", "")


def _name(words: str) -> str:
    text = words.strip(" \t,;<>")
    if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in ESCAPED.sub("", text[1:-1]):
        text = ESCAPED.sub(r"\1", text[1:-1])
    else:
        text = ESCAPED.sub(r"\1", text).replace('"', "")
    return _unquoted(header_text(text).strip(" \t\ufffd"))


def _unquoted(name: str) -> str:
    """Some clients quote names twice: `"'Ana Ruiz'"`."""
    pairs = len(name) > 1 and name[0] == name[-1] and name[0] in "'\""
    return name[1:-1].strip() if pairs else name
