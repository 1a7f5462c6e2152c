"""The protocol on one stage: numbers, dead letters, timers, refusals, forwarding."""

from datetime import timedelta

import pytest

from shared.contracts.envelope import header_text
from shared.contracts.ticket import FeedbackReceived, TicketMarkedSpam
from shared.contracts.topics import TICKET_EVENTS
from shared.contracts.triage import TicketTriaged
from shared.kit.letters import COLLECTION, redriven
from shared.kit.records import Partition, Publication, partition_of
from tests.harness import Bench
from tests.kit.counting import COUNTING, SYSTEM, Counting

FIVE = FeedbackReceived(score=5)


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def bench(counting: Counting) -> Bench:
    return Bench(COUNTING, counting, partitions=4)


def categories(bench: Bench, subject: str | None = None) -> list[str]:
    return [message.category for message in bench.said_of(TicketTriaged, subject)]


async def test_every_event_is_heard_once_in_order(bench: Bench) -> None:
    for score in (1, 2, 3):
        bench.publish(FeedbackReceived(score=score), "t1")

    await bench.run()

    assert categories(bench) == ["1", "2", "3"]
    assert [envelope.number for envelope, _ in bench.said] == [1, 2, 3]


async def test_a_repeated_record_changes_nothing(bench: Bench) -> None:
    record = bench.publish(FeedbackReceived(score=1), "t1")
    await bench.run()

    bench.cluster.append(Publication(record.topic, record.key, record.value, record.headers))
    await bench.run()

    assert categories(bench) == ["1"]


async def test_numbers_of_unheard_types_leave_no_gap(bench: Bench) -> None:
    bench.publish(FeedbackReceived(score=1), "t1")
    bench.publish(TicketMarkedSpam(actor=SYSTEM), "t1")
    bench.publish(FeedbackReceived(score=2), "t1")

    await bench.run()

    kit = bench.documents("counts")["t1"]["_kit"]
    assert kit["applied"] == {"intake": 3}
    assert "missing" not in kit


async def test_a_number_that_comes_late_is_heard_once(bench: Bench) -> None:
    first = bench.publish(FeedbackReceived(score=1), "t1")
    held_back = bench.cluster.logs[first.at].pop()
    bench.publish(FeedbackReceived(score=2), "t1")
    await bench.run()
    for _ in range(2):
        bench.cluster.append(
            Publication(held_back.topic, held_back.key, held_back.value, held_back.headers)
        )

    await bench.run()

    assert bench.documents("counts")["t1"]["heard"] == 2
    assert "missing" not in bench.documents("counts")["t1"]["_kit"]


async def test_poison_harms_only_itself_and_its_own_ticket(
    bench: Bench, counting: Counting
) -> None:
    counting.broken = True
    for number in range(7):
        bench.publish(FeedbackReceived(score=1), f"t{number}")
        bench.publish(FIVE if number == 3 else FeedbackReceived(score=2), f"t{number}")
    bench.publish(FeedbackReceived(score=3), "t3")

    await bench.run()

    assert [reason for reason, _ in bench.dead_letters] == [
        "RuntimeError: a score that is too good to be true",
        "an earlier record of t3 is a dead letter",
    ]
    heard = {key: doc["heard"] for key, doc in bench.documents("counts").items()}
    assert heard == {f"t{n}": 1 if n == 3 else 2 for n in range(7)}


async def test_redriven_letters_come_in_order_and_count_once(
    bench: Bench, counting: Counting
) -> None:
    counting.broken = True
    for score in (1, 5, 3):
        bench.publish(FeedbackReceived(score=score), "t1")
    await bench.run()
    counting.broken = False
    letters = sorted(bench.documents(COLLECTION).values(), key=lambda letter: letter["order"])
    assert [letter["state"] for letter in letters] == ["open", "open"]

    for _ in range(2):
        for letter in letters:
            bench.cluster.append(redriven(letter))
    await bench.run()

    assert bench.documents("counts")["t1"]["scores"] == 9
    assert categories(bench) == ["1", "2", "3"]
    assert {letter["state"] for letter in bench.documents(COLLECTION).values()} == {"done"}


