"""Mails are counted as they are noted, each once, and none that is still on its way."""

from pathlib import Path

from tests.bench.sink import MailCount, mails

FIRST = "1000 <a@desk.example> writer1@customers.example\n"
SECOND = "1001 <b@desk.example> agent1@desk.example\n"


def test_each_look_counts_what_is_new(tmp_path: Path) -> None:
    record = tmp_path / "mails.txt"
    count = MailCount(record)
    assert count.look().all == 0
    record.write_text(FIRST)
    assert (count.look().all, count.to_customers) == (1, 1)
    record.write_text(FIRST + SECOND + FIRST)
    assert (count.look().all, count.to_customers) == (3, 2)
    assert (count.look().all, count.to_customers) == (3, 2)


def test_half_a_line_waits_for_its_rest(tmp_path: Path) -> None:
    record = tmp_path / "mails.txt"
    record.write_text(FIRST + SECOND[:12])
    count = MailCount(record)
    assert (count.look().all, len(mails(record))) == (1, 1)
    record.write_text(FIRST + SECOND)
    assert (count.look().all, len(mails(record))) == (2, 2)
