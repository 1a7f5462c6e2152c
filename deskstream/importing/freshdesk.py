"""Freshdesk: its API's JSON or its export as CSV; statuses and priorities are numbers or words."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from deskstream.importing.exported import Export
from deskstream.importing.making import Given, Kind, Maker, Words
from deskstream.importing.rows import Row, Source, UnreadableExportError
from deskstream.importing.words import PRIORITIES, STATUSES
from shared.contracts.fields import Priority, Status
from shared.contracts.ticket import EarlierMessage

NUMBERED = {
    "2": Status.OPEN,
    "3": Status.PENDING,
    "4": Status.RESOLVED,
    "5": Status.CLOSED,
    "6": Status.PENDING,
    "7": Status.ON_HOLD,
}
RANKED = {"1": Priority.LOW, "2": Priority.MEDIUM, "3": Priority.HIGH, "4": Priority.CRITICAL}
WORDS = Words({**STATUSES, **NUMBERED}, {**PRIORITIES, **RANKED})
SOURCES = {
    "1": "email",
    "2": "web",
    "3": "phone",
    "7": "chat",
    "9": "web",
    "10": "email",
    "portal": "web",
}
# Its CSV export has a heading where its API has a name.
HEADINGS = {
    "id": ("id", "Ticket ID", "display_id"),
    "subject": ("subject", "Subject"),
    "status": ("status", "status_name", "Status"),
    "created": ("created_at", "Created time"),
    "resolved": ("resolved_at", "Resolved time", "closed_at", "Closed time"),
    "priority": ("priority", "Priority"),
    "type": ("type", "ticket_type", "Type"),
    "email": ("email", "Email", "requester_email"),
    "name": ("name", "Full name", "requester_name"),
    "text": ("description_text", "description", "Description"),
    "source": ("source", "Source"),
}


def read_freshdesk(path: Path, encoding: str | None = None) -> Export:
    maker, tables = Maker(WORDS), _Tables(Source(path, encoding))
    for row in tables.tickets:
        if row.flag("deleted") or row.flag("spam"):
            maker.export.left_out += 1
        else:
            maker.ticket(row, tables.given(row), list(tables.messages(row, maker)))
    return maker.export


class _Tables:
    def __init__(self, source: Source) -> None:
        self.tickets = source.tickets("tickets", "all_tickets", "ticket_1")
        if not self.tickets:
            raise UnreadableExportError(f"{source.path.name}: there are no tickets in it")
        self._contacts = _by_id(source.table("contacts"))
        self._companies = _by_id(source.table("companies"))
        self._conversations: dict[str, list[Row]] = defaultdict(list)
        for row in source.table("conversations"):
            self._conversations[row.text("ticket_id")].append(row)

    def given(self, row: Row) -> Given:
        requester = self._requester(row)
        company = self._companies.get(row.text("company_id"))
        address = requester.text("email", "phone", "mobile") or row.text(*HEADINGS["email"])
        requester_id = row.text("requester_id")
        stats = Row(row.inner("stats"), row.where)
        source = row.text(*HEADINGS["source"]).lower()
        tags = row.values.get("tags", row.values.get("Tags"))
        return Given(
            external_id=row.text(*HEADINGS["id"]),
            subject=row.text(*HEADINGS["subject"]),
            status=row.text(*HEADINGS["status"]),
            opened_at=row.text(*HEADINGS["created"]),
            resolved_at=stats.text("resolved_at", "closed_at") or row.text(*HEADINGS["resolved"]),
            priority=row.text(*HEADINGS["priority"]),
            type=row.text(*HEADINGS["type"]),
            address=address,
            name=requester.text("name") or row.text(*HEADINGS["name"]),
            customer_id="" if address or not requester_id else f"freshdesk:{requester_id}",
            organisation=company.text("name") if company else "",
            locale=requester.text("language"),
            channel=SOURCES.get(source, source if source.isalpha() else "email"),
            tags=tags if isinstance(tags, list) else str(tags or "").split(","),
        )

    def _requester(self, row: Row) -> Row:
        within = row.inner("requester")
        known = self._contacts.get(row.text("requester_id"))
        return Row(within, row.where) if within or known is None else known

    def messages(self, row: Row, maker: Maker) -> Iterator[EarlierMessage]:
        opened = row.text(*HEADINGS["created"])
        text = row.text(*HEADINGS["text"])
        made = [maker.message(row, at=opened, kind="requester", text=text)]
        said = [*self._conversations[row.text("id")], *row.all("conversations")]
        made += [self._message(each, maker) for each in said]
        yield from (each for each in made if each is not None)

    def _message(self, row: Row, maker: Maker) -> EarlierMessage | None:
        kind: Kind = (
            "note" if row.flag("private") else "requester" if row.flag("incoming") else "agent"
        )
        author = self._contacts.get(row.text("user_id"))
        return maker.message(
            row,
            at=row.text("created_at"),
            kind=kind,
            text=row.text("body_text", "body"),
            author=author.text("name") if author is not None else row.text("from_email"),
        )


def _by_id(rows: list[Row]) -> Mapping[str, Row]:
    return {row.text("id"): row for row in rows}
