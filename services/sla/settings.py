"""What can be set for sla from the environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SlaSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DESKSTREAM_SLA_", frozen=True)

    rules_file: str = "sla.yaml"  # in the configuration directory
    retarget: bool = Field(
        default=True,
        description="open tickets follow changed policies at once, not with their next event",
    )
