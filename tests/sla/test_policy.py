"""Which policy fits a ticket, and what it promises."""

from datetime import timedelta
from typing import Any

import pytest

from services.sla.domain.configuration import CALENDAR, When
from services.sla.domain.duration import parse_duration, written
from services.sla.domain.policy import fits
from services.sla.domain.ticket_facts import TicketFacts
from shared.contracts.fields import Priority, Status, TicketType, Tier
from shared.contracts.sla import Metric
from tests.sla.stories import CONFIG, berlin, policy_with, rules

FACTS = TicketFacts(
    channel="email",
    customer="c1",
    tier=Tier.PREMIUM,
    vip=True,
    mailbox="help@example.com",
    brand="shop",
    priority=Priority.HIGH,
    category="billing",
    type=TicketType.INCIDENT,
    tags=("invoice", "refund"),
    queue="finance",
)


@pytest.mark.parametrize(
    ("when", "fitting"),
    [
        ({}, True),
        ({"tier": "premium"}, True),
        ({"tier": ["free", "premium"]}, True),
        ({"tier": "free"}, False),
        ({"priority": ["high", "critical"]}, True),
        ({"priority": "low"}, False),
        ({"type": "incident"}, True),
        ({"type": "question"}, False),
        ({"category": "billing"}, True),
        ({"category": "general"}, False),
        ({"channel": "email"}, True),
        ({"channel": "whatsapp"}, False),
        ({"queue": "finance"}, True),
        ({"queue": "support"}, False),
        ({"brand": "shop"}, True),
        ({"brand": "bank"}, False),
        ({"mailbox": "help@example.com"}, True),
        ({"mailbox": "sales@example.com"}, False),
        ({"customer": "c1"}, True),
        ({"customer": "c2"}, False),
        ({"tags": ["refund", "other"]}, True),
        ({"tags": "other"}, False),
        ({"vip": True}, True),
        ({"vip": False}, False),
        ({"tier": "premium", "category": "general"}, False),
    ],
)
def test_all_conditions_must_fit_by_one_value_each(when: dict[str, Any], *, fitting: bool) -> None:
    assert fits(When.model_validate(when), FACTS) is fitting


def test_first_that_fits_holds_and_nothing_is_promised_where_none_fits() -> None:
    narrow = {"name": "a", "schedule": "office", "when": {"tier": "premium"}, "targets": {}}
    wide = {"name": "b", "schedule": "office", "when": {"vip": True}, "targets": {}}
    base = {"schedules": {"office": {"time_zone": "UTC", "hours": "24/7"}}}
    both = rules({**base, "policies": [narrow, wide]})
    assert both.choose_policy(FACTS).name == "a"
    assert both.choose_policy(FACTS.model_copy(update={"tier": Tier.FREE})).name == "b"
    neither = FACTS.model_copy(update={"tier": Tier.FREE, "vip": False})
    assert both.choose_policy(neither).name == "none"


def test_calendar_time_for_one_metric() -> None:
    only = policy_with(
        first_response="1h", resolution={"medium": "48h", "time": "calendar", "warnings": []}
    ).choose_policy(FACTS)
    first = only.target(Metric.FIRST_RESPONSE, Priority.LOW)
    whole = only.target(Metric.RESOLUTION, Priority.MEDIUM)
    assert first is not None
    assert whole is not None
    assert (first.schedule, whole.schedule) == ("office", CALENDAR)
    assert (len(first.warnings), whole.warnings) == (2, ())
    assert only.target(Metric.RESOLUTION, Priority.LOW) is None


def test_warning_by_lead_time_and_by_share_in_order_of_time() -> None:
    only = policy_with(
        first_response={"high": "1h", "low": "20m", "warnings": ["30m before", "25%"]}
    ).choose_policy(FACTS)
    high = only.target(Metric.FIRST_RESPONSE, Priority.HIGH)
    low = only.target(Metric.FIRST_RESPONSE, Priority.LOW)
    assert high is not None
    assert low is not None
    assert high.warnings == (("25%", 900_000), ("30m before", 1_800_000))
    assert low.warnings == (("25%", 300_000),)  # half an hour before is before the start


def test_pauses_of_a_target_replace_the_defaults() -> None:
    only = policy_with(resolution={"medium": "8h", "pauses_in": "on_hold"}).choose_policy(FACTS)
    assert only.pauses_in(Metric.RESOLUTION, Status.ON_HOLD)
    assert not only.pauses_in(Metric.RESOLUTION, Status.PENDING)
    assert only.pauses_in(Metric.UPDATE, Status.PENDING)


@pytest.mark.parametrize(
    ("text", "span", "again"),
    [
        ("90s", timedelta(seconds=90), "1m30s"),
        ("15m", timedelta(minutes=15), "15m"),
        ("1h30m", timedelta(minutes=90), "1h30m"),
        ("2d", timedelta(hours=48), "48h"),
        (" 1h 5m ", timedelta(minutes=65), "1h5m"),
    ],
)
def test_duration(text: str, span: timedelta, again: str) -> None:
    assert parse_duration(text) == span
    assert written(span) == again


@pytest.mark.parametrize("text", ["", "4", "h", "-4h", "0m", "4 hours", "9999999999d", "99999d", 4])
def test_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match=r"duration|more than nothing|ten years"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("time", "came", "fitting"),
    [
        ({"during": "office"}, "2026-03-02 10:00", True),
        ({"during": "office"}, "2026-03-02 20:00", False),
        ({"outside": "office"}, "2026-03-02 20:00", True),
        ({"outside": ["office", "always"]}, "2026-03-02 20:00", False),
        ({"since": "2026-03-02"}, "2026-03-02 10:00", True),
        ({"since": "2026-03-03"}, "2026-03-02 10:00", False),
        ({"before": "2026-03-02"}, "2026-03-02 10:00", False),
        ({"before": "2026-03-03", "during": "office"}, "2026-03-02 10:00", True),
    ],
)
def test_policy_for_tickets_that_came_at_a_time(
    time: dict[str, object], came: str, *, fitting: bool
) -> None:
    policy = {**CONFIG["policies"][1], "name": "timely", "when": {"time": time}}
    timed = rules({**CONFIG, "policies": [policy]})
    facts = FACTS.model_copy(update={"came_at": berlin(came)})
    assert (timed.choose_policy(facts).name == "timely") is fitting
    unknown = FACTS.model_copy(update={"came_at": None})
    assert timed.choose_policy(unknown).name != "timely"
