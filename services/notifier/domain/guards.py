"""Why a mail is better not sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.notifier.domain.address import digest_of, is_machine
from services.notifier.domain.notices import NotificationRules
from services.notifier.domain.people import People
from services.notifier.domain.tally import Tally
from services.notifier.domain.ticket import NotifiedTicket


class Reason(StrEnum):
    """The words of NotificationSuppressed."""

    STALE = "stale"
    AUTOMATIC_SENDER = "automatic_sender"
    NOT_WANTED = "acknowledgement_not_wanted"
    ANSWERED = "already_answered"
    SAID_IN_REPLY = "said_in_reply"
    MERGED = "merged"
    SPAM = "spam"
    NO_ADDRESS = "no_mail_address"
    MACHINE = "machine_address"
    OWN_ADDRESS = "own_address"
    UNDELIVERABLE = "undeliverable_address"
    NO_RATING_ADDRESS = "rating_address_too_long"
    LOOP_ON_TICKET = "loop_guard_ticket"
    LOOP_ON_RECIPIENT = "loop_guard_recipient"


@dataclass(frozen=True, slots=True)
class Plan:
    """A mail that could be sent: to whom, about what, when it was decided and when that is done.

    `human`: an agent's own words. These go out unless nobody could read them or they are stale.
    """

    address: str | None
    to_requester: bool
    human: bool
    at: datetime
    now: datetime


def why_not(
    plan: Plan, ticket: NotifiedTicket, people: People, rules: NotificationRules
) -> Reason | None:
    """None: send it."""
    if plan.now - plan.at > timedelta(hours=rules.stale_after_hours):
        return Reason.STALE
    if plan.address is None:
        return Reason.NO_ADDRESS
    if _bare(plan.address) in {_bare(own) for own in _own_addresses(ticket, rules)}:
        return Reason.OWN_ADDRESS
    if plan.human:
        return None
    return (
        (_of_requester(ticket) if plan.to_requester else None)
        or _of_address(plan.address, people)
        or _of_loops(plan, plan.address, ticket, people, rules)
    )


def _own_addresses(ticket: NotifiedTicket, rules: NotificationRules) -> list[str]:
    return [*(sender.address for sender in rules.senders), ticket.mailbox or ""]


def _bare(address: str) -> str:
    """Without the plus part, behind which the same mailbox lies."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _of_requester(ticket: NotifiedTicket) -> Reason | None:
    if ticket.spam:
        return Reason.SPAM
    return Reason.AUTOMATIC_SENDER if ticket.automatic else None


def _of_address(address: str, people: People) -> Reason | None:
    if is_machine(address):
        return Reason.MACHINE
    return Reason.UNDELIVERABLE if people.is_undeliverable(digest_of(address)) else None


def _of_loops(
    plan: Plan, address: str, ticket: NotifiedTicket, people: People, rules: NotificationRules
) -> Reason | None:
    digest = digest_of(address)
    tally = ticket.tallies.get(digest, Tally())
    for limit in rules.limits.per_ticket_and_recipient:
        if tally.within(limit.minutes, plan.at) >= limit.mails:
            return Reason.LOOP_ON_TICKET
    for limit in rules.limits.per_recipient:
        if people.mails_within(digest, limit.minutes, plan.at) >= limit.mails:
            return Reason.LOOP_ON_RECIPIENT
    return None
