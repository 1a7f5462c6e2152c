"""Who says what: a service its own types, outsiders what a topic's access list lets in."""

from collections.abc import Mapping
from dataclasses import dataclass

from deskstream.contracts.stages import SERVICES
from shared.contracts.commands import (
    AbsorbTicket,
    Link,
    RecordMessage,
    ReleaseTicket,
    ReportBounce,
    SetStatus,
)
from shared.contracts.message import Message
from shared.contracts.topics import (
    AGENT_UPDATES,
    CHANNEL_MESSAGES,
    CUSTOMER_UPDATES,
    DEAD_LETTERS,
    ROUTING_REQUESTS,
    TICKET_COMMANDS,
    Topic,
)


@dataclass(frozen=True, slots=True)
class Speaker:
    """`who` as in a sentence; `slug` as part of a name."""

    slug: str
    who: str


OUTSIDERS = Speaker("upstream", "agents' desktops, bots and upstream systems")
DOOR = Speaker("intake", "intake's door")
RECEPTION = Speaker("intake", "intake's reception")
LIFECYCLE = Speaker("intake", "intake's lifecycle")
TIMERS = Speaker("sla", "sla's timers")

# Types without a writer of their own may be said by whoever may write to the topic.
OPEN_TOPICS: Mapping[Topic, tuple[Speaker, ...]] = {
    CHANNEL_MESSAGES: (
        Speaker("upstream", "gateways and upstream systems"),
        DOOR,
    ),
    TICKET_COMMANDS: (OUTSIDERS, DOOR),
    AGENT_UPDATES: (Speaker("workforce", "the workforce tool or an administrator"),),
    CUSTOMER_UPDATES: (Speaker("crm", "the CRM"),),
}
# Where it is not just anybody.
SAID_BY: Mapping[type[Message], tuple[Speaker, ...]] = {
    RecordMessage: (RECEPTION,),
    ReportBounce: (RECEPTION,),
    AbsorbTicket: (LIFECYCLE,),
    ReleaseTicket: (LIFECYCLE,),
    Link: (OUTSIDERS, DOOR, LIFECYCLE),
    SetStatus: (OUTSIDERS, DOOR, TIMERS),
}
FORWARDED_BY: Mapping[Topic, tuple[str, ...]] = {
    ROUTING_REQUESTS: ("router",),
    DEAD_LETTERS: SERVICES,
}


def speakers(cls: type[Message]) -> tuple[Speaker, ...]:
    if cls.writer:
        return (Speaker(cls.writer, cls.writer),)
    if cls in SAID_BY:
        return SAID_BY[cls]
    return next(said_by for topic, said_by in OPEN_TOPICS.items() if topic.name == cls.topic)


def in_words(said_by: tuple[Speaker, ...]) -> str:
    return ", ".join(speaker.who for speaker in said_by)
