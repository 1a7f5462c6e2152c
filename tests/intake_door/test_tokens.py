"""Who may use an API: tokens, of which only hashes are kept."""

from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from fastapi import Depends, FastAPI
from typer.testing import CliRunner

from deskstream.commands.tokens import app as command
from shared.kit.config import ConfigError
from shared.kit.problems import ProblemError, install_problems
from shared.kit.tokens import Bucket, Token, Tokens, hash_of, new_token

TWO_OF_A_NAME = f"""tokens:
  - {{name: a, sha256: {"a" * 64}, scopes: []}}
  - {{name: a, sha256: {"b" * 64}, scopes: []}}
"""


def test_a_new_token_is_found_by_its_secret_alone() -> None:
    secret, digest = new_token()
    tokens = Tokens((Token(name="a", sha256=digest, scopes=()),))

    found = tokens.find(secret)

    assert found is not None
    assert found.name == "a"
    assert tokens.find(digest) is None
    assert tokens.find("") is None
    assert len(secret) >= 40


def test_tokens_are_read_from_their_file(tmp_path: Path) -> None:
    secret, digest = new_token()
    file = tmp_path / "tokens.yaml"
    file.write_text(f"tokens:\n  - name: shop\n    sha256: {digest}\n    scopes: [tickets:write]\n")

    found = Tokens.load(file).find(secret)

    assert found is not None
    assert (found.scopes, found.rate_per_second) == (("tickets:write",), 50)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("tokens:\n  - name: a\n    sha256: abc\n    scopes: []\n", ":3: tokens.0.sha256: "),
        ("tokens:\n  - name: a\n    scops: []\n", 'unknown field; did you mean "scopes"?'),
        (
            TWO_OF_A_NAME,
            "two tokens have the name a",
        ),
    ],
)
def test_a_wrong_file_says_where(tmp_path: Path, written: str, problem: str) -> None:
    file = tmp_path / "tokens.yaml"
    file.write_text(written)

    with pytest.raises(ConfigError, match=r"tokens\.yaml") as error:
        Tokens.load(file)

    assert problem in str(error.value)


def test_without_a_file_nobody_is_let_in() -> None:
    with pytest.raises(ProblemError) as error:
        Tokens.load(None).admit("Bearer ds_x", "any")

    assert error.value.status is HTTPStatus.UNAUTHORIZED
    assert "DESKSTREAM_TOKENS_FILE" in error.value.detail


@pytest.mark.parametrize(
    ("now", "good"),
    [
        ("2026-03-02T00:00:00+00:00", True),
        ("2026-03-02T23:59:59+00:00", True),
        ("2026-03-03T00:00:00+00:00", False),
        ("2026-03-02T23:30:00-02:00", False),
    ],
)
def test_a_token_is_good_through_its_last_day(now: str, *, good: bool) -> None:
    token = Token(name="a", sha256=hash_of("ds_a"), scopes=("read",), expires=date(2026, 3, 2))
    tokens = Tokens((token,), now=lambda: datetime.fromisoformat(now))

    if good:
        assert tokens.admit("Bearer ds_a", "read").name == "a"
        return
    with pytest.raises(ProblemError, match="was good until 2026-03-02") as error:
        tokens.admit("Bearer ds_a", "read")
    assert error.value.status is HTTPStatus.UNAUTHORIZED


def test_the_command_makes_what_the_file_takes(tmp_path: Path) -> None:
    arguments = ["new", "shop", "--scope", "tickets:write", "--scope", "act-as"]
    made = CliRunner().invoke(command, [*arguments, "--agent", "anna", "--rate", "5"])
    secret = made.stdout.splitlines()[0].removeprefix("secret (shown once): ")
    file = tmp_path / "tokens.yaml"
    file.write_text("tokens:\n" + "\n".join(made.stdout.splitlines()[2:]))

    token = Tokens.load(file).find(secret)

    assert token is not None
    assert (token.name, token.scopes) == ("shop", ("tickets:write", "act-as"))
    assert (token.agent_id, token.rate_per_second) == ("anna", 5)
    left = (token.expires or date.min) - datetime.now(UTC).date()
    assert left in (timedelta(days=364), timedelta(days=365))


def test_for_ever_is_a_choice() -> None:
    made = CliRunner().invoke(command, ["new", "shop", "--scope", "tickets:read", "--days", "0"])

    assert "expires" not in made.stdout


def test_a_scope_that_is_none_is_told() -> None:
    made = CliRunner().invoke(command, ["new", "shop", "--scope", "ticket:write"])

    assert made.exit_code == 2
    assert 'did you mean "tickets:write"?' in made.output
    assert "ds_" not in made.output


def test_a_bucket_lets_through_its_rate() -> None:
    bucket = Bucket(rate=2, level=2, at=0)

    assert [bucket.wait_seconds(0) for _ in range(3)] == [0, 0, 0.5]
    assert bucket.wait_seconds(0.5) == 0
    assert bucket.wait_seconds(0.5) == 0.5
    assert [bucket.wait_seconds(100) for _ in range(5)] == [0, 0, 0, 0, 0.5]


async def test_the_dependency_answers_for_a_route() -> None:
    tokens = Tokens((Token(name="a", sha256=hash_of("ds_a"), scopes=("read",)),))
    app = FastAPI()
    install_problems(app)
    may_read, may_write = Depends(tokens.requires("read")), Depends(tokens.requires("write"))

    @app.get("/read")
    async def read(token: Token = may_read) -> str:
        return token.name

    @app.get("/write", dependencies=[may_write])
    async def write() -> str:
        return "written"

    headers, transport = {"Authorization": "Bearer ds_a"}, httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        assert (await client.get("/read", headers=headers)).json() == "a"
        assert (await client.get("/read")).status_code == 401
        assert (await client.get("/write", headers=headers)).status_code == 403
