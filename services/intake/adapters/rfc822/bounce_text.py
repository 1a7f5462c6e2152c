"""Whom a bounce's words name, and with which status, where no field of it does."""

import re

MOST = 20_000  # characters of a free-form bounce
SAID_FIRST = 2_000  # characters
# Not what somebody's mail was refused for coming from.
_ADDRESS = (
    r"(?<![\w.+=&/@-])(?<!mail from )(?<!mail from <)(?<!messages from )(?<!messages from <)"
    r"(?:(?:smtp|rfc822)[=:;] ?)?([\w+=&/-][\w.+=&'/-]{0,63}@[\w.-]{1,253}\.[a-z]{2,63})"
)
ADDRESS = re.compile(_ADDRESS, re.IGNORECASE)
# "did not reach the following recipient(s):", and soon after it an address.
ANNOUNCED = re.compile(
    r"(?:(?:following|these) (?:[\w-]+ ){0,2}(?:recipient|address|user|person|destination)"
    r"|did not reach)[^\n@]{0,80}(?:\n[^\n@]{0,60}){0,3}?" + _ADDRESS,
    re.IGNORECASE,
)
ON_ITS_LINE = re.compile(
    r"(?:^[ \t>*-]{0,12}"
    r"|(?:rcpt to|delivered to|for|to|recipients?|user|address|mailbox)[:\s]+)"
    r"[<\"'(\[]*" + _ADDRESS,
    re.IGNORECASE | re.MULTILINE,
)
HEADER_LINE = re.compile(
    r"[ \t>*-]*(?:to|cc|bcc|from|reply-to|sent|subject|date|sender)[ \t]*:", re.IGNORECASE
)
TO_LINE = re.compile(r"^[ \t>]*To:[^\n@]{0,200}?<?" + _ADDRESS, re.IGNORECASE | re.MULTILINE)
# Above what came back: whoever is named below it was named by us.
COPY = re.compile(
    r"^[ \t>*=-]*(?:(?:the |your )?(?:original|returned|unsent|rejected|undelivered) "
    r"(?:message|mail|e-?mail)(?: headers?| details?| text| below| follows?| as received[^\n]{0,20}"
    r"| attached| starts here){0,2}|message headers? follows?"
    r"|below this line is a copy[^\n]{0,40}|(?:start|begin(?:ning)?) of returned (?:message|mail)"
    r"|(?:here|this) is a copy of[^\n]{0,80}|(?:a )?copy of (?:your|the)[^\n]{0,60}"
    r"|old message|the first \d+ lines of[^\n]{0,60})[ \t:*=.-]*$",
    re.IGNORECASE | re.MULTILINE,
)
STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")


def told(text: str) -> str:
    """What the mail system says, without the mail that it returns below."""
    text = text[:MOST]
    copy = COPY.search(text)
    return text[: copy.start()] if copy and ADDRESS.search(text, 0, copy.start()) else text


def failed_address(text: str) -> str | None:
    """Announced as failed, else on a line of its own; that of a quoted header last."""
    announced = ANNOUNCED.search(text)
    if announced and not _in_header(text, announced.start(1)):
        return announced[1]
    found = list(ON_ITS_LINE.finditer(text))
    told_so = (each for each in found if not _in_header(text, each.start(1)))
    chosen = next(told_so, None) or next(iter(found), None)
    return chosen[1] if chosen else None


def addressee(returned: str) -> str | None:
    """Whom the mail that came back was for."""
    found = TO_LINE.search(returned)
    return found[1] if found else None


def stranger(text: str, own: str) -> str | None:
    """In a sentence of whatever language, where it is nobody that the bounce's headers name."""
    named = ADDRESS.findall(text[:SAID_FIRST])
    return next((found for found in named if found.lower() not in own.lower()), None)


def _in_header(text: str, position: int) -> bool:
    line = text.rfind("\n", 0, position) + 1
    return HEADER_LINE.match(text, line, position) is not None
