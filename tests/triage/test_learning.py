"""What is learned from labelled tickets, and that it is honest about how good that is."""

from typing import Any

import numpy as np
import pytest

from services.triage.domain.language import LanguageDetector
from services.triage.domain.learning.examples import Example, Names, is_held_out
from services.triage.domain.learning.fitting import Measure
from services.triage.domain.learning.proposing import Proposal, TooLittleError, Wish, propose
from services.triage.domain.learning.scores import score
from services.triage.domain.learning.training import (
    Task,
    separating,
    telling,
    typical,
    weighing,
)
from services.triage.domain.learning.vocabulary import Vocabulary, as_written
from services.triage.domain.ruleset import TriageRules
from services.triage.domain.triage import Triage
from tests.triage.cases import MATRIX
from tests.triage.histories import history


@pytest.fixture(scope="module")
def learned(detector: LanguageDetector) -> Proposal:
    return propose(history(), Wish("kind"), detector, None)


def rules(**more: Any) -> TriageRules:
    return TriageRules.model_validate({"priority": {"matrix": MATRIX}, **more})


def test_it_decides_what_it_learned(learned: Proposal, detector: LanguageDetector) -> None:
    triage = Triage(learned.rules, "", detector)
    said = [triage.read("", text).category for text in (
        "they refund nothing", "where is my parcel?", "the password does not work", "lovely weather"
    )]  # fmt: skip
    assert said == ["refund", "delivery_late", "kind_7", "general"]


def test_the_report_is_on_tickets_that_were_held_out(learned: Proposal) -> None:
    held = sum(is_held_out(example, 0.2) for example in history())
    assert 0 < held < learned.learned_from
    assert learned.tested.tickets == held
    assert learned.tested.macro_f1 > 0.8
    assert learned.alone is None


def test_labels_become_names_and_stay_known(learned: Proposal) -> None:
    labels = {name: category.labels for name, category in learned.rules.categories.items()}
    assert labels == {
        "refund": ("Refund",),
        "delivery_late": ("Delivery - Late",),
        "kind_7": ("7",),
    }


def test_the_clearest_word_stands_first(learned: Proposal) -> None:
    for words in learned.words.values():
        weights = list(words.values())
        assert weights == sorted(weights, reverse=True)
    assert any(word.startswith("refund") for word in list(learned.words["refund"])[:3])


def test_words_are_worth_what_the_held_out_tickets_say(learned: Proposal) -> None:
    held = [example for example in history() if is_held_out(example, 0.2)]
    [worth] = [word for word in learned.worth["kind_7"] if word.phrase == "login"]
    having = [example for example in held if "login" in example.body]
    assert worth.tickets == len(having) > 0
    assert worth.precision == 1.0


def test_numbers_that_name_something_are_not_learned(learned: Proposal) -> None:
    assert not any("4711234" in word for words in learned.words.values() for word in words)


def test_the_order_of_the_history_and_chance_change_nothing(
    learned: Proposal, detector: LanguageDetector
) -> None:
    again = propose(history(), Wish("kind"), detector, None)
    assert again.words == learned.words


def test_fewer_words_can_be_asked_for(detector: LanguageDetector, learned: Proposal) -> None:
    few = propose(history(), Wish("kind", most=5), detector, None)
    assert sum(map(len, few.words.values())) <= 15 < sum(map(len, learned.words.values()))


def test_a_label_that_means_none_gets_no_words_and_keeps_its_tickets_general(
    detector: LanguageDetector,
) -> None:
    chat = [Example("", text, "none of it") for text in (
        "good morning", "nice weather today", "thanks a lot", "how are you", "hello again",
        "good evening", "what a nice day", "thanks again", "hello and good morning", "bye bye",
    ) for _ in range(2)]  # fmt: skip
    found = propose([*history(), *chat], Wish("kind", none=("none of it",)), detector, None)
    assert set(found.words) == {"refund", "delivery_late", "kind_7"}
    triage = Triage(found.rules, "", detector)
    assert triage.read("", "good morning, nice weather").category == "general"


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([Example("", "a b c", "one")] * 9, "only one category"),
        ([Example("", "same text", label) for label in "ab"], "some for each category|only 2"),
    ],
)
def test_a_history_that_teaches_nothing_is_refused(
    rows: list[Example], problem: str, detector: LanguageDetector
) -> None:
    held = all(is_held_out(row, 0.2) for row in rows)
    if not held and "only one" not in problem:
        rows = [Example("", text, label) for text, label in zip(_held_texts(2), "ab", strict=True)]
    with pytest.raises(TooLittleError, match=problem):
        propose(rows, Wish("kind"), detector, None)


def _held_texts(number: int) -> list[str]:
    texts = (f"text {place}" for place in range(1000))
    return [text for text in texts if is_held_out(Example("", text, ""), 0.2)][:number]


