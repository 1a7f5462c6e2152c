"""Which Message-IDs a mail refers to, so that mail programs show one conversation."""

import re
from collections.abc import Sequence

from shared.contracts.fields import MessageBody

LONGEST_THREAD = 20
_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{3,250}>")
EMAIL = "email"


def message_id_of(message: MessageBody) -> str | None:
    """The Message-ID it came under; None where it came by another channel or has a broken one."""
    if message.channel != EMAIL or message.external_id is None:
        return None
    bare = message.external_id.strip().removeprefix("<").removesuffix(">")
    message_id = f"<{bare}>"
    return message_id if _MESSAGE_ID.fullmatch(message_id) else None


def extended(thread: Sequence[str], message_id: str | None) -> tuple[str, ...]:
    """With this id last; the oldest falls out beyond twenty, but the first is kept as the root."""
    if message_id is None or message_id in thread:
        return tuple(thread)
    longer = (*thread, message_id)
    return longer if len(longer) <= LONGEST_THREAD else (longer[0], *longer[2:])
