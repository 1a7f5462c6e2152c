"""Makes the topics as the contracts want them; what is there already is left as it is."""

import asyncio
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code

from shared.contracts.topics import TOPICS, Topic
from shared.kit.ports import BrokerAwayError
from shared.kit.settings import KitSettings

EXISTS = 36


@dataclass(frozen=True, slots=True)
class Provisioned:
    """`found` is the number of partitions where the topic was there before."""

    topic: str
    partitions: int
    found: int | None = None
    error: str | None = None


async def provision(
    settings: KitSettings, *, partitions: int | None = None, replication: int = 1
) -> list[Provisioned]:
    """Creates what is missing. `partitions` caps each topic's number, for small set-ups."""
    admin = AIOKafkaAdminClient(**settings.kafka_client(), client_id="deskstream-provision")
    try:
        async with asyncio.timeout(settings.kafka_request_timeout_ms / 1000 * 2):
            await admin.start()
            try:
                return [await _make(admin, settings, t, partitions, replication) for t in TOPICS]
            finally:
                await admin.close()
    except (KafkaError, TimeoutError, OSError) as error:
        raise BrokerAwayError(
            f"Kafka at {settings.kafka_servers} ({type(error).__name__})"
        ) from error


async def _make(
    admin: AIOKafkaAdminClient,
    settings: KitSettings,
    topic: Topic,
    most: int | None,
    replication: int,
) -> Provisioned:
    count = min(topic.partitions, most or topic.partitions)
    name = settings.topic(topic.name)
    wanted = NewTopic(
        name, num_partitions=count, replication_factor=replication, topic_configs=topic.config()
    )
    answer = await admin.create_topics([wanted])
    errors: Any = answer
    _, code, *text = errors.topic_errors[0]
    if code == EXISTS:
        [described] = await admin.describe_topics([name])
        return Provisioned(name, count, found=len(described["partitions"]))
    if code:
        reason = text[0] if text and text[0] else for_code(code).__name__
        return Provisioned(name, count, error=str(reason))
    return Provisioned(name, count)
