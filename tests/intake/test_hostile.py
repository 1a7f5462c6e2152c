"""Nothing runs, nothing crashes, nothing is stored unsafe, nothing takes long or much."""

import subprocess

import pytest

from shared.contracts.fields import Automatic
from shared.contracts.mail import message_id_for
from tests.intake.attacks import CLASSES, Attack
from tests.intake.hostile import LARGEST_GROWTH, LONGEST_SECONDS, Finding, judge, read
from tests.intake_reception.mails import MAILBOX, SECRET, mail
from tests.intake_reception.mails import read as read_mail

SLOW = frozenset({"bombs", "slow patterns"})
# Seconds of CPU on a machine that does other things as well.
PATIENCE = 4 * LONGEST_SECONDS


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in CLASSES]
)
def test_attacks(name: str) -> None:
    found = judge(name)

    assert found.cases > 20
    assert (found.executed, found.crashed, found.unsafe) == ([], [], [])
    assert found.slowest < PATIENCE
    assert found.largest < LARGEST_GROWTH


def test_there_are_more_than_a_thousand() -> None:
    assert sum(1 for name in CLASSES for _ in CLASSES[name]()) > 1_000


def test_only_our_own_signature_makes_a_mail_ours() -> None:
    """So that the test of forged ones can fail."""
    ours = message_id_for("reply", "0" * 32, "1", domain="desk.example", secret=SECRET)

    assert read_mail(mail("x", message_id=ours)).automatic is Automatic.OWN

    finding = Finding()
    read(Attack("email", mail("x", sender=MAILBOX, message_id=ours), own=True), finding)
    assert finding.unsafe == ["a forged id was believed"]


def test_what_runs_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_: object) -> list[object]:
        subprocess.run(["true"], check=True)  # noqa: S607 - any program will do
        return []

    monkeypatch.setattr("tests.intake.hostile.ADAPTERS", {"email": run})
    finding = Finding()

    read(Attack("email", b""), finding)

    assert "subprocess.Popen" in finding.executed
