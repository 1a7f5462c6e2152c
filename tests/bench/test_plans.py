"""Arrivals and requests come out the same for the same seed, and as many as were asked for."""

from email import message_from_bytes
from email.policy import default

import pytest

from shared.contracts.channel import MessageReceived
from tests.bench.arrivals import at_random
from tests.bench.goals import GOALS
from tests.bench.requests import requests


def test_arrivals_are_ordered_within_the_time_and_about_as_many_as_wanted() -> None:
    found = list(at_random(50, 100, seed=1))
    assert found == sorted(found)
    assert found[0] >= 0
    assert found[-1] < 100
    assert len(found) == pytest.approx(5_000, rel=0.1)
    assert found == list(at_random(50, 100, seed=1))
    assert found != list(at_random(50, 100, seed=2))


def test_requests_have_ids_of_their_own_and_can_be_read() -> None:
    made = list(requests(200, seed=3, mail_share=0.5))
    assert len({each.origin for each in made}) == 200
    mails = [each for each in made if each.is_mail]
    assert 60 < len(mails) < 140
    for each in made:
        if each.is_mail:
            message = message_from_bytes(each.publication.value or b"", policy=default)
            assert message["Message-ID"] == f"<{each.origin}@customers.example>"
            assert not message.defects
        else:
            assert MessageReceived.model_validate_json(each.publication.value or b"").text


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("T1", 1_000, "pass"),
        ("T1", 999, "fail"),
        ("T7", 1.8, "pass"),
        ("T7", 1.9, "fail"),
        ("T5", None, "not measured"),
    ],
)
def test_verdicts(name: str, value: float | None, verdict: str) -> None:
    assert GOALS[name].verdict(value) == verdict
    assert verdict in GOALS[name].line(value)


def test_a_line_says_on_which_side_of_the_floor_a_miss_is() -> None:
    assert "above the floor" in GOALS["T1"].line(600)
    assert "below the floor" in GOALS["T1"].line(400)
    assert "below the floor" in GOALS["T7"].line(5)
