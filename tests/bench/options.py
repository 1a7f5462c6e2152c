"""The command line of `make bench`."""

import argparse
from pathlib import Path

from deskstream.services import SERVICES
from tests.bench.plans import SPECIAL, STANDARD, chosen
from tests.bench.yardstick import PARTITIONS


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """With `parts`: what is to be measured, in order."""
    parser = argparse.ArgumentParser(
        prog="make bench",
        description="The pipeline beside plain yardsticks, as a report.",
        epilog="The last group asks for parts that run alone unless --quick or --only is there.",
    )
    parser.add_argument("--quick", action="store_true", help="the main ratios in about a minute")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=STANDARD,
        default=[],
        metavar="PART",
        help=f"of {', '.join(STANDARD)}",
    )
    parser.add_argument(
        "--stack",
        choices=("embedded", "apache", "external"),
        default="embedded",
        help="broker and database",
    )
    parser.add_argument(
        "--report",
        type=Path,
        default=Path("build/bench.json"),
        help="the chart goes beside it, as SVG",
    )
    parser.add_argument("--seed", type=int, default=7, help="of what customers write, and when")
    parser.add_argument(
        "--mail-share",
        type=float,
        default=0.5,
        help="of raw mails, 0 to 1; the rest is canonical JSON",
    )
    parser.add_argument("--partitions", type=int, default=PARTITIONS, help="most of a topic")
    parser.add_argument("--although-busy", action="store_true", help="run, and mark the report")
    parser.add_argument("--keep-logs", type=Path, help="folder for the logs of all processes")
    parser.add_argument("--rate", type=float, help="a second, for --sustained and --soak")
    parser.add_argument(
        "--million", action="store_true", help="with a million open tickets as well; takes long"
    )
    _add_special(parser.add_argument_group("parts of their own"))
    options = parser.parse_args(arguments)
    for each in options.profile or ():
        if each not in (*SERVICES, "all"):
            parser.error(f"no service is called {each}: choose of {', '.join(SERVICES)}, or all")
    if "all" in (options.profile or ()):
        options.profile = list(SERVICES)
    special = [name for name in SPECIAL if getattr(options, name)]
    only = [*options.only, *(["stored"] if options.million else [])]
    options.parts = chosen(only, special, quick=options.quick)
    return options


def _add_special(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--sustained", type=float, metavar="SECONDS", help="a rate kept up")
    group.add_argument("--soak", type=float, metavar="MINUTES", help="memory at half of the load")
    group.add_argument(
        "--profile", nargs="+", metavar="SERVICE", help="to build/profile-SERVICE.txt; or all"
    )
    group.add_argument(
        "--secure", action="store_true", help="Apache Kafka with TLS and passwords, and without"
    )
    group.add_argument(
        "--peer",
        action="store_true",
        help="django-helpdesk on PostgreSQL, in an environment of its own under build/",
    )
