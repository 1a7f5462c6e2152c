"""The events, commands and topics that services may know of each other."""

from shared.contracts import (  # noqa: F401 - importing them registers their messages
    assignment,
    channel,
    commands,
    notification,
    people,
    sla,
    ticket,
    triage,
)
