"""What an answer to a survey says: a number that stands alone, and whatever is written below it."""

import re
from dataclasses import dataclass

from services.intake.domain.conversation import OVER, KnownTicket
from services.intake.domain.message import IncomingMessage
from shared.contracts.commands import Rate
from shared.contracts.fields import Actor, ActorKind
from shared.contracts.mail import ticket_of_rating_address

LONGEST_COMMENT = 4_000
# "4", "4.", "4/5", "4 von 5", and no "4 of my files are gone".
_SCORE = re.compile(r"[\s*_]*([1-5])(?:\s*(?:/|of|out of|von|sur|de)\s*5)?[\s*_.!]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rating:
    score: int
    comment: str | None


def rating_in(text: str) -> Rating | None:
    """None where the first line with words in it is no number from 1 to 5."""
    first, _, rest = text.strip().partition("\n")
    found = _SCORE.fullmatch(first)
    if found is None:
        return None
    return Rating(int(found[1]), rest.strip()[:LONGEST_COMMENT] or None)


def rated(
    message: IncomingMessage, ticket: KnownTicket | None, customer_id: str, *, secret: str
) -> Rate | None:
    """The requester's own verdict, on a ticket that is over; anything else is a message like any.

    It counts only where it was asked for: at the signed address that a survey gives as its own.
    """
    if ticket is None or ticket.status not in OVER or message.automatic is not None:
        return None
    asked = (ticket_of_rating_address(each, secret=secret) for each in message.recipients)
    rating = rating_in(message.text if message.new_text is None else message.new_text)
    knows = ticket.knows(customer_id, message.sender.address)
    if rating is None or not knows or ticket.ticket_id not in asked:
        return None
    return Rate(
        actor=Actor(kind=ActorKind.REQUESTER, id=ticket.customer_id),
        score=rating.score,
        comment=rating.comment,
    )
