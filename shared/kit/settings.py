"""What every service is told by its environment: addresses, security, limits."""

import ssl
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SHIPPED_CONFIG = Path(__file__).parents[2] / "config"
Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
T = TypeVar("T", bound=BaseSettings)


class SettingsError(Exception):
    """One line for each setting that is wrong: variable and reason."""


class KitSettings(BaseSettings):
    """Read from DESKSTREAM_… variables."""

    model_config = SettingsConfigDict(env_prefix="DESKSTREAM_", frozen=True, extra="ignore")

    kafka_servers: str = Field("localhost:9092", description="Kafka's addresses, host:port,…")
    kafka_protocol: Protocol = Field("PLAINTEXT", description="how to talk to Kafka")
    kafka_mechanism: Mechanism = Field("SCRAM-SHA-512", description="SASL mechanism")
    kafka_user: str = Field("", description="SASL user")
    kafka_password: SecretStr = Field(SecretStr(""), description="SASL password")
    kafka_ca_file: Path | None = Field(None, description="CA certificates for Kafka (PEM)")
    kafka_cert_file: Path | None = Field(None, description="client certificate for Kafka (PEM)")
    kafka_key_file: Path | None = Field(None, description="the client certificate's key (PEM)")
    kafka_idempotence: bool = Field(default=True, description="idempotent producers")
    kafka_compression: Literal["none", "lz4", "gzip"] = Field("lz4", description="of batches")
    kafka_session_timeout_ms: int = Field(6_000, ge=500, description="until a member is given up")
    kafka_instance: str = Field(
        "",
        pattern=r"^[A-Za-z0-9._-]*$",
        max_length=200,
        description="a name that this process keeps when it is started again: it gets its "
        "partitions back at once (static membership); no two running ones may share it",
    )
    kafka_fetch_wait_ms: int = Field(100, ge=1, description="longest wait of a fetch for records")
    kafka_request_timeout_ms: int = Field(20_000, ge=100, description="until a send has failed")
    mongo_url: str = Field("mongodb://localhost:27017/?replicaSet=rs0", description="MongoDB")
    mongo_user: str = Field("", description="MongoDB user, where the address names none")
    mongo_password: SecretStr = Field(SecretStr(""), description="MongoDB password")
    mongo_ca_file: Path | None = Field(None, description="CA certificates for MongoDB (PEM)")
    mongo_timeout_ms: int = Field(5_000, ge=100, description="until MongoDB counts as away")
    mongo_answer_ms: int = Field(20_000, ge=100, description="longest wait for an answer of it")
    prefix: str = Field(
        "",
        pattern=r"^([A-Za-z0-9][A-Za-z0-9_-]*[._-])?$",
        max_length=40,
        description="of topics, groups and databases; ends in . _ or -",
    )
    config_dir: Path = Field(SHIPPED_CONFIG, description="folder of the YAML rules")
    http_host: str = Field("127.0.0.1", description="address of the HTTP port")
    http_port: int = Field(8080, ge=0, le=65535, description="/livez /readyz /metrics and APIs")
    tokens_file: Path | None = Field(None, description="API tokens (YAML, hashed)")
    mail_secret: SecretStr = Field(SecretStr(""), description="signs Message-IDs and addresses")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="of logs")
    log_format: Literal["json", "console"] = Field("json", description="of logs")
    max_records: int = Field(1_000, ge=1, le=10_000, description="most records of a batch")
    drain_seconds: float = Field(20, gt=0, description="longest wait for a batch at a stop")
    stall_seconds: float = Field(120, gt=0, description="standing still so long is not live")
    dead_letter_run: int = Field(50, ge=1, description="dead letters in a row that stop a stage")
    dead_letter_share: float = Field(0.25, gt=0, le=1, description="share of them that does")

    @model_validator(mode="after")
    def _complete(self) -> "KitSettings":
        if self.kafka_protocol.startswith("SASL") and not self.kafka_user:
            raise ValueError(
                f"DESKSTREAM_KAFKA_USER is empty, but {self.kafka_protocol} needs a user"
            )
        if not self.config_dir.is_dir():
            raise ValueError(f"DESKSTREAM_CONFIG_DIR: there is no folder {self.config_dir}")
        return self

    def topic(self, name: str) -> str:
        return self.prefix + name

    def group(self, stage: str) -> str:
        return f"{self.prefix}deskstream.{stage}"

    def database(self, service: str) -> str:
        """MongoDB allows no dots in a database's name."""
        return f"{self.prefix}deskstream_{service}".replace(".", "_").replace("-", "_")

    def kafka_client(self) -> dict[str, Any]:
        """How aiokafka's clients connect."""
        tls = self.kafka_protocol.endswith("SSL")
        options: dict[str, Any] = {
            "bootstrap_servers": self.kafka_servers.split(","),
            "security_protocol": self.kafka_protocol,
            "ssl_context": self._kafka_tls() if tls else None,
        }
        if self.kafka_protocol.startswith("SASL"):
            options |= {
                "sasl_mechanism": self.kafka_mechanism,
                "sasl_plain_username": self.kafka_user,
                "sasl_plain_password": self.kafka_password.get_secret_value(),
            }
        return options

    def _kafka_tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(
            cafile=str(self.kafka_ca_file) if self.kafka_ca_file else None
        )
        if self.kafka_cert_file is not None:
            context.load_cert_chain(str(self.kafka_cert_file), _path(self.kafka_key_file))
        return context

    def mongo_client(self) -> dict[str, Any]:
        """Keyword arguments of AsyncMongoClient."""
        options: dict[str, Any] = {
            "tz_aware": True,
            "appname": "deskstream",
            "serverSelectionTimeoutMS": self.mongo_timeout_ms,
            "connectTimeoutMS": self.mongo_timeout_ms,
            "socketTimeoutMS": self.mongo_answer_ms,
            "w": "majority",
        }
        if self.mongo_user:
            options |= {
                "username": self.mongo_user,
                "password": self.mongo_password.get_secret_value(),
            }
        if self.mongo_ca_file is not None:
            options |= {"tls": True, "tlsCAFile": str(self.mongo_ca_file)}
        return options


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path)


def read_settings(cls: type[T]) -> T:
    """The settings from the environment; SettingsError names each variable that is wrong."""
    try:
        return cls()
    except ValidationError as error:
        prefix = str(cls.model_config.get("env_prefix", ""))
        lines = []
        for problem in error.errors(include_url=False, include_input=False):
            name = "_".join(str(part) for part in problem["loc"]).upper()
            where = f"{prefix}{name}: " if name else ""
            lines.append(where + problem["msg"].removeprefix("Value error, "))
        raise SettingsError("\n".join(lines)) from error
