"""What can be set about intake; each by DESKSTREAM_INTAKE_ and its name in capitals."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.intake.domain.ticket import ReplyStatus

KILOBYTE = 1024


def _words(value: Any) -> Any:
    return tuple(value.split()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_words)]
"""One, or two with a space between them for as long as the one follows the other."""


class IntakeSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DESKSTREAM_INTAKE_", frozen=True)

    after_reply: ReplyStatus = Field(
        "in_progress",
        description="after a reply that names no status: unchanged, in_progress, pending",
    )
    reopen_closed_days: float = Field(
        0,
        ge=0,
        le=3650,
        description="so long after its closing a requester's message opens a ticket again; later, "
        "and with 0 always, it opens a linked follow-up",
    )
    canned_file: str = Field(
        "canned.yaml", description="the canned replies, a file in DESKSTREAM_CONFIG_DIR"
    )
    burst_limit: int = Field(
        20, ge=1, description="messages of one sender in ten minutes; more are held"
    )
    conversation_hours: float = Field(
        24, gt=0, description="so long after a chat's last word, once resolved, it goes on"
    )
    keep_originals: bool = Field(default=True, description="keep raw mail in the blob store")
    mail_servers: Words = Field(
        (),
        description="names under which our own mail servers write Authentication-Results; what "
        "they found of a sender goes with the message, what others write is not believed",
    )

    largest_json_bytes: int = Field(
        512 * KILOBYTE,
        ge=KILOBYTE,
        le=900 * KILOBYTE,
        description="largest body of POST /v1/tickets and of commands",
    )
    largest_raw_bytes: int = Field(
        50_000 * KILOBYTE, ge=KILOBYTE, description="largest mail, and webhook that brings files"
    )
    largest_webhook_bytes: int = Field(
        4_000 * KILOBYTE, ge=KILOBYTE, description="largest other body of POST /v1/channels/…"
    )
    most_parts: int = Field(1_000, ge=1, description="most parts of a form")
    largest_inline_bytes: int = Field(
        256 * KILOBYTE,
        ge=0,
        le=900 * KILOBYTE,
        description="raw input above this goes to the blob store, its record refers to it",
    )
    most_bytes_at_a_time: int = Field(
        512_000 * KILOBYTE,
        ge=KILOBYTE,
        description="of all bodies, and of all mails of a port, that are on their way; more are "
        "answered by 503 and 452",
    )
    receive_seconds: float = Field(
        120, gt=0, description="how long a request's body may take to come; then the answer is 408"
    )
    longest_wait_seconds: float = Field(30, ge=0, le=300, description="longest ?wait=")
    acknowledge_seconds: float = Field(
        10, gt=0, description="how long Kafka may take before the answer is 503"
    )
    keep_keys_seconds: int = Field(
        24 * 60 * 60, ge=60, description="how long an Idempotency-Key is remembered"
    )

    smtp_port: int | None = Field(None, ge=0, le=65535, description="listens for SMTP there")
    lmtp_port: int | None = Field(None, ge=0, le=65535, description="listens for LMTP there")
    smtp_host: str = Field("127.0.0.1", description="address of both")
    smtp_recipients: Words = Field(
        (), description="addresses and @domains for which mail is taken, with spaces between"
    )
    smtp_cert_file: Path | None = Field(None, description="certificate for STARTTLS (PEM)")
    smtp_key_file: Path | None = Field(None, description="the certificate's key (PEM)")
    smtp_require_tls: bool = Field(default=False, description="no mail before STARTTLS")
    smtp_connections: int = Field(
        200, ge=1, description="most connections to a port at a time; more are answered by 421"
    )
    smtp_idle_seconds: float = Field(300, gt=0, description="a silent connection is closed then")
    mailboxes_file: Path | None = Field(
        None, description="mailboxes to fetch from by IMAP (YAML); see the intake's README"
    )

    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^/\s?#]+(/[^\s?#]*)?$",
        description="under which vendors call this door, as https://desk.example.com; Twilio signs "
        "it. Left out: what the request says",
    )
    webhooks_per_second: float = Field(
        200, gt=0, description="most webhooks of a vendor; more are answered by 429"
    )
    webhook_window_seconds: float = Field(
        300, ge=1, description="how far a webhook's signed time may be from ours"
    )
    webhook_secrets: Secrets = Field(
        (),
        description="of gateways of your own, which sign by the Standard Webhooks scheme. These "
        "and the secrets below: one, or two with a space between while they change",
    )
    meta_app_secrets: Secrets = Field(
        (),
        description="of the Meta app: its signature then admits WhatsApp, Messenger and Instagram, "
        "not a token",
    )
    meta_verify_tokens: Secrets = Field(
        (), description="chosen in Meta's console, to verify the webhook's address"
    )
    slack_signing_secrets: Secrets = Field((), description="of the Slack app")
    twilio_auth_tokens: Secrets = Field((), description="of the Twilio account that sends SMS")
    telegram_secret_tokens: Secrets = Field((), description="given to Telegram's setWebhook")
    mailgun_signing_keys: Secrets = Field((), description="Mailgun's HTTP webhook signing key")
    sendgrid_public_keys: Secrets = Field(
        (), description="SendGrid's verification key for signed webhooks"
    )
    sendgrid_logins: Secrets = Field(
        (), description="name:password in the URL that SendGrid was given"
    )
    postmark_logins: Secrets = Field(
        (), description="name:password in the URL that Postmark was given"
    )

    @model_validator(mode="after")
    def _remembered_long_enough(self) -> Self:
        if self.keep_keys_seconds < 2 * self.webhook_window_seconds:
            raise ValueError(
                "DESKSTREAM_INTAKE_KEEP_KEYS_SECONDS must be at least twice "
                "DESKSTREAM_INTAKE_WEBHOOK_WINDOW_SECONDS, or a replay is forgotten too early"
            )
        return self

    @model_validator(mode="after")
    def _room_for_one(self) -> Self:
        if self.most_bytes_at_a_time < self.largest_raw_bytes:
            raise ValueError(
                "DESKSTREAM_INTAKE_MOST_BYTES_AT_A_TIME must be at least "
                "DESKSTREAM_INTAKE_LARGEST_RAW_BYTES, or the largest mail never comes in"
            )
        return self
