"""Raw mails to messages: our reader beside the standard library's policy.default, alternating."""

import random
import time
from collections.abc import Callable, Sequence
from email import message_from_bytes
from email.policy import default

from services.intake.adapters.mail import read_mail
from services.intake.adapters.payload import Payload
from tests.bench.percentiles import median
from tests.bench.requests import MORE, TOPICS, mail

ROUNDS = 5


def compare(count: int, seed: int) -> tuple[float, float]:
    """Mails a second of CPU time: ours, and policy.default's with sender, subject and text read."""
    mails = list(sample_mails(count, seed))
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(_rate(_read, mails))
        theirs.append(_rate(_parse, mails))
    return median(ours), median(theirs)


def sample_mails(count: int, seed: int) -> Sequence[bytes]:
    draw = random.Random(seed)  # noqa: S311 - a load, not a secret
    made = []
    for i in range(count):
        subject, text = draw.choice(TOPICS)
        body = "\n\n".join([text.format(n=i), *draw.sample(MORE, 3)])
        made.append(mail(f"<parse-{i}@customers.example>", i, subject.format(n=i), body))
    return made


def _rate(work: Callable[[bytes], object], mails: Sequence[bytes]) -> float:
    began = time.process_time()
    for each in mails:
        work(each)
    return len(mails) / (time.process_time() - began)


def _read(raw: bytes) -> object:
    return read_mail(Payload(raw, "email"))


def _parse(raw: bytes) -> object:
    message = message_from_bytes(raw, policy=default)
    body = message.get_body()
    return str(message["From"]), str(message["Subject"]), body.get_content() if body else ""
