"""A ledger's balance names what was lost, what came twice and what nobody sent."""

from tests.bench.ledger import Ledger, balance, once_each


def _ledger(*origins: str, doubtful: str = "") -> Ledger:
    ledger = Ledger()
    for origin in origins:
        ledger.plan(origin, 0.0)
        if origin != doubtful:
            ledger.acknowledged(origin)
    return ledger


def test_each_with_one_fate_holds() -> None:
    found = balance(_ledger("a", "b"), [("a", "t1"), ("b", "MessageHeld s2")])
    assert found.holds
    assert (found.accepted, found.settled) == (2, 2)


def test_without_a_fate_it_is_lost() -> None:
    found = balance(_ledger("a", "b"), [("a", "t1")])
    assert found.lost == ("b",)
    assert not found.holds


def test_two_tickets_of_one_message_are_doubled_but_the_same_told_twice_is_not() -> None:
    found = balance(_ledger("a", "b"), [("a", "t1"), ("a", "t1"), ("b", "t2"), ("b", "t3")])
    assert found.doubled == ("b",)


def test_what_nobody_sent_is_foreign() -> None:
    assert balance(_ledger("a"), [("a", "t1"), ("x", "t2")]).foreign == ("x",)


def test_what_was_never_acknowledged_may_have_arrived_or_not() -> None:
    ledger = _ledger("a", "b", doubtful="b")
    assert balance(ledger, [("a", "t1")]).holds
    assert balance(ledger, [("a", "t1"), ("b", "t2")]).holds
    assert not balance(ledger, [("a", "t1"), ("b", "t2"), ("b", "t3")]).holds


def test_once_each() -> None:
    found = once_each(["a", "b", "c"], ["a", "b", "b", "x"])
    assert (found.missing, found.repeated, found.unwanted) == (("c",), ("b",), ("x",))
