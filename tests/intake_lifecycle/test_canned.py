"""Replies that are kept under an id: which text, filled in with what, and what is refused."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from services.intake.domain.canned_form import KNOWN, VARIABLE, CannedReplies, CannedReply
from services.intake.domain.lifecycle import decide
from services.intake.domain.ticket import Decided, Policy, TicketState
from services.intake.rules import check, load_canned
from shared.contracts.commands import AddNote, ReplyCanned
from shared.contracts.fields import Requester, Status
from shared.contracts.ticket import AgentReplied, CommandRejected, NoteAdded
from shared.kit.settings import SHIPPED_CONFIG
from tests.intake_lifecycle.builders import AGENT, CARA, canned, facts, names, ticket

HELLO = "{{ requester_name }}, about {{subject}} ({{ number }}): {{ what }}. {{ agent }}"
NAMED = CARA.model_copy(update={"name": "Cara"})


def sent(
    kept: CannedReplies,
    on: TicketState | None = None,
    canned_id: str = "hello",
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Decided:
    command = ReplyCanned(actor=AGENT, canned_id=canned_id, variables=dict(variables))
    return decide(command, on or ticket(requester=NAMED), facts(policy=Policy(canned=kept)))


def text_of(decided: Decided) -> str:
    [replied] = [event for event in decided.says if isinstance(event, AgentReplied)]
    assert isinstance(replied.message.text, str)
    return replied.message.text


def reason_of(decided: Decided) -> str:
    [rejected] = decided.says
    assert isinstance(rejected, CommandRejected)
    return rejected.reason


def test_the_ticket_and_the_agent_fill_it_in() -> None:
    decided = sent(canned(hello=HELLO), variables={"what": "wait"})

    assert text_of(decided) == "Cara, about The lamp is dark (TKT-1000): wait. ana"


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    decided = sent(canned(hello="{{ what }}"), variables={"what": "{{ number }}"})

    assert text_of(decided) == "{{ number }}"


@pytest.mark.parametrize(
    ("locale", "text"),
    [("de-AT", "Servus"), ("de", "Hallo"), ("de_CH", "Hallo"), ("fr", "Hello"), (None, "Hello")],
)
def test_it_is_said_in_the_requesters_language(locale: str | None, text: str) -> None:
    texts = {"en": "Hello", "de": "Hallo", "de-AT": "Servus"}
    kept = CannedReplies(replies={"hello": CannedReply(title="Hello", texts=texts)})
    requester = Requester(customer_id="cara", locale=locale)

    assert text_of(sent(kept, ticket(requester=requester))) == text


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({}, "canned reply hello: it needs what among the variables"),
        ({"what": " "}, "canned reply hello: it needs what among the variables"),
        ({"what": "x", "wat": "y"}, "canned reply hello: it has no place for wat"),
        (
            {"wat": "y"},
            "canned reply hello: it needs what among the variables; it has no place for wat",
        ),
    ],
)
def test_variables_that_do_not_fit_are_told(variables: dict[str, str], reason: str) -> None:
    assert reason_of(sent(canned(hello=HELLO), variables=variables)) == reason


def test_a_name_that_nobody_knows_is_asked_for() -> None:
    decided = sent(canned(hello="{{ requester_name }}!"), ticket())

    assert reason_of(decided) == "canned reply hello: it needs requester_name among the variables"


@pytest.mark.parametrize(
    ("kept", "canned_id", "reason"),
    [
        (canned(hello="Hi"), "helo", "there is no canned reply helo; did you mean hello?"),
        (canned(hello="Hi"), "zzz", "there is no canned reply zzz; there are hello"),
        (canned(), "hello", "there is no canned reply hello; none is set up"),
    ],
)
def test_a_reply_that_is_not_kept_is_told(kept: CannedReplies, canned_id: str, reason: str) -> None:
    assert reason_of(sent(kept, canned_id=canned_id)) == reason


@pytest.mark.parametrize(
    ("own", "wanted", "after"),
    [
        (None, None, Status.IN_PROGRESS),
        (Status.PENDING, None, Status.PENDING),
        (Status.PENDING, Status.RESOLVED, Status.RESOLVED),
        (Status.CLOSED, None, Status.IN_PROGRESS),  # which an open ticket cannot become
    ],
)
def test_the_status_after_it(own: Status | None, wanted: Status | None, after: Status) -> None:
    reply = CannedReply(title="x", status=own, texts={"en": "Hi"})
    command = ReplyCanned(actor=AGENT, canned_id="hello", status=wanted)
    policy = Policy(canned=CannedReplies(replies={"hello": reply}))

    decided = decide(command, ticket(), facts(policy=policy))

    assert decided.ticket is not None
    assert decided.ticket.status is after


def test_a_closed_ticket_takes_none() -> None:
    decided = sent(canned(hello="Hi"), ticket(Status.CLOSED))

    assert names(decided) == ["CommandRejected"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@bob and @eve.k: look", ("ana", "bob", "eve.k")),
        ("Ask @bob. @bob?", ("ana", "bob")),
        ("mail to bob@example.org, bob@@eve", ("ana",)),
        ("(@bob) @", ("ana", "bob")),
    ],
)
def test_a_note_tells_whom_it_names(text: str, found: tuple[str, ...]) -> None:
    decided = decide(AddNote(actor=AGENT, text=text, mentions=("ana", "ana")), ticket(), facts())

    [added] = [event for event in decided.says if isinstance(event, NoteAdded)]
    assert added.mentions == found


def test_what_is_shipped_can_be_used() -> None:
    assert check(SHIPPED_CONFIG) == []
    kept = load_canned(SHIPPED_CONFIG / "canned.yaml").value
    for name, reply in kept.replies.items():
        own = set(VARIABLE.findall(reply.texts["en"])) - set(KNOWN)
        assert text_of(sent(kept, canned_id=name, variables=dict.fromkeys(own, "x")))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("replies: {a: {title: A, texts: {de: Hallo}}}", "without a text in en: a"),
        ("replies: {a: {title: A, texts: {en: '{{ Name }}'}}}", "a variable is written {{ name }}"),
        ("replies: {a: {title: A, texts: {en: x}, state: open}}", "state"),
        ("replies: {a: {title: A, texts: {}}}", "at least 1"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "canned.yaml").write_text(text)

    [line] = check(tmp_path)

    assert problem in line
    assert line.startswith(f"{tmp_path / 'canned.yaml'}:")
