"""What a world is made of: services, scenarios, and the parts that a planted bug replaces."""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from shared.kit.engine import Engine
from shared.kit.memory import MemoryStore
from shared.kit.unit import Handler, Stage

if TYPE_CHECKING:
    from tests.simulation.groups import Process
    from tests.simulation.world import World

EngineOf = Callable[..., Engine[Any]]
StoreOf = Callable[..., MemoryStore]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the world is built from. A planted bug puts a broken part in place of the real one.

    `plant` holds while the world runs.
    """

    engine: EngineOf = Engine
    store: StoreOf = MemoryStore
    handler: Callable[[Handler[Any]], Handler[Any]] = lambda handler: handler
    plant: Callable[[], AbstractContextManager[Any]] = nullcontext


@dataclass(frozen=True, slots=True)
class StagePlan:
    stage: Stage[Any]
    handler: Callable[["World", "Process"], Handler[Any]]
    database: str


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """`background` runs beside the stages, as the notifier's sender does."""

    name: str
    stages: tuple[StagePlan, ...]
    background: Callable[["World", "Process"], Coroutine[Any, Any, None]] | None = None


class Scenario(Protocol):
    """What runs, what comes in, and what must hold in the end."""

    script: Sequence[Any]
    calm_after: int  # from then on nothing befalls, and the world must come to rest

    @property
    def services(self) -> Sequence[ServicePlan]: ...

    @property
    def repeated_mails(self) -> int:
        """Sent again because nobody could know that they had arrived: no violation."""

    def say(self, world: "World", entry: Any) -> None: ...

    def mend(self, world: "World") -> None:
        """Once it is calm: what people would do."""

    def is_done(self, world: "World") -> bool: ...

    def violations(self, world: "World") -> list[str]: ...
