"""Reads every rule file as the services would."""

import importlib
from pathlib import Path
from typing import Annotated

import typer

from deskstream.console import err, out
from deskstream.services import CONFIGURED
from shared.kit.settings import SHIPPED_CONFIG


def check(
    config: Annotated[
        Path, typer.Option(help="Folder of the YAML files.", envvar="DESKSTREAM_CONFIG_DIR")
    ] = SHIPPED_CONFIG,
) -> None:
    """Check the configuration; every problem is a line with file, line and field."""
    problems = [line for service in CONFIGURED for line in _problems(service, config)]
    for line in problems:
        err.print(line, soft_wrap=True)
    if problems:
        err.print(f"{len(problems)} problem(s) in {config}")
        raise typer.Exit(1)
    out.print(f"{config}: all rules are fine ({', '.join(CONFIGURED)})")


def _problems(service: str, config: Path) -> list[str]:
    problems: list[str] = importlib.import_module(f"services.{service}.rules").check(config)
    return problems
