"""Any other system: a mapping file says which column is what, and whose word means what."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from deskstream.importing.exported import Export
from deskstream.importing.making import Given, Kind, Maker, Words
from deskstream.importing.rows import Row, Source, UnreadableExportError
from deskstream.importing.words import PRIORITIES, STATUSES, TYPES
from shared.contracts.fields import Priority, Status, TicketType
from shared.contracts.ticket import EarlierMessage

W = TypeVar("W")


class Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TicketColumns(Form):
    """The name of the column, or JSON field, of each."""

    external_id: str = "id"
    subject: str = "subject"
    status: str = "status"
    opened_at: str = "created_at"
    resolved_at: str = "resolved_at"
    priority: str = "priority"
    type: str = "type"
    address: str = "email"
    name: str = "name"
    customer_id: str = "customer_id"
    organisation: str = "organisation"
    locale: str = "locale"
    channel: str = "channel"
    category: str = "category"
    text: str = "description"
    tags: str = "tags"  # a list, or words with commas


class MessageColumns(Form):
    """Of a second file in the folder. `kind` says requester, agent or note."""

    file: str = "messages"
    ticket: str = "ticket_id"
    at: str = "created_at"
    text: str = "text"
    author: str = "author"
    kind: str = "kind"


class Mapped(Form):
    """The YAML file of `--mapping`; what is left out has the names that stand here."""

    file: str = "tickets"
    columns: TicketColumns = TicketColumns()
    messages: MessageColumns = MessageColumns()
    statuses: dict[str, Status] = Field(default_factory=dict)
    priorities: dict[str, Priority] = Field(default_factory=dict)
    types: dict[str, TicketType] = Field(default_factory=dict)
    kinds: dict[str, Kind] = Field(default_factory=dict)
    month_first: bool = False  # 03/02/2024 is the 2nd of March

    def words(self) -> Words:
        return Words(
            {**STATUSES, **_small(self.statuses)},
            {**PRIORITIES, **_small(self.priorities)},
            {**TYPES, **_small(self.types)},
        )


def _small(words: Mapping[str, W]) -> dict[str, W]:
    return {word.strip().lower(): value for word, value in words.items()}


def read_generic(path: Path, mapping: Mapped, encoding: str | None = None) -> Export:
    maker, source = Maker(mapping.words(), month_first=mapping.month_first), Source(path, encoding)
    rows = source.tickets(mapping.file.lower())
    if not rows:
        raise UnreadableExportError(
            f"{path.name}: there is no table {mapping.file} in it; `file:` in the mapping names it"
        )
    messages: dict[str, list[Row]] = defaultdict(list)
    for row in source.table(mapping.messages.file.lower()):
        messages[row.text(mapping.messages.ticket)].append(row)
    for row in rows:
        given = _given(row, mapping.columns)
        said = list(_messages(row, messages[given.external_id], mapping, maker))
        maker.ticket(row, given, said)
    return maker.export


def _given(row: Row, columns: TicketColumns) -> Given:
    named = columns.model_dump(exclude={"text", "tags"})
    tags = row.values.get(columns.tags)
    return Given(
        **{name: row.text(column) for name, column in named.items()},
        tags=tags if isinstance(tags, list) else [t.strip() for t in str(tags or "").split(",")],
    )


def _messages(
    row: Row, others: list[Row], mapping: Mapped, maker: Maker
) -> Iterator[EarlierMessage]:
    columns = mapping.columns
    opened, text = row.text(columns.opened_at), row.text(columns.text)
    first = maker.message(row, at=opened, kind="requester", text=text)
    rest = (_message(each, mapping, maker) for each in others)
    yield from (each for each in (first, *rest) if each is not None)


def _message(row: Row, mapping: Mapped, maker: Maker) -> EarlierMessage | None:
    columns, word = mapping.messages, row.text(mapping.messages.kind).lower()
    own: dict[str, Kind] = {"requester": "requester", "agent": "agent", "note": "note"}
    kind = (own | {k.lower(): v for k, v in mapping.kinds.items()}).get(word)
    if kind is None:
        maker.tell(row, f'"{word[:40]}" is no kind of message; taken as a note', severe=False)
    return maker.message(
        row,
        at=row.text(columns.at),
        kind=kind or "note",
        text=row.text(columns.text),
        author=row.text(columns.author),
    )
