"""Who may use an HTTP API of ours: tokens with scopes, of which only hashes are kept."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.kit.config import Loaded, load
from shared.kit.problems import ProblemError

PREFIX = "ds_"
_SCHEME = "bearer"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="deskstream"'}


class Token(BaseModel):
    """What a holder of the secret may do. The secret itself is nowhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    scopes: tuple[str, ...]
    rate_per_second: float = Field(default=50, gt=0)
    agent_id: str | None = None  # the holder is this agent; None: the holder is a program
    expires: date | None = None  # good through that day, in UTC; None: until it is taken out


class TokenFile(BaseModel):
    """The YAML file that DESKSTREAM_TOKENS_FILE names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: tuple[Token, ...]

    @model_validator(mode="after")
    def _one_of_each(self) -> "TokenFile":
        for attribute in ("name", "sha256"):
            values = [getattr(token, attribute) for token in self.tokens]
            if twice := sorted({value for value in values if values.count(value) > 1}):
                raise ValueError(f"two tokens have the {attribute} {twice[0]}")
        return self


def read_tokens(path: Path) -> Loaded[TokenFile]:
    """Raises ConfigError with every problem."""
    return load(path, TokenFile)


def new_token() -> tuple[str, str]:
    """A secret to hand out once, and the hash to keep."""
    secret = PREFIX + secrets.token_urlsafe(32)
    return secret, hash_of(secret)


def hash_of(secret: str) -> str:
    """SHA-256 is enough for 256 random bits: there is nothing to guess that slow hashing hides."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(slots=True)
class Bucket:
    """Lets `rate` through each second, and up to two seconds' worth at once."""

    rate: float
    level: float
    at: float

    def wait_seconds(self, now: float) -> float:
        """0: go ahead (and it is counted); else how long until the next may go."""
        full = max(1.0, self.rate * 2)
        self.level = min(full, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < 1:
            return (1 - self.level) / self.rate
        self.level -= 1
        return 0.0


@dataclass(slots=True)
class Tokens:
    known: tuple[Token, ...] = ()
    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    _buckets: dict[str, Bucket] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | None) -> "Tokens":
        """Without a file nobody is let in. Raises ConfigError for a file that is wrong."""
        return cls(read_tokens(path).value.tokens if path is not None else ())

    def use(self, known: tuple[Token, ...]) -> None:
        """From the next request on; who may send how much is counted on."""
        self.known = known
        self._buckets = {
            token.name: bucket
            for token in known
            if (bucket := self._buckets.get(token.name)) and bucket.rate == token.rate_per_second
        }

    def find(self, secret: str) -> Token | None:
        """Takes as long for a wrong secret as for a right one."""
        presented, found = hash_of(secret), None
        for token in self.known:
            if hmac.compare_digest(presented, token.sha256):
                found = token
        return found

    def requires(self, scope: str) -> Callable[[Request], Awaitable[Token]]:
        """A FastAPI dependency: the request's token, or 401, 403, 429 as problem+json."""

        async def token_of(request: Request) -> Token:
            return self.admit(request.headers.get("authorization"), scope)

        return token_of

    def admit(self, authorization: str | None, scope: str) -> Token:
        """The token that this header presents; raises ProblemError where it is not enough."""
        token = self._presented(authorization)
        if scope not in token.scopes:
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                f"The token '{token.name}' lacks the scope {scope}; it has: "
                f"{', '.join(token.scopes) or 'none'}.",
            )
        self._count(token)
        return token

    def _presented(self, authorization: str | None) -> Token:
        scheme, _, secret = (authorization or "").partition(" ")
        if scheme.lower() != _SCHEME or not secret.strip():
            raise _unauthorised("Send a token: 'Authorization: Bearer ds_…'.")
        if not self.known:
            raise _unauthorised(
                "No tokens are set up here, so nobody is let in; the operator names their file in "
                "DESKSTREAM_TOKENS_FILE."
            )
        token = self.find(secret.strip())
        if token is None:
            raise _unauthorised("This token is not known here: mistyped, or withdrawn.")
        if token.expires is not None and self.now().astimezone(UTC).date() > token.expires:
            raise _unauthorised(
                f"The token '{token.name}' was good until {token.expires}; ask for a new one."
            )
        return token

    def _count(self, token: Token) -> None:
        now = self.monotonic()
        fresh = Bucket(token.rate_per_second, max(1.0, token.rate_per_second * 2), now)
        wait = self._buckets.setdefault(token.name, fresh).wait_seconds(now)
        if wait > 0:
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"The token '{token.name}' may send {token.rate_per_second:g} requests a second.",
                headers={"Retry-After": str(max(1, round(wait + 0.5)))},
            )


def _unauthorised(detail: str) -> ProblemError:
    return ProblemError(HTTPStatus.UNAUTHORIZED, detail, headers=_CHALLENGE)
