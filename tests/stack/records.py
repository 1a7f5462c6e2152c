"""One record into a topic and out again, as any client would."""

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deskstream.stack import Stack


async def create_topic(stack: Stack, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def produce(stack: Stack, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=stack.kafka_servers, acks="all", enable_idempotence=stack.idempotence
    )
    async with producer:
        await producer.send_and_wait(topic, value)


async def consume(stack: Stack, topic: str, group: str | None = None) -> bytes | None:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=stack.kafka_servers,
        group_id=group,
        auto_offset_reset="earliest",
        # The embedded broker lets a group's first member wait for half a session.
        session_timeout_ms=1000,
        heartbeat_interval_ms=300,
    )
    async with consumer:
        record = await consumer.getone()
        if group:
            await consumer.commit()
        value: bytes | None = record.value
        return value
