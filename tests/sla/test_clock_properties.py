"""What holds for the clocks of every ticket, whatever happens to it and whenever timers fire."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from services.sla.domain.policy import Rules
from shared.contracts.commands import SetStatus
from shared.contracts.fields import Automatic, Priority, Status
from shared.contracts.message import Message
from shared.contracts.sla import (
    Metric,
    SlaBreached,
    SlaCorrected,
    SlaFulfilled,
    SlaTargetsSet,
    SlaWarning,
)
from tests.sla import reference
from tests.sla.stories import (
    Story,
    agent_replied,
    assigned,
    berlin,
    changed,
    created,
    customer_replied,
    moved,
    note,
    policy_with,
    reopened,
    resolved,
    rules,
    triaged,
)

START = berlin("2026-03-26 14:00").astimezone(UTC)  # the days around the change to summer time
END = START + timedelta(days=20)
MINUTE, HALF_A_MINUTE = timedelta(minutes=1), timedelta(seconds=30)
Event = tuple[datetime, Message]
OFFICE_RULES = rules()

happenings: st.SearchStrategy[Message] = st.one_of(
    st.sampled_from(
        [
            note(),
            assigned(),
            resolved(),
            reopened(),
            customer_replied(),
            customer_replied(automatic=Automatic.AUTO_REPLY),
            agent_replied(),
            agent_replied(Status.PENDING),
            agent_replied(Status.RESOLVED),
            agent_replied(human=False),
        ]
    ),
    st.sampled_from([Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.IN_PROGRESS]).map(moved),
    st.sampled_from(list(Priority)).map(lambda priority: changed(priority=priority)),
)
gaps = st.one_of(st.integers(1, 60), st.integers(1, 2_000))


@st.composite
def lives(draw: st.DrawFn) -> list[Event]:
    """Events in order of acceptance, on whole minutes."""
    at, life = START, []
    for minutes, event in draw(st.lists(st.tuples(gaps, happenings), max_size=12)):
        at += minutes * MINUTE
        life.append((at, event))
    return life


def told(life: list[Event], *, prompt: bool, policies: Rules | None = None) -> Story:
    story = Story(policies or OFFICE_RULES, prompt=prompt)
    story.hear(START, created(), triaged())
    for at, event in life:
        story.hear(at, event)
    return story.until(END)


@settings(max_examples=60, deadline=None)
@given(lives())
def test_it_makes_no_difference_when_timers_fire(life: list[Event]) -> None:
    """Commands apart: intake would ignore one for a ticket that has moved in the meantime."""
    prompt, tardy = told(life, prompt=True), told(life, prompt=False)
    assert _facts(tardy) == _facts(prompt)
    assert tardy.state is not None
    assert prompt.state is not None
    assert tardy.state.clocks == prompt.state.clocks


def _facts(story: Story) -> list[tuple[Message, object]]:
    said = [u for u in story.said if not isinstance(u.message, SetStatus)]
    return [(_punctual(u.message), u.timer) for u in said]


def _punctual(message: Message) -> Message:
    late = isinstance(message, SlaBreached)
    return message.model_copy(update={"lateness_seconds": 0}) if late else message


@st.composite
def late_lives(draw: st.DrawFn) -> list[tuple[datetime, datetime, Message]]:
    """Events with the instants of their acceptance and of their place in the log, in its order."""
    life = draw(lives())
    delays = draw(st.lists(st.sampled_from([0, 0, 1, 30, 90, 600]), min_size=12, max_size=12))
    logged = [
        (at, at + delay * MINUTE, event) for (at, event), delay in zip(life, delays, strict=False)
    ]
    return sorted(logged, key=lambda each: each[1])


@settings(max_examples=150, deadline=None)
@given(late_lives())
def test_timers_that_fire_before_facts_are_logged_change_no_outcome(
    life: list[tuple[datetime, datetime, Message]],
) -> None:
    """What was said too early is taken back: in the end it stands as if nothing had been."""
    fired, read = (
        Story(OFFICE_RULES, prompt=False).hear(START, created(), triaged()) for _ in "12"
    )
    for at, logged_at, event in life:
        fired.until(logged_at).hear(at, event)
        read.hear(at, event)
    assert _outcome(fired.until(END)) == _outcome(read.until(END))


def test_of_two_targets_that_were_due_together_the_one_that_held_is_kept() -> None:
    """Critical (1 h) and high (2 h) are both due where the ticket was reopened, long past both."""
    fired, read = (
        Story(OFFICE_RULES, prompt=False).hear(START, created(), triaged()) for _ in "12"
    )
    for story in (fired, read):
        story.hear(START + timedelta(hours=2), resolved())
        story.hear(START + timedelta(hours=2, minutes=2), reopened())
        story.hear(START + timedelta(hours=2, minutes=3), changed(priority=Priority.CRITICAL))
    fired.until(START + timedelta(hours=2, minutes=31))
    for story in (fired, read):
        story.hear(START + timedelta(hours=2, minutes=1), changed(priority=Priority.HIGH)).until(
            END
        )
    assert _outcome(fired) == _outcome(read)


def _outcome(story: Story) -> object:
    """The verdict of each promise after all corrections, and how its clocks stand in the end."""
    verdicts: dict[tuple[Metric, int], object] = {}
    for said in story.messages:
        if isinstance(said, SlaBreached):
            verdicts[said.metric, said.cycle] = said.breached_at
        elif isinstance(said, SlaCorrected):
            del verdicts[said.metric, said.cycle]
        elif isinstance(said, SlaFulfilled):
            assert said.late is ((said.metric, said.cycle) in verdicts)
    assert story.state is not None
    clocks = {
        metric: clock._replace(warnings=(), warned=(), taken_back=0)
        for metric, clock in story.state.clocks.items()
    }
    return verdicts, clocks


@settings(max_examples=60, deadline=None)
@given(lives())
def test_each_breach_and_each_warning_is_said_once(life: list[Event]) -> None:
    story = told(life, prompt=True)
    breaches = [(b.metric, b.cycle) for b in story.said_of(SlaBreached)]
    warnings = [(w.metric, w.cycle, w.level) for w in story.said_of(SlaWarning)]
    assert len(breaches) == len(set(breaches))
    assert len(warnings) == len(set(warnings))
    assert not story.said_of(SlaCorrected)  # all was logged in order of acceptance
    for met in story.said_of(SlaFulfilled):
        before = story.messages[: story.messages.index(met)]
        broken = any(
            isinstance(m, SlaBreached) and (m.metric, m.cycle) == (met.metric, met.cycle)
            for m in before
        )
        assert met.late is broken


@settings(max_examples=60, deadline=None)
@given(lives())
def test_what_comes_due_is_said_in_order_of_time(life: list[Event]) -> None:
    story = told([e for e in life if "Fields" not in type(e[1]).__name__], prompt=False)
    due = [u.timer.due_at for u in story.said if u.timer is not None]
    assert all(earlier <= later for earlier, later in pairwise(due))


@settings(max_examples=40, deadline=None)
@given(lives(), st.integers(10, 1_500))
def test_resolution_is_that_of_a_count_of_minutes(life: list[Event], minutes: int) -> None:
    life = [e for e in life if "Fields" not in type(e[1]).__name__]
    only = policy_with(resolution={"medium": f"{minutes}m30s", "warnings": []})
    story = told(life, prompt=False, policies=only)
    breaches = [b.breached_at for b in story.said_of(SlaBreached)]
    assert breaches == _counted_breach(life, minutes)


def _counted_breach(life: list[Event], minutes: int) -> list[datetime]:
    """Goes through the minutes and looks at the wall clock and at the ticket's status."""
    is_open = reference.desk("Europe/Berlin", [[("09:00", "17:00")]] * 5 + [[]] * 2, {})
    at, counted, status = START, 0, Status.OPEN
    waiting = list(life)
    while at < END:
        while waiting and waiting[0][0] <= at:
            status = _status_after(waiting.pop(0)[1], status)
        if status not in (Status.PENDING, Status.RESOLVED) and is_open(at):
            if counted == minutes:
                return [at + HALF_A_MINUTE]
            counted += 1
        at += MINUTE
    return []


def _status_after(event: Message, status: Status) -> Status:
    name = type(event).__name__
    if name == "TicketResolved":
        return Status.RESOLVED
    if name == "TicketReopened":
        return Status.OPEN if status is Status.RESOLVED else status
    after = getattr(event, "new", None) or getattr(event, "status", None)
    return after if isinstance(after, Status) else status


@settings(max_examples=60, deadline=None)
@given(lives())
def test_first_response_is_asked_for_once_and_next_only_after_it(life: list[Event]) -> None:
    story = told(life, prompt=True)
    first_at = next((i for i, m in enumerate(story.messages) if _meets_first(m)), None)
    asked = [
        (i, target.metric)
        for i, message in enumerate(story.messages)
        if isinstance(message, SlaTargetsSet)
        for target in message.targets
    ]
    assert [metric for _, metric in asked].count(Metric.FIRST_RESPONSE) <= 1
    if any("Fields" in type(event).__name__ for _, event in life):
        return  # a priority without a first response is answered without a word
    for i, metric in asked:
        assert metric is not Metric.NEXT_RESPONSE or (first_at is not None and first_at < i)


def _meets_first(message: Message) -> bool:
    return isinstance(message, SlaFulfilled) and message.metric is Metric.FIRST_RESPONSE
