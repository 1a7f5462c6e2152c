"""What a mail address is, and behind which of them nobody reads."""

import hashlib
import re
from functools import lru_cache

from shared.contracts.fields import Personal

LONGEST_LOCAL_BYTES = 64
LONGEST_BYTES = 254
# Only ASCII before the "@": servers that take more (RFC 6531) are still too few to rely on.
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+", re.ASCII)
_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
# The mailboxes of machines: RFC 2142 and what senders commonly call the ones that they don't read.
_MACHINES = frozenset(
    {
        *("mailer-daemon", "postmaster", "abuse", "root", "nobody", "daemon", "hostmaster"),
        *("noreply", "no-reply", "no_reply", "no.reply", "nicht-antworten", "ne-pas-repondre"),
        *("donotreply", "do-not-reply", "do_not_reply", "do.not.reply", "no-responder"),
        *("bounce", "bounces", "autoreply", "auto-reply", "listserv", "majordomo"),
    }
)


def mail_address(text: Personal | None) -> str | None:
    """The address as it goes over the wire, its domain in ASCII; None for what is none."""
    return _wire_form(text) if isinstance(text, str) else None


@lru_cache(maxsize=8192)  # each is looked at a dozen times on a mail's way
def _wire_form(text: str) -> str | None:
    local, at, domain = text.strip().rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or ".." in f".{local}.":
        return None
    try:
        domain = (domain if domain.isascii() else domain.encode("idna").decode()).lower()
    except UnicodeError:
        return None
    address = f"{local}@{domain}"
    fits = len(local.encode()) <= LONGEST_LOCAL_BYTES and len(address.encode()) <= LONGEST_BYTES
    return address if fits and _DOMAIN.fullmatch(domain) else None


def is_machine(address: str) -> bool:
    """Nobody reads there: an automatic mail would come back, or start a loop."""
    local = address.partition("@")[0].partition("+")[0].lower()
    return local in _MACHINES or local.startswith(("bounce-", "bounces-", "owner-", "prvs="))


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


@lru_cache(maxsize=8192)
def digest_of(address: str) -> str:
    """What stands for the address in counters: the same for all its spellings."""
    return hashlib.sha256(address.lower().encode()).hexdigest()[:32]
