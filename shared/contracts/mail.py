"""How our mail carries its ticket: signed Message-IDs and reply addresses that nobody can guess."""

import hashlib
import hmac
import re
from base64 import b32decode, b32encode
from binascii import Error as BadBase32Error
from functools import lru_cache
from uuid import UUID

# On everything we send; on something we receive it says that it went round.
LOOP_HEADER = "X-Deskstream-Loop"
# In subjects, for whoever answers with a new mail: `[TKT-12345]`.
SUBJECT_TOKEN = re.compile(r"\[\s*(TKT-\d{1,18})\s*\]", re.IGNORECASE)

# 72 bits: with the 128 of a ticket's id the token takes 40 of the 64 characters that a mail
# address allows before its "@".
SIGNATURE_BYTES = 9
LONGEST_TOKEN = 200
UUID_BYTES = 16
OUR_MESSAGE_ID = re.compile(r"[a-z_]+\.([a-z2-7]+)\.[\w.-]+@[^@\s<>]+", re.IGNORECASE | re.ASCII)
RATE = "rate-"  # before a token; base32 has no hyphen
UNSAFE = re.compile(r"[^\w-]+", re.ASCII)


def message_id_for(kind: str, ticket_id: str, unique: str, *, domain: str, secret: str) -> str:
    """`<kind.token.unique@domain>`: the same for the same arguments, so a resend is recognised."""
    return f"<{kind}.{ticket_token(ticket_id, secret)}.{UNSAFE.sub('-', unique)}@{domain}>"


def ticket_of_message_id(message_id: str, *, secret: str) -> str | None:
    """The ticket of one of our Message-IDs; None for any other, also for a forged one."""
    ours = OUR_MESSAGE_ID.fullmatch(message_id.strip().removeprefix("<").removesuffix(">"))
    return ticket_of_token(ours[1], secret) if ours else None


def reply_address(mailbox: str, ticket_id: str, *, secret: str) -> str:
    """`support@example.com` ▶ `support+token@example.com`, where replies find the ticket."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{ticket_token(ticket_id, secret)}@{domain}"


def rating_address(mailbox: str, ticket_id: str, *, secret: str) -> str:
    """`support+rate-token@example.com`, where the answers to a survey go."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{RATE}{ticket_token(ticket_id, secret)}@{domain}"


def ticket_of_address(address: str, *, secret: str) -> str | None:
    """The ticket of one of our reply addresses; None for any other, also for a forged one."""
    _, plus, tag = address.rpartition("@")[0].rpartition("+")
    return ticket_of_token(_without_rate(tag), secret) if plus else None


def ticket_of_rating_address(address: str, *, secret: str) -> str | None:
    """The ticket whose survey gave this address; None for any other, also for a reply address."""
    tag = address.rpartition("@")[0].rpartition("+")[2]
    return None if _without_rate(tag) == tag else ticket_of_address(address, secret=secret)


def _without_rate(tag: str) -> str:
    """Mail systems may have changed its case."""
    return tag[len(RATE) :] if tag.lower().startswith(RATE) else tag


@lru_cache(maxsize=4096)  # a mail has it several times, a ticket has several mails
def ticket_token(ticket_id: str, secret: str) -> str:
    """Base32 of the id and its signature; lower case, as mail systems fold addresses."""
    token = _packed(ticket_id) + _signature(ticket_id, secret)
    return b32encode(token).decode().rstrip("=").lower()


def ticket_of_token(token: str, secret: str) -> str | None:
    """Without a secret nothing is believed: anybody could have made it."""
    if not secret or len(token) > LONGEST_TOKEN:
        return None
    try:
        packed = b32decode(token.upper() + "=" * (-len(token) % 8))
    except (BadBase32Error, ValueError):
        return None
    signature = packed[-SIGNATURE_BYTES:]
    for ticket_id in _unpacked(packed[:-SIGNATURE_BYTES]):
        if hmac.compare_digest(signature, _signature(ticket_id, secret)):
            return ticket_id
    return None


def _signature(ticket_id: str, secret: str) -> bytes:
    digest = hmac.digest(secret.encode(), b"ticket\x00" + ticket_id.encode(), hashlib.sha256)
    return digest[:SIGNATURE_BYTES]


def _packed(ticket_id: str) -> bytes:
    try:
        identity = UUID(ticket_id)
    except ValueError:
        return ticket_id.encode()
    return identity.bytes if str(identity) == ticket_id else ticket_id.encode()


def _unpacked(packed: bytes) -> list[str]:
    """What may have been packed into these bytes; the signature tells which it was."""
    readings = [str(UUID(bytes=packed))] if len(packed) == UUID_BYTES else []
    try:
        return [*readings, packed.decode()]
    except UnicodeDecodeError:
        return readings
