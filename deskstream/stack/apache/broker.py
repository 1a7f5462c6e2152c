"""One Apache Kafka broker that is its own controller (KRaft)."""

import base64
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from deskstream.stack.apache import jars
from deskstream.stack.detour import Detour, straight
from deskstream.stack.handshake import broker_answers
from deskstream.stack.missing import OTHERWISE
from deskstream.stack.node import Node, Server, start_on_free_ports
from deskstream.stack.ports import Port
from deskstream.stack.unavailable import StackUnavailable, StartFailed

_LOGGING = Path(__file__).with_name("log4j2.properties")
_NO_SETTINGS: Mapping[str, str] = {}
_NO_LISTENERS: Mapping[str, Port] = {}
_STOP_WITHIN_SECONDS = 30.0
_FORMAT_WITHIN_SECONDS = 60


def start(
    directory: Path,
    *,
    settings: Mapping[str, str] = _NO_SETTINGS,
    beside: Mapping[str, Port] = _NO_LISTENERS,
    detour: Detour = straight,
) -> Node:
    """Start it on the data that is there, or on none; `settings` go over the properties below.

    `beside` are further listeners by name; the settings must say how they are secured.
    """
    java, classpath = find_java(), f"{jars.fetch()}/*"
    file = directory / "server.properties"

    def build(reserved: Sequence[Port]) -> Server:
        client, controller = reserved
        reached = {"advertised.listeners": f"CLIENT://{detour('broker', client.address)}"}
        plain = properties(directory / "broker", client, controller)
        _write(file, _listening({**plain, **reached, **settings}, beside))
        if not (directory / "broker" / "meta.properties").exists():
            _format(java, classpath, file)
        return Server(
            name="Apache Kafka",
            command=[
                *(java, "-Xms256m", "-Xmx512m", f"-Dlog4j2.configurationFile={_LOGGING.as_uri()}"),
                *("-cp", classpath, "kafka.Kafka", str(file)),
            ],
            log=directory / "kafka.log",
            answers=lambda: broker_answers(client.address),
            stop_within_seconds=_STOP_WITHIN_SECONDS,
        )

    return start_on_free_ports(2, build)


def find_java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else None
    java = java or shutil.which("java")
    if java is None:
        raise StackUnavailable(
            f"Apache Kafka needs Java 17: install openjdk-17-jre-headless, {OTHERWISE}."
        )
    return java


def properties(data: Path, client: Port, controller: Port) -> dict[str, str]:
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        # Voters by configuration, not in the log: so that kept data may come up on other ports.
        "controller.quorum.voters": f"1@{controller.address}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"CLIENT://{client.address},CONTROLLER://{controller.address}",
        "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "CLIENT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        # The default of 50 partitions costs the first consumer a second.
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        # As the embedded broker allows, so that one test may use short sessions on both.
        "group.min.session.timeout.ms": "1000",
        # A killed broker may register again only when its former self's session is over.
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "500",
    }


def _listening(values: dict[str, str], beside: Mapping[str, Port]) -> dict[str, str]:
    more = [f"{name}://{port.address}" for name, port in beside.items()]
    both = ("listeners", "advertised.listeners")
    return values | {name: ",".join([values[name], *more]) for name in both}


def _write(file: Path, values: Mapping[str, str]) -> None:
    lines = (f"{name}={value}" for name, value in values.items())
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _format(java: str, classpath: str, file: Path) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    # A short run: the quick compiler and the plain collector save a quarter of it.
    command = [java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classpath]
    command += [f"-Dlog4j2.configurationFile={_LOGGING.as_uri()}", "kafka.tools.StorageTool"]
    # With "=": one id in 64 begins with a dash.
    command += ["format", f"--cluster-id={cluster}", "--config", str(file)]
    done = subprocess.run(  # noqa: S603 -- the command is our own
        command, capture_output=True, text=True, timeout=_FORMAT_WITHIN_SECONDS, check=False
    )
    if re.search("UnsupportedClassVersionError", done.stderr):
        raise StackUnavailable(f"{java} is too old for Apache Kafka: install Java 17, {OTHERWISE}.")
    if done.returncode:
        raise StartFailed(f"Apache Kafka could not format its data:\n{done.stdout}{done.stderr}")
