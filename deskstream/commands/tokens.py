"""Makes API tokens."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from deskstream.console import BAD_USE, fail, out
from services.intake.api import channels, commands, tickets
from services.reporting.api.access import SCOPE as REPORTS
from shared.kit.config import did_you_mean
from shared.kit.tokens import new_token

SCOPES = (
    tickets.WRITE,
    tickets.READ,
    commands.WRITE,
    commands.ACT_AS,
    channels.WRITE,
    REPORTS,
)

app = typer.Typer(help="Tokens for the HTTP doors.", no_args_is_help=True)


@app.callback()
def tokens() -> None:
    """Tokens for the HTTP doors."""


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Who will hold it: a gateway, a dashboard.")],
    scope: Annotated[list[str], typer.Option(help=f"{', '.join(SCOPES)}; may be repeated.")],
    days: Annotated[int, typer.Option(min=0, help="Good for so many days; 0: for ever.")] = 365,
    agent: Annotated[
        str | None, typer.Option(help="The agent who holds it; else the holder is a program.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.001, help="Requests a second; else 50.")
    ] = None,
) -> None:
    """Make a token: the secret for its holder, the lines for the tokens file.

    DESKSTREAM_TOKENS_FILE names that file; it holds hashes only, so the secret is shown once.
    """
    for each in scope:
        if each not in SCOPES:
            hint = did_you_mean(each, SCOPES) or f"; there are {', '.join(SCOPES)}"
            fail(f"there is no scope {each}{hint}", BAD_USE)
    secret, hashed = new_token()
    lines = [f"- name: {name}", f'  sha256: "{hashed}"', f"  scopes: [{', '.join(scope)}]"]
    if days:
        lines.append(f"  expires: {datetime.now(UTC).date() + timedelta(days=days)}")
    if agent is not None:
        lines.append(f"  agent_id: {agent}")
    if rate is not None:
        lines.append(f"  rate_per_second: {rate:g}")
    out.print(f"secret (shown once): {secret}", soft_wrap=True)
    out.print("add under tokens: in the tokens file:")
    out.print("\n".join(f"  {line}" for line in lines), soft_wrap=True)
