"""The tickets that the bench puts into the store are those that the service would have stored."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.sla.domain.ticket_state import SlaState
from shared.kit.entities import from_document
from shared.kit.records import partition_of
from tests.bench.timers.policies import CLOCKS, Stock, write_policies
from tests.bench.timers.results import Result

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_timed_ticket_has_one_breach_due_at_its_instant(tmp_path: Path) -> None:
    dues = [NOON, NOON + timedelta(milliseconds=2)]
    found = list(Stock(write_policies(tmp_path), 4).timed(dues, "t"))
    assert [document["_kit"]["due"] for document in found] == dues
    assert [list(from_document(each, SlaState).timers) for each in found] == [
        ["breach:first_response:1"]
    ] * 2


def test_waiting_tickets_have_their_clocks_and_lie_on_their_keys_partitions(
    tmp_path: Path,
) -> None:
    for document in Stock(write_policies(tmp_path), 4).waiting(20, NOON):
        entity = from_document(document, SlaState)
        assert entity.state is not None
        clocks = entity.state.clocks.values()
        assert sum(clock.open and clock.target_ms is not None for clock in clocks) == CLOCKS
        assert entity.at.number == partition_of(entity.subject.encode(), 4)


def test_what_was_not_measured_is_no_success() -> None:
    assert Result("S2", "p99", None, 50, "ms").passes is False
    assert Result("S2", "p99", 49, 50, "ms").passes is True
    assert Result("S4", "ratio", 7, 8, "x", higher=True).passes is False
    assert Result("S6", "only told", 9, None, "s").passes is None
