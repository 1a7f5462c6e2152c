"""What every channel's message must be like: one line where one line is meant, and not too long."""

from dataclasses import replace

from services.intake.domain.message import IncomingMessage, Person

LONGEST_ADDRESS = 320
LONGEST_NAME = 300
LONGEST_ID = 998
# What somewhere ends a line: in a mail's header each could begin another.
LINE_ENDS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029\x00")


def tidied(message: IncomingMessage) -> IncomingMessage:
    return replace(
        message,
        sender=_person(message.sender),
        reply_to=_person(message.reply_to) if message.reply_to else None,
        to=tuple(_person(each) for each in message.to),
        cc=tuple(_person(each) for each in message.cc),
        subject=one_line(message.subject, LONGEST_ID),
        external_id=one_line(message.external_id, LONGEST_ID),
        conversation=one_line(message.conversation, LONGEST_ID),
        mailbox=one_line(message.mailbox, LONGEST_ADDRESS),
        references=_lines(message.references),
        delivered_to=_lines(message.delivered_to),
    )


def one_line(text: str | None, longest: int) -> str | None:
    """The text itself where it is fine."""
    if text is None or (len(text) <= longest and LINE_ENDS.isdisjoint(text)):
        return text
    return " ".join(text.replace("\x00", "").split())[:longest] or None


def _person(person: Person) -> Person:
    address = one_line(person.address, LONGEST_ADDRESS)
    name = one_line(person.name, LONGEST_NAME)
    if address is person.address and name is person.name:
        return person
    return replace(person, address=address, name=name)


def _lines(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(found for each in texts if (found := one_line(each, LONGEST_ID)))
