"""What deploy/prepare.py makes can be used, and is made once."""

import re
import runpy
import stat
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from services.reporting.api.access import SCOPE
from shared.kit.tokens import Tokens
from tests.deploy.known import DEPLOY


@pytest.fixture
def prepare() -> Callable[[Path], int]:
    return cast("Callable[[Path], int]", runpy.run_path(str(DEPLOY / "prepare.py"))["main"])


def test_the_tokens_it_shows_are_admitted(
    prepare: Callable[[Path], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(tmp_path)

    dashboard, gateway = re.findall(r"ds_\S+", capsys.readouterr().out)
    tokens = Tokens.load(tmp_path / "tokens.yaml")
    assert tokens.admit(f"Bearer {dashboard}", SCOPE).name == "dashboard"
    for scope in ("tickets:write", "tickets:read", "commands:write", "channels:write"):
        assert tokens.admit(f"Bearer {gateway}", scope).name == "gateway"
    assert "ds_" not in (tmp_path / "tokens.yaml").read_text("utf-8")


def test_the_secret_is_random_and_only_its_owner_reads_it(
    prepare: Callable[[Path], int], tmp_path: Path
) -> None:
    secrets = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        prepare(tmp_path / name)
        file = tmp_path / name / ".env"
        secrets.add(file.read_text("utf-8"))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(secrets) == 2
    assert all(re.fullmatch(r"DESKSTREAM_MAIL_SECRET=[0-9a-f]{64}\n", each) for each in secrets)


def test_it_leaves_what_is_there(prepare: Callable[[Path], int], tmp_path: Path) -> None:
    prepare(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    prepare(tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
