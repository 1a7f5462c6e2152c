"""What can be said on a topic: the base of events, commands and updates, and their registry."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel

from shared.contracts.fields import Contract, to_millisecond

TYPE_PREFIX = "deskstream."
LATENESS = "lateness_seconds"
"""A field of this name tells how late its message is said: all that depends on that moment."""


def lateness(due_at: datetime, at: datetime) -> float:
    """Seconds, of whole milliseconds; never less than none."""
    return max((to_millisecond(at) - due_at).total_seconds(), 0.0)


class Message(Contract):
    """Something said on a topic, in one version.

    Readers ignore fields they do not know, so a writer may add optional ones; anything else is a
    new version: a new class with the same name and a higher `version`.
    """

    topic: ClassVar[str]
    version: ClassVar[int] = 1
    writer: ClassVar[str] = ""  # the one service that says it; empty: whoever the topic lets in

    @classmethod
    def type_name(cls) -> str:
        """The CloudEvents type, for example `deskstream.TicketCreated.v1`."""
        return f"{TYPE_PREFIX}{cls.__name__}.v{cls.version}"


def concrete_messages() -> list[type[Message]]:
    """Every class that is said on a topic, by topic and name."""
    found: list[type[Message]] = []
    waiting: list[type[Message]] = list(Message.__subclasses__())
    while waiting:
        cls = waiting.pop()
        waiting.extend(cls.__subclasses__())
        if not cls.__subclasses__() and hasattr(cls, "topic"):
            found.append(cls)
    return sorted(found, key=lambda cls: (cls.topic, cls.__name__))


def registry() -> Mapping[str, type[Message]]:
    """CloudEvents type ▶ class."""
    return {cls.type_name(): cls for cls in concrete_messages()}


def encode(message: BaseModel) -> bytes:
    """Compact JSON, fields in the order of the class: the same value gives the same bytes."""
    return message.model_dump_json(exclude_none=True).encode()
