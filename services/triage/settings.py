"""What can be set for triage from the environment."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class TriageSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DESKSTREAM_TRIAGE_", frozen=True)

    rules_file: str = "triage.yaml"  # in the configuration directory
