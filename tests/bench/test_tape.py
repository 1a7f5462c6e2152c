"""A tape plays to a service what others said; its rate is that of the middle of its work."""

from pathlib import Path

import pytest

from services.router.rules import check as check_routing
from services.triage.domain.language import LanguageDetector
from services.triage.rules import load_rules as load_triage
from shared.contracts.people import AgentUpdated
from shared.kit.records import Publication, partition_of
from shared.kit.settings import SHIPPED_CONFIG
from tests.bench import rulebooks
from tests.bench.alone import Look, summed
from tests.bench.tape import Tape, ends


def _event(key: str, writer: str) -> Publication:
    return Publication("ticket.events", key.encode(), b"{}", (("ce_writer", writer.encode()),))


def test_a_service_hears_all_but_itself() -> None:
    said = [_event("t1", "intake"), _event("t1", "router"), _event("t1", "sla")]
    message = Publication("channel.messages", b"a", b"mail")
    tape = Tape(1, {"ticket.events": said, "channel.messages": [message]})
    assert tape.input_of("router") == [said[0], said[2]]
    assert tape.input_of("reporting") == said
    assert tape.input_of("intake") == [message]


def test_what_stages_hand_over_is_about_tickets() -> None:
    named = [("deskstream.TicketCreated.v1", 3), (AgentUpdated.type_name(), 2)]
    handed = [
        Publication("routing.requests", b"default", b"{}", (("ce_type", kind.encode()),))
        for kind, times in named
        for _ in range(times)
    ]
    tape = Tape(1, {"routing.requests": handed})
    assert (tape.between("router"), tape.between("sla")) == (3, 0)


def test_the_ends_count_each_partitions_records() -> None:
    played = [_event("t1", "sla"), _event("t1", "sla"), _event("t2", "sla")]
    found = ends(played, 1_000)
    assert found["ticket.events", partition_of(b"t1", 1_000)] == 2
    assert found.total() == 3


def _looks(*done: int) -> list[Look]:
    return [Look(float(at), each, {"sla": at * 0.5}) for at, each in enumerate(done)]


def test_start_and_end_of_the_work_do_not_count() -> None:
    slow = [7, 7, 7, 8, 9]
    steady = [7 + 20 * i for i in range(1, 6)]
    found = summed("sla", 1, tickets=50, events=200, looks=_looks(*slow, *steady, 107, 107))
    assert found.tickets_rate == pytest.approx(10)
    assert found.events_rate == pytest.approx(40)
    assert found.cpu_us["sla"] == pytest.approx(0.5 / 40 * 1e6)
    assert found.cpu_ms_a_ticket() == pytest.approx(50)


def test_more_rules_are_rules_that_can_be_used(tmp_path: Path) -> None:
    shipped = load_triage(SHIPPED_CONFIG / rulebooks.TRIAGE, LanguageDetector())
    rulebooks.with_phrases(tmp_path, 30)
    more = load_triage(tmp_path / rulebooks.TRIAGE, LanguageDetector())
    assert more.version != shipped.version
    rulebooks.with_routing_rules(tmp_path, 30)
    assert check_routing(tmp_path) == []
    assert (tmp_path / rulebooks.ROUTING).read_text().count("brand: brand-") == 30
