"""Makes API tokens."""

from typing import Annotated

import typer

from deskstream.console import out
from shared.kit.tokens import new_token

app = typer.Typer(help="Tokens for the HTTP doors.", no_args_is_help=True)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Who will hold it: a gateway, a dashboard.")],
    scope: Annotated[list[str], typer.Option(help="e.g. tickets:write; may be repeated.")],
) -> None:
    """Make a token: the secret for its holder, the lines for the tokens file.

    DESKSTREAM_TOKENS_FILE names that file; it holds hashes only, so the secret is shown once.
    """
    secret, hashed = new_token()
    out.print(f"secret (shown once): {secret}", markup=False, soft_wrap=True)
    out.print("add under tokens: in the tokens file:")
    lines = (
        f"  - name: {name}",
        f'    sha256: "{hashed}"',
        f"    scopes: [{', '.join(scope)}]",
    )
    out.print("\n".join(lines), markup=False, soft_wrap=True)
