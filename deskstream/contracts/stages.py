"""Which stages the services run, and so who hears what."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from shared.contracts.message import Message
from shared.contracts.topics import BY_NAME, ROUTING_REQUESTS, Topic
from shared.kit.unit import Stage

SERVICES = ("intake", "triage", "router", "sla", "notifier", "reporting")

Stages = Sequence[Stage[Any]]


def stages_of_services() -> Stages:
    """The constants of each service's `app.py`, in the pipeline's order."""
    return [stage for service in SERVICES for stage in _stages_in(f"services.{service}.app")]


def _stages_in(module: str) -> list[Stage[Any]]:
    names = vars(import_module(module))
    return [value for value in names.values() if isinstance(value, Stage)]


def service_of(stage: Stage[Any]) -> str:
    """A stage is named `service` or `service-part`."""
    return stage.name.partition("-")[0]


def listeners(cls: type[Message], stages: Stages) -> list[str]:
    """The names of the stages that hear it, on its own topic or forwarded."""
    return [stage.name for stage in stages if cls in stage.hears]


def heard_on(topic: Topic, stage: Stage[Any]) -> list[type[Message]]:
    """What the stage hears on this topic; forwarded messages come from topics it does not read."""
    if topic not in stage.inputs:
        return []
    if topic == ROUTING_REQUESTS:
        own = {source.name for source in stage.inputs}
        return [cls for cls in stage.hears if cls.topic not in own]
    return [cls for cls in stage.hears if cls.topic == topic.name]


def forwarded(stages: Stages) -> list[type[Message]]:
    """The messages that lie on routing.requests beside their own topic."""
    heard = (cls for stage in stages for cls in heard_on(ROUTING_REQUESTS, stage))
    return in_order(heard)


def in_order(classes: Iterable[type[Message]]) -> list[type[Message]]:
    topics = list(BY_NAME)
    return sorted(set(classes), key=lambda cls: (topics.index(cls.topic), cls.type_name()))
