"""What is said of a ticket at first, and what changes when more is known."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.triage.domain.language import LanguageDetector
from services.triage.domain.ticket import TriageState
from services.triage.domain.triage import Decided, Triage, words_of
from shared.contracts.fields import Automatic, Priority, Requester, Sealed, TicketType, Tier
from shared.contracts.triage import TicketTriaged
from tests.triage.cases import changed, created, message, replied, ruleset

STEPS = [
    {"name": "urgent", "when": {"cue": ["urgent"]}, "urgency": {"up": 1}},
    {"name": "VIP", "when": {"vip": True}, "priority": {"at_least": "high"}},
    {"name": "login", "when": {"category": ["login"]}, "priority": {"at_least": "high"}},
]


@pytest.fixture(scope="module")
def triage(detector: LanguageDetector) -> Triage:
    return Triage(ruleset(steps=STEPS), "v1", detector)


def said(decided: Decided) -> TicketTriaged:
    assert decided.said is not None
    return decided.said


def test_the_first_triage_says_everything(triage: Triage) -> None:
    event = said(
        triage.first(
            created(
                "I am annoyed: the webshop sent an urgent bill to my Android phone",
                subject="Invoice 42",
                tags=("from_form",),
            )
        )
    )
    assert event.category == "billing"
    assert event.type is TicketType.SERVICE_REQUEST
    assert event.language == "en"
    assert (event.impact, event.urgency, event.priority) == ("medium", "high", Priority.HIGH)
    assert event.tone == "annoyed"
    assert event.tags == ("from_form", "mobile")
    assert event.product == "shop"
    assert event.rules_version == "v1"
    assert event.changes == ()
    assert [(m.phrase, m.field, m.weight, m.category) for m in event.matches[:2]] == [
        ("invoice*", "subject", 6.0, "billing"),
        ("bill", "body", 2.0, "billing"),
    ]
    assert {m.category for m in event.matches[2:]} == {
        "cue/urgent",
        "product/shop",
        "tag/mobile",
        "tone/annoyed",
    }


def test_quoted_text_does_not_count(triage: Triage) -> None:
    quoted = created("Thanks\n> my invoice, the bill", new_text="Thanks")
    assert said(triage.first(quoted)).category == "general"
    assert words_of(message("a\n> b", new_text="")) == ""


def test_sealed_text_says_nothing(triage: Triage) -> None:
    sealed = created("x").model_copy(update={"subject": Sealed(kid="k", ct="invoice")})
    assert said(triage.first(sealed)).category == "general"


def test_the_type_that_upstream_gave_holds(triage: Triage) -> None:
    decided = triage.first(created("password", type=TicketType.QUESTION))
    assert said(decided).type is TicketType.QUESTION
    again = triage.on_reply(decided.state, replied("I complain about the bill and the parcel"))
    assert again.state.verdict.type is TicketType.QUESTION


def test_new_information_gives_a_category(triage: Triage) -> None:
    first = triage.first(created("It is like I told you on the phone"))
    assert said(first).category == "general"
    event = said(triage.on_reply(first.state, replied("It is the password, and I cannot log in")))
    assert (event.category, event.type, event.priority) == (
        "login",
        TicketType.INCIDENT,
        Priority.HIGH,
    )
    assert [(c.field, c.old, c.new) for c in event.changes] == [
        ("category", "general", "login"),
        ("type", "service_request", "incident"),
        ("priority", "medium", "high"),
    ]


def test_little_new_evidence_changes_nothing(triage: Triage) -> None:
    first = triage.first(created("The invoice and the bill", subject="Invoice"))
    again = triage.on_reply(first.state, replied("I sent it with the parcel"))
    assert again.said is None
    assert again.state.evidence.reply == ("parcel",)
    assert again.state.verdict == first.state.verdict


def test_much_new_evidence_changes_the_category(triage: Triage) -> None:
    first = triage.first(created("the bill"))
    assert said(first).category == "billing"
    again = triage.on_reply(
        first.state, replied("My password is gone, I cannot log in. That is it: log in, password.")
    )
    assert again.state.verdict.category == "billing"  # a reply weighs half
    renamed = triage.on_fields(again.state, changed(subject="Password and log in"))
    assert said(renamed).category == "login"


def test_what_is_no_news_is_not_said(triage: Triage) -> None:
    first = triage.first(created("My password", subject="log in"))
    again = triage.on_reply(first.state, replied("My password, please"))
    assert again.said is None


def test_a_reply_raises_the_priority(triage: Triage) -> None:
    first = triage.first(created("the bill"))
    event = said(triage.on_reply(first.state, replied("This has become urgent")))
    assert event.priority is Priority.HIGH
    assert [(c.field, c.old, c.new) for c in event.changes] == [("priority", "medium", "high")]


def test_a_reply_never_lowers_the_priority(triage: Triage) -> None:
    first = triage.first(created("the bill is urgent"))
    calmed = triage.on_reply(first.state, replied("it is not urgent any more"))
    assert calmed.said is None
    assert calmed.state.verdict.priority is Priority.HIGH
    event = said(triage.on_reply(calmed.state, replied("I am annoyed")))
    assert event.priority is Priority.HIGH
    assert event.priority_steps[-1].rule == "never lowered by new information"
    assert event.priority_steps[-1].effect == "priority medium ▶ high"


@pytest.mark.parametrize(
    "reply",
    [
        replied("urgent password", automatic=Automatic.AUTO_REPLY),
        replied("urgent password", participant=False),
        replied("ok\n> urgent password", new_text="ok"),
    ],
    ids=["a machine's", "a stranger's", "a quotation"],
)
def test_a_reply_that_adds_nothing(triage: Triage, reply: Any) -> None:
    first = triage.first(created("the bill"))
    assert triage.on_reply(first.state, reply).said is None


def test_the_tone_only_gets_worse_and_tags_only_more(triage: Triage) -> None:
    state = triage.first(created("furious about VAT")).state
    event = said(triage.on_reply(state, replied("annoyed about the till on Android")))
    assert (event.tone, event.tags, event.product) == ("angry", ("vat", "mobile"), "till")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", "delivery"),
        ("priority", Priority.LOW),
        ("type", TicketType.QUESTION),
        ("tags", ("mine",)),
    ],
)
def test_what_a_human_set_is_never_changed_again(triage: Triage, field: str, value: Any) -> None:
    state = triage.first(created("hello")).state
    by_hand = triage.on_fields(state, changed(**{field: value}))
    assert by_hand.said is None
    assert by_hand.state.pinned == (field,)
    event = said(
        triage.on_reply(
            by_hand.state, replied("urgent! password, log in. I complain, furious, vat, android")
        )
    )
    assert getattr(event, field) == value
    assert field not in {change.field for change in event.changes}
    assert getattr(by_hand.state.verdict, field) == value


def test_a_pinned_priority_is_told_as_set_by_hand(triage: Triage) -> None:
    state = triage.first(created("hello")).state
    state = triage.on_fields(state, changed(priority=Priority.LOW)).state
    event = said(triage.on_reply(state, replied("I am annoyed, urgent")))
    assert event.priority_steps[-1].rule == "set by hand"
    assert event.priority_steps[-1].effect == "priority high ▶ low"


def test_a_category_set_by_hand_may_raise_the_priority(triage: Triage) -> None:
    state = triage.first(created("hello")).state
    event = said(triage.on_fields(state, changed(category="login")))
    assert (event.category, event.confidence, event.priority) == ("login", 1.0, Priority.HIGH)
    assert [change.field for change in event.changes] == ["type", "priority"]


def test_a_category_that_the_rules_do_not_know_may_be_set_by_hand(triage: Triage) -> None:
    state = triage.first(created("hello")).state
    by_hand = triage.on_fields(state, changed(category="facilities"))
    assert by_hand.said is None
    assert by_hand.state.verdict.category == "facilities"


def test_another_requester_is_weighed_anew(triage: Triage) -> None:
    state = triage.first(created("hello")).state
    boss = Requester(customer_id="c2", vip=True, tier=Tier.ENTERPRISE)
    assert said(triage.on_fields(state, changed(requester=boss))).priority is Priority.HIGH


def test_an_unknown_language_is_filled_in(triage: Triage) -> None:
    state = triage.first(created("hm", requester={"locale": None})).state
    assert state.verdict.language is None
    event = said(triage.on_reply(state, replied("Guten Tag, da stimmt etwas gar nicht bei uns.")))
    assert [(c.field, c.old, c.new) for c in event.changes] == [("language", None, "de")]


def test_newer_rules_judge_what_was_kept(triage: Triage, detector: LanguageDetector) -> None:
    state = triage.first(created("password")).state
    newer = Triage(
        ruleset(categories={"access": {"words": {"en": {"password": 5}}}}), "v2", detector
    )
    event = said(newer.on_reply(state, replied("annoyed")))
    assert (event.rules_version, event.category) == ("v2", "access")


def test_the_document_is_small(shipped: Triage) -> None:
    entries = (words.words for words in shipped.rules.word_lists())
    everything = "\n".join(phrase for words in entries for of in words.values() for phrase in of)
    state = shipped.first(created(everything[:20_000], subject=everything[:900])).state
    assert len(state.model_dump_json()) < 4_096


def test_a_document_is_read_back_as_it_was(triage: Triage) -> None:
    state = triage.first(created("urgent bill of the till, android", subject="VAT")).state
    assert TriageState.model_validate(state.model_dump(mode="json")) == state


WORDS = ["invoice", "bill", "password", "log in", "parcel", "urgent", "not urgent", "furious"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=6).map(", ".join)


@settings(max_examples=60)
@given(TEXTS, st.lists(TEXTS, max_size=8))
def test_re_triage_only_goes_up_and_tells_each_change_once(
    detector: LanguageDetector, text: str, replies: list[str]
) -> None:
    triage = Triage(ruleset(steps=STEPS), "v1", detector)
    decided = triage.first(created(text))
    told = said(decided)
    for reply in replies:
        decided = triage.on_reply(decided.state, replied(reply))
        if decided.said is None:
            continue
        assert decided.said.changes
        for change in decided.said.changes:
            assert str(getattr(told, change.field)) == str(change.old)
            assert str(getattr(decided.said, change.field)) == str(change.new)
        assert decided.said.priority.rank >= told.priority.rank
        assert not (told.category != "general" and decided.said.category == "general")
        told = decided.said
    assert triage.on_reply(decided.state, replied(replies[-1] if replies else "")).said is None
