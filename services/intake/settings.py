"""What can be set about intake; each by DESKSTREAM_INTAKE_ and its name in capitals."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.intake.domain.ticket import ReplyStatus

KILOBYTE = 1024


class IntakeSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DESKSTREAM_INTAKE_", frozen=True)

    after_reply: ReplyStatus = Field(
        "in_progress",
        description="after a reply that names no status: unchanged, in_progress, pending",
    )
    burst_limit: int = Field(
        20, ge=1, description="messages of one sender in ten minutes; more are held"
    )
    conversation_hours: float = Field(
        24, gt=0, description="so long after a chat's last word, once resolved, it goes on"
    )
    keep_originals: bool = Field(default=True, description="keep raw mail in the blob store")

    largest_json_bytes: int = Field(
        512 * KILOBYTE,
        ge=KILOBYTE,
        le=900 * KILOBYTE,
        description="largest body of POST /v1/tickets and of commands",
    )
    largest_raw_bytes: int = Field(
        50_000 * KILOBYTE, ge=KILOBYTE, description="largest body of POST /v1/channels/…"
    )
    largest_inline_bytes: int = Field(
        256 * KILOBYTE,
        ge=0,
        le=900 * KILOBYTE,
        description="raw input above this goes to the blob store, its record refers to it",
    )
    longest_wait_seconds: float = Field(30, ge=0, le=300, description="longest ?wait=")
    acknowledge_seconds: float = Field(
        10, gt=0, description="how long Kafka may take before the answer is 503"
    )
    keep_keys_seconds: int = Field(
        24 * 60 * 60, ge=60, description="how long an Idempotency-Key is remembered"
    )

    whatsapp_app_secret: SecretStr | None = Field(
        None, description="of the Meta app: its signature then admits webhooks, not a token"
    )
    whatsapp_verify_token: SecretStr | None = Field(
        None, description="chosen in Meta's console, to verify the webhook's address"
    )
