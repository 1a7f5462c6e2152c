"""The mail server at the pipeline's end, as a process: notes each mail it takes as one line.

`python -m tests.bench.sink PORT FILE`. A line is: milliseconds of the epoch, Message-ID, recipient.
"""

import asyncio
import re
import sys
from pathlib import Path

import uvloop

from deskstream.demo.smtp_sink import Caught, SmtpSink

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


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
