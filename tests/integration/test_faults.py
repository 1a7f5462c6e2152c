"""Bad input on a real broker and database: it harms only itself, and can be sent in again."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest

from shared.contracts.envelope import header_text
from shared.contracts.ticket import FeedbackReceived
from shared.kit.admin import letters, redrive
from shared.kit.records import Headers, Publication, partition_of
from shared.kit.unit import Document
from tests.integration.conftest import Deployment, until
from tests.integration.faults import PARTITIONS, TICKETS, Desk, each, put, ready, reason, written
from tests.kit.counting import Counting

POISON = 5


@pytest.fixture
def desk(deployment: Deployment) -> Desk:
    return Desk(deployment)


async def test_every_event_published_twice_counts_once(desk: Desk) -> None:
    said = await desk.say(*each(3).elements())
    async with desk.running():
        await desk.hears(each(3))
        await desk.deployment.publisher.publish(said)
        log = await desk.deployment.read("ticket.events")
        await desk.deployment.publisher.publish([written(record) for record in log])
        await desk.say(*TICKETS)

        await desk.hears(each(4))
    assert await desk.answered() == each(4)


async def test_what_a_foreign_partitioner_misplaced_is_moved_and_handled_in_order(
    desk: Desk,
) -> None:
    """It puts each key on one partition of its own choice."""
    async with desk.running() as run:
        await ready(run)
        for _ in range(4):
            for number, ticket in enumerate(TICKETS):
                event = desk.deployment.publication(FeedbackReceived(score=1), ticket)
                await put(desk.deployment, event, number % PARTITIONS)

        await desk.hears(each(4))

    documents = await desk.database["counts"].find().to_list()
    assert not any("missing" in document["_kit"] for document in documents)
    for document in documents:
        home = partition_of(document["_id"].encode(), PARTITIONS)
        assert document["_kit"]["at"] == f"ticket.events/{home}"
    assert await desk.answered() == each(4)


async def poisoned(desk: Desk) -> None:
    """Three events for each ticket; the second one of t3 spoils every batch that it is in."""
    desk.handler.broken = True
    await desk.say(*TICKETS)
    await desk.say(*TICKETS[:3])
    await desk.say("t3", score=POISON)
    await desk.say(*TICKETS[4:])
    await desk.say(*TICKETS)


async def test_poison_harms_only_its_own_ticket(desk: Desk) -> None:
    await poisoned(desk)

    async with desk.running() as run:
        await desk.hears(each(3) - Counter(t3=2))
        first, second = await until(lambda: two_letters(desk))
        assert run.health.ready

    assert (first["subject"], first["reason"], first["waits_for"]) == (
        "t3",
        "RuntimeError: a score that is too good to be true",
        None,
    )
    assert (second["reason"], second["waits_for"]) == (
        "an earlier record of t3 is a dead letter",
        first["_id"],
    )
    on_topic = {
        header_text(r.headers)["dlq-id"]: r for r in await desk.deployment.read("dead.letters")
    }
    assert set(on_topic) == {first["_id"], second["_id"]}
    record = on_topic[first["_id"]]
    headers = header_text(record.headers)
    assert (record.key, record.value) == (b"t3", first["value"])
    assert headers["ce_number"] == "2"
    assert headers["dlq-topic"] == "ticket.events"
    assert headers["dlq-partition"] == str(partition_of(b"t3", PARTITIONS))
    assert headers["dlq-offset"] == str(first["offset"])
    assert headers["dlq-group"] == desk.deployment.settings.group("counting")
    assert headers["dlq-error"] == first["reason"]


async def two_letters(desk: Desk) -> list[Document]:
    found = await desk.letters()
    return found if len(found) == 2 else []


async def test_redriven_letters_are_handled_once_and_in_order(desk: Desk) -> None:
    await poisoned(desk)
    async with desk.running():
        await desk.hears(each(3) - Counter(t3=2))
        await until(lambda: two_letters(desk))
        desk.handler.broken = False
        for _ in range(2):
            chosen = await letters(desk.database, {"group": desk.group})
            async for _ in redrive(desk.database, desk.deployment.publisher, chosen):
                pass

        await desk.hears(each(3))
        await desk.say("t3")
        await desk.hears(each(3) + Counter(t3=1))

    assert [letter["state"] for letter in await desk.letters()] == ["done", "done"]
    document = await desk.database["counts"].find_one({"_id": "t3"})
    assert document["scores"] == 1 + POISON + 1 + 1
    assert "letters" not in document["_kit"]
    assert await desk.answered() == each(3) + Counter(t3=1)


async def test_a_letter_that_fails_again_stays_one_letter(desk: Desk) -> None:
    desk.handler.broken = True
    await desk.say("t3", score=POISON)
    async with desk.running():
        [letter] = await until(desk.letters)
        for tries in (2, 3):
            async for _ in redrive(desk.database, desk.deployment.publisher, [letter]):
                pass

            async def tried(tries: int = tries) -> bool:
                return [each["attempts"] for each in await desk.letters()] == [tries]

            await until(tried)
            [letter] = await desk.letters()

    assert letter["state"] == "open"


BAD: Mapping[str, str] = {
    "not-utf-8": "no CloudEvents envelope: header ce_id is missing, empty or not UTF-8",
    "null-header": "no CloudEvents envelope: header ce_type is missing, empty or not UTF-8",
    "no-envelope": "no CloudEvents envelope: header ce_id is missing, empty or not UTF-8",
    "no-number": "headers ce_writer and ce_number are missing",
    "odd-number": "no CloudEvents envelope: header ce_number: '-1' is no number from 1",
    "bad-time": "no CloudEvents envelope: header ce_time: 'yesterday' is no RFC 3339 time",
    "null-value": "the record has no value",
    "no-json": "the value is no JSON: unexpected end of data: line 1 column 2 (char 1)",
    "not-utf-8-value": "the value is no JSON",
    "no-such-field": "not a FeedbackReceived: score: Field required",
    "too-much": "not a FeedbackReceived: score: Input should be less than or equal to 5",
    "other-writer": "FeedbackReceived is said by intake, not triage",
}


def spoiled(good: Publication, how: str) -> Publication:
    """A record on the ticket named for it, with one thing wrong."""

    def without(*names: str, **instead: bytes | None) -> Headers:
        kept = tuple(pair for pair in good.headers if pair[0] not in (*names, *instead))
        return kept + tuple(instead.items())

    changes: dict[str, Publication] = {
        "not-utf-8": replace(good, headers=without(ce_id=b"\xff\xfe")),
        "null-header": replace(good, headers=without(ce_type=None)),
        "no-envelope": replace(good, headers=()),
        "no-number": replace(good, headers=without("ce_number", "ce_writer")),
        "odd-number": replace(good, headers=without(ce_number=b"-1")),
        "bad-time": replace(good, headers=without(ce_time=b"yesterday")),
        "null-value": replace(good, value=None),
        "no-json": replace(good, value=b"{"),
        "not-utf-8-value": replace(good, value=b'{"score": "\xff"}'),
        "no-such-field": replace(good, value=b"{}"),
        "too-much": replace(good, value=b'{"score": 99}'),
        "other-writer": replace(good, headers=without(ce_writer=b"triage")),
    }
    return changes[how]


async def test_what_cannot_be_read_is_put_away_with_its_reason(desk: Desk) -> None:
    """In one batch with good records, before and after it."""
    await desk.say(*TICKETS)
    feedback = FeedbackReceived(score=1)
    bad = {how: spoiled(desk.deployment.publication(feedback, how), how) for how in BAD}
    await desk.deployment.publisher.publish(list(bad.values()))
    keyless = replace(desk.deployment.publication(feedback, "keyless"), key=None)
    home = partition_of(b"keyless", PARTITIONS)
    await put(desk.deployment, keyless, home)
    await desk.say(*TICKETS)

    async with desk.running() as run:
        await desk.hears(each(2) + Counter(keyless=1))

        async def all_put_away() -> bool:
            return len(await desk.letters()) == len(BAD)

        await until(all_put_away)
        assert run.health.ready

    found = {letter["key"].decode(): letter for letter in await desk.letters()}
    reasons = {how: letter["reason"] for how, letter in found.items()}
    for how, text in BAD.items():
        assert reasons[how].startswith(text), how
    for how, publication in bad.items():
        assert found[how]["value"] == publication.value
        assert tuple(map(tuple, found[how]["headers"])) == publication.headers
    on_topic = {record.key: record for record in await desk.deployment.read("dead.letters")}
    assert {key.decode() for key in on_topic if key is not None} == set(BAD)


async def test_a_stage_with_nothing_but_dead_letters_stops_and_says_how_to_go_on(
    desk: Desk,
) -> None:
    desk.handler.broken = True
    tickets = [f"bad-{number}" for number in range(12)]
    await desk.say(*tickets, score=POISON)
    async with desk.running(dead_letter_run=8) as run:
        text = await reason(run, "counting dead letters")
        assert text == (
            "stopped: 8 dead letters in a row (limit 8). See `deskstream dead-letters list "
            f"--group {desk.group}`; mend the cause and start the service again."
        )
        assert run.health.live
    left = len(tickets) - len(await desk.letters())
    assert left > 0

    desk.handler = Counting()
    async with desk.running(dead_letter_run=8) as run:
        chosen = await letters(desk.database, {"state": "open"})
        async for _ in redrive(desk.database, desk.deployment.publisher, chosen):
            pass
        await desk.hears(each(1, tickets))
        await ready(run)
    assert await desk.answered() == each(1, tickets)
