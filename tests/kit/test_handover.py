"""Deliveries that are born claimed: whose they are, and when anybody is told of them."""

import asyncio
from datetime import UTC, datetime, timedelta

from shared.kit.deliveries import new_delivery
from shared.kit.handover import Handover
from shared.kit.unit import Document

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=2)


def delivery(name: str) -> Document:
    times = {"due_at": NOON, "give_up_at": NOON + timedelta(hours=48)}
    return new_delivery(name, partition=0, subject="t1", payload={}, **times)


def test_one_is_ours_until_its_lease_ends() -> None:
    births = Handover(LEASE, room=1).births(NOON)
    born = births.claimed(delivery("a"), "its words")
    [claim] = births.claims
    assert (born["state"], born["due_at"], born["attempts"]) == ("due", NOON + LEASE, 1)
    assert (born["lease"], born["claimed_at"]) == (claim.token, claim.claimed_at)
    assert (claim.content, claim.document) == ("its words", born)


def test_nobody_hears_of_it_before_the_commit() -> None:
    handover = Handover(LEASE, room=5)
    births = handover.births(NOON)
    births.claimed(delivery("a"), None)
    assert handover.take(5) == []
    births.committed()
    assert [claim.delivery_id for claim in handover.take(5)] == ["a"]
    assert handover.take(5) == []


def test_what_finds_no_room_is_due_for_all() -> None:
    handover = Handover(LEASE, room=2)
    first = handover.births(NOON)
    for name in "ab":
        first.claimed(delivery(name), None)
    first.committed()
    assert handover.births(NOON).claimed(delivery("c"), None) == delivery("c")
    handover.take(1)
    second = handover.births(NOON)
    assert second.claimed(delivery("d"), None) != delivery("d")
    assert second.claimed(delivery("e"), None) == delivery("e")


def test_nor_is_there_room_while_it_is_closed() -> None:
    handover = Handover(LEASE, room=2)
    handover.open = False
    assert handover.births(NOON).claimed(delivery("a"), None) == delivery("a")


async def test_a_sender_that_rests_is_woken() -> None:
    handover = Handover(LEASE, room=2)
    resting = asyncio.create_task(handover.arrival(seconds=60))
    await asyncio.sleep(0)
    births = handover.births(NOON)
    births.claimed(delivery("a"), None)
    births.committed()
    async with asyncio.timeout(5):
        await resting
        await handover.arrival(seconds=60)
