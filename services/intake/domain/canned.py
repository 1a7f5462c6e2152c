"""A kept reply, in the requester's language and with its variables filled in."""

import re
from difflib import get_close_matches

from services.intake.domain.canned_form import VARIABLE, CannedReplies, CannedReply
from services.intake.domain.ticket import RefusedError, TicketState
from shared.contracts.commands import ReplyCanned
from shared.contracts.fields import reveal

MOST_NAMED = 10


def fill(kept: CannedReplies, command: ReplyCanned, ticket: TicketState) -> tuple[CannedReply, str]:
    """Raises RefusedError where there is no such reply, or a variable is missing or unknown."""
    reply = kept.replies.get(command.canned_id)
    if reply is None:
        raise RefusedError(_unknown(command.canned_id, kept))
    text = _in_language(reply, ticket.requester.locale, kept.language)
    values = _known(command, ticket) | {n: reveal(v) for n, v in command.variables.items()}
    wanted = dict.fromkeys(VARIABLE.findall(text))
    missing = [name for name in wanted if not values.get(name, "").strip()]
    surplus = sorted(set(command.variables) - set(wanted))
    if missing or surplus:
        raise RefusedError(_misfit(command.canned_id, missing, surplus))
    return reply, VARIABLE.sub(lambda found: values[found[1]], text)


def _in_language(reply: CannedReply, locale: str | None, common: str) -> str:
    """The very locale, else its language, else the common one."""
    wanted = (locale or common).replace("_", "-")
    choices = (wanted, re.split("-", wanted)[0].lower(), common)
    return next(reply.texts[each] for each in choices if each in reply.texts)


def _known(command: ReplyCanned, ticket: TicketState) -> dict[str, str]:
    """What the ticket itself tells; KNOWN in canned_form lists the names."""
    name = ticket.requester.name
    return {
        "number": ticket.number,
        "subject": reveal(ticket.subject),
        "requester_name": reveal(name) if name is not None else "",
        "agent": command.actor.id,
    }


def _unknown(canned_id: str, kept: CannedReplies) -> str:
    known = sorted(kept.replies)
    near = get_close_matches(canned_id, known, n=1)
    told = f"did you mean {near[0]}?" if near else f"there are {', '.join(known[:MOST_NAMED])}"
    return f"there is no canned reply {canned_id}; {told if known else 'none is set up'}"


def _misfit(canned_id: str, missing: list[str], surplus: list[str]) -> str:
    told = []
    if missing:
        told.append(f"it needs {', '.join(missing)} among the variables")
    if surplus:
        told.append(f"it has no place for {', '.join(surplus[:MOST_NAMED])}")
    return f"canned reply {canned_id}: {'; '.join(told)}"
