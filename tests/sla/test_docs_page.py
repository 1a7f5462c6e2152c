"""What docs/sla.md shows works as it is shown."""

import json
import re
from pathlib import Path

import yaml

from services.sla.domain.case_file import answers
from services.sla.domain.desk_hours import ScheduleConfig
from services.sla.domain.ical_feed import IcalFeed
from shared.contracts.sla import Metric
from tests.sla.stories import berlin

PAGE = (Path(__file__).parents[2] / "docs" / "sla.md").read_text()
EMPTY = IcalFeed("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_desks_can_be_used() -> None:
    written = yaml.safe_load(block("yaml"))["schedules"]
    schedules = {
        name: ScheduleConfig.model_validate(desk).compiled({"works-holidays.ics": EMPTY})
        for name, desk in written.items()
    }
    desk = schedules["berlin"]
    assert desk.is_open(berlin("2026-05-15 12:59"))
    assert not desk.is_open(berlin("2026-05-15 13:30"))
    assert not desk.is_open(berlin("2026-08-10 09:00"))
    assert desk.is_open(berlin("2026-08-15 23:00"))


def test_questions_get_the_answers_shown() -> None:
    lines = [line for line in block("").splitlines() if line.startswith("{")]
    questions = [line for line in lines if "kind" in line]
    shown = [json.loads(line) for line in lines if "kind" not in line]
    assert [given.line for given in answers("\n".join(questions))] == shown


def test_every_metric_is_told() -> None:
    assert not [metric for metric in Metric if f"`{metric}`" not in PAGE]
