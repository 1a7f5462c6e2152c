"""What must be found: a protection taken out, and the faults that it is there for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.faults import Fault, Kind, Share
from tests.chaos.options import Options, with_faults
from tests.chaos.weaknesses import Weakness

SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Control:
    """`moments` are seconds from the start, kinds and victims."""

    moments: Sequence[tuple[float, Kind, str]] = ()
    shares: Sequence[Share] = ()
    standbys: tuple[str, ...] = ()
    seconds: float = SECONDS

    def plan(self) -> list[Fault]:
        return [Fault(at, kind, victim, 0.0) for at, kind, victim in self.moments]

    def options(self, options: Options) -> Options:
        faults = (*(kind for _, kind, _ in self.moments), *self.shares)
        return with_faults(
            options, *faults, minutes=self.seconds / 60, standbys=self.standbys, kills=0
        )


CONTROLS: Mapping[Weakness, Control] = {
    # The zombie writes over what its heir has decided, and the heir dies before it says it.
    Weakness.EPOCH: Control([(6.0, Kind.ZOMBIE, "triage")], standbys=("triage",)),
    Weakness.NUMBERS: Control([(15.0, Kind.REPLAY_LOG, "log")]),
    Weakness.LETTERS: Control(shares=[Share.POISON]),
    Weakness.REPUBLISH: Control(
        [
            (6.0, Kind.KILL_UNPUBLISHED, "triage"),
            (12.0, Kind.KILL_UNPUBLISHED, "sla"),
            (18.0, Kind.KILL_UNPUBLISHED, "intake"),
        ]
    ),
    Weakness.WATERMARK: Control([(6.0, Kind.LATE_TIMERS, "sla")]),
}
# All of these faults with nothing taken out: must hold, or the controls would say nothing.
SOUND = Control(
    [
        (6.0, Kind.ZOMBIE, "triage"),
        (24.0, Kind.KILL_UNPUBLISHED, "triage"),
        (30.0, Kind.KILL_UNPUBLISHED, "sla"),
        (36.0, Kind.KILL_UNPUBLISHED, "intake"),
        (42.0, Kind.LATE_TIMERS, "sla"),
        (66.0, Kind.REPLAY_LOG, "log"),
    ],
    shares=[Share.POISON],
    standbys=("triage",),
    seconds=75.0,
)
