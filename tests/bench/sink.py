"""The mail server at the pipeline's end, as a process: notes each mail it takes as one line.

`python -m tests.bench.sink PORT FILE`. A line is: milliseconds of the epoch, Message-ID, recipient.
"""

import asyncio
import re
import sys
from pathlib import Path

import uvloop

from deskstream.demo.smtp_sink import Caught, SmtpSink
from tests.bench.requests import CUSTOMERS_DOMAIN

TO_CUSTOMER = f"@{CUSTOMERS_DOMAIN}\n".encode()
MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>]*>)", re.IGNORECASE | re.MULTILINE)


async def serve(port: int, record: Path) -> None:
    with record.open("a", buffering=1, encoding="utf-8") as lines:

        def note(mail: Caught) -> None:
            found = MESSAGE_ID.search(mail.content)
            message_id = found[1].decode() if found else "-"
            lines.write(f"{mail.at.timestamp() * 1000:.0f} {message_id} {mail.recipients[0]}\n")

        async with SmtpSink(port, keep=0, caught=note):
            await asyncio.Event().wait()


def mails(record: Path) -> list[tuple[int, str, str]]:
    """Whole lines only: the last may be on its way."""
    text = record.read_text(encoding="utf-8") if record.exists() else ""
    rows = (line.split(" ", 2) for line in text.splitlines(keepends=True) if line.endswith("\n"))
    return [(int(at), message_id, to.rstrip("\n")) for at, message_id, to in rows]


class MailCount:
    """How many mails are noted so far; each look reads only what is new."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._read = 0
        self.all = 0
        self.to_customers = 0

    def look(self) -> "MailCount":
        if self._record.exists():
            with self._record.open("rb") as lines:
                lines.seek(self._read)
                fresh = lines.read()
            whole = fresh[: fresh.rfind(b"\n") + 1]
            self._read += len(whole)
            self.all += whole.count(b"\n")
            self.to_customers += whole.count(TO_CUSTOMER)
        return self


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