def test_hand_written_words_stay_and_learned_ones_make_up_for_the_rest(
    detector: LanguageDetector,
) -> None:
    base = rules(
        categories={
            "refund": {"words": {"en": {"refund*": 3}}},
            "praise": {"words": {"en": {"wonderful": 4}}},
        }
    )
    found = propose(history(), Wish("kind"), detector, base)
    refund = found.rules.categories["refund"]
    assert refund.words == {"en": {"refund*": 3}}
    assert "refund*" not in refund.learned
    assert "my money" in refund.learned
    assert found.rules.categories["praise"] == base.categories["praise"]
    assert found.rules.thresholds == base.thresholds
    assert found.alone is not None
    assert found.alone.macro_f1 < found.tested.macro_f1


def test_what_was_learned_before_is_learned_anew(detector: LanguageDetector) -> None:
    base = rules(categories={"refund": {"words": {"en": {"refund*": 3}}, "learned": {"moon": 9}}})
    assert "moon" not in propose(history(), Wish("kind"), detector, base).words["refund"]


# The split.


def test_the_same_text_is_always_on_the_same_side() -> None:
    for number in range(200):
        ways = (f"Text {number}!", f"text  {number}", f"TEXT {number}")
        assert len({is_held_out(Example("", way, "x"), 0.3) for way in ways}) == 1


def test_the_share_that_is_held_out_is_the_one_asked_for() -> None:
    held = sum(is_held_out(Example("", f"text {number}", ""), 0.3) for number in range(3000))
    assert 0.27 < held / 3000 < 0.33


# Names.


def test_names_for_labels() -> None:
    names = Names().give(["Refund - late?", "C++", "C#", "4", "Ümlaut", "general", "x" * 90], "k")
    assert list(names.values()) == [
        "refund_late", "c", "c_2", "k_4", "umlaut", "general", "x" * 63
    ]  # fmt: skip


def test_labels_that_differ_only_beyond_what_a_name_can_say_get_a_number() -> None:
    names = Names().give(["返金", "x" * 63 + "1", "x" * 63 + "2", "配送"], "kind")
    assert list(names.values()) == ["kind", "x" * 63, "x" * 59 + "_2", "kind_2"]


def test_a_category_answers_to_its_labels() -> None:
    known = Names(rules(categories={"billing": {"labels": ["4"], "words": {"en": {"a": 1}}}}))
    assert [known.of(label) for label in ("4", "Billing", "billing", "refund")] == [
        "billing", "billing", "billing", None
    ]  # fmt: skip


# Features.


def test_a_text_has_words_pairs_and_shared_beginnings() -> None:
    rows = [Example("", "kündigung jetzt", "a"), Example("", "Kündigungen, jetzt", "a")] * 2
    vocabulary = Vocabulary(rows, 2.0)
    assert vocabulary.phrases == [
        "jetzt", "kundig*", "kundigung", "kundigung jetzt", "kundigungen", "kundigungen jetzt",
    ]  # fmt: skip
    assert as_written(vocabulary.phrases, rows)["kundig*"] == "kündig*"


def test_scripts_without_spaces_are_read_in_pairs() -> None:
    assert Vocabulary([Example("", "返金したい", "a")] * 2, 2.0).phrases == [
        "した",
        "たい",
        "返金",
        "金し",
    ]


def test_a_word_counts_where_it_weighs_most() -> None:
    rows = [Example("refund", "refund late", "a"), Example("", "late refund", "b")] * 2
    vocabulary = Vocabulary(rows, 2.0)
    row = vocabulary.row(rows[0])
    counts = row.values * row.length / vocabulary.rarity[row.numbers]
    found = {vocabulary.phrases[number]: round(count, 6) for number, count in
             zip(row.numbers, counts, strict=True)}  # fmt: skip
    assert found == {"refund": 2.0, "late": 1.0, "refund late": 1.0}


def test_what_stands_in_one_ticket_counts_only_where_a_category_has_few() -> None:
    rows = [Example("", f"common word{number}", "a") for number in range(30)]
    assert Vocabulary(rows, 1.0, categories=1).phrases == ["common"]
    assert "word7" in Vocabulary(rows, 1.0, categories=2).phrases
    assert "common word7" not in Vocabulary(rows, 1.0, categories=2).phrases


def test_a_narrowed_vocabulary_reads_what_is_left() -> None:
    rows = [Example("", "one two", "a"), Example("", "two three one", "b")] * 2
    vocabulary = Vocabulary(rows, 1.0)
    before = vocabulary.row(rows[1])
    kept = np.array([phrase in ("one", "two") for phrase in vocabulary.phrases])
    left = before.narrowed(vocabulary.narrow(kept))
    after = vocabulary.row(rows[1])
    assert (vocabulary.phrases, left.numbers.tolist()) == (["one", "two"], [0, 1])
    assert (left.values * left.length).tolist() == pytest.approx(after.values * after.length)


# The classifiers.


def _task() -> Task:
    chance = np.random.default_rng(7)
    letters = (chance.permutation(list("abcdefgh"))[:4] for _ in range(80))
    rows = [Example("", " ".join(few), "") for few in letters]
    vocabulary = Vocabulary(rows, 1.0)
    answers = np.array([0 if "a" in row.body else 1 if "b" in row.body else 2 for row in rows])
    return Task([vocabulary.row(row) for row in rows], answers, len(vocabulary), 3)


