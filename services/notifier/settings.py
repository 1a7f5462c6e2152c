"""How the notifier's mail goes out."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class NotifierSettings(BaseSettings):
    """Read from DESKSTREAM_NOTIFIER_… variables."""

    model_config = SettingsConfigDict(env_prefix="DESKSTREAM_NOTIFIER_", frozen=True)

    smtp_host: str = Field("127.0.0.1", description="the mail server that takes our mail")
    smtp_port: int = Field(1025, ge=1, le=65535, description="its port")
    smtp_tls: Literal["none", "starttls", "tls"] = Field("none", description="how to encrypt")
    smtp_ca_file: Path | None = Field(None, description="CA certificates (PEM); else the system's")
    smtp_user: str | None = Field(None, description="user, if it wants a login")
    smtp_password: SecretStr | None = Field(None, description="password")
    smtp_timeout_seconds: float = Field(20, gt=0, description="until a step has failed")
    smtp_mails_per_connection: int = Field(200, ge=1, description="then a new connection")
    smtp_idle_seconds: float = Field(20, gt=0, description="then the connection is closed")

    workers: int = Field(8, ge=1, le=64, description="mails on their way at once")
    claim: int = Field(10, ge=1, le=100, description="deliveries that a worker takes at once")
    handed_over: int = Field(
        500,
        ge=0,
        description="mails that may wait in memory for a worker; others wait to be looked up",
    )
    lease_seconds: float = Field(
        120, ge=1, description="what is not settled by then is sent by somebody else; half is used"
    )
    poll_seconds: float = Field(0.5, gt=0, description="between two looks for what is due")
    first_retry_seconds: float = Field(15, gt=0, description="first pause; it doubles")
    longest_retry_seconds: float = Field(1800, gt=0, description="longest pause")
    give_up_hours: float = Field(48, gt=0, description="how long a delivery is tried")
    stop_seconds: float = Field(10, ge=0, description="for mails on their way at a stop")
    templates: Path | None = Field(None, description="folder of templates; else the shipped ones")
