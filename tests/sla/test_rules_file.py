"""The policies' file: what is shipped can be used, and what is wrong is told where it stands."""

from pathlib import Path

import pytest

from services.sla.domain.ticket_facts import TicketFacts, on_arrival
from services.sla.rules import check, load_rules
from shared.contracts.fields import Priority, Tier
from shared.contracts.sla import Metric
from tests.sla.stories import berlin, created

SHIPPED = Path(__file__).parents[2] / "config"

SOUND = """\
schedules:
  office:
    time_zone: Europe/Berlin
    hours:
      mon-fri: 09:00-17:00
policies:
  - name: standard
    schedule: office
    targets:
      first_response: 4h
"""


def written(folder: Path, text: str) -> Path:
    (folder / "sla.yaml").write_text(text)
    return folder


def facts(tier: Tier, priority: Priority) -> TicketFacts:
    return on_arrival(created(tier=tier), berlin("2026-03-02 12:00")).model_copy(
        update={"priority": priority}
    )


def test_shipped_file_is_sound() -> None:
    assert check(SHIPPED) == []


@pytest.mark.parametrize(
    ("tier", "priority", "policy", "seconds"),
    [
        (Tier.ENTERPRISE, Priority.CRITICAL, "enterprise critical", 15 * 60),
        (Tier.ENTERPRISE, Priority.LOW, "enterprise", 4 * 3600),
        (Tier.PREMIUM, Priority.HIGH, "premium", 2 * 3600),
        (Tier.STANDARD, Priority.MEDIUM, "standard", 8 * 3600),
        (Tier.FREE, Priority.CRITICAL, "standard", 3600),
    ],
)
def test_shipped_policy(tier: Tier, priority: Priority, policy: str, seconds: int) -> None:
    rules = load_rules(SHIPPED / "sla.yaml")
    chosen = rules.choose_policy(facts(tier, priority))
    assert chosen.name == policy
    target = chosen.target(Metric.FIRST_RESPONSE, priority)
    assert target is not None
    assert target.milliseconds == seconds * 1000


def test_shipped_targets_are_no_shorter_for_a_lower_priority() -> None:
    for policy in load_rules(SHIPPED / "sla.yaml").policies:
        for metric in Metric:
            promised = [t for p in reversed(Priority) if (t := policy.target(metric, p))]
            lengths = [target.milliseconds for target in promised]
            assert lengths == sorted(lengths), (policy.name, metric)


def test_sound_file(tmp_path: Path) -> None:
    assert check(written(tmp_path, SOUND)) == []


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        pytest.param(
            "Europe/Berlin",
            "Europe/Berlim",
            'sla.yaml:3: schedules.office.time_zone: "Europe/Berlim" is no IANA time zone; '
            "write one like Europe/Berlin",
            id="time zone",
        ),
        pytest.param(
            "mon-fri:",
            "mon-fry:",
            'sla.yaml:5: schedules.office.hours.mon-fry: "fry" is no weekday; '
            "write mon, tue, wed, thu, fri, sat, sun, mon-fri or daily",
            id="weekday",
        ),
        pytest.param(
            "09:00-17:00",
            "9 to 5",
            'sla.yaml:4: schedules.office.hours: "9 to 5" is no opening window; '
            "write it as 09:00-17:30",
            id="window",
        ),
        pytest.param(
            "09:00-17:00",
            "[]",
            "sla.yaml:4: schedules.office.hours: the desk must be open at some hour "
            "of some weekday",
            id="never open",
        ),
        pytest.param(
            "policies:",
            "    holidays: {country: UKK}\npolicies:",
            'sla.yaml:6: schedules.office.holidays: no holidays are known for country "UKK"; '
            'did you mean "UK"?',
            id="country",
        ),
        pytest.param(
            "policies:",
            "    holidays: {country: DE, region: NYC}\npolicies:",
            'sla.yaml:6: schedules.office.holidays: "NYC" is no region of DE with holidays; '
            "known: BB, BE, BW, BY, HB, HE, HH, MV, NI, NW, RP, SH, SL, SN, ST, TH, Augsburg",
            id="region",
        ),
        pytest.param(
            "09:00-17:00",
            "09:00-25:00",
            'sla.yaml:4: schedules.office.hours: "09:00-25:00" has a time that no clock shows; '
            "the last is 24:00",
            id="time of day",
        ),
        pytest.param(
            "09:00-17:00",
            "09:00-09:00",
            'sla.yaml:4: schedules.office.hours: "09:00-09:00" is never open; '
            "a whole day is 00:00-24:00",
            id="empty window",
        ),
        pytest.param(
            "policies:",
            "    special_days: {12-31: 22:00-02:00}\npolicies:",
            'sla.yaml:6: schedules.office.special_days.12-31: "22:00-02:00" goes past midnight; '
            "give the rest to the next date",
            id="special day past midnight",
        ),
        pytest.param(
            "  office:\n",
            "  calendar: {time_zone: UTC, hours: 24/7}\n  office:\n",
            "sla.yaml:2: schedules.calendar: is the name of time that never stops; "
            "give this schedule another",
            id="calendar",
        ),
        pytest.param(
            "    targets:",
            "    warnings: [soon%]\n    targets:",
            'sla.yaml:9: policies.0.warnings.0: "soon%" must be between 0% and 100%',
            id="no share",
        ),
        pytest.param(
            "policies:",
            "    closed: [12-32]\npolicies:",
            'sla.yaml:6: schedules.office.closed.0: "12-32" is no date; '
            "write 2026-12-24, or 12-24 for every year",
            id="date",
        ),
        pytest.param(
            "    schedule: office",
            "    schedule: ofice",
            'sla.yaml:8: policies.0.schedule: there is no schedule "ofice"; did you mean "office"?',
            id="schedule",
        ),
        pytest.param(
            "first_response",
            "first_respons",
            "sla.yaml:10: policies.0.targets.first_respons: must be one of first_response, "
            "next_response, update, resolution, progress, assignment, internal_first_response, "
            "internal_next_response, internal_resolution, "
            'not "first_respons"; did you mean "first_response"?',
            id="metric",
        ),
        pytest.param(
            "4h",
            "4 hours",
            "sla.yaml:10: policies.0.targets.first_response: must be a duration such as "
            '15m, 4h, 1h30m or 2d, not "4 hours"',
            id="duration",
        ),
        pytest.param(
            "4h",
            "{critical: 1h, hihg: 2h}",
            "sla.yaml:10: policies.0.targets.first_response.hihg: unknown field; "
            'did you mean "high"?',
            id="priority",
        ),
        pytest.param(
            "    targets:",
            "    warnings: [75]\n    targets:",
            'sla.yaml:9: policies.0.warnings.0: "75" is no warning; write 75% or "30m before"',
            id="warning",
        ),
        pytest.param(
            "    targets:",
            "    warnings: [120%]\n    targets:",
            'sla.yaml:9: policies.0.warnings.0: "120%" must be between 0% and 100%',
            id="share",
        ),
        pytest.param(
            "    targets:",
            "    when: {tier: entreprise}\n    targets:",
            "sla.yaml:9: policies.0.when.tier: must be one of free, standard, premium, "
            'enterprise, not "entreprise"; did you mean "enterprise"?',
            id="tier",
        ),
        pytest.param(
            "policies:",
            "defaults: {pauses: {resolution: resolved}}\npolicies:",
            "sla.yaml:6: defaults.pauses.resolution: resolved need not be given: "
            "there all clocks stand still",
            id="pause",
        ),
    ],
)
def test_problem_is_told_with_file_line_and_place(
    tmp_path: Path, right: str, wrong: str, problem: str
) -> None:
    folder = written(tmp_path, SOUND.replace(right, wrong))
    assert check(folder) == [f"{tmp_path}/{problem}"]


