"""Copies of documents: other ids, the same in every document of a ticket, and nothing else."""

import bson
import pytest

from tests.bench.cloning import ORIGIN, copies, template

TICKET = "8ea2d8a4-f755-5a44-8dd0-0093c75e134e"
DOCUMENT = {
    "_id": f"{TICKET}:000001",
    "ticket": TICKET,
    "number": "TKT-1017",
    "thread": [f"<acknowledgement.abc.{TICKET}@desk.example>"],
    "origin": f"/bench/customers|{ORIGIN}-7-4",
    "text": "Writer 39 knows TKT-10170 and costs 12345678 euros",
    "position": 3,
}


def _copy(document: dict[str, object], number: int) -> dict[str, object]:
    return bson.decode(template(bson.encode(document)).copy(number))


def test_a_copy_has_other_ids_and_is_the_same_elsewhere() -> None:
    made = _copy(DOCUMENT, 5)
    ticket = made["ticket"]
    assert isinstance(ticket, str)
    assert ticket != TICKET
    assert ticket[8:] == TICKET[8:]
    assert made["_id"] == f"{ticket}:000001"
    assert made["thread"] == [f"<acknowledgement.abc.{ticket}@desk.example>"]
    assert made["number"] != "TKT-1017"
    assert made["origin"] == "/bench/customers|original00000005-7-4"
    assert (made["text"], made["position"]) == (DOCUMENT["text"], 3)


def test_every_copy_is_another() -> None:
    templates = [
        template(bson.encode({"_id": TICKET, "number": f"TKT-{number}"}))
        for number in (1000, 1001, 9999)
    ]
    made = [bson.decode(each) for each in copies(templates, 0, 300)]
    assert len({each["number"] for each in made}) == 900
    assert len({each["_id"] for each in made}) == 300


@pytest.mark.parametrize(
    ("key", "varies"),
    [
        ("customer-12:3", False),
        ("number:TKT-1000", True),
        (TICKET, True),
        (f"message:email:<{ORIGIN}-7-19@customers.example>", True),
        ("1:a97a211e41a45360e606965721ce2ae3", False),
    ],
)
def test_what_many_tickets_share_has_no_copies(key: str, varies: bool) -> None:  # noqa: FBT001
    assert template(bson.encode({"_id": key})).varies is varies
