"""`python -m tests.intake.report`: how intake reads the public samples, by source.

Expected senders and subjects are those that come with a sample, else what the standard library
reads where it finds no defect. `--differences` lists both readings, and the reason where ours is
meant.
"""

import argparse
import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from services.intake.adapters.channels import ADAPTERS
from services.intake.adapters.markup import read_markup
from services.intake.adapters.payload import Payload
from services.intake.adapters.recognition import recognised
from services.intake.domain.message import IncomingMessage, UnreadableError
from services.intake.domain.quoting import divide
from shared.contracts.fields import Automatic

PUBLIC = Path(__file__).parents[2].parent / "shared" / "data" / "public"
# Traits that a machine's mail has by the samples' own index.
MACHINES = frozenset(
    {"arf", "auto-or-bulk-header", "auto-submitted", "dsn", "mailing-list", "multipart/report"}
)
NO_BOUNCES = ("fml-", "rfc3834-")
BOUNCES = ("/sisimai/", "bounce", "complaints__", "dsn__")
# From mail daemons, though their names say nothing of it.
DAEMONS = ("issue-382.eml", "issue-462.eml")
# A list's digest, which the index does not say.
LISTS = ("msg_02.txt",)
# By file: why our reading is the better one.
BETTER = {
    "imap_mime_header_decode_returns_false.eml": "what is no text stays as it was written",
}


@dataclass(slots=True)
class Row:
    mails: int = 0
    unread: int = 0
    senders: list[bool] = field(default_factory=list)
    subjects: list[bool] = field(default_factory=list)
    bounces: list[bool] = field(default_factory=list)
    machines: list[bool] = field(default_factory=list)  # auto-replies, lists, receipts, reports
    flagged: list[bool] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    rows: dict[str, Row] = field(default_factory=lambda: defaultdict(Row))
    differences: list[str] = field(default_factory=list)


def mails() -> Report:
    report = Report()
    with (PUBLIC / "emails" / "index.csv").open(newline="") as index:
        for entry in csv.DictReader(index):
            _mail(PUBLIC / entry["file"], set(entry["tags"].split()), report)
    return report


def _mail(file: Path, tags: set[str], report: Report) -> None:
    row = report.rows[file.parent.name]
    row.mails += 1
    value = file.read_bytes()
    try:
        [message] = ADAPTERS["email"](Payload(value, "email"))
    except UnreadableError as error:
        row.unread += 1
        report.differences.append(f"{file.name}: unread: {error}")
        return
    if not isinstance(message, IncomingMessage):
        raise TypeError(file)
    expected = _expected(file, value)
    for name, found, results in (
        ("sender", message.sender.address, row.senders),
        ("subject", message.subject, row.subjects),
    ):
        if expected.get(name):
            _compare(file, name, _plain(found), _plain(expected[name]), results, report)
    _automatic(file, tags, message, row, report)


def _compare(
    file: Path, name: str, found: str, expected: str, results: list[bool], report: Report
) -> None:
    reason = BETTER.get(file.name)
    results.append(found == expected or reason is not None)
    if found != expected:
        why = f" (ours: {reason})" if reason else ""
        report.differences.append(f"{file.name}: {name} {found!r}, not {expected!r}{why}")


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())


def _automatic(
    file: Path, tags: set[str], message: IncomingMessage, row: Row, report: Report
) -> None:
    is_bounce = any(mark in str(file) for mark in BOUNCES)
    if is_bounce and not any(mark in file.name for mark in NO_BOUNCES):
        row.bounces.append(message.automatic is Automatic.BOUNCE)
        if not row.bounces[-1]:
            report.differences.append(f"{file.name}: no bounce, {message.automatic}")
    elif tags & MACHINES or file.name in LISTS or any(mark in file.name for mark in NO_BOUNCES):
        row.machines.append(message.automatic is not None)
        if not row.machines[-1]:
            report.differences.append(
                f"{file.name}: taken for a person's: {' '.join(sorted(tags))}"
            )
    elif not is_bounce and file.name not in DAEMONS:
        row.flagged.append(message.automatic is not None)
        if row.flagged[-1]:
            signals = ", ".join(message.signals)
            report.differences.append(f"{file.name}: flagged {message.automatic}: {signals}")


def _expected(file: Path, value: bytes) -> dict[str, str | None]:
    beside = file.with_suffix(".json")
    if beside.is_file():
        return dict(_of_headers(json.loads(beside.read_bytes())))
    return _of_standard_library(value)


