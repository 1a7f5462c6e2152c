"""Which topics there are, what they are keyed by, and how a cluster should keep them."""

from dataclasses import dataclass
from enum import StrEnum

DAY_MS = 24 * 60 * 60 * 1000


class Dedupe(StrEnum):
    """How a reader knows that it has had a record before."""

    IDS = "ids"  # CloudEvents source and id, kept as long as the ticket
    NUMBERS = "numbers"  # the writer's number for this subject
    POSITION = "position"  # the checkpoint alone: the last word per key holds anyway


@dataclass(frozen=True, slots=True)
class Topic:
    """A keyed record lies on the partition that murmur2 of its key names, or is moved there."""

    name: str
    keyed_by: str
    purpose: str
    dedupe: Dedupe
    partitions: int = 12
    compacted: bool = False
    retention_ms: int = -1  # for ever
    max_message_bytes: int = 1_048_576

    def config(self) -> dict[str, str]:
        """The broker's settings for this topic."""
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.type": "LogAppendTime",
        }


CHANNEL_MESSAGES = Topic(
    "channel.messages",
    keyed_by="conversation or sender",
    purpose="Raw input as it came: RFC 5322 bytes, a vendor's JSON, or the canonical JSON.",
    dedupe=Dedupe.IDS,
    retention_ms=30 * DAY_MS,
    max_message_bytes=2_097_152,
)
TICKET_COMMANDS = Topic(
    "ticket.commands",
    keyed_by="ticket id",
    purpose="What somebody wants done to a ticket.",
    dedupe=Dedupe.IDS,
    retention_ms=30 * DAY_MS,
)
TICKET_EVENTS = Topic(
    "ticket.events",
    keyed_by="ticket id",
    purpose="The log: everything that happened to a ticket, in one order. Kept for ever.",
    dedupe=Dedupe.NUMBERS,
)
ROUTING_REQUESTS = Topic(
    "routing.requests",
    keyed_by="agent pool",
    purpose="The ticket and agent events that a pool's assignments depend on, unchanged.",
    dedupe=Dedupe.NUMBERS,
    retention_ms=30 * DAY_MS,
)
AGENT_UPDATES = Topic(
    "agent.updates",
    keyed_by="agent id",
    purpose="Who the agents are, what they can do and whether they are there. Null: gone.",
    dedupe=Dedupe.POSITION,
    partitions=3,
    compacted=True,
)
CUSTOMER_UPDATES = Topic(
    "customer.updates",
    keyed_by="customer id",
    purpose="Who the customers are and what was promised to them. Null: gone.",
    dedupe=Dedupe.POSITION,
    partitions=3,
    compacted=True,
)
DEAD_LETTERS = Topic(
    "dead.letters",
    keyed_by="as the original",
    purpose="Records that a service could not handle, with the reason; redrive sends them back.",
    dedupe=Dedupe.POSITION,
    partitions=3,
    max_message_bytes=4_194_304,
)

TOPICS = (
    CHANNEL_MESSAGES,
    TICKET_COMMANDS,
    TICKET_EVENTS,
    ROUTING_REQUESTS,
    AGENT_UPDATES,
    CUSTOMER_UPDATES,
    DEAD_LETTERS,
)
BY_NAME = {topic.name: topic for topic in TOPICS}
