"""What agents, bots and the requester can want of a ticket, and what they are told otherwise."""

from itertools import product

import pytest

from services.intake.domain.fitting import FITS
from services.intake.domain.lifecycle import DECIDES, decide
from services.intake.domain.ticket import Policy, ReplyStatus, TicketState
from shared.contracts.commands import (
    AbsorbTicket,
    AddNote,
    ChangeFields,
    Command,
    Escalate,
    ImportTicket,
    Link,
    MarkSpam,
    Merge,
    Rate,
    Reassign,
    RecordMessage,
    ReleaseTicket,
    Reply,
    ReplyCanned,
    SetStatus,
    Split,
    Unmerge,
)
from shared.contracts.fields import Actor, ActorKind, Priority, Status
from shared.contracts.message import concrete_messages
from shared.contracts.ticket import AgentReplied, FieldsChanged, NoteAdded
from tests.intake_lifecycle.builders import (
    AGENT,
    BOT,
    REQUESTER,
    STRANGER,
    bounced,
    facts,
    importing,
    names,
    record,
    refusal,
    ticket,
)

S = Status


def opens(command: Command) -> bool:
    return isinstance(command, RecordMessage | ImportTicket)


SAMPLES: tuple[Command, ...] = (
    record(),
    bounced(),
    Reply(actor=AGENT, text="Try the switch."),
    ReplyCanned(actor=AGENT, canned_id="hello"),
    importing(),
    AddNote(actor=AGENT, text="Is it plugged in?"),
    SetStatus(actor=AGENT, status=S.ON_HOLD),
    Reassign(actor=AGENT, agent_id="bob"),
    Escalate(actor=AGENT, reason="beyond me"),
    ChangeFields(actor=AGENT, category="lighting"),
    Merge(actor=AGENT, into="t2"),
    AbsorbTicket(actor=AGENT, source="t2", source_number="TKT-2"),
    Unmerge(actor=AGENT),
    ReleaseTicket(actor=AGENT, source="t2"),
    Split(actor=AGENT, message_id="m1"),
    Link(actor=AGENT, other="t2"),
    Rate(actor=REQUESTER, score=4),
    MarkSpam(actor=AGENT),
)


def test_every_command_of_the_contracts_is_decided() -> None:
    commands = {cls for cls in concrete_messages() if issubclass(cls, Command)}

    assert set(FITS) == set(DECIDES) == commands == {type(sample) for sample in SAMPLES}


@pytest.mark.parametrize(("sample", "status"), list(product(SAMPLES, Status)), ids=str)
def test_outside_its_statuses_a_command_is_refused(sample: Command, status: Status) -> None:
    fit = FITS[type(sample)]
    decided = decide(sample, ticket(status), facts())

    if status not in fit.statuses:
        assert names(decided) == ["CommandRejected"]
        assert fit.instead
        assert fit.instead in refusal(sample, ticket(status))


@pytest.mark.parametrize(("sample", "kind"), list(product(SAMPLES, ActorKind)), ids=str)
def test_each_command_is_for_its_actors(sample: Command, kind: ActorKind) -> None:
    actor = Actor(kind=kind, id="cara")
    state = ticket(next(iter(FITS[type(sample)].statuses)))

    decided = decide(sample.model_copy(update={"actor": actor}), state, facts())

    refused = f"the actor here is {kind}" in str(decided.says)
    assert refused is (kind not in FITS[type(sample)].actors)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_merged_ticket_names_the_one_it_went_into(sample: Command) -> None:
    merged = ticket(S.CLOSED, merged_into="t9")

    if FITS[type(sample)].merged:
        assert "was merged into" not in str(decide(sample, merged, facts()).says)
    elif FITS[type(sample)].actors != (ActorKind.REQUESTER,):
        reason = refusal(sample, merged)
        assert reason.startswith("TKT-1000 was merged into t9: send ")


@pytest.mark.parametrize(
    ("status", "policy", "then"),
    [
        (S.NEW, "in_progress", S.IN_PROGRESS),
        (S.OPEN, "in_progress", S.IN_PROGRESS),
        (S.OPEN, "pending", S.PENDING),
        (S.IN_PROGRESS, "pending", S.PENDING),
        (S.NEW, "unchanged", S.OPEN),
        (S.OPEN, "unchanged", S.OPEN),
        (S.PENDING, "in_progress", S.PENDING),
        (S.ON_HOLD, "pending", S.ON_HOLD),
        (S.RESOLVED, "pending", S.RESOLVED),
    ],
)
def test_the_policy_says_what_an_answer_makes_of_a_ticket_that_is_ours(
    status: Status, policy: ReplyStatus, then: Status
) -> None:
    decided = decide(
        Reply(actor=AGENT, text="Yes."), ticket(status), facts(policy=Policy(after_reply=policy))
    )

    assert decided.ticket is not None
    assert decided.ticket.status is then
    replied = decided.says[0]
    assert isinstance(replied, AgentReplied)
    assert (replied.status, replied.human) == (then, True)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (S.PENDING, ["AgentReplied", "StatusChanged"]),
        (S.RESOLVED, ["AgentReplied", "TicketResolved"]),
        (S.OPEN, ["AgentReplied"]),
        (S.CLOSED, ["CommandRejected"]),
        (S.NEW, ["CommandRejected"]),
    ],
)
def test_an_answer_can_say_the_status_itself(asked: Status, said: list[str]) -> None:
    decided = decide(Reply(actor=AGENT, text="Done.", status=asked), ticket(S.OPEN), facts())

    assert names(decided) == said


