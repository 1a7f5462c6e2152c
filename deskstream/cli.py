"""The `deskstream` command. Only the part that is asked for is imported."""

import gc
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import typer

COMMANDS = {
    "run": "run.run",
    "demo": "demo.demo",
    "check": "check.check",
    "send": "send.send",
    "import": "importing.import_tickets",
    "validate": "validate.validate",
}
GROUPS = {
    "intake": "intake.app",
    "ticket": "ticket.app",
    "router": "router.app",
    "sla": "sla.app",
    "triage": "triage.app",
    "held": "held.app",
    "topics": "topics.app",
    "dead-letters": "dead_letters.app",
    "checkpoints": "checkpoints.app",
    "tokens": "tokens.app",
    "contracts": "contracts.app",
}
HELP = (
    "Deskstream turns every request for help into a ticket that is triaged, routed, timed, "
    "answered and measured: six services on Kafka and MongoDB.\n\n"
    "Start with `deskstream demo`: it needs nothing but Python. In a real deployment: "
    "`deskstream topics provision`, then `deskstream run SERVICE` for each of the six. "
    "Settings come from DESKSTREAM_… variables (deploy/.env.example lists them), rules from "
    "the YAML files in config/ (`deskstream check` reads them before a service does)."
)


def create(names: Iterable[str] = (*COMMANDS, *GROUPS)) -> typer.Typer:
    """The command line with these of its commands, all by default."""
    app = typer.Typer(
        help=HELP,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_whatever)
    for name in names:
        if name in COMMANDS:
            app.command(name)(_found(COMMANDS[name]))
        else:
            app.add_typer(_found(GROUPS[name]), name=name)
    return app


def _whatever() -> None:
    """With a callback a command that is alone is still called by its name."""


def _found(place: str) -> Any:
    module, _, attribute = place.partition(".")
    return getattr(import_module(f"deskstream.commands.{module}"), attribute)


def main() -> None:
    """A service starts in half the time without the imports of all other commands."""
    asked = sys.argv[1:2]
    known = bool(asked) and (asked[0] in COMMANDS or asked[0] in GROUPS)
    # Hardly any of what imports make is garbage; to look through it again and again is a fifth of
    # their time.
    gc.disable()
    app = create(asked) if known else create()
    gc.freeze()
    gc.enable()
    app()


if __name__ == "__main__":
    main()
