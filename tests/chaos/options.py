"""What can be asked of `make chaos`."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.chaos.faults import MAIL_SECONDS, Kind, Share
from tests.chaos.weaknesses import Weakness

EVERYTHING: tuple[str, ...] = (*Kind, *Share)


@dataclass(frozen=True, slots=True)
class Options:
    """`tickets` and `kills` make it a long run of deaths instead of one of all faults."""

    minutes: float
    seed: int
    rate: float
    faults: tuple[str, ...]
    stack: str
    standbys: tuple[str, ...]
    report: Path
    logs: Path | None
    replay: bool
    kills: int
    mail_seconds: float = MAIL_SECONDS
    control: Weakness | None = None
    controls: bool = False

    @property
    def kinds(self) -> list[Kind]:
        return [kind for kind in Kind if kind in self.faults]

    def has(self, share: Share) -> bool:
        return share in self.faults

    def without(self, weakness: Weakness | None) -> "Options":
        return replace(self, control=weakness)


def parse(arguments: Sequence[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(
        prog="make chaos",
        description="Kill, freeze, cut and poison a deployment under load, then reconcile it.",
        epilog=f"Faults: {', '.join(EVERYTHING)}.",
    )
    parser.add_argument("--minutes", type=float, default=1.0, help="under load and faults")
    parser.add_argument("--seed", type=int, default=7, help="of input and faults; same, same plan")
    parser.add_argument("--rate", type=float, default=10.0, help="messages a second")
    parser.add_argument("--tickets", type=int, help="so many messages, instead of minutes")
    parser.add_argument("--kills", type=int, default=0, help="so many deaths, and no other fault")
    parser.add_argument("--faults", default="all", help="some of those below, or none, or all")
    parser.add_argument(
        "--mail-seconds", type=float, default=MAIL_SECONDS, help="how long a mail server is ill"
    )
    parser.add_argument("--stack", choices=("embedded", "apache"), default="embedded")
    parser.add_argument("--standby", default="sla", help="services with a second process, or none")
    parser.add_argument("--replay", action="store_true", help="then, all logs from their start")
    parser.add_argument("--control", type=Weakness, choices=list(Weakness), help="must be found")
    parser.add_argument("--controls", action="store_true", help="every control, one after another")
    parser.add_argument("--report", type=Path, default=Path("build/chaos.json"))
    parser.add_argument("--keep-logs", type=Path, help="folder for the logs of all processes")
    made = parser.parse_args(arguments)
    return Options(
        minutes=made.tickets / made.rate / 60 if made.tickets else made.minutes,
        seed=made.seed,
        rate=made.rate,
        faults=_faults(parser, made.faults, made.stack),
        stack=made.stack,
        standbys=() if made.standby == "none" else tuple(made.standby.split(",")),
        report=made.report,
        logs=made.keep_logs,
        replay=made.replay,
        kills=made.kills,
        mail_seconds=made.mail_seconds,
        control=made.control,
        controls=made.controls,
    )


def _faults(parser: argparse.ArgumentParser, text: str, stack: str) -> tuple[str, ...]:
    named = {"all": EVERYTHING, "none": ()}.get(text, tuple(filter(None, text.split(","))))
    if unknown := set(named) - set(EVERYTHING):
        parser.error(f"no fault is called {', '.join(sorted(unknown))}; --help names them all")
    if stack != "embedded":
        return tuple(named)
    if text != "all" and Kind.KILL_BROKER in named:
        parser.error("the embedded broker keeps nothing: kill-broker needs --stack apache")
    return tuple(each for each in named if each != Kind.KILL_BROKER)


def with_faults(options: Options, *faults: str, **changes: object) -> Options:
    return replace(options, faults=faults, **changes)  # type: ignore[arg-type]