def test_a_bots_answer_is_no_humans_and_leaves_the_ticket_new() -> None:
    decided = decide(Reply(actor=BOT, text="One moment."), ticket(S.NEW), facts())

    [replied] = decided.says
    assert isinstance(replied, AgentReplied)
    assert not replied.human
    assert replied.status is S.NEW


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (AddNote(actor=AGENT, text="n"), ["NoteAdded", "StatusChanged"]),
        (AddNote(actor=BOT, text="n"), ["NoteAdded"]),
        (Reassign(actor=AGENT), ["AssignmentRequested", "StatusChanged"]),
        (Escalate(actor=AGENT, reason="r"), ["EscalationRequested", "StatusChanged"]),
        (ChangeFields(actor=AGENT, category="c"), ["FieldsChanged", "StatusChanged"]),
    ],
)
def test_the_first_act_of_a_human_takes_the_ticket_up(command: Command, said: list[str]) -> None:
    assert names(decide(command, ticket(S.NEW), facts())) == said


def test_somebody_mentioned_twice_is_mentioned_once() -> None:
    command = AddNote(actor=AGENT, text="@bob @bob", mentions=("bob", "bob"))

    [added] = decide(command, ticket(), facts()).says

    assert isinstance(added, NoteAdded)
    assert added.mentions == ("bob",)


def test_fields_are_changed_with_old_and_new_and_pinned() -> None:
    command = ChangeFields(
        actor=AGENT, priority=Priority.HIGH, tags=("a", "b"), subject="Cara's lamp"
    )

    decided = decide(command, ticket(tags=("a",)), facts())

    [changed] = decided.says
    assert isinstance(changed, FieldsChanged)
    assert [(c.field, c.old, c.new) for c in changed.changes] == [
        ("priority", None, "high"),
        ("tags", "a", "a, b"),
        ("subject", None, None),
    ]
    assert changed.subject == "Cara's lamp"
    assert decided.ticket is not None
    assert decided.ticket.pinned == ("priority", "tags")
    assert decided.ticket.subject == "Cara's lamp"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (
            ChangeFields(actor=AGENT),
            "no field is given; fields are category, priority, type, tags, subject",
        ),
        (
            ChangeFields(actor=AGENT, category="lighting"),
            "category: set by hand so already; fields are category, priority, type, tags, subject",
        ),
    ],
)
def test_nothing_to_change_is_refused(command: Command, reason: str) -> None:
    state = ticket(category="lighting", pinned=("category",))

    assert refusal(command, state) == reason


def test_confirming_a_wish_from_upstream_pins_it() -> None:
    command = ChangeFields(actor=AGENT, priority=Priority.LOW)

    decided = decide(command, ticket(priority=Priority.LOW), facts())

    assert decided.ticket is not None
    assert decided.ticket.pinned == ("priority",)


@pytest.mark.parametrize(
    ("command", "state", "reason"),
    [
        (
            Rate(actor=REQUESTER, score=1),
            ticket(S.OPEN),
            (
                "Rate does not fit a ticket that is open, only one that is resolved, closed: it is "
                "rated once it is resolved"
            ),
        ),
        (
            Rate(actor=STRANGER, score=1),
            ticket(S.RESOLVED),
            "Rate is for this ticket's own requester; the actor is another",
        ),
        (
            Rate(actor=AGENT, score=5),
            ticket(S.RESOLVED),
            "Rate is for requester; the actor here is agent",
        ),
        (
            Rate(actor=REQUESTER, score=1),
            ticket(S.CLOSED, spam=True),
            "a ticket that was marked as spam is not rated",
        ),
        (
            Reply(actor=REQUESTER, text="I"),
            ticket(),
            "Reply is for agent or bot; the actor here is requester",
        ),
        (
            Reassign(actor=AGENT),
            ticket(S.RESOLVED),
            (
                "Reassign does not fit a ticket that is resolved, only one that is new, open, "
                "in_progress, pending, on_hold: reopen it first (SetStatus open)"
            ),
        ),
    ],
    ids=str,
)
def test_what_a_refused_actor_reads(command: Command, state: TicketState, reason: str) -> None:
    assert refusal(command, state) == reason


def test_a_ticket_can_be_rated_again() -> None:
    state = ticket(S.CLOSED)

    assert names(decide(Rate(actor=REQUESTER, score=2), state, facts())) == ["FeedbackReceived"]
    assert names(decide(Rate(actor=REQUESTER, score=5), state, facts())) == ["FeedbackReceived"]


def test_spam_is_closed() -> None:
    decided = decide(MarkSpam(actor=AGENT), ticket(S.NEW), facts())

    assert names(decided) == ["TicketMarkedSpam", "TicketClosed"]
    assert decided.ticket is not None
    assert (decided.ticket.status, decided.ticket.spam) == (S.CLOSED, True)


@pytest.mark.parametrize("sample", [each for each in SAMPLES if not opens(each)], ids=str)
def test_nothing_can_be_wanted_of_a_ticket_that_is_not_there(sample: Command) -> None:
    assert refusal(sample, None) == "there is no ticket t1"
