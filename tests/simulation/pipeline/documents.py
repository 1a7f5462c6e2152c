"""A MongoDB collection over a database in memory: as much of it as deliveries are kept with."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pymongo import UpdateMany

from shared.kit.memory import MemoryData
from shared.kit.unit import Document

MISSING = object()
Stages = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Updated:
    matched_count: int
    modified_count: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """What was found when it was asked for."""

    collection: "Collection"
    where: Mapping[str, Any]
    order: tuple[str, int] | None = None
    most: int = 0

    def sort(self, field: str, direction: int) -> "Cursor":
        return replace(self, order=(field, direction))

    def limit(self, most: int) -> "Cursor":
        return replace(self, most=most)

    def hint(self, _index: object) -> "Cursor":
        return self

    async def __aiter__(self) -> AsyncIterator[Document]:
        await self.collection.pass_by("deliveries")
        found = [dict(document) for document in self.collection.matching(self.where)]
        if self.order is not None:
            field, direction = self.order
            found.sort(key=lambda document: document[field], reverse=direction < 0)
        for document in found[: self.most or None]:
            yield document


class Collection:
    """`pass_by` is called before each effect and after it; `server_time` is the database's."""

    def __init__(
        self,
        data: MemoryData,
        name: str,
        pass_by: Callable[[str], Awaitable[None]],
        server_time: Callable[[], datetime],
        watch: Callable[[Document, Document], None],
    ) -> None:
        """`watch` sees every document before and after a change."""
        self._data = data
        self._name = name
        self._server_time = server_time
        self._watch = watch
        self.pass_by = pass_by

    def matching(self, where: Mapping[str, Any]) -> Iterator[Document]:
        now = self._server_time()
        documents = self._data.collections.get(self._name, {})
        for key in sorted(documents):
            if fits(documents[key], where, now):
                yield documents[key]

    def find(self, where: Mapping[str, Any], _projection: object = None) -> Cursor:
        return Cursor(self, where)

    async def update_many(
        self, where: Mapping[str, Any], stages: Stages, **_options: object
    ) -> Updated:
        await self.pass_by("deliveries")
        found = list(self.matching(where))
        self._change(found, stages)
        await self.pass_by("settled")
        return Updated(len(found), len(found))

    async def bulk_write(self, updates: Sequence[UpdateMany], **_options: object) -> Updated:
        """Each document is an effect of its own: what comes between two of them is seen."""
        await self.pass_by("deliveries")
        count = 0
        for update in updates:
            for key in update._filter["_id"]["$in"]:
                one = {**update._filter, "_id": key}
                found = list(self.matching(one))
                self._change(found, update._doc)  # type: ignore[arg-type]
                count += len(found)
                await self.pass_by("settled")
        return Updated(count, count)

    def _change(self, found: Sequence[Document], stages: Stages) -> None:
        now = self._server_time()
        changed = {document["_id"]: _changed(document, stages, now) for document in found}
        for document in found:
            self._watch(document, changed[document["_id"]])
        self._data.replace({self._name: changed})


def fits(document: Document, where: Mapping[str, Any], now: datetime) -> bool:
    for name, wanted in where.items():
        if name == "$expr":
            if not value_of(wanted, document, now):
                return False
        elif isinstance(wanted, dict) and "$in" in wanted:
            if document.get(name) not in wanted["$in"]:
                return False
        elif document.get(name) != wanted:
            return False
    return True


def _changed(document: Document, stages: Stages, now: datetime) -> Document:
    for stage in stages:
        [(operator, given)] = stage.items()
        if operator == "$set":
            news = {name: value_of(each, document, now) for name, each in given.items()}
            document = document | news
        elif operator == "$unset":
            document = {name: each for name, each in document.items() if name not in given}
        else:
            raise NotImplementedError(operator)
    return document


def value_of(expression: Any, document: Document, now: datetime) -> Any:
    """Of an aggregation expression."""
    if isinstance(expression, str) and expression.startswith("$"):
        return now if expression == "$$NOW" else document.get(expression[1:], MISSING)
    if not isinstance(expression, dict):
        return expression
    [(operator, given)] = expression.items()
    if operator == "$literal":
        return given
    values = [value_of(each, document, now) for each in _listed(given)]
    return OPERATORS[operator](*values)


def _listed(given: Any) -> Sequence[Any]:
    return given if isinstance(given, list) else [given]


def _sum(first: Any, second: Any) -> Any:
    return first + timedelta(milliseconds=second) if isinstance(first, datetime) else first + second


OPERATORS: Mapping[str, Callable[..., Any]] = {
    "$lte": lambda first, second: first <= second,
    "$ne": lambda first, second: first != second,
    "$and": lambda *all_: all(all_),
    "$add": _sum,
    "$subtract": lambda first, second: first - second,
    "$type": lambda value: "missing" if value is MISSING else type(value).__name__,
}
