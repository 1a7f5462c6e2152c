"""Triage on the real engine: what it hears, remembers and says."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from services.triage.app import STAGE
from services.triage.domain.language import LanguageDetector
from services.triage.domain.ticket import TriageState
from services.triage.domain.triage import Triage
from services.triage.handlers import TICKETS, TriageHandler
from shared.contracts.fields import Priority
from shared.contracts.triage import TicketTriaged
from tests.harness import Bench
from tests.triage.cases import changed, created, replied, ruleset


@pytest.fixture
def handler(detector: LanguageDetector) -> TriageHandler:
    return TriageHandler(Triage(ruleset(), "v1", detector))


@pytest.fixture
def bench(handler: TriageHandler) -> Bench:
    return Bench(STAGE, handler)


def categories(bench: Bench) -> list[str]:
    return [event.category for event in bench.said_of(TicketTriaged)]


async def test_a_created_ticket_is_triaged(bench: Bench) -> None:
    bench.publish(created("The invoice is wrong"), "t1")
    await bench.run()
    [(envelope, event)] = bench.said
    assert isinstance(event, TicketTriaged)
    assert event.category == "billing"
    assert (envelope.subject, envelope.writer, envelope.number) == ("t1", "triage", 1)


async def test_a_story_of_a_ticket(bench: Bench) -> None:
    bench.publish(created("hello"), "t1")
    bench.publish(replied("nothing to tell"), "t1")
    bench.publish(replied("it is the password, I cannot log in"), "t1")
    bench.publish(changed(category="delivery"), "t1")
    bench.publish(replied("password, password"), "t1")
    bench.publish(replied("furious"), "t1")
    await bench.run()
    assert categories(bench) == ["general", "login", "delivery"]
    assert [[c.field for c in event.changes] for event in bench.said_of(TicketTriaged)] == [
        [],
        ["category", "type"],
        ["tone"],
    ]


async def test_tickets_of_one_batch_do_not_mix(bench: Bench) -> None:
    for number in range(20):
        bench.publish(created("password" if number % 2 else "invoice"), f"t{number}")
    await bench.run()
    said = {envelope.subject: event for envelope, event in bench.said}
    assert {said[f"t{n}"].category for n in range(0, 20, 2)} == {"billing"}  # type: ignore[attr-defined]
    assert {said[f"t{n}"].category for n in range(1, 20, 2)} == {"login"}  # type: ignore[attr-defined]


@pytest.mark.parametrize("event", [replied("invoice"), changed(category="billing")])
async def test_a_ticket_never_seen_created_is_left_alone(bench: Bench, event: object) -> None:
    bench.publish(event, "t1")  # type: ignore[arg-type]
    await bench.run()
    assert bench.said == []
    assert bench.dead_letters == []


async def test_what_is_remembered_has_no_word_of_the_text(bench: Bench) -> None:
    bench.publish(created("The invoice of Mrs Quodlibet", subject="Confidential"), "t1")
    await bench.run()
    document = bench.documents("tickets")["t1"]
    assert "uodlibet" not in str(document)
    assert "onfidential" not in str(document)
    state = TriageState.model_validate(document)
    assert state.evidence.body == ("invoice*",)


async def test_other_rules_hold_from_the_next_batch_on(
    bench: Bench, handler: TriageHandler, detector: LanguageDetector
) -> None:
    bench.publish(created("invoice"), "t1")
    await bench.run()
    other = ruleset(categories={"money": {"words": {"en": {"invoice": 3}}}})
    handler.use(Triage(other, "v2", detector))
    bench.publish(created("invoice"), "t1b")
    await bench.run()
    versions = {env.subject: event.model_dump()["rules_version"] for env, event in bench.said}
    assert versions == {"t1": "v1", "t1b": "v2"}


async def test_first_triages_are_counted_once(bench: Bench) -> None:
    def counted() -> float | None:
        labels = {"category": "billing", "priority": Priority.MEDIUM}
        return REGISTRY.get_sample_value("deskstream_triage_tickets_total", labels)

    TICKETS.labels("billing", Priority.MEDIUM).inc()

    before = counted()
    bench.publish(created("invoice"), "t1")
    bench.publish(replied("furious"), "t1")
    await bench.advance(timedelta(minutes=1))
    assert len(bench.said) == 2
    assert before is not None
    assert counted() == before + 1
