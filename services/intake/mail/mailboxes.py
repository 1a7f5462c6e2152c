"""Mailboxes to fetch from: the YAML file that DESKSTREAM_INTAKE_MAILBOXES_FILE names."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from shared.kit.config import load

Text = Annotated[str, Field(min_length=1, max_length=320)]


class Mailbox(BaseModel):
    """`address` is what reception knows it by. One of the last three of the login lets us in.

    `token_file` holds an OAuth 2 access token, which something else renews; each login reads it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Text
    host: Text
    port: int = Field(default=993, ge=1, le=65535)
    tls: Literal["tls", "starttls", "none"] = "tls"
    user: Text
    password: SecretStr | None = None
    password_file: Path | None = None
    token_file: Path | None = None
    folder: Text = "INBOX"
    taken: Text = "Deskstream"  # where a mail goes once Kafka has it
    too_large: Text = "Deskstream too large"
    look_seconds: float = Field(default=60, gt=0, le=1_700)  # a server may forget to tell

    @model_validator(mode="after")
    def _one_way_in(self) -> "Mailbox":
        ways = (self.password, self.password_file, self.token_file)
        if sum(way is not None for way in ways) != 1:
            raise ValueError("give one of password, password_file and token_file")
        return self

    @model_validator(mode="after")
    def _folders_differ(self) -> "Mailbox":
        if len({self.folder, self.taken, self.too_large}) < 3:  # noqa: PLR2004 - each its own
            raise ValueError("folder, taken and too_large are three different folders")
        return self

    def secret(self) -> str:
        if self.password is not None:
            return self.password.get_secret_value()
        file = self.password_file or self.token_file
        if file is None:
            raise ValueError("a mailbox without a password or token")
        return file.read_text(encoding="utf-8").strip()


class Mailboxes(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    mailboxes: tuple[Mailbox, ...]


def load_mailboxes(path: Path | None) -> tuple[Mailbox, ...]:
    """Raises ConfigError with every problem. No path: none."""
    return load(path, Mailboxes).value.mailboxes if path is not None else ()