def _of_headers(parsed: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    for header in parsed["parts"][0]["headers"]:
        if header["name"] == "subject" and "Text" in header["value"]:
            yield "subject", header["value"]["Text"]
        if header["name"] == "from" and "List" in header["value"].get("Address", {}):
            people = header["value"]["Address"]["List"]
            yield "sender", people[0]["address"] if people else None


def _of_standard_library(value: bytes) -> dict[str, str | None]:
    try:
        mail: EmailMessage = message_from_bytes(value, policy=default)
        sender = mail["From"]
        people = sender.addresses if sender is not None and not sender.defects else ()
        subject = mail["Subject"]
        text = str(subject) if subject is not None and "\ufffd" not in str(subject) else None
    except (ValueError, LookupError, AttributeError, IndexError, TypeError):
        return {}
    address = people[0].addr_spec if people and people[0].domain else None
    return {
        "sender": address if address and address.isascii() else None,
        "subject": text if text and text.isprintable() else None,
    }


def quotes() -> dict[str, list[bool]]:
    results: dict[str, list[bool]] = defaultdict(list)
    with (PUBLIC / "reply_quoting" / "cases.jsonl").open() as lines:
        for case in map(json.loads, lines):
            results[case["source"]].append(_divided_right(case))
    return results


def _divided_right(case: dict[str, str]) -> bool:
    if "html" in case:
        found = divide(read_markup(case["html"]).text).new
        return "".join(found.split()) == "".join(case["expected_reply_ignoring_whitespace"].split())
    return _lines(divide(case["body"]).new) == _lines(case["expected_reply"])


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().replace("\r", "").split("\n")]


def webhooks() -> dict[str, list[int]]:
    """By vendor: files, messages in them, inputs that are none, files that can not be read."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    with (PUBLIC / "webhooks" / "index.jsonl").open() as lines:
        rows = [json.loads(line) for line in lines]
    for row in rows:
        value = (PUBLIC / row["file"]).read_bytes()
        channel = recognised(value)
        count = counts[row["vendor"]]
        count[0] += 1
        try:
            parsed = ADAPTERS[channel](Payload(value, channel, content_type=row["content_type"]))
        except UnreadableError:
            count[3] += 1
            continue
        messages = sum(isinstance(each, IncomingMessage) for each in parsed)
        count[1] += messages
        count[2] += len(parsed) - messages
    return counts


def _share(results: list[bool]) -> str:
    return f"{sum(results)}/{len(results)}" if results else "-"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--differences", action="store_true", help="list them all")
    chosen = parser.parse_args()
    if not PUBLIC.is_dir():
        print(f"no samples in {PUBLIC}")  # noqa: T201
        return 2
    report = mails()
    for line in _table(report):
        print(line)  # noqa: T201
    for difference in report.differences if chosen.differences else ():
        print(f"  {difference}")  # noqa: T201
    return 0


def _table(report: Report) -> Iterator[str]:
    yield (
        f"{'mails':24}{'read':>10}{'sender':>10}{'subject':>10}"
        f"{'bounces':>10}{'machines':>10}{'flagged':>10}"
    )
    total = Row()
    for source, row in sorted(report.rows.items()):
        yield _mail_line(source, row)
        for name in ("senders", "subjects", "bounces", "machines", "flagged"):
            getattr(total, name).extend(getattr(row, name))
        total.mails += row.mails
        total.unread += row.unread
    yield _mail_line("all", total)
    yield ""
    yield f"{'replies':32}{'right':>8}"
    for source, results in sorted(quotes().items()):
        yield f"{source:32}{_share(results):>8}"
    yield ""
    yield f"{'webhooks':24}{'files':>8}{'messages':>10}{'none':>8}{'unread':>8}"
    for vendor, (files, found, none, unread) in sorted(webhooks().items()):
        yield f"{vendor:24}{files:8}{found:10}{none:8}{unread:8}"


def _mail_line(source: str, row: Row) -> str:
    read = f"{row.mails - row.unread}/{row.mails}"
    shares = (row.senders, row.subjects, row.bounces, row.machines, row.flagged)
    return f"{source:24}{read:>10}" + "".join(f"{_share(share):>10}" for share in shares)


if __name__ == "__main__":
    sys.exit(main())
