"""Killed at every step of a batch, frozen past its partitions: lost 0, doubled 0."""

import signal
import subprocess
from collections import Counter, defaultdict

import pytest

from deskstream.stack import Stack
from shared.contracts.envelope import header_text
from shared.contracts.ticket import FeedbackReceived
from shared.contracts.triage import TicketTriaged
from shared.kit.records import Record
from tests.integration.conftest import DEADLINE, Deployment, until
from tests.integration.crashing import POINTS
from tests.integration.processes import process

TICKETS, EACH = 8, 5


async def publish_all(deployment: Deployment) -> int:
    for number in range(TICKETS * EACH):
        comment = "later" if number % 7 == 0 else None
        await deployment.publish(FeedbackReceived(score=1, comment=comment), f"t{number % TICKETS}")
    return TICKETS * EACH


async def all_heard(deployment: Deployment, total: int) -> bool:
    documents = await deployment.database("counting")["counts"].find().to_list()
    timers = any(document["_kit"].get("due") for document in documents)
    return sum(document.get("heard", 0) for document in documents) >= total and not timers


async def ledger(deployment: Deployment) -> tuple[Counter[str], dict[str, list[Record]]]:
    documents = await deployment.database("counting")["counts"].find().to_list()
    heard = Counter({document["_id"]: document["heard"] for document in documents})
    answers: dict[str, list[Record]] = defaultdict(list)
    for record in await deployment.of_type("ticket.events", TicketTriaged):
        answers[header_text(record.headers)["ce_subject"]].append(record)
    return heard, answers


async def reconcile(deployment: Deployment) -> None:
    """Each event counted once; each answer's number has one meaning and comes in order."""
    heard, answers = await ledger(deployment)
    assert heard == Counter({f"t{number}": EACH for number in range(TICKETS)})
    totals = await deployment.database("counting")["totals"].find().to_list()
    assert sum(total["heard"] for total in totals) == TICKETS * EACH
    documents = await deployment.database("counting")["counts"].find().to_list()
    said = {document["_id"]: document["heard"] + document["fired"] for document in documents}
    for ticket, records in answers.items():
        meanings: dict[int, str] = {}
        for record in records:
            headers = header_text(record.headers)
            number = int(headers["ce_number"])
            assert meanings.setdefault(number, headers["ce_id"]) == headers["ce_id"]
        assert list(meanings) == list(range(1, said[ticket] + 1))


@pytest.mark.chaos
@pytest.mark.parametrize("point", POINTS)
async def test_a_process_killed_at_any_step_loses_and_doubles_nothing(
    deployment: Deployment, point: str
) -> None:
    total = await publish_all(deployment)
    with process(deployment.settings, point, "2") as victim:

        async def killed() -> bool:
            return victim.poll() is not None

        await until(killed)
        assert victim.returncode == -signal.SIGKILL
    with process(deployment.settings) as heir:
        await until(lambda: all_heard(deployment, total))
        stop(heir)  # what was committed is published before it ends

    await reconcile(deployment)


@pytest.mark.apache
@pytest.mark.chaos
async def test_a_process_that_keeps_its_name_need_not_wait_until_it_is_given_up(
    deployment: Deployment, stack: Stack
) -> None:
    if not stack.durable:
        pytest.skip("the embedded broker lets a member of the same name wait like any other")
    patient = deployment.settings.model_copy(
        update={"kafka_instance": "counting-1", "kafka_session_timeout_ms": 2_000 * DEADLINE}
    )
    with process(patient) as first:
        await deployment.publish(FeedbackReceived(score=1), "t0")
        await until(lambda: all_heard(deployment, 1))
        first.kill()
        first.wait()
    await publish_rest(deployment)
    with process(patient) as again:
        await until(lambda: all_heard(deployment, TICKETS * EACH))
        stop(again)

    await reconcile(deployment)


@pytest.mark.chaos
async def test_a_zombie_that_wakes_after_its_partitions_moved_changes_nothing(
    deployment: Deployment,
) -> None:
    with process(deployment.settings) as zombie:
        await deployment.publish(FeedbackReceived(score=1), "t0")

        async def first_is_heard() -> bool:
            return await all_heard(deployment, 1)

        await until(first_is_heard)
        zombie.send_signal(signal.SIGSTOP)
        with process(deployment.settings) as heir:
            await publish_rest(deployment)
            await until(lambda: all_heard(deployment, TICKETS * EACH))
            zombie.send_signal(signal.SIGCONT)
            await deployment.publish(FeedbackReceived(score=1), "after")

            async def after_is_heard() -> bool:
                counts = deployment.database("counting")["counts"]
                return await counts.find_one({"_id": "after"}) is not None

            await until(after_is_heard)
            assert heir.poll() is None
            stop(heir)
        stop(zombie)

    heard, answers = await ledger(deployment)
    assert heard.pop("after") == 1
    assert heard == Counter({f"t{number}": EACH for number in range(TICKETS)})
    for records in answers.values():
        ids = defaultdict(set)
        for record in records:
            headers = header_text(record.headers)
            ids[headers["ce_number"]].add(headers["ce_id"])
        assert all(len(meanings) == 1 for meanings in ids.values())


async def publish_rest(deployment: Deployment) -> None:
    for number in range(1, TICKETS * EACH):
        await deployment.publish(FeedbackReceived(score=1), f"t{number % TICKETS}")


def stop(child: "subprocess.Popen[bytes]") -> None:
    """A graceful stop ends within the drain's limit and says 0."""
    child.terminate()
    assert child.wait(timeout=30) == 0
