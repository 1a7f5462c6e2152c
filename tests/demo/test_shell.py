"""What another terminal reads to speak to the demo."""

import subprocess
import sys
from pathlib import Path

from deskstream.demo.shell import write_shell


def test_a_shell_reads_every_value_as_it_is(tmp_path: Path) -> None:
    written = tmp_path / "env"
    odd = 'it\'s $HOME; `id` \\ "x" #'

    write_shell(written, {"DESKSTREAM_ODD": odd, "DESKSTREAM_PORT": "9092"})
    read = (
        'export PATH=/usr/bin; . "$1"; printf "%s\\n" "$DESKSTREAM_ODD" "$DESKSTREAM_PORT" "$PATH"'
    )
    done = subprocess.run(  # noqa: S603 - our own words
        ["/bin/sh", "-c", read, "sh", str(written)], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == [odd, "9092", f"{Path(sys.prefix, 'bin')}:/usr/bin"]


def test_nobody_else_reads_its_secrets(tmp_path: Path) -> None:
    written = tmp_path / "env"

    write_shell(written, {})

    assert written.stat().st_mode & 0o777 == 0o600
