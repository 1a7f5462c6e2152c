"""Zendesk: the tables of its export as CSV, or its API's JSON with comments inside the tickets."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from deskstream.importing.exported import Export
from deskstream.importing.making import Given, Kind, Maker
from deskstream.importing.rows import Row, Source, UnreadableExportError
from shared.contracts.ticket import EarlierMessage

STAFF = frozenset({"agent", "admin", "owner"})
CHANNELS = {
    "api": "web",
    "facebook": "messenger",
    "help_center": "web",
    "mobile_sdk": "chat",
    "native_messaging": "chat",
    "sms": "sms",
    "twitter": "twitter",
    "voice": "phone",
}
THROWN_AWAY = frozenset({"deleted"})


def read_zendesk(path: Path, encoding: str | None = None) -> Export:
    """Tickets, comments, users, organisations and tags: each a file, or a list of one JSON file."""
    maker, tables = Maker(), _Tables(Source(path, encoding))
    for row in tables.tickets:
        if row.text("status").lower() in THROWN_AWAY:
            maker.export.left_out += 1
        else:
            maker.ticket(row, tables.given(row), list(tables.messages(row, maker)))
    return maker.export


class _Tables:
    def __init__(self, source: Source) -> None:
        self.tickets = source.tickets("ticket", "tickets")
        if not self.tickets:
            raise UnreadableExportError(f"{source.path.name}: there are no tickets in it")
        self._users = _by_id(source.table("user", "users"))
        self._organisations = _by_id(source.table("organization", "organizations"))
        self._comments: dict[str, list[Row]] = defaultdict(list)
        self._tags: dict[str, list[str]] = defaultdict(list)
        for row in source.table("ticket_comment", "ticket_comments", "comments"):
            self._comments[row.text("ticket_id")].append(row)
        for row in source.table("ticket_tag", "ticket_tags", "tags"):
            self._tags[row.text("ticket_id")].append(row.text("tag"))

    def given(self, row: Row) -> Given:
        requester = self._requester(row)
        organisation = self._organisations.get(row.text("organization_id"))
        requester_id = row.text("requester_id", "submitter_id")
        address = requester.text("email", "phone") or row.text("via_source_from_address")
        # Anonymised exports carry a letter there.
        address = address if "@" in address or address.startswith("+") else ""
        channel = row.text("via_channel") or str(row.inner("via").get("channel") or "email")
        over = row.text("solved_at") or row.text("updated_at")
        return Given(
            external_id=row.text("id"),
            subject=row.text("subject", "raw_subject"),
            status=row.text("status"),
            opened_at=row.text("created_at"),
            resolved_at=over if row.text("status").lower() in ("solved", "closed") else "",
            priority=row.text("priority"),
            type=row.text("type"),
            address=address,
            name=requester.text("name"),
            customer_id="" if address or not requester_id else f"zendesk:{requester_id}",
            organisation=organisation.text("name") if organisation else "",
            locale=requester.text("locale"),
            channel=CHANNELS.get(channel, channel),
            tags=(*self._tags[row.text("id")], *_listed(row.values.get("tags"))),
        )

    def _requester(self, row: Row) -> Row:
        within = row.inner("requester")
        known = self._users.get(row.text("requester_id"))
        return Row(within, row.where) if within or known is None else known

    def messages(self, row: Row, maker: Maker) -> Iterator[EarlierMessage]:
        """The description is the first comment; where comments lack it, it stands for itself."""
        comments = [*self._comments[row.text("id")], *row.all("comments")]
        made = [self._message(each, row, maker) for each in comments]
        first = row.text("description")
        opening = maker.message(row, at=row.text("created_at"), kind="requester", text=first)
        if opening is not None and not any(each and each.text == first for each in made):
            yield opening
        yield from (each for each in made if each is not None)

    def _message(self, comment: Row, ticket: Row, maker: Maker) -> EarlierMessage | None:
        author_id = comment.text("user_id", "author_id")
        author = self._users.get(author_id)
        by_staff = author is not None and author.text("role") in STAFF
        asked = author_id == ticket.text("requester_id") or not (by_staff or author_id)
        public = comment.flag("public") or "public" not in comment.values
        kind: Kind = "note" if not public else "requester" if asked and not by_staff else "agent"
        return maker.message(
            comment,
            at=comment.text("created", "created_at"),
            kind=kind,
            text=comment.text("plain_body", "body"),
            author=author.text("name") if author is not None else "",
        )


def _by_id(rows: list[Row]) -> Mapping[str, Row]:
    return {row.text("id"): row for row in rows}


def _listed(value: object) -> list[str]:
    """A list, or one written as JSON or with commas."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = str(value).split(",")
    return [str(each).strip() for each in value] if isinstance(value, list) else []
