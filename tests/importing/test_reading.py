"""Exports as they are: which tickets come of them, and what is told of the rest."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deskstream.importing.exported import LONGEST_HISTORY, ExportedTicket
from deskstream.importing.freshdesk import read_freshdesk
from deskstream.importing.generic import Mapped, read_generic
from deskstream.importing.rows import UnreadableExportError
from deskstream.importing.words import time_of
from deskstream.importing.zendesk import read_zendesk
from shared.contracts.fields import Priority, Status, TicketType

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "public" / "migration"
has_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not here")


@has_samples
def test_a_zendesk_export_as_tables() -> None:
    export = read_zendesk(SAMPLES / "zendesk_csv")

    assert len(export.tickets) == 8
    assert export.left_out == 2  # deleted over there
    assert [problem for problem in export.problems if problem.severe] == []
    solved = next(ticket for ticket in export.tickets if ticket.external_id == "16988")
    assert solved.status is Status.RESOLVED
    assert solved.resolved_at == datetime(2021, 1, 13, 18, 42, 39, tzinfo=UTC)


@has_samples
def test_a_freshdesk_export_as_its_apis_answers() -> None:
    export = read_freshdesk(SAMPLES / "freshdesk_json")

    [ticket] = export.without_repetitions()
    assert (ticket.status, ticket.priority, ticket.type) == (
        Status.OPEN,
        Priority.LOW,
        TicketType.QUESTION,
    )
    assert {each.kind for each in ticket.messages} == {"requester", "note", "agent"}


def only(tickets: list[ExportedTicket]) -> ExportedTicket:
    [ticket] = tickets
    return ticket


def test_zendesks_json_with_comments_inside(tmp_path: Path) -> None:
    file = tmp_path / "tickets.json"
    file.write_text(
        """{"tickets": [{"id": 5, "subject": " The \\n lamp ", "description": "It is dark.",
        "status": "closed", "priority": "urgent", "type": "problem", "via": {"channel": "voice"},
        "requester": {"email": "Cara@example.org", "name": "Cara"}, "requester_id": 9,
        "tags": ["lamp"], "created_at": "2020-02-11T07:49:14Z",
        "updated_at": "2020-02-12T07:49:14+02:00", "comments": [
          {"author_id": 9, "body": "It is dark.", "created_at": "2020-02-11T07:49:14Z"},
          {"author_id": 3, "body": "Note.", "public": false, "created_at": "2020-02-11T09:00:00Z"},
          {"author_id": 3, "body": "Fixed.", "public": true, "created_at": "2020-02-11T08:00:00Z"}
        ]}], "count": 1, "next_page": null}"""
    )

    ticket = only(read_zendesk(file).tickets)

    assert (ticket.external_id, ticket.subject, ticket.channel) == ("5", "The lamp", "phone")
    assert (ticket.priority, ticket.type) == (Priority.CRITICAL, TicketType.INCIDENT)
    assert (ticket.address, ticket.name, ticket.tags) == ("Cara@example.org", "Cara", ("lamp",))
    assert ticket.resolved_at == datetime(2020, 2, 12, 5, 49, 14, tzinfo=UTC)
    assert [(each.kind, each.text) for each in ticket.messages] == [
        ("requester", "It is dark."),
        ("agent", "Fixed."),
        ("note", "Note."),
    ]


def test_freshdesks_csv(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(
        "Ticket ID,Subject,Status,Priority,Source,Type,Created time,Resolved time,Email,Tags\n"
        "7,Lamp,Closed,Urgent,Portal,Question,2021-03-01 10:00:00,2021-03-02 10:00:00,"
        'c@x.org,"a,b"\n'
    )

    ticket = only(read_freshdesk(file).tickets)

    assert (ticket.external_id, ticket.status, ticket.channel) == ("7", Status.CLOSED, "web")
    assert (ticket.address, ticket.tags) == ("c@x.org", ("a", "b"))


MAPPING = Mapped.model_validate(
    {
        "file": "faelle",
        "columns": {
            "external_id": "Nr",
            "subject": "Betreff",
            "status": "Stand",
            "opened_at": "Erstellt",
            "address": "Von",
            "text": "Text",
        },
        "statuses": {"Erledigt": "closed", "Offen": "open"},
        "messages": {"file": "antworten", "ticket": "Nr", "at": "Am", "text": "T", "kind": "Art"},
        "kinds": {"Antwort": "agent"},
    }
)


def test_any_other_system_by_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "faelle.csv").write_text(
        "\ufeffNr;Betreff;Stand;Erstellt;Von;Text\n"
        "1;Lampe;Erledigt;02.03.2024 09:15;c@x.org;Dunkel.\n"
        "2;Tür;Offen;02.03.2024 09:20;d@x.org;Klemmt.\n"
    )
    (tmp_path / "antworten.csv").write_text(
        "Nr;Am;T;Art\n1;02.03.2024 10:00;Gut.;Antwort\n1;02.03.2024 11:00;Hm.;Gemurmel\n"
    )

    export = read_generic(tmp_path, MAPPING)

    lamp, door = export.tickets
    assert (lamp.status, door.status) == (Status.CLOSED, Status.OPEN)
    assert lamp.opened_at == datetime(2024, 3, 2, 9, 15, tzinfo=UTC)
    assert [(m.kind, m.text) for m in lamp.messages] == [
        ("requester", "Dunkel."),
        ("agent", "Gut."),
        ("note", "Hm."),
    ]
    [problem] = export.problems
    assert problem.row == "antworten.csv, line 3"
    assert problem.text == '"gemurmel" is no kind of message; taken as a note'


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            "x,Lamp,lost,2024-01-01,c@x.org,Dark",
            'its status "lost" is unknown; known are new, open',
        ),
        ("x,Lamp,,2024-01-01,c@x.org,Dark", "it has no status; known are new, open"),
        ("x,Lamp,open,soon,c@x.org,Dark", '"soon" is no time: when it was opened'),
        ("x,Lamp,open,,c@x.org,Dark", "nothing says when it was opened"),
        (",Lamp,open,2024-01-01,c@x.org,Dark", "it has no id"),
        ("x,Lamp,open,2024-01-01,,Dark", "nobody asked: no address and no id of a requester"),
        ("x,Lamp,open,2024-01-01,c@x.org,", "it is open, and there is no message"),
    ],
)
def test_what_cannot_come_is_told_with_its_line(tmp_path: Path, row: str, told: str) -> None:
    file = tmp_path / "tickets.csv"
    good = "g,Good,closed,2024-01-01,g@x.org,Fine"
    file.write_text(f"id,subject,status,created_at,email,description\n{good}\n{row}\n")

    export = read_generic(file, Mapped())

    assert [ticket.external_id for ticket in export.tickets] == ["g"]
    severe = [problem for problem in export.problems if problem.severe]
    assert severe[0].row == "tickets.csv, line 3"
    assert severe[0].text.startswith(told)


def test_a_history_that_no_record_holds_is_cut_and_told(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(
        f"id,status,created_at,email,description\n1,closed,2024-01-01,c@x,{'x' * 9**6}\n"
    )

    export = read_generic(file, Mapped())

    assert len(str(only(export.tickets).messages[0].text)) < LONGEST_HISTORY
    assert export.problems[0].text == "1 of 1 messages are cut: too long"
    assert not export.problems[0].severe


@pytest.mark.parametrize("content", ["", "[]", "[1, 2]"])
def test_a_file_without_tickets_is_told(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tickets.json"
    file.write_text(content)

    with pytest.raises(UnreadableExportError, match=r"tickets\.json: there are no tickets in it"):
        read_zendesk(file)


def test_a_line_that_is_no_json_is_told(tmp_path: Path) -> None:
    file = tmp_path / "tickets.jsonl"
    file.write_text('{"id": 1}\n{"id": \n')

    with pytest.raises(UnreadableExportError, match=r"tickets\.jsonl, line 2: no JSON"):
        read_freshdesk(file)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2024-03-02T09:15:00Z", True),
        ("2024-03-02 09:15:00 UTC", True),
        ("1709370900", True),
        ("1709370900000", True),
        ("Sat, 02 Mar 2024 09:15:00 +0000", True),
        ("02/03/2024 09:15", True),
        ("02.03.2024 09:15", True),
        ("02.03.2024 09:15:00", True),
        ("02/03/2024 9:15 AM", True),
        ("2/3/24 9:15 AM", True),
        ("02/Mar/24 9:15 AM", True),
        ("2 Mar 2024 09:15", True),
        ("Mar 2, 2024 9:15 am", True),
        ("20240302T091500", True),
        ("2024", False),
        ("17", False),
        ("12/31/2024 09:15", False),
        ("yesterday", False),
        ("0001-01-01T00:00:00+14:00", False),
        ("1e300", False),
    ],
)
def test_times_in_many_spellings(text: str, *, found: bool) -> None:
    expected = datetime(2024, 3, 2, 9, 15, tzinfo=UTC)

    assert time_of(text) == (expected if found else None)


@pytest.mark.parametrize(
    ("text", "month"), [("02/03/2024 09:15", 2), ("02.03.2024 09:15", 3), ("2024-03-02", 3)]
)
def test_where_the_month_comes_first_is_said_and_not_guessed(text: str, month: int) -> None:
    found = time_of(text, month_first=True)

    assert found is not None
    assert found.month == month


def test_a_date_that_is_one_only_the_other_way_round_is_told(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text("id,status,created_at,email\n1,closed,12/31/2024 09:15,a@b.example\n")

    wrong, right = (read_generic(file, Mapped(month_first=way)) for way in (False, True))

    [problem] = wrong.problems
    assert "is no time; it is one with month_first: true in a mapping" in problem.text
    assert only(right.tickets).opened_at == datetime(2024, 12, 31, 9, 15, tzinfo=UTC)


ZENDESKS_API = {
    "tickets": [
        {
            "id": 1,
            "status": "closed",
            "created_at": "2024-03-02T09:15:00Z",
            "requester_id": 7,
            "organization_id": 8,
            "subject": "Lamp",
            "description": "It is dark.",
        }
    ],
    "users": [{"id": 7, "email": "cara@example.org", "name": "Cara", "role": "end-user"}],
    "organizations": [{"id": 8, "name": "Lamps"}],
    "after_cursor": "x",
    "after_url": "y",
    "before_cursor": None,
    "count": 1,
    "end_of_stream": True,
}


def test_what_an_api_answers_holds_its_people_beside_the_tickets(tmp_path: Path) -> None:
    file = tmp_path / "page.json"
    file.write_text(json.dumps(ZENDESKS_API))

    ticket = only(read_zendesk(file).tickets)

    assert (ticket.address, ticket.name, ticket.organisation) == (
        "cara@example.org",
        "Cara",
        "Lamps",
    )


def test_one_list_beside_much_else_is_the_tickets(tmp_path: Path) -> None:
    file = tmp_path / "page.json"
    tickets = ZENDESKS_API["tickets"]
    file.write_text(json.dumps({"results": tickets, "a": 1, "b": 2, "c": 3, "d": 4, "e": 5}))

    assert [problem.text for problem in read_zendesk(file).problems] == []


LINE = "id,status,created_at,email,subject\n1,closed,2024-03-02,cara@example.org,Grüße\n"


@pytest.mark.parametrize(
    ("written", "said"),
    [("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("windows-1252", "windows-1252")],
)
def test_letters_are_read_as_they_were_written(
    tmp_path: Path, written: str, said: str | None
) -> None:
    file = tmp_path / "tickets.csv"
    file.write_bytes(LINE.encode(written))

    assert only(read_generic(file, Mapped(), said).tickets).subject == "Grüße"


def test_letters_that_nobody_can_read_are_told_and_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_bytes(LINE.encode("windows-1252"))

    told = r"tickets\.csv, line 2: it is not written in utf-8; say in what with --encoding"
    with pytest.raises(UnreadableExportError, match=told):
        read_generic(file, Mapped())
