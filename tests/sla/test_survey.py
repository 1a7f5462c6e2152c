"""When a requester is asked how it was: some time after the resolution, once, or not at all."""

from shared.contracts.fields import ActorKind, Status
from shared.contracts.sla import SurveyDue
from shared.contracts.ticket import TicketMarkedSpam
from tests.sla.stories import (
    ANA,
    CONFIG,
    Story,
    berlin,
    closed,
    created,
    customer_replied,
    reopened,
    resolved,
    rules,
    triaged,
)

MONDAY = "2026-03-02"
CLOSING = {"close_resolved_after": "12h", "survey_after": "24h"}
ASKING = rules({**CONFIG, "defaults": {"closing": CLOSING}})


def resolved_at_ten() -> Story:
    story = Story(ASKING).hear(f"{MONDAY} 09:00", created(), triaged())
    return story.hear(f"{MONDAY} 10:00", resolved())


def test_survey_is_due_after_its_time_also_if_the_ticket_was_closed_by_then() -> None:
    story = resolved_at_ten().hear("2026-03-02 22:00", closed())
    assert story.timers == {"survey": berlin("2026-03-03 10:00")}
    story.until("2026-03-04 10:00")
    [survey] = story.said_of(SurveyDue)
    assert survey.resolved_at == berlin(f"{MONDAY} 10:00")
    assert story.said[-1].timer == ("survey", berlin("2026-03-03 10:00"))
    assert not story.timers


def test_reopened_ticket_is_asked_about_after_its_next_resolution() -> None:
    story = resolved_at_ten().hear(f"{MONDAY} 12:00", customer_replied(), reopened())
    assert "survey" not in story.timers
    story.hear("2026-03-05 10:00", resolved()).until("2026-03-20 10:00")
    [survey] = story.said_of(SurveyDue)
    assert survey.resolved_at == berlin("2026-03-05 10:00")


def test_nobody_is_asked_twice() -> None:
    story = resolved_at_ten().until("2026-03-03 11:00")
    story.hear("2026-03-03 12:00", reopened()).hear("2026-03-03 13:00", resolved())
    story.until("2026-03-20 10:00")
    assert len(story.said_of(SurveyDue)) == 1


def test_sender_of_spam_is_not_asked() -> None:
    assert ANA.kind is ActorKind.AGENT
    story = resolved_at_ten().hear(f"{MONDAY} 12:00", TicketMarkedSpam(actor=ANA))
    assert story.state is not None
    assert story.state.status is Status.CLOSED
    assert not story.timers


def test_without_the_setting_nobody_is_asked() -> None:
    story = Story().hear(f"{MONDAY} 09:00", created(), triaged())
    assert "survey" not in story.hear(f"{MONDAY} 10:00", resolved()).timers
