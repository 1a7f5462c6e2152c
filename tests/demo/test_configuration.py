"""The demo's rules are rules that the services take, with promises that can be watched."""

from datetime import timedelta
from pathlib import Path

import pytest

from deskstream.demo.configuration import write_configuration
from services.notifier import rules as notifier
from services.router import rules as router
from services.sla import rules as sla
from services.triage import rules as triage
from shared.contracts.fields import Priority
from shared.contracts.sla import Metric


@pytest.mark.parametrize("pace", [1.0, 0.2])
def test_every_service_takes_them(tmp_path: Path, pace: float) -> None:
    write_configuration(tmp_path, pace)

    problems = [line for each in (notifier, router, sla, triage) for line in each.check(tmp_path)]

    assert problems == []


def test_promises_are_short_and_shorter_at_a_faster_pace(tmp_path: Path) -> None:
    def first_response(pace: float) -> timedelta:
        write_configuration(tmp_path, pace)
        rules = sla.load_rules(tmp_path / "sla.yaml")
        target = rules.policy("standard").target(Metric.FIRST_RESPONSE, Priority.LOW)
        assert target is not None
        return timedelta(milliseconds=target.milliseconds)

    assert first_response(0.2) < first_response(1.0) < timedelta(minutes=2)


def test_what_the_router_waits_for_takes_seconds(tmp_path: Path) -> None:
    write_configuration(tmp_path, 1.0)

    text = (tmp_path / "routing.yaml").read_text(encoding="utf-8")

    assert "relax_after: 5s" in text
    assert "offline_grace: 10s" in text
    assert "overflow: {queue: support, after: 5s}" in text
