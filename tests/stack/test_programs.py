"""Programs that came without their run bit, or for another machine."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deskstream.stack import StackUnavailable, mongod

NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may change every mode: where we are root, be somebody who may not."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.fixture
def open_directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


def write_program(path: Path, content: bytes, mode: int) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_program_gets_its_run_bit_in_place(tmp_path: Path) -> None:
    program = write_program(tmp_path / "mongod", b"#!/bin/true", 0o644)

    assert mongod.runnable(program, tmp_path / "cache") == program
    assert os.access(program, os.X_OK)
    assert not (tmp_path / "cache").exists()


def test_a_program_that_may_not_be_changed_is_copied_once(open_directory: Path) -> None:
    cache = open_directory / "cache"
    with as_nobody():
        copy = mongod.runnable(Path("/etc/passwd"), cache)
        again = mongod.runnable(Path("/etc/passwd"), cache)

    assert copy == again
    assert list(cache.iterdir()) == [copy]
    assert copy.read_bytes() == Path("/etc/passwd").read_bytes()
    assert copy.stat().st_mode & 0o111 == 0o111


def test_a_missing_library_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = mongod.find().read_bytes()
    # The loader is asked for a libssl of a version that no system has.
    program = original.replace(b"libssl.so.3\0", b"libssl.so.9\0")
    assert program != original
    write_program(tmp_path / "mongod", program, 0o755)
    monkeypatch.setenv("DESKSTREAM_MONGOD", str(tmp_path / "mongod"))

    with pytest.raises(StackUnavailable, match=r"mongod needs libssl\.so\.9: install the package"):
        mongod.start(tmp_path, cache_gb=0.25)


def test_a_program_for_another_machine_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = write_program(tmp_path / "mongod", b"\xcf\xfa\xed\xfe not for Linux", 0o755)
    monkeypatch.setenv("DESKSTREAM_MONGOD", str(program))

    with pytest.raises(StackUnavailable, match="not made for this machine"):
        mongod.start(tmp_path, cache_gb=0.25)
