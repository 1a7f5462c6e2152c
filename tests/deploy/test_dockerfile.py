"""The image: nothing unlocked goes in, and what runs is not root and needs no shell."""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from fnmatch import fnmatch
from http import HTTPStatus
from typing import ClassVar

import pytest

from tests.deploy.known import DEPLOY, ROOT, setting_names

FILE = DEPLOY / "Dockerfile"


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """Instruction and argument, continued lines joined."""
    text = FILE.read_text(encoding="utf-8").replace("\\\n", " ")
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line]


def _last(steps: list[tuple[str, str]], name: str) -> str:
    return [argument for instruction, argument in steps if instruction == name][-1]


def test_stages_build_on_one_base_of_a_full_version(steps: list[tuple[str, str]]) -> None:
    bases = {argument.split()[0] for name, argument in steps if name == "FROM"}

    [base] = bases
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", base)


def test_it_runs_as_a_number_that_is_not_root(steps: list[tuple[str, str]]) -> None:
    user, group = _last(steps, "USER").split(":")

    assert int(user) > 0
    assert int(group) > 0
    names = [name for name, _ in steps]
    assert names[len(names) - names[::-1].index("USER") :].count("RUN") == 0


def test_no_command_needs_a_shell(steps: list[tuple[str, str]]) -> None:
    for name, argument in steps:
        if name in ("RUN", "ENTRYPOINT", "CMD"):
            assert all(isinstance(word, str) for word in json.loads(argument)), name
    assert json.loads(_last(steps, "ENTRYPOINT")) == ["deskstream"]


def test_every_package_is_installed_by_hash_or_from_the_wheel_built_here(
    steps: list[tuple[str, str]],
) -> None:
    installs = [json.loads(a) for name, a in steps if name == "RUN" and '"install"' in a]

    assert len(installs) == 3
    for words in installs:
        assert "--require-hashes" in words or {"--no-deps", "--no-index"} <= set(words)


def test_the_builder_is_locked_as_the_project_is() -> None:
    built_with = (DEPLOY / "build.txt").read_text(encoding="utf-8")

    assert built_with.strip() in (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")


def test_every_setting_in_it_is_one(steps: list[tuple[str, str]]) -> None:
    named = set(re.findall(r"(DESKSTREAM_\w+)=", _last(steps, "ENV")))

    assert named
    assert named <= setting_names()


def test_what_it_copies_is_let_through_to_the_builder(steps: list[tuple[str, str]]) -> None:
    copies = [a.split()[:-1] for name, a in steps if name == "COPY" and "--from" not in a]
    wanted = {source for sources in copies for source in sources}

    assert {source for source in wanted if not _let_through(source)} == set()
    assert not _let_through("deploy/.env")
    assert not _let_through("deploy/tokens.yaml")
    assert not _let_through(".git")


def _let_through(source: str) -> bool:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let = [line.removeprefix("!") for line in lines if line.startswith("!")]
    return any(fnmatch(source, each) or fnmatch(f"{source}/any.yaml", each) for each in let)


class _Answers(http.server.BaseHTTPRequestHandler):
    status: ClassVar[HTTPStatus] = HTTPStatus.OK
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "code"), [(HTTPStatus.OK, 0), (HTTPStatus.SERVICE_UNAVAILABLE, 1)]
)
def test_the_health_check_tells_live_from_not_live(
    steps: list[tuple[str, str]], port: int, status: HTTPStatus, code: int
) -> None:
    _Answers.status = status
    _Answers.asked.clear()
    [python, *arguments] = json.loads(_last(steps, "HEALTHCHECK").partition("CMD ")[2])
    environment = {**os.environ, "DESKSTREAM_HTTP_PORT": str(port), "http_proxy": "http://none:9"}

    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, *arguments], env=environment, check=False, timeout=30
    )

    assert python == "python"
    assert done.returncode == code
    assert _Answers.asked == ["/livez"]