async def test_a_redriven_letter_that_fails_again_is_the_same_letter(
    bench: Bench, counting: Counting
) -> None:
    counting.broken = True
    bench.publish(FIVE, "t1")
    await bench.run()
    [letter] = bench.documents(COLLECTION).values()

    bench.cluster.append(redriven(letter))
    await bench.run()

    [again] = bench.documents(COLLECTION).values()
    assert (again["_id"], again["attempts"], again["state"]) == (letter["_id"], 2, "open")


async def test_a_handler_may_reject_a_record(bench: Bench, counting: Counting) -> None:
    counting.broken = True
    bench.publish(FeedbackReceived(score=4), "t1")
    bench.publish(FeedbackReceived(score=1), "t2")

    await bench.run()

    assert [reason for reason, _ in bench.dead_letters] == ["four is no opinion"]
    assert categories(bench) == ["1"]


async def test_undecodable_records_are_put_away_and_block_their_ticket(bench: Bench) -> None:
    good = bench.publish(FeedbackReceived(score=1), "t1")
    headers = tuple(h for h in good.headers if h[0] not in ("ce_number", "ce_id"))
    number = (("ce_id", b"x"), ("ce_number", b"2"))
    bench.cluster.append(Publication(good.topic, good.key, b"{", headers + number))
    bench.cluster.append(
        Publication(good.topic, good.key, good.value, (*headers, ("ce_id", b"\xff")))
    )
    bench.cluster.append(Publication(good.topic, b"t2", None, good.headers))

    await bench.run()

    reasons = sorted(reason for reason, _ in bench.dead_letters)
    assert [reason.split(":")[0] for reason in reasons] == [
        "no CloudEvents envelope",
        "the record has no value",
        "the value is no JSON",
    ]
    bench.publish(FeedbackReceived(score=1), "t3")
    await bench.run()
    assert categories(bench, "t3") == ["1"]


async def test_too_many_dead_letters_stop_the_stage(bench: Bench, counting: Counting) -> None:
    counting.broken = True
    for number in range(60):
        bench.publish(FIVE, f"t{number}")

    await bench.run()

    assert len(bench.dead_letters) == 50
    assert not bench.health.ready
    assert "50 dead letters in a row" in str(bench.health.readiness())


async def test_dead_letters_among_sound_input_do_not(bench: Bench, counting: Counting) -> None:
    counting.broken = True
    for number in range(60):
        bench.publish(FIVE, f"bad{number}")
        for turn in range(4):
            bench.publish(FeedbackReceived(score=1), f"good{number}-{turn}")

    await bench.run()

    assert len(bench.dead_letters) == 60
    assert bench.health.ready


async def test_letters_that_are_dead_once_more_do_not(bench: Bench, counting: Counting) -> None:
    counting.broken = True
    for number in range(40):
        bench.publish(FIVE, f"bad{number}")
    await bench.run()
    for letter in list(bench.documents("dead_letters").values()):
        bench.cluster.append(redriven(letter))

    await bench.run()

    assert {each["attempts"] for each in bench.documents("dead_letters").values()} == {2}
    assert bench.health.ready


async def test_a_timer_fires_once_at_its_instant(bench: Bench) -> None:
    bench.publish(FeedbackReceived(score=1, comment="later"), "t1")
    await bench.advance(timedelta(minutes=59))
    assert categories(bench) == ["1"]

    await bench.advance(timedelta(hours=3))

    assert categories(bench) == ["1", "fired"]
    assert bench.said[-1][0].time == bench.now - timedelta(hours=2, minutes=59)


async def test_a_timer_waits_for_records_that_came_before_it(bench: Bench) -> None:
    bench.publish(FeedbackReceived(score=1, comment="later"), "t1")
    await bench.run()
    [running] = bench.running
    bench.clock.move(timedelta(hours=2))
    bench.publish(FeedbackReceived(score=2), "t1")
    fetched = running.broker.poll(running.engine.owned)

    await running.engine.tick()

    assert categories(bench) == ["1"]
    await running.engine.process(fetched)
    await running.engine.tick()
    assert categories(bench) == ["1", "2", "fired"]


