"""One schedule of the whole pipeline: its services, its people, its end."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.notifier.store import DELIVERIES
from tests.simulation.pipeline.checks import violations
from tests.simulation.pipeline.composition import Composition
from tests.simulation.pipeline.script import TALKING, Entry
from tests.simulation.plans import ServicePlan
from tests.simulation.scheduler import SECOND
from tests.simulation.world import World

CALM_AFTER = TALKING + 2 * SECOND


@dataclass(slots=True)
class Pipeline:
    script: Sequence[Entry]
    calm_after: int = CALM_AFTER
    composition: Composition = field(default_factory=Composition)

    @property
    def services(self) -> Sequence[ServicePlan]:
        return self.composition.services

    @property
    def repeated_mails(self) -> int:
        return self.composition.office.repeated

    def say(self, world: World, entry: Entry) -> None:
        if entry.astray is not None:
            place = entry.astray % world.cluster.counts[entry.publication.topic]
            world.cluster.append(entry.publication, partition=place)
        for _ in range(entry.copies):
            world.cluster.append(entry.publication)

    def mend(self, world: World) -> None:
        """Nobody has to do anything."""

    def is_done(self, world: World) -> bool:
        """Nothing is left to be mailed, and all that was is told."""
        deliveries = world.documents("notifier", DELIVERIES).values()
        return not any(each["state"] == "due" or each.get("outcome_ready") for each in deliveries)

    def violations(self, world: World) -> list[str]:
        return violations(world, self.script, self.composition.office)
