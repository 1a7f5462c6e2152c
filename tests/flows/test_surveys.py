"""How was it? Asked a day after the resolution, answered with a number, counted in the reports."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from shared.contracts.fields import Status
from shared.contracts.notification import NotificationSuppressed
from shared.contracts.sla import SurveyDue
from shared.contracts.ticket import CustomerReplied, FeedbackReceived, TicketReopened
from shared.kit.settings import SHIPPED_CONFIG
from tests.flows.desk import ANA, Desk, Posted

DAY = timedelta(days=1)


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped rules with the line on surveys as it stands there, switched on."""
    folder = tmp_path_factory.mktemp("surveys") / "config"
    shutil.copytree(SHIPPED_CONFIG, folder)
    rules = folder / "sla.yaml"
    text = rules.read_text(encoding="utf-8")
    assert "# survey_after: 24h" in text
    rules.write_text(text.replace("# survey_after: 24h", "survey_after: 24h"), encoding="utf-8")
    return folder


async def resolved(config: Path, copies: int = 1, sender: str = ANA) -> Desk:
    desk = Desk(copies, config)
    await desk.online("ben")
    await desk.mail("My printer is on fire.", sender=sender)
    await desk.reply("Water helps.", status=Status.RESOLVED)
    await desk.wait(DAY + timedelta(hours=1))
    return desk


def survey(desk: Desk) -> Posted:
    [asked] = desk.mails("survey")
    return asked


@pytest.mark.parametrize("copies", [1, 2])
async def test_a_number_is_a_rating_and_reopens_nothing(config: Path, copies: int) -> None:
    desk = await resolved(config, copies)

    await desk.mail("4\n\nQuick, but my carpet is wet.\n", answers=survey(desk))

    [feedback] = desk.told(FeedbackReceived)
    assert (feedback.score, feedback.comment) == (4, "Quick, but my carpet is wet.")
    assert not desk.told(TicketReopened)
    assert not desk.told(CustomerReplied)
    assert desk.report()["status"] == "resolved"
    assert desk.report()["score"] == 4


async def test_a_draft_from_the_mails_own_link_is_a_rating_too(config: Path) -> None:
    desk = await resolved(config)
    to = survey(desk).mail.reply_to
    assert f'href="mailto:{to}?subject=TKT-' in survey(desk).mail.html
    link = Posted("survey", survey(desk).mail.model_copy(update={"message_id": "<new@draft>"}))

    await desk.mail("5", "TKT-1", answers=link)

    assert [each.score for each in desk.told(FeedbackReceived)] == [5]


async def test_the_last_word_counts_also_after_it_is_closed(config: Path) -> None:
    desk = await resolved(config)
    await desk.mail("1", answers=survey(desk))
    await desk.wait(2 * DAY)
    assert desk.report()["status"] == "closed"
    await desk.mail("5/5", answers=survey(desk))
    assert [each.score for each in desk.told(FeedbackReceived)] == [1, 5]
    assert desk.report()["score"] == 5


async def test_words_are_a_message_like_any(config: Path) -> None:
    desk = await resolved(config)
    await desk.mail("2 of my printers still burn.", answers=survey(desk))
    assert not desk.told(FeedbackReceived)
    assert len(desk.told(TicketReopened)) == 1


async def test_a_machine_rates_nothing(config: Path) -> None:
    desk = await resolved(config)
    away = {"Auto-Submitted": "auto-replied"}
    await desk.mail("5\nI am away until Monday.", answers=survey(desk), headers=away)
    assert not desk.told(FeedbackReceived)
    assert desk.report()["status"] == "resolved"


async def test_nor_does_a_stranger_whom_it_was_forwarded_to(config: Path) -> None:
    desk = await resolved(config)
    await desk.mail("1", answers=survey(desk), sender="mallory@elsewhere.example")
    assert not desk.told(FeedbackReceived)


async def test_a_machine_is_not_asked(config: Path) -> None:
    desk = await resolved(config, sender="noreply@shop.example")
    assert len(desk.told(SurveyDue)) == 1
    assert not desk.mails("survey")
    assert "survey" in {each.template for each in desk.told(NotificationSuppressed)}


async def test_as_shipped_nobody_is_asked() -> None:
    desk = await resolved(SHIPPED_CONFIG)
    assert not desk.mails("survey")
