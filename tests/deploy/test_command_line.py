"""The command line as a whole, and in the parts that are imported alone."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from deskstream.cli import COMMANDS, GROUPS, create


@pytest.mark.parametrize("name", [*COMMANDS, *GROUPS])
def test_a_command_alone_is_called_as_beside_all_others(name: str) -> None:
    alone = CliRunner().invoke(create([name]), [name, "--help"])
    whole = CliRunner().invoke(create(), [name, "--help"])

    assert alone.exit_code == 0
    assert alone.output == whole.output


def test_without_arguments_every_command_is_named() -> None:
    told = CliRunner().invoke(create(), []).output

    assert [name for name in (*COMMANDS, *GROUPS) if f" {name} " not in told] == []


def test_a_service_starts_without_what_other_commands_need() -> None:
    wanted = "import sys; sys.argv = ['deskstream', 'run', '--help']; import deskstream.cli as cli"
    looked = f"{wanted}\ntry:\n    cli.main()\nexcept SystemExit:\n    print(*sys.modules)"
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", looked], capture_output=True, text=True, check=True, timeout=60
    )

    assert "deskstream.commands.run" in done.stdout
    for heavy in ("numpy", "fastapi", "opentelemetry.sdk", "deskstream.commands.triage"):
        assert f" {heavy} " not in done.stdout