@pytest.mark.parametrize(("subject", "in_one"), [("t2", True), ("t1", False)])
async def test_what_is_due_is_handled_with_the_records_of_others(
    subject: str, bench: Bench, counting: Counting, *, in_one: bool
) -> None:
    """One transaction for both; but a record of the same ticket may move its timer."""
    bench.publish(FeedbackReceived(score=1, comment="later"), "t1")
    await bench.run()
    [engine] = [running.engine for running in bench.running]
    bench.clock.move(timedelta(hours=2))
    await engine.tick()
    bench.publish(FeedbackReceived(score=2), subject)
    counting.batches.clear()

    await engine.turn(bench.running[0].broker.poll(engine.owned), engine.epochs())

    assert counting.batches == ([2] if in_one else [1])
    assert ("fired" in categories(bench)) is in_one
    await engine.tick()
    assert categories(bench)[-1] == "fired"


async def test_a_record_on_the_wrong_partition_is_moved(bench: Bench) -> None:
    record = bench.publish(FeedbackReceived(score=1), "t1")
    log = bench.cluster.logs[record.at]
    log.pop()
    right = partition_of(b"t1", 4)
    bench.cluster.append(
        Publication(record.topic, record.key, record.value, record.headers),
        partition=(right + 1) % 4,
    )

    await bench.run()

    assert bench.documents("counts")["t1"]["_kit"]["at"] == f"ticket.events/{right}"
    assert categories(bench) == ["1"]


async def again(bench: Bench, counting: Counting) -> Bench:
    """A new process on the same database and topics."""
    fresh = Bench(COUNTING, counting, partitions=4)
    fresh.clock.move_to(bench.now)
    fresh.cluster = bench.cluster
    [running], [old] = fresh.running, bench.running
    running.broker.cluster = bench.cluster
    running.data.collections = old.data.collections
    return fresh


async def test_stored_events_are_published_again_at_the_claim(
    bench: Bench, counting: Counting
) -> None:
    [running] = bench.running
    await running.engine.claim()
    bench.publish(FeedbackReceived(score=1), "t1")
    await running.engine.process(running.broker.poll(running.engine.owned))
    fresh = await again(bench, counting)

    await fresh.run()

    said = [record for record in bench.log if b"triage" in dict(record.headers).values()]
    assert len(said) == 2
    assert len({header_text(record.headers)["ce_id"] for record in said}) == 1


async def test_a_topic_made_anew_is_refused(bench: Bench, counting: Counting) -> None:
    bench.publish(FeedbackReceived(score=1), "t1")
    await bench.run()
    bench.cluster.make(TICKET_EVENTS.name)
    fresh = await again(bench, counting)

    await fresh.run()

    reason = str(fresh.health.readiness())
    assert "was made anew" in reason
    assert "deskstream checkpoints reset --stage counting --topic ticket.events" in reason


async def test_another_record_at_the_last_offset_is_refused(
    bench: Bench, counting: Counting
) -> None:
    record = bench.publish(FeedbackReceived(score=1), "t1")
    await bench.run()
    bench.cluster.make(TICKET_EVENTS.name)
    for _ in range(3):
        bench.cluster.append(Publication(record.topic, record.key, b"{}", record.headers))
    fresh = await again(bench, counting)

    await fresh.run()

    assert "another record lies at offset" in str(fresh.health.readiness())


async def test_an_older_database_is_refused(bench: Bench, counting: Counting) -> None:
    bench.publish(FeedbackReceived(score=1), "t1")
    await bench.run()
    place = Partition(TICKET_EVENTS.name, partition_of(b"t1", 4))
    bench.cluster.committed["deskstream.counting", place] += 5
    fresh = await again(bench, counting)

    await fresh.run()

    assert "the database is older than the log" in str(fresh.health.readiness())


async def test_records_eaten_by_retention_are_refused(bench: Bench, counting: Counting) -> None:
    bench.publish(FeedbackReceived(score=1), "t1")
    await bench.run()
    place = Partition(TICKET_EVENTS.name, partition_of(b"t1", 4))
    bench.cluster.starts[place] = 9
    fresh = await again(bench, counting)

    await fresh.run()

    assert "retention deleted" in str(fresh.health.readiness())


async def test_another_count_of_partitions_is_refused(bench: Bench, counting: Counting) -> None:
    bench.publish(FeedbackReceived(score=1), "t1")
    await bench.run()
    fresh = await again(bench, counting)
    bench.cluster.counts[TICKET_EVENTS.name] = 8

    await fresh.run()

    assert "had 4 partitions" in str(fresh.health.readiness())
