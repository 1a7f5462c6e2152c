"""The `deskstream` command."""

import typer

from deskstream.commands import (
    check,
    checkpoints,
    contracts,
    dead_letters,
    demo,
    held,
    importing,
    intake,
    router,
    run,
    send,
    sla,
    ticket,
    tokens,
    topics,
    triage,
    validate,
)

app = typer.Typer(
    help=(
        "Deskstream turns every request for help into a ticket that is triaged, routed, timed, "
        "answered and measured: six services on Kafka and MongoDB.\n\n"
        "Start with `deskstream demo`: it needs nothing but Python. In a real deployment: "
        "`deskstream topics provision`, then `deskstream run SERVICE` for each of the six. "
        "Settings come from DESKSTREAM_… variables (deploy/.env.example lists them), rules from "
        "the YAML files in config/ (`deskstream check` reads them before a service does)."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run.run)
app.command("demo")(demo.demo)
app.command("check")(check.check)
app.command("send")(send.send)
app.command("import")(importing.import_tickets)
app.command("validate")(validate.validate)
app.add_typer(intake.app, name="intake")
app.add_typer(ticket.app, name="ticket")
app.add_typer(router.app, name="router")
app.add_typer(sla.app, name="sla")
app.add_typer(triage.app, name="triage")
app.add_typer(held.app, name="held")
app.add_typer(topics.app, name="topics")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(checkpoints.app, name="checkpoints")
app.add_typer(tokens.app, name="tokens")
app.add_typer(contracts.app, name="contracts")


def main() -> None:
    app()


if __name__ == "__main__":
    main()
