"""What can be set for sla from the environment."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class SlaSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DESKSTREAM_SLA_", frozen=True)

    rules_file: str = "sla.yaml"  # in the configuration directory
    # Open tickets follow changed policies at once; false: with their next event, or when
    # `deskstream sla retarget` asks for it.
    retarget: bool = True
