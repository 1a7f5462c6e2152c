"""Labelled tickets made up by a fixed pattern: which words tell the categories apart is known."""

import json
from itertools import product
from pathlib import Path

from services.triage.domain.learning.examples import Example

TELLING = {
    "Refund": ("refund", "refunded", "refunding", "my money back", "reimburse"),
    "Delivery - Late": ("parcel", "parcels", "late delivery", "courier", "tracking"),
    "7": ("password", "passwords", "locked out", "sign in", "login"),
}
AROUND = (
    "please help with {}",
    "{} since monday",
    "i have a question about {} today",
    "hello, {}. thanks",
    "why {} again and again",
    "it is about {} for order 4711234",
    "need {} urgently",
    "{} in the shop",
    "my colleague says {} too",
    "about {}, ok?",
)


def history() -> list[Example]:
    return [
        Example("", around.format(word), label)
        for label, words in TELLING.items()
        for word, around in product(words, AROUND)
    ]


def written(path: Path) -> Path:
    lines = (json.dumps({"text": row.body, "kind": row.label}) for row in history())
    path.write_text("\n".join(lines))
    return path
