"""Who writes: a customer whom the CRM knows, or somebody made up on the spot."""

import unicodedata
from collections import Counter, deque
from dataclasses import dataclass, field
from random import Random

from deskstream.demo.samples import LANGUAGES, People
from shared.contracts.fields import reveal

# Intake takes more than twenty messages in ten minutes for a machine's.
MOST_OPENED_BY_ONE, WITHIN_SECONDS = 5, 600.0
DOMAINS = ("example.com", "example.org", "example.net", "post.example.org", "mail.example.net")
SHARE_KNOWN = 0.4
LANGUAGE_WEIGHTS = (45, 25, 15, 15)


@dataclass(slots=True)
class Person:
    name: str
    address: str
    phone: str
    language: str
    company: str
    reachable: bool = True  # False: mail to this address comes back
    opened: deque[float] = field(default_factory=deque)

    def may_open(self, now: float) -> bool:
        while self.opened and now - self.opened[0] > WITHIN_SECONDS:
            self.opened.popleft()
        return len(self.opened) < MOST_OPENED_BY_ONE

    @property
    def first(self) -> str:
        return self.name.partition(" ")[0]


@dataclass(slots=True)
class Public:
    """Everybody who may write, one after the other."""

    people: People
    chance: Random
    by_address: dict[str, Person] = field(default_factory=dict)
    _known: list[Person] = field(default_factory=list)
    _locals: Counter[str] = field(default_factory=Counter)
    _phones: int = 0

    def __post_init__(self) -> None:
        for customer in self.people.customers:
            person = Person(
                name=reveal(customer.name or ""),
                address=reveal(customer.addresses[0]),
                phone=self.new_phone(),
                language=(customer.locale or "en")[:2],
                company=customer.organisation or "",
            )
            self._known.append(person)
            self.by_address[person.address.lower()] = person

    def somebody(self, now: float) -> Person:
        """`now` in seconds of any clock that goes on."""
        fresh = [person for person in self._known if person.may_open(now)]
        if fresh and self.chance.random() < SHARE_KNOWN:
            person = self.chance.choice(fresh)
        else:
            person = self.stranger()
        person.opened.append(now)
        return person

    def stranger(self) -> Person:
        [language] = self.chance.choices(LANGUAGES, LANGUAGE_WEIGHTS)
        names = self.people.strangers[language]
        first, last = self.chance.choice(names.first), self.chance.choice(names.last)
        local = f"{_plain(first)}.{_plain(last)}"
        self._locals[local] += 1
        suffix = "" if self._locals[local] == 1 else str(self._locals[local])
        person = Person(
            name=f"{first} {last}",
            address=f"{local}{suffix}@{self.chance.choice(DOMAINS)}",
            phone=self.new_phone(),
            language=language,
            company=f"{last} & Co",
        )
        self.by_address[person.address.lower()] = person
        return person

    def new_phone(self) -> str:
        self._phones += 1
        return f"+1555{self._phones:07}"


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.lower().replace("ß", "ss"))
    return "".join(c for c in folded if c.isascii() and (c.isalnum() or c == "-"))
