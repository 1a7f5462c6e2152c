"""What was found in a ticket's texts: kept instead of the texts, and enough to judge anew."""

from collections.abc import Callable, Iterable

from pydantic import BaseModel, ConfigDict

FIELDS = ("subject", "body", "reply")
MOST_KEPT = 120


class Evidence(BaseModel):
    """The names of the phrases' parts found in each field, sorted; at most MOST_KEPT in all."""

    model_config = ConfigDict(frozen=True)

    subject: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    reply: tuple[str, ...] = ()

    @classmethod
    def of(cls, *, subject: Iterable[str], body: Iterable[str]) -> "Evidence":
        return cls(subject=tuple(sorted(subject)), body=tuple(sorted(body)))

    def with_subject(self, found: Iterable[str]) -> "Evidence":
        return self.model_copy(update={"subject": tuple(sorted(found))})

    def with_reply(self, found: Iterable[str]) -> "Evidence":
        return self.model_copy(update={"reply": tuple(sorted({*self.reply, *found}))})

    def places(self) -> dict[str, tuple[str, ...]]:
        """Part ▶ the fields it was found in."""
        found: dict[str, tuple[str, ...]] = {}
        for field, part in self._items():
            found[part] = (*found.get(part, ()), field)
        return found

    def bounded(self, worth: Callable[[str], float]) -> "Evidence":
        """Without the parts that are worth least, where there are too many."""
        items = self._items()
        if len(items) <= MOST_KEPT:
            return self
        items.sort(key=lambda item: (-worth(item[1]), item))
        kept = sorted(items[:MOST_KEPT])
        return Evidence(
            **{name: tuple(part for field, part in kept if field == name) for name in FIELDS}
        )

    def _items(self) -> list[tuple[str, str]]:
        return [(field, part) for field in FIELDS for part in getattr(self, field)]
