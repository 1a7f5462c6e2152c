"""The report tells what was measured, what was not and how to; the chart draws every bar."""

from xml.etree import ElementTree as ET

import pytest

from tests.bench.chart import svg
from tests.bench.goals import GOALS
from tests.bench.ledger import Ledger, balance
from tests.bench.options import parse
from tests.bench.parts.whole import in_use
from tests.bench.pipeline import AHEAD_SECONDS, LEAST_AHEAD, Measured, room
from tests.bench.plans import chosen
from tests.bench.profiles import area, areas
from tests.bench.reconciling import Reconciled
from tests.bench.report import WHY, Report
from tests.bench.section import Bars, Section, number

SVG = "{http://www.w3.org/2000/svg}"


def _report(*sections: Section) -> Report:
    return Report("--quick", "embedded", 7, 0.5, 4, {}, sections=list(sections))


def _reconciled(*lost: str) -> Reconciled:
    ledger = Ledger()
    for origin in ("a", *lost):
        ledger.plan(origin, 0.0)
        ledger.acknowledged(origin)
    found = balance(ledger, [("a", "t1")])
    return Reconciled(found, [], [], [], (), (), [])


def test_a_goal_that_no_part_speaks_of_is_named_with_what_measures_it() -> None:
    report = _report(Section("speed", "Speed", goals={"T1": 700.0}))
    assert report.values()["T1"] == 700
    assert "fail, above the floor" in report.text()
    assert "C19 (--soak MINUTES)" in report.text()
    assert "T1 (" not in report.text()


def test_there_is_a_way_to_measure_each_goal() -> None:
    assert set(WHY) == set(GOALS)


def test_the_part_that_ran_last_has_the_last_word() -> None:
    report = _report(
        Section("speed", "", goals={"T1": 700.0}), Section("sustained", "", goals={"T1": 650.0})
    )
    assert report.values()["T1"] == 650


def test_a_lost_message_breaks_the_run() -> None:
    report = _report()
    report.reconciled.append(_reconciled())
    assert report.holds
    assert report.values()["R8"] == 0
    report.reconciled.append(_reconciled("b"))
    assert not report.holds
    assert report.values()["R8"] == 1
    assert report.as_json()["lossless"] is False


def test_the_chart_has_every_bar_and_the_longest_is_the_largest() -> None:
    bars = Bars("Rates <fast>", "/s", [("ours", 50.0), ("plain & simple", 200.0), ("none", 0.0)])
    root = ET.fromstring(svg(_report(Section("speed", "Speed", bars=[bars]))))  # noqa: S314 - ours
    _background, *drawn = root.findall(f"{SVG}rect")
    widths = [float(each.attrib["width"]) for each in drawn]
    assert widths[1] == max(widths) == pytest.approx(4 * widths[0], abs=0.2)
    texts = {each.text for each in root.findall(f"{SVG}text")}
    assert {"ours", "plain & simple", "Rates <fast>, /s", "200"} <= texts


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "-"), (1234.5, "1,234"), (0.01234, "0.0123"), (99.96, "100")]
)
def test_figures_have_three_digits(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_what_a_flag_asks_for_runs_alone_unless_more_is_named() -> None:
    assert chosen([], ["profile"], quick=False) == ["profile"]
    assert chosen([], ["profile"], quick=True) == ["mails", "speed", "latency", "profile"]
    assert chosen(["mails"], ["profile"], quick=False) == ["mails", "profile"]
    assert "burst" in chosen([], [], quick=False)


def test_what_needs_the_maximum_measures_it_first() -> None:
    assert chosen([], ["soak"], quick=False) == ["speed", "soak"]
    assert chosen(["latency"], [], quick=False) == ["speed", "latency"]


def test_the_command_line_names_its_parts() -> None:
    assert parse(["--profile", "all"]).parts == ["profile"]
    assert parse(["--profile", "all"]).profile[0] == "intake"
    assert parse(["--million"]).parts == ["stored"]
    assert parse(["--sustained", "300", "--rate", "50"]).sustained == 300
    with pytest.raises(SystemExit):
        parse(["--profile", "nobody"])


def test_at_full_speed_some_seconds_of_work_lie_ahead() -> None:
    assert room(0, [(0.0, 0.0)]) == LEAST_AHEAD
    assert room(LEAST_AHEAD, [(0.1, 0.0)]) == 0
    assert room(1_000, [(2.0, 1_000.0)]) == 500 * AHEAD_SECONDS
    assert room(5_000, [(2.0, 1_000.0)]) == 0


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("/x/services/sla/domain/clock.py", "services/sla/domain"),
        ("/x/services/sla/app.py", "services/sla/app"),
        ("/x/shared/kit/engine.py", "shared/kit"),
        ("/v/lib/python3.11/site-packages/pymongo/pool.py", "pymongo"),
        ("/v/lib/python3.11/json/decoder.py", "python3.11/json"),
        ("~", "C code"),
    ],
)
def test_code_belongs_to_an_area(file: str, expected: str) -> None:
    assert area(file) == expected


def test_c_code_counts_where_it_is_called() -> None:
    ours, theirs = ("/x/shared/kit/engine.py", 1, "f"), ("/x/site-packages/bson/a.py", 1, "g")
    stats = {
        ours: (1, 1, 1.0, 4.0, {}),
        theirs: (1, 1, 2.0, 3.0, {ours: (1, 1, 2.0, 3.0)}),
        ("~", 0, "encode"): (3, 3, 5.0, 5.0, {ours: (1, 1, 1.5, 1.5), theirs: (2, 2, 3.5, 3.5)}),
    }
    assert areas(stats) == {"shared/kit": 2.5, "bson": 5.5}


def test_it_tells_whether_the_cores_were_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    measured = Measured(
        tickets=1_000,
        seconds=10.0,
        planned_rate=None,
        cpu_ms={"intake": 4.0, "feed": 1.0},
        database={},
        steady=None,
        slowest=None,
        rates={},
        waits={},
    )
    assert in_use(measured) == 25
