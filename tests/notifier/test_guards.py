from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.notifier.domain.address import digest_of
from services.notifier.domain.guards import Plan, Reason, why_not
from services.notifier.domain.people import Correspondent, People
from services.notifier.domain.tally import Tally
from tests.notifier.words import ANA, MONDAY, RULES, SUPPORT, ticket

PLAN = Plan(ANA, to_requester=True, human=False, at=MONDAY, now=MONDAY)
NOBODY = People({}, {}, {})
HOUR = timedelta(hours=1)


def after(mails: int) -> Tally:
    return Tally(steps=((int(MONDAY.timestamp()) // 600, mails),))


def met(*known: Correspondent) -> People:
    return People({}, {}, {digest_of(ANA): dict(enumerate(known))})


@pytest.mark.parametrize(
    ("plan", "state", "people", "reason"),
    [
        pytest.param({}, {}, NOBODY, None, id="an ordinary mail"),
        pytest.param({"now": MONDAY + 24 * HOUR}, {}, NOBODY, None, id="just in time"),
        pytest.param({"now": MONDAY + 24.1 * HOUR}, {}, NOBODY, Reason.STALE, id="history"),
        pytest.param({"address": None}, {}, NOBODY, Reason.NO_ADDRESS, id="no address"),
        pytest.param({"address": SUPPORT}, {}, NOBODY, Reason.OWN_ADDRESS, id="our mailbox"),
        pytest.param(
            {"address": "support+token@desk.example"}, {}, NOBODY, Reason.OWN_ADDRESS, id="a token"
        ),
        pytest.param(
            {"address": "box@other.example"},
            {"mailbox": "Box@other.example"},
            NOBODY,
            Reason.OWN_ADDRESS,
            id="the ticket's mailbox",
        ),
        pytest.param({"address": "noreply@x.example"}, {}, NOBODY, Reason.MACHINE, id="a machine"),
        pytest.param({}, {"automatic": True}, NOBODY, Reason.AUTOMATIC_SENDER, id="automatic"),
        pytest.param({}, {"spam": True}, NOBODY, Reason.SPAM, id="spam"),
        pytest.param(
            {"to_requester": False}, {"automatic": True}, NOBODY, None, id="agents hear of it"
        ),
        pytest.param({}, {"tallies": {digest_of(ANA): after(9)}}, NOBODY, None, id="nine"),
        pytest.param(
            {}, {"tallies": {digest_of(ANA): after(10)}}, NOBODY, Reason.LOOP_ON_TICKET, id="ten"
        ),
        pytest.param(
            {},
            {},
            met(Correspondent(tally=after(20)), Correspondent(tally=after(10))),
            Reason.LOOP_ON_RECIPIENT,
            id="thirty over two partitions",
        ),
        pytest.param(
            {}, {}, met(Correspondent(bounced_at=MONDAY)), Reason.UNDELIVERABLE, id="bounced"
        ),
        pytest.param(
            {},
            {},
            met(Correspondent(bounced_at=MONDAY), Correspondent(heard_at=MONDAY + HOUR)),
            None,
            id="bounced, then wrote",
        ),
        pytest.param(
            {},
            {},
            met(Correspondent(bounced_at=MONDAY), Correspondent(heard_at=MONDAY - HOUR)),
            Reason.UNDELIVERABLE,
            id="wrote, then bounced",
        ),
    ],
)
def test_why_not(
    plan: dict[str, Any], state: dict[str, Any], people: People, reason: Reason | None
) -> None:
    assert why_not(replace(PLAN, **plan), ticket(**state), people, RULES) == reason


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        pytest.param({}, None, id="whatever speaks against it"),
        pytest.param({"address": None}, Reason.NO_ADDRESS, id="but for an address"),
        pytest.param({"now": MONDAY + 25 * HOUR}, Reason.STALE, id="but for history"),
        pytest.param({"address": SUPPORT}, Reason.OWN_ADDRESS, id="but for ourselves"),
    ],
)
def test_a_humans_words_go_out(plan: dict[str, Any], reason: Reason | None) -> None:
    loud = ticket(automatic=True, spam=True, tallies={digest_of(ANA): after(99)})
    bounced = met(Correspondent(bounced_at=MONDAY, tally=after(99)))
    assert why_not(replace(PLAN, human=True, **plan), loud, bounced, RULES) == reason