def _right(task: Task, weights: np.ndarray[Any, Any]) -> float:
    said = [int(np.argmax(row.values @ weights[row.numbers])) for row in task.rows]
    return float(np.mean(said == task.answers))


def test_both_classifiers_separate_what_can_be_separated() -> None:
    task = _task()
    assert _right(task, separating(task)) > 0.95
    assert _right(task, weighing(task, np.ones((task.phrases, 3)))) > 0.95


def test_only_what_is_allowed_gets_a_weight() -> None:
    task = _task()
    may = np.zeros((task.phrases, 3))
    may[0, 1] = 1
    assert np.argwhere(weighing(task, may)).tolist() == [[0, 1]]


def test_what_is_given_already_is_not_learned_again() -> None:
    task = _task()
    given = np.eye(3)[task.answers] * 50
    helped = Task(task.rows, task.answers, task.phrases, 3, given)
    may = np.ones((task.phrases, 3))
    assert np.abs(weighing(helped, may)).max() < 0.1 < np.abs(weighing(task, may)).max()


def test_the_most_telling_pairs_are_kept() -> None:
    task = _task()
    tickets = np.bincount(np.concatenate([row.numbers for row in task.rows])).astype(float)
    kept = telling(separating(task), task.rows, tickets, 4)
    assert kept.sum() == 4


def test_of_too_many_phrases_those_are_kept_that_are_typical_of_a_category() -> None:
    texts = [("refund the", 0), ("refund the", 0), ("parcel the", 1), ("parcel the moon", 1)]
    rows = [Example("", text, "") for text, _ in texts] * 2
    vocabulary = Vocabulary(rows, 1.0)
    answers = np.array([answer for _, answer in texts] * 2)
    task = Task([vocabulary.row(row) for row in rows], answers, len(vocabulary), 2)
    kept = vocabulary.narrow(typical(task, 4))
    assert vocabulary.phrases == ["parcel", "parcel the", "refund", "refund the"]
    assert task.narrowed(kept).phrases == 4


def test_of_many_tickets_each_is_looked_at_less_often() -> None:
    row = Vocabulary([Example("", "a", "")] * 2, 1.0).row(Example("", "a", ""))
    sizes = (3, 100_000, 1_000_000)
    tasks = [Task([row] * size, np.zeros(size, dtype=np.int64), 1, 1) for size in sizes]
    assert [len(task.rounds(20)) for task in tasks] == [20, 4, 4]


# How the sums become those of rules.


def measure(sums: list[list[float]], right: str) -> Measure:
    return Measure(("a", "b"), np.array(sums), list(right), 1.0)


def test_a_threshold_leaves_hardly_any_ticket_undecided() -> None:
    strong = [[3.0, 0.0]] * 20
    assert measure(strong, "a" * 20).least_score(1.0) == 2.0
    assert measure([*strong, [0.6, 0.0]], "a" * 21).least_score(1.0) == 0.5
    assert measure([*strong, [0.6, 0.0]], "a" * 20 + "b").least_score(1.0) == 0.5


def test_words_are_scaled_to_the_threshold_that_people_wrote() -> None:
    weak = measure([[0.9, 0.0]] * 20, "a" * 20)
    assert [weak.scale_for(least) for least in (0.5, 2.0, 50.0)] == [1.0, 2.8, 1.0]


def test_a_history_too_small_to_hold_any_out_still_teaches(detector: LanguageDetector) -> None:
    kept = [text for text in ("refund one", "parcel two") if not _is_held(text)]
    rows = [Example("", text, text[:6]) for text in kept] * 3
    found = propose(rows, Wish("kind"), detector, None)
    assert (found.tested.tickets, set(found.words)) == (0, {"refund", "parcel"})


def _is_held(text: str) -> bool:
    return is_held_out(Example("", text, ""), 0.2)


def test_one_category_can_be_told_from_none(detector: LanguageDetector) -> None:
    chat = [Example("", f"nice weather {number}", "general") for number in range(40)]
    refunds = [row for row in history() if row.label == "Refund"]
    found = propose([*refunds, *chat], Wish("kind"), detector, None)
    triage = Triage(found.rules, "", detector)
    said = [triage.read("", text).category for text in ("refund please", "what nice weather")]
    assert said == ["refund", "general"]


# The scores.


def test_scores_by_hand() -> None:
    found = score(["a", "a", "a", "b", "b", "c"], ["a", "a", "b", "b", "general", "a"])
    assert (found.tickets, found.accuracy, found.undecided) == (6, 0.5, 1)
    a, b, c = (found.classes[name] for name in "abc")
    assert (a.precision, a.recall, a.f1, a.tickets) == (0.6667, 0.6667, 0.6667, 3)
    assert (b.precision, b.recall, b.f1) == (0.5, 0.5, 0.5)
    assert (c.precision, c.recall, c.f1) == (0.0, 0.0, 0.0)
    assert found.macro_f1 == 0.3889
    assert found.confusions == [("a", "b", 1), ("b", "general", 1), ("c", "a", 1)]


def test_scores_of_nothing() -> None:
    found = score([], [])
    assert (found.accuracy, found.macro_f1, found.classes) == (0.0, 0.0, {})
