"""Apache Kafka and MongoDB in containers of a Docker engine."""

import gc
import time
import warnings
from importlib.util import find_spec

from deskstream.stack.handshake import REPLICA_SET, database_answers
from deskstream.stack.unavailable import StackUnavailable, StartFailed

if find_spec("testcontainers") is None:
    raise StackUnavailable("The Docker stack needs testcontainers: `pip install testcontainers`.")

from testcontainers.community.kafka import KafkaContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient

_KAFKA_IMAGE = "confluentinc/cp-kafka:7.9.0"
_MONGO_IMAGE = "mongo:8.0"
_MONGO_PORT = 27017
_READY_WITHIN_SECONDS = 60
_POLL_SECONDS = 0.05


def require_engine() -> None:
    if not _engine_answers():
        raise StackUnavailable(
            "No Docker engine answers: start it, or use the embedded stack (STACK=embedded)."
        )


def broker() -> KafkaContainer:
    container = KafkaContainer(_KAFKA_IMAGE).with_kraft()
    container.with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
    container.with_env("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1")
    container.with_env("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1")
    return container


def database(cache_gb: float) -> DockerContainer:
    command = ["mongod", "--replSet", REPLICA_SET, "--bind_ip_all"]
    command += ["--wiredTigerCacheSizeGB", str(cache_gb)]
    return DockerContainer(_MONGO_IMAGE).with_command(command).with_exposed_ports(_MONGO_PORT)


def mongo_url(container: DockerContainer) -> str:
    """The database's address, once it is primary.

    A direct connection: the replica set's own name for itself holds in the container only.
    """
    address = f"{container.get_container_host_ip()}:{container.get_exposed_port(_MONGO_PORT)}"
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while not database_answers(address, member=f"127.0.0.1:{_MONGO_PORT}"):
        if time.monotonic() > deadline:
            out, err = container.get_logs()
            said = (out + err).decode(errors="replace")[-2000:]
            raise StartFailed(f"MongoDB's container was not ready; its log ends:\n{said}")
        time.sleep(_POLL_SECONDS)
    return f"mongodb://{address}/?directConnection=true"


def _engine_answers() -> bool:
    # The Docker client leaves its socket open when it finds no engine: close it now, unheard.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        answers = _ping()
        gc.collect()
    return answers


def _ping() -> bool:
    try:
        return bool(DockerClient().client.ping())
    except Exception:  # noqa: BLE001 -- whatever the client stumbles over, there is no engine to use
        return False
