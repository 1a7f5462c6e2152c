"""An import that is broken off goes on; one that is repeated takes nothing twice."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deskstream.cli import create
from deskstream.importing.exported import ExportedTicket
from deskstream.importing.sending import PORTION, Progress, publication, send
from services.intake.app import LIFECYCLE
from services.intake.domain.ticket import Policy
from services.intake.handlers.lifecycle import Lifecycle
from services.intake.store.lifecycle import MemoryNumbers
from shared.contracts.fields import Status
from shared.contracts.ticket import TicketImported
from shared.kit.ports import BrokerAwayError
from shared.kit.records import Publication
from tests.harness import Bench

NOW = datetime(2026, 3, 2, tzinfo=UTC)
MANY = [
    ExportedTicket(
        external_id=str(n), subject=f"s{n}", status=Status.CLOSED, opened_at=NOW, address="c@x.org"
    )
    for n in range(2 * PORTION + 50)
]


class Kafka:
    def __init__(self, *, away_after: int = 1_000) -> None:
        self.got: list[Publication] = []
        self._left = away_after

    async def publish(self, publications: Sequence[Publication]) -> None:
        if self._left == 0:
            raise BrokerAwayError("away")
        self._left -= 1
        self.got += publications


async def sent(kafka: Kafka, file: Path, tickets: list[ExportedTicket] = MANY) -> int:
    progress, told = Progress.of(file, tickets), list[int]()
    count = await send(tickets, "old", kafka.publish, progress, now=NOW, tell=told.append)
    assert sum(told) == len(tickets)
    return count


async def test_it_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    file, first, second = tmp_path / "progress", Kafka(away_after=1), Kafka()

    with pytest.raises(BrokerAwayError):
        await sent(first, file)
    rest = await sent(second, file)

    assert rest == len(MANY) - PORTION
    assert [p.key for p in first.got + second.got] == [
        publication(each, "old", NOW).key for each in MANY
    ]
    assert not file.exists()


async def test_another_export_starts_from_the_beginning(tmp_path: Path) -> None:
    file = tmp_path / "progress"
    with pytest.raises(BrokerAwayError):
        await sent(Kafka(away_after=1), file)

    assert await sent(Kafka(), file, MANY[1:]) == len(MANY) - 1


async def test_a_progress_that_nobody_can_read_is_none(tmp_path: Path) -> None:
    file = tmp_path / "progress"
    file.write_text("{")

    assert await sent(Kafka(), file, MANY[:1]) == 1


async def test_the_same_export_twice_is_the_same_tickets(tmp_path: Path) -> None:
    bench = Bench(LIFECYCLE, Lifecycle(MemoryNumbers(), Policy()))
    kafka = Kafka()
    await sent(kafka, tmp_path / "progress", MANY[:3])
    await sent(kafka, tmp_path / "progress", [*MANY[:2], changed(MANY[2])])
    for each in kafka.got:
        headers = {name: (value or b"").decode() for name, value in each.headers}
        bench.publish_raw(each.topic, (each.key or b"").decode(), each.value or b"", headers)

    await bench.run()

    assert len(bench.said_of(TicketImported)) == 3
    assert bench.dead_letters == []


def changed(ticket: ExportedTicket) -> ExportedTicket:
    return ExportedTicket(
        external_id=ticket.external_id,
        subject="changed over there since",
        status=ticket.status,
        opened_at=ticket.opened_at,
        address=ticket.address,
    )


GOOD = "id,subject,status,created_at,email,description\n1,Lamp,closed,2024-01-01,c@x.org,Dark\n"


def test_a_dry_run_reports_and_sends_nothing(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(GOOD + "2,Lamp,lost,2024-01-01,c@x.org,Dark\n" + GOOD.splitlines()[1] + "\n")

    ran = CliRunner().invoke(create(), ["import", str(file), "--format", "generic", "--dry-run"])

    assert ran.exit_code == 1
    assert "1 tickets can come, 1 problems keep others back, 1 are there twice" in ran.stdout
    assert "Nothing was sent: a dry run." in ran.stdout
    assert 'tickets.csv, line 3: stays behind: its status "lost" is unknown' in ran.stderr


def test_a_good_dry_run_ends_well(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(GOOD)

    ran = CliRunner().invoke(create(), ["import", str(file), "--format", "generic", "--dry-run"])

    assert ran.exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--format", "zendesk", "--mapping", "{mapping}"], "--mapping goes with --format generic"),
        (["--format", "generic", "--mapping", "{mapping}"], "mapping.yaml:1: colums"),
        (["--format", "generic", "--encoding", "klingon"], "there is no encoding klingon"),
    ],
)
def test_wrong_use_is_told(tmp_path: Path, arguments: list[str], told: str) -> None:
    file, mapping = tmp_path / "tickets.csv", tmp_path / "mapping.yaml"
    file.write_text(GOOD)
    mapping.write_text("colums: {}\n")
    filled = [each.format(mapping=mapping) for each in arguments]

    ran = CliRunner().invoke(create(), ["import", str(file), *filled])

    assert ran.exit_code == 2
    assert told in ran.stderr
