"""Apache Kafka with two doors to the same topics: an open one, and one with TLS and passwords."""

import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from deskstream.stack import Stack, StackUnavailable, mongod, ports
from deskstream.stack.apache import broker as kafka

DOOR, USER, MECHANISM = "SECURE", "deskstream", "PLAIN"
CACHE_GB = 0.5


@contextmanager
def two_doors() -> Iterator[tuple[Stack, Mapping[str, Any]]]:
    """The stack by its open door, and the settings that lead through the other."""
    with tempfile.TemporaryDirectory(prefix="deskstream-secure-") as scratch:
        folder, password = Path(scratch), secrets.token_urlsafe(24)
        certificate = make_certificate(folder)
        port = ports.reserve()
        broker = kafka.start(
            folder, settings=_broker_settings(certificate, password), beside={DOOR: port}
        )
        try:
            database = mongod.start(folder, cache_gb=CACHE_GB)
            try:
                stack = Stack(
                    kind="apache",
                    kafka_servers=broker.address,
                    mongo_url=mongod.url(database),
                    idempotence=True,
                    durable=True,
                    broker=broker,
                    database=database,
                )
                yield stack, _client_settings(port.address, certificate, password)
            finally:
                database.close(graceful=False)
        finally:
            broker.close(graceful=False)
            port.release()


def make_certificate(folder: Path) -> Path:
    """Its own authority, for a day or two; key and certificate in one file."""
    program = shutil.which("openssl")
    if program is None:
        raise StackUnavailable("A certificate needs openssl: install it.")
    key, made = folder / "key.pem", folder / "certificate.pem"
    command = [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(key), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - the command is ours
    (folder / "both.pem").write_text(key.read_text() + made.read_text())
    return made


def _broker_settings(certificate: Path, password: str) -> dict[str, str]:
    door = f"listener.name.{DOOR.lower()}"
    login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    return {
        "listener.security.protocol.map": f"CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT,{DOOR}:SASL_SSL",
        "sasl.enabled.mechanisms": MECHANISM,
        f"{door}.{MECHANISM.lower()}.sasl.jaas.config": f'{login} user_{USER}="{password}";',
        f"{door}.ssl.keystore.type": "PEM",
        f"{door}.ssl.keystore.location": str(certificate.with_name("both.pem")),
    }


def _client_settings(address: str, certificate: Path, password: str) -> dict[str, Any]:
    return {
        "kafka_servers": address,
        "kafka_protocol": "SASL_SSL",
        "kafka_mechanism": MECHANISM,
        "kafka_user": USER,
        "kafka_password": SecretStr(password),
        "kafka_ca_file": certificate,
    }
