"""A changed iCal file is taken while the service runs, also one that changed policies brought."""

from pathlib import Path

from services.sla.domain.policy import Rules
from services.sla.handlers.feeds import FeedWatch
from services.sla.rules import load_rules
from shared.kit.health import Health
from shared.kit.memory import VirtualClock
from tests.harness import MONDAY_9AM
from tests.sla.stories import berlin
from tests.sla.test_rules_file import CLOSED_MAY, SOUND

MAY = berlin("2026-05-01 12:00")


class Desk:
    def __init__(self, folder: Path) -> None:
        self.file, self.feed = folder / "sla.yaml", folder / "office.ics"
        self.feed.write_text(CLOSED_MAY)
        self.file.write_text(SOUND.replace("policies:", "    feeds: office.ics\npolicies:"))
        self.rules = load_rules(self.file)
        self.health = Health()
        self.watch = FeedWatch(
            self.file,
            lambda: self.rules.feeds,
            self.use,
            clock=VirtualClock(MONDAY_9AM),
            health=self.health,
        )

    def use(self, rules: Rules) -> None:
        self.rules = rules

    async def looks(self) -> None:
        for _ in range(3):
            await self.watch.look()


async def test_changed_feed_is_taken(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.looks()
    version = desk.rules.version
    assert not desk.rules.schedule("office").is_open(MAY)
    desk.feed.write_text(CLOSED_MAY.replace("0501", "0504"))
    await desk.looks()
    assert desk.rules.schedule("office").is_open(MAY)
    assert desk.rules.version != version


async def test_broken_feed_changes_nothing_and_is_shown(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.looks()
    version = desk.rules.version
    desk.feed.write_text("hello")
    await desk.looks()
    assert desk.rules.version == version
    assert "office.ics" in str(desk.health.readiness()["degraded"])
