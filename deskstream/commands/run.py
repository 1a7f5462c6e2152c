"""Runs one of the six services until it is told to stop."""

from typing import Annotated

import typer
import uvloop

from deskstream.console import BAD_USE, fail, settings
from deskstream.services import SERVICES, create_of
from shared.kit import service as kit
from shared.kit.config import ConfigError
from shared.kit.logs import configure
from shared.kit.settings import SettingsError


def run(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")],
) -> None:
    """Run a service until SIGTERM or Ctrl-C.

    Kafka and MongoDB may come later: the service waits for them and says so on /readyz.
    A wrong setting or rule file stops it at once, with file, line and reason.
    """
    if service not in SERVICES:
        fail(f"there is no service {service!r}; choose one of {', '.join(SERVICES)}", BAD_USE)
    chosen = settings()
    configure(chosen, service)
    try:
        code = uvloop.run(kit.run(service, create_of(service), chosen))
    except (ConfigError, SettingsError) as error:
        fail(f"{service} does not start:\n{error}", BAD_USE)
    raise typer.Exit(code)
