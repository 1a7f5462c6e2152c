"""A small part of what `python -m tests.intake.fuzz` reads, the same every time."""

import math
from dataclasses import replace

from services.intake.domain.message import FoundAttachment, IncomingMessage, Person
from services.intake.domain.tidying import tidied
from tests.intake.fuzz import Case, Tally, mail_case, payload_case, read, run
from tests.intake.safety import problems_of, unsafe_html
from tests.intake.seeds import MAILS, PAYLOADS

SEED = 20_261_122
HARMLESS = IncomingMessage(channel="email", sender=Person("a@x.example"), text="Hi")


def test_mutated_mails_are_read_or_refused() -> None:
    tally = Tally()
    for number in range(300):
        read(mail_case(SEED, number, MAILS), tally)

    assert tally.failures == []
    assert tally.outcomes["message"] > 200


def test_mutated_payloads_are_read_or_refused() -> None:
    tally = Tally()
    for number in range(600):
        read(payload_case(SEED, number, PAYLOADS), tally)

    assert tally.failures == []
    assert tally.outcomes["message"] > 100
    assert tally.outcomes["refused"] > 100


def test_every_seed_is_read() -> None:
    tally = Tally()
    for data in MAILS:
        read(Case("mail", "email", data), tally)
    for channel, bodies in PAYLOADS.items():
        for data in bodies:
            read(Case(channel, channel, data), tally)

    assert tally.failures == []
    assert set(tally.outcomes) == {"message"}


def test_the_same_case_comes_again() -> None:
    assert mail_case(1, 7, MAILS) == mail_case(1, 7, MAILS)
    assert mail_case(1, 7, MAILS) != mail_case(2, 7, MAILS)


def test_the_fuzzer_sees_what_is_unsafe() -> None:
    for html in (
        "<script>x</script>",
        "<p onclick=x>",
        "<a href='javascript:x'>",
        "<a href=' java\nscript:x'>",
        "<img src='data:x'>",
        "<a href='/logout'>",
        "<svg>",
        "<!-- x -->",
        "<p style='x'>",
    ):
        assert unsafe_html(html), html
    assert unsafe_html("<p><a href='https://x.example'>a</a><img src='cid:1'></p>") == []

    evil = FoundAttachment("a\u200b.exe", "a/b", b"")
    assert problems_of(HARMLESS) == []
    assert problems_of(replace(HARMLESS, attachments=(evil,)))
    assert problems_of(replace(HARMLESS, sender=Person("a@x\r\nBcc: b@x")))
    assert problems_of(replace(HARMLESS, subject="a\u2028b"))
    assert problems_of(replace(HARMLESS, text="\ud800"))


def test_what_one_line_is_meant_to_be_becomes_one() -> None:
    message = replace(
        HARMLESS,
        sender=Person("a@x\r\nBcc: b@x", "A\x00na\u2028Ruiz"),
        subject="a\nb" * 1_000,
        external_id="<a\r\nb>",
        references=("<c>", "\n"),
    )

    found = tidied(message)

    assert problems_of(found) == []
    assert found.sender == Person("a@x Bcc: b@x", "Ana Ruiz")
    assert (found.external_id, found.references) == ("<a b>", ("<c>",))
    assert tidied(HARMLESS) == HARMLESS


def test_a_run_goes_on_where_the_last_one_ended() -> None:
    whole, halves = Tally(SEED), Tally(SEED)

    run(whole, 4, 4, math.inf)
    run(halves, 2, 0, math.inf)
    run(halves, 4, 4, math.inf)

    assert (halves.mails, halves.payloads) == (4, 4)
    assert halves.outcomes == whole.outcomes


def test_a_slow_case_is_a_failure() -> None:
    tally = Tally()

    tally.note(Case("mail:1", "email", b""), 1.5, [])

    assert tally.failures == ["mail:1: took 1.50 s"]
