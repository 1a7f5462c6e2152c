"""Each weakness has faults that must find it, and these all hold together when nothing is weak."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.processes import ROOT
from tests.chaos.controls import CONTROLS, SOUND
from tests.chaos.options import parse
from tests.chaos.weaknesses import Weakness

# Prints the qualified names of what a weakness puts in the place of the kit's own.
PATCHED = """
from shared.kit import batch, mongo
from shared.kit.batch import Attempt
from shared.kit.claims import Claims
from shared.kit.engine import Engine
from shared.kit.mongo import MongoStore
from tests.chaos.weaknesses import Weakness, weaken
def seen():
    return {
        "advance_operation": mongo.advance_operation, "claim": MongoStore._claim,
        "note_number": batch.note_number, "put_away": Attempt._put_away,
        "republish": Claims._republish, "safe_until": Engine._safe_until,
    }
before = seen()
weaken(Weakness("WEAKNESS"))
print(*sorted(name for name, what in seen().items() if what is not before[name]))
"""


def test_every_weakness_has_a_control() -> None:
    assert set(CONTROLS) == set(Weakness)


@pytest.mark.parametrize("weakness", Weakness)
def test_what_finds_it_is_also_tried_on_the_sound_product(weakness: Weakness) -> None:
    control = CONTROLS[weakness]
    assert {kind for _, kind, _ in control.moments} <= {kind for _, kind, _ in SOUND.moments}
    assert set(control.shares) <= set(SOUND.shares)
    assert set(control.standbys) <= set(SOUND.standbys)


@pytest.mark.parametrize("weakness", Weakness)
def test_its_faults_fit_into_its_time(weakness: Weakness) -> None:
    control = CONTROLS[weakness]
    assert all(fault.at < control.seconds for fault in control.plan())
    options = control.options(parse(["--kills", "3"]).without(weakness))
    assert (options.control, options.kills, options.standbys) == (weakness, 0, control.standbys)


@pytest.mark.parametrize(
    ("weakness", "patched"),
    [
        (Weakness.EPOCH, "advance_operation claim"),
        (Weakness.NUMBERS, "note_number"),
        (Weakness.LETTERS, "put_away"),
        (Weakness.REPUBLISH, "republish"),
        (Weakness.WATERMARK, "safe_until"),
    ],
)
def test_only_what_it_names_is_taken_out(weakness: Weakness, patched: str) -> None:
    said = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PATCHED.replace("WEAKNESS", weakness)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert said.stdout.strip() == patched


def test_the_options_say_what_is_wrong_with_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--faults", "kill-servce"])
    assert "no fault is called kill-servce" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        parse(["--faults", "kill-broker"])
    assert "--stack apache" in capsys.readouterr().err


def test_so_many_tickets_are_so_many_minutes() -> None:
    assert parse(["--tickets", "600", "--rate", "10"]).minutes == pytest.approx(1)
    assert parse(["--report", "x.json"]).report == Path("x.json")
