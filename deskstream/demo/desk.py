"""The whole desk on this machine, for as long as the demo lasts: broker, database, six services."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from rich.console import Console
from rich.status import Status
from rich.text import Text

from deskstream.demo.configuration import write_configuration
from deskstream.demo.processes import Services
from deskstream.demo.shell import write_shell
from deskstream.demo.smtp_sink import SmtpSink
from deskstream.services import SERVICES
from deskstream.stack import Stack, start
from shared.kit.provision import provision
from shared.kit.settings import KitSettings
from shared.kit.tokens import new_token

PARTITIONS = 4
# The embedded broker's joins take as long as a session's timeout.
SESSION_TIMEOUT_MS = 1_500
# It answers a fetch that finds nothing only when its time is up, also if something comes meanwhile.
FETCH_WAIT_MS = 40
DRAIN_SECONDS = 5
SCOPES = ("tickets:write", "tickets:read", "commands:write", "channels:write", "act-as")
TOKENS_A_SECOND = 2_000


class DemoSettings(KitSettings):
    """What we say, and nothing of what a developer's shell says."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Desk:
    settings: KitSettings
    services: Services
    sink: SmtpSink
    token: str
    shell: Path  # what a shell reads to speak to this desk

    @property
    def dashboard(self) -> str:
        return self.services["reporting"].url

    @property
    def door(self) -> str:
        return self.services["intake"].url


@asynccontextmanager
async def open_desk(
    folder: Path, pace: float, console: Console, *, keep_mails: int
) -> AsyncIterator[Desk]:
    """Ready to be written to. Raises StackUnavailable, StartFailed or ServiceFailed."""
    async with _stack(folder / "stack", console) as stack, SmtpSink(keep=keep_mails) as sink:
        settings = _settings(stack, folder)
        write_configuration(settings.config_dir, pace)
        token = _write_tokens(folder / "tokens.yaml")
        with _step(console, "topics"):
            await provision(settings, partitions=PARTITIONS)
        async with _services(settings, folder, sink.port, console) as services:
            desk = Desk(settings, services, sink, token, folder / "env")
            write_shell(desk.shell, {**_environment(settings), **_doors(desk)})
            yield desk


@asynccontextmanager
async def _stack(folder: Path, console: Console) -> AsyncIterator[Stack]:
    with _step(console, "broker and database"):
        starting = asyncio.ensure_future(asyncio.to_thread(start, "embedded", data_dir=folder))
        try:
            stack = await asyncio.shield(starting)
        except asyncio.CancelledError:
            (await starting).stop()
            raise
    try:
        yield stack
    finally:
        await asyncio.to_thread(stack.stop)


@asynccontextmanager
async def _services(
    settings: KitSettings, folder: Path, smtp_port: int, console: Console
) -> AsyncIterator[Services]:
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    services = Services(SERVICES, logs)
    own = {
        "intake": {"DESKSTREAM_TOKENS_FILE": str(folder / "tokens.yaml")},
        "notifier": {"DESKSTREAM_NOTIFIER_SMTP_PORT": str(smtp_port)},
    }
    try:
        with _step(console, "services") as status:

            def progress(done: set[str]) -> None:
                waiting = ", ".join(name for name in SERVICES if name not in done)
                status.update(f"services: {len(done)} of {len(SERVICES)}, waiting for {waiting}")

            services.start(_environment(settings), own)
            await services.ready(progress)
        yield services
    finally:
        with console.status("stopping the services"):
            stubborn = await services.stop()
        if stubborn:
            console.print(Text(f"had to be killed: {', '.join(stubborn)}", "yellow"))


def _settings(stack: Stack, folder: Path) -> KitSettings:
    rules = folder / "config"
    rules.mkdir(exist_ok=True)
    return DemoSettings(
        kafka_servers=stack.kafka_servers,
        kafka_idempotence=stack.idempotence,
        kafka_session_timeout_ms=SESSION_TIMEOUT_MS,
        kafka_fetch_wait_ms=FETCH_WAIT_MS,
        mongo_url=stack.mongo_url,
        mail_secret=SecretStr(secrets.token_hex(16)),
        config_dir=rules,
    )


def _environment(settings: KitSettings) -> dict[str, str]:
    """What all services are told."""
    told = {
        "KAFKA_SERVERS": settings.kafka_servers,
        "KAFKA_IDEMPOTENCE": str(settings.kafka_idempotence).lower(),
        "KAFKA_SESSION_TIMEOUT_MS": str(settings.kafka_session_timeout_ms),
        "KAFKA_FETCH_WAIT_MS": str(settings.kafka_fetch_wait_ms),
        "MONGO_URL": settings.mongo_url,
        "MAIL_SECRET": settings.mail_secret.get_secret_value(),
        "CONFIG_DIR": str(settings.config_dir),
        "DRAIN_SECONDS": str(DRAIN_SECONDS),
        "LOG_LEVEL": "WARNING",
    }
    return {f"DESKSTREAM_{name}": value for name, value in told.items()}


def _doors(desk: Desk) -> dict[str, str]:
    """For whoever speaks HTTP."""
    return {
        "DESKSTREAM_DOOR": desk.door,
        "DESKSTREAM_DASHBOARD": desk.dashboard,
        "DESKSTREAM_TOKEN": desk.token,
    }


def _write_tokens(path: Path) -> str:
    secret, hashed = new_token()
    token = {
        "name": "demo",
        "sha256": hashed,
        "scopes": list(SCOPES),
        "rate_per_second": TOKENS_A_SECOND,
    }
    path.write_text(yaml.safe_dump({"tokens": [token]}), encoding="utf-8")
    path.chmod(0o600)
    return secret


@contextmanager
def _step(console: Console, what: str) -> Iterator[Status]:
    """Shows what is waited for, and how long it took."""
    started = time.monotonic()
    with console.status(what) as status:
        yield status
    took = (f"{time.monotonic() - started:.1f} s", "dim")
    console.print(Text.assemble("  ", ("✓", "green"), f" {what} ", took))
