"""What follows from an occasion: a letter for each person concerned, or why there is none."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notifier.domain.address import (
    LONGEST_LOCAL_BYTES,
    digest_of,
    domain_of,
    mail_address,
)
from services.notifier.domain.attachments import divide
from services.notifier.domain.audience import Addressee, audience
from services.notifier.domain.guards import Plan, Reason, why_not
from services.notifier.domain.letter import AUTO_GENERATED, AUTO_REPLIED, Mail
from services.notifier.domain.notices import Event, NotificationRules, Sender
from services.notifier.domain.people import People
from services.notifier.domain.story import Occasion
from services.notifier.domain.ticket import NotifiedTicket
from services.notifier.domain.wording import Wording, bare_subject, one_line, plain, safe_html
from shared.contracts.envelope import deterministic_id
from shared.contracts.fields import reveal
from shared.contracts.mail import message_id_for, rating_address, reply_address


@dataclass(frozen=True, slots=True)
class Letter:
    delivery_id: str
    template: str
    to: Addressee
    mail: Mail

    @property
    def digest(self) -> str:
        return digest_of(self.mail.to)


@dataclass(frozen=True, slots=True)
class Held:
    delivery_id: str
    template: str
    to: Addressee
    reason: Reason


@dataclass(frozen=True, slots=True)
class Cause:
    """What it is decided on: the event's id and acceptance, and when it is handled."""

    event_id: str
    ticket_id: str
    at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class _OurSide:
    """Whom a mail is from, and where its answers go."""

    sender: Sender
    reply_to: str


@dataclass(frozen=True, slots=True)
class Correspondence:
    """The desk's own side of every mail: the rules, the words, the key that signs."""

    rules: NotificationRules
    wording: Wording
    secret: str

    def tell(
        self, occasion: Occasion, ticket: NotifiedTicket, people: People, cause: Cause
    ) -> Iterator[Letter | Held]:
        """Nobody is told the same twice, also not who has two roles."""
        told: set[tuple[str, str]] = set()
        for notice in self.rules.notices_on(occasion.event):
            for role in notice.to:
                for to in audience(role, occasion, ticket, people, self.rules):
                    key = (notice.template, _identity(to))
                    if key not in told:
                        told.add(key)
                        yield self._write(notice.template, to, occasion, ticket, people, cause)

    def _write(
        self,
        template: str,
        to: Addressee,
        occasion: Occasion,
        ticket: NotifiedTicket,
        people: People,
        cause: Cause,
    ) -> Letter | Held:
        recipient = f"{to.kind}:{to.id}"
        delivery_id = deterministic_id("delivery", cause.event_id, template, recipient)
        address = mail_address(to.address)
        plan = Plan(address, to.kind == "requester", occasion.human, cause.at, cause.now)
        reason = occasion.held or why_not(plan, ticket, people, self.rules)
        if reason is not None or address is None:
            return Held(delivery_id, template, to, reason or Reason.NO_ADDRESS)
        sender = _sender(ticket, self.rules)
        reply_to = self._reply_to(occasion, sender.address, cause.ticket_id)
        if reply_to is None:
            return Held(delivery_id, template, to, Reason.NO_RATING_ADDRESS)
        our_side = _OurSide(sender, reply_to)
        mail = self._mail(delivery_id, template, address, to, occasion, ticket, cause, our_side)
        return Letter(delivery_id, template, to, mail)

    def _mail(
        self,
        delivery_id: str,
        template: str,
        address: str,
        to: Addressee,
        occasion: Occasion,
        ticket: NotifiedTicket,
        cause: Cause,
        our_side: "_OurSide",
    ) -> Mail:
        sender, reply_to = our_side.sender, our_side.reply_to
        attached, left_out = divide(occasion.message, self.rules.attachments_mb)
        facts = {**_facts(occasion, ticket, to, sender), "left_out": left_out}
        if occasion.event is Event.SURVEY_DUE:
            facts["rate"] = reply_to
        worded = self.wording.render(template, to.language, to.time_zone, facts)
        thread = ticket.thread if to.kind == "requester" else (self._root(cause, sender),)
        return Mail(
            sender_name=sender.name,
            sender=sender.address,
            reply_to=reply_to,
            to_name=one_line(to.name)[:100] if to.name else None,
            to=address,
            subject=worded.subject,
            text=worded.text,
            html=worded.html,
            date=cause.at,
            message_id=message_id_for(
                template,
                cause.ticket_id,
                delivery_id,
                domain=domain_of(sender.address),
                secret=self.secret,
            ),
            in_reply_to=thread[-1] if thread else None,
            references=thread,
            auto_submitted=_auto_submitted(occasion),
            attachments=tuple(attached) if to.kind == "requester" else (),
        )

    def _reply_to(self, occasion: Occasion, mailbox: str, ticket_id: str) -> str | None:
        """Where the token would make the address longer than mail allows, the mailbox itself.

        None for a survey: a bare number would be taken for a word on the matter.
        """
        if occasion.event is Event.SURVEY_DUE:
            rating = rating_address(mailbox, ticket_id, secret=self.secret)
            return rating if _fits(rating) else None
        signed = reply_address(mailbox, ticket_id, secret=self.secret)
        return signed if _fits(signed) else mailbox

    def _root(self, cause: Cause, sender: Sender) -> str:
        """A Message-ID that no mail has: all notices on a ticket are one conversation under it."""
        domain = domain_of(sender.address)
        return message_id_for("ticket", cause.ticket_id, "root", domain=domain, secret=self.secret)


def _identity(to: Addressee) -> str:
    address = mail_address(to.address)
    return digest_of(address) if address else f"{to.kind}:{to.id}"


def _sender(ticket: NotifiedTicket, rules: NotificationRules) -> Sender:
    """The mailbox that the ticket came in by, if it lies in a domain of ours; else the brand's."""
    sender = rules.sender_for(ticket.brand)
    mailbox = mail_address(ticket.mailbox)
    ours = {domain_of(each.address) for each in rules.senders}
    if mailbox is None or domain_of(mailbox) not in ours:
        return sender
    return Sender(name=sender.name, address=mailbox)


def _fits(address: str) -> bool:
    return len(address.rpartition("@")[0].encode()) <= LONGEST_LOCAL_BYTES


def _auto_submitted(occasion: Occasion) -> str | None:
    if occasion.event is Event.TICKET_CREATED:
        return AUTO_REPLIED
    return None if occasion.human else AUTO_GENERATED


def _facts(
    occasion: Occasion, ticket: NotifiedTicket, to: Addressee, sender: Sender
) -> dict[str, Any]:
    facts = dict(occasion.facts)
    if "html" in facts:
        facts["html"] = safe_html(facts["html"])
    if "text" in facts:
        facts["text"] = plain(facts["text"]).strip()
    name = ticket.requester.name
    return {
        "ticket": {
            "number": ticket.number,
            "subject": bare_subject(reveal(ticket.subject)),
            "priority": ticket.priority.value if ticket.priority else None,
            "channel": ticket.channel,
        },
        "requester": {"name": one_line(name) if isinstance(name, str) else None},
        "recipient": {"name": one_line(to.name) if to.name else None},
        "sender": {"name": sender.name, "address": sender.address},
        **facts,
    }