def test_policy_that_can_never_hold_and_names_that_repeat_are_told(tmp_path: Path) -> None:
    second = "  - {name: standard, schedule: office, when: {vip: true}, targets: {}}\n"
    never = '"standard" fits every ticket, so no policy after it can ever hold'
    problems = check(written(tmp_path, SOUND + second))
    assert problems == [
        f'{tmp_path}/sla.yaml:11: policies.1.name: another policy is called "standard" already',
        f"{tmp_path}/sla.yaml:11: policies.1: {never}",
    ]


def test_missing_file_is_told(tmp_path: Path) -> None:
    assert check(tmp_path) == [f"{tmp_path}/sla.yaml: there is no such file"]


CLOSED_MAY = """\
BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260501
END:VEVENT
END:VCALENDAR
"""


def test_feed_beside_the_file_closes_the_desk_and_counts_for_the_version(tmp_path: Path) -> None:
    with_feed = SOUND.replace("policies:", "    feeds: office.ics\npolicies:")
    folder = written(tmp_path, with_feed)
    (folder / "office.ics").write_text(CLOSED_MAY)
    before = load_rules(folder / "sla.yaml")
    assert not before.schedule("office").is_open(berlin("2026-05-01 12:00"))
    assert before.feeds == ("office.ics",)
    (folder / "office.ics").write_text(CLOSED_MAY.replace("0501", "0504"))
    after = load_rules(folder / "sla.yaml")
    assert after.version != before.version
    assert after.schedule("office").is_open(berlin("2026-05-01 12:00"))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, 'feeds.0: cannot read "office.ics" in this folder (FileNotFoundError)'),
        ("hello", 'feeds.0: "office.ics" is no iCal file'),
    ],
)
def test_feed_that_cannot_be_used_is_told(
    tmp_path: Path, content: str | None, problem: str
) -> None:
    folder = written(tmp_path, SOUND.replace("policies:", "    feeds: [office.ics]\npolicies:"))
    if content is not None:
        (folder / "office.ics").write_text(content)
    [found] = check(folder)
    assert found.startswith(f"{folder}/sla.yaml:6: schedules.office.")
    assert problem in found


def test_schedule_of_a_time_must_be_there(tmp_path: Path) -> None:
    wrong = "    when: {time: {outside: ofice}}\n    schedule: office"
    [found] = check(written(tmp_path, SOUND.replace("    schedule: office", wrong)))
    assert 'when.time.outside: there is no schedule "ofice"; did you mean "office"?' in found
