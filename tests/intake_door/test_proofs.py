"""Each vendor's proof by itself: what is right holds, and nothing else does."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from services.intake.api.proofs.meta import MetaProof
from services.intake.api.proofs.proof import Delivery, ForgedError, Proof, Proven
from services.intake.api.proofs.sendgrid import SendGridProof, public_key
from services.intake.api.proofs.slack import SlackProof
from services.intake.api.proofs.twilio import TwilioProof
from services.intake.api.vendors import all_proofs
from services.intake.settings import IntakeSettings
from tests.intake_door import signing
from tests.intake_door.signing import NOW, OLD_SECRET, SIGNERS, TIMED, URL, Signed, Signer

PROOFS = all_proofs(IntakeSettings(**signing.settings()))
RULES = Path(__file__).parents[3] / "shared" / "data" / "public" / "webhooks"
MUTATIONS, GENUINE = 10_000, 1_000
# What these show covers none of the body, so a body can only be changed by who knows the secret.
UNCOVERED = ("telegram", "postmark", "mailgun")
each_vendor = pytest.mark.parametrize("sign", SIGNERS.values(), ids=list(SIGNERS))


def delivery(signed: Signed, at: datetime = NOW) -> Delivery:
    headers = {name.lower(): value for name, value in signed.headers.items()}
    headers["content-type"] = signed.content_type
    return Delivery(URL.format(channel=signed.channel), headers, signed.body, at)


def proven(signed: Signed, at: datetime = NOW) -> Proven:
    [proof] = PROOFS[signed.channel]
    return proof.check(delivery(signed, at))


def is_taken(signed: Signed) -> bool:
    try:
        proven(signed)
    except ForgedError:
        return False
    return True


@each_vendor
def test_the_right_one_is_taken(sign: Signer) -> None:
    assert proven(sign()).once


@each_vendor
def test_two_secrets_hold_while_one_follows_the_other(sign: Signer) -> None:
    assert proven(sign(secret=OLD_SECRET)).once


@each_vendor
def test_a_guessed_secret_is_refused(sign: Signer) -> None:
    with pytest.raises(ForgedError):
        proven(sign(secret="a guess"))


@each_vendor
def test_whatever_is_missing_is_refused(sign: Signer) -> None:
    signed = sign()

    for name in signed.headers:
        with pytest.raises(ForgedError, match=f"{name} is missing"):
            proven(signed.with_header(name, None))
    if not signed.headers:
        with pytest.raises(ForgedError, match="Missing of timestamp, token and signature: token"):
            proven(replace(signed, body=signed.body.replace(b"token=", b"nekot=")))


@each_vendor
def test_no_two_of_a_vendor_are_the_same(sign: Signer) -> None:
    assert len({proven(sign(nth=nth)).once for nth in range(1, 6)}) == 5


@pytest.mark.parametrize("channel", TIMED)
@pytest.mark.parametrize("seconds", [-301, 301, -86_400 * 365, 86_400 * 365])
def test_another_time_is_refused(channel: str, seconds: int) -> None:
    signed = SIGNERS[channel](NOW + timedelta(seconds=seconds))

    with pytest.raises(ForgedError, match="more than 300 seconds away"):
        proven(signed)


@pytest.mark.parametrize("channel", TIMED)
@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_clocks_may_differ_a_little(channel: str, seconds: int) -> None:
    assert proven(SIGNERS[channel](NOW + timedelta(seconds=seconds))).once


@pytest.mark.parametrize("stamp", ["", "now", "١٢٣", "-1", "1e9", " 1", "9" * 30])
def test_a_stamp_that_is_no_time_is_refused(stamp: str) -> None:
    signed = signing.slack().with_header("X-Slack-Request-Timestamp", stamp)

    with pytest.raises(ForgedError):
        proven(signed)


def mutants(chance: random.Random) -> Iterator[Signed]:
    """A byte or two changed, in what is shown or in what it covers."""
    while True:
        channel = chance.choice(list(SIGNERS))
        signed = SIGNERS[channel](nth=chance.randrange(1_000_000))
        places = [*signed.headers, *(["body"] if channel not in UNCOVERED else [])]
        if channel == "mailgun":
            yield _with_body(signed, _changed_field(signed.body, chance))
            continue
        place = chance.choice(places)
        if place == "body":
            body = _changed(signed.body, chance)
            if channel != "sms" or parse_qsl(body.decode("latin-1")) != parse_qsl(
                signed.body.decode("latin-1")
            ):
                yield _with_body(signed, body)
        else:
            value = _changed(signed.headers[place].encode(), chance).decode("latin-1")
            yield signed.with_header(place, value)


def _with_body(signed: Signed, body: bytes) -> Signed:
    return replace(signed, body=body)


def _changed(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2])):
        place = chance.randrange(len(changed))
        changed[place] ^= 1 << chance.randrange(7)
    return bytes(changed) if changed != data else b""


def _changed_field(body: bytes, chance: random.Random) -> bytes:
    """Of the three that count: the signature, or what it signs."""
    name = chance.choice([b"timestamp=", b"token=", b"signature="])
    start = body.index(b"&" + name) + 1 + len(name)
    end = body.find(b"&", start)
    end = len(body) if end < 0 else end
    return body[:start] + bytes(_letter(body[start:end], chance)) + body[end:]


def _letter(value: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(value))
    other = chance.choice([c for c in b"0123456789abcdef" if c != value[place]])
    return value[:place] + bytes([other]) + value[place + 1 :]


def test_none_of_ten_thousand_mutations_is_taken() -> None:
    mutant = mutants(random.Random(20))  # noqa: S311 - the same mutations each time
    taken = [each for each in islice(mutant, MUTATIONS) if is_taken(each)]

    assert taken == []


def test_every_one_of_a_thousand_genuine_ones_is_taken() -> None:
    vendors = list(SIGNERS.values())
    genuine = [vendors[nth % len(vendors)](nth=nth) for nth in range(GENUINE)]

    assert all(map(is_taken, genuine))


def test_a_signature_has_one_spelling() -> None:
    """ECDSA's is base64 with bits to spare."""
    signed = signing.sendgrid()
    header = "X-Twilio-Email-Event-Webhook-Signature"
    text = signed.headers[header]
    spelt = [signed.with_header(header, f"{text}{end}") for end in (" ", "\n", "=", "AAAA")]

    assert not any(map(is_taken, spelt))


@pytest.fixture(scope="module")
def rules() -> dict[str, list[dict[str, Any]]]:
    file = RULES / "signature_rules.json"
    if not file.exists():
        pytest.skip("the vendors' own examples are not here")
    found = json.loads(file.read_text())["rules"]
    return {rule["vendor"].partition(" ")[0].strip(":"): rule["vectors"] for rule in found}


def test_metas_own_example(rules: dict[str, list[dict[str, Any]]]) -> None:
    for vector in rules["Meta"]:
        check(
            MetaProof([vector["app_secret"]]),
            vector["body"],
            {"x-hub-signature-256": vector["header"]},
        )


def test_slacks_own_example(rules: dict[str, list[dict[str, Any]]]) -> None:
    for vector in rules["Slack"]:
        at = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
        headers = {
            "x-slack-signature": vector["header"],
            "x-slack-request-timestamp": vector["timestamp"],
        }
        check(SlackProof([vector["signing_secret"]], 300), vector["body"], headers, at=at)


def test_sendgrids_own_example(rules: dict[str, list[dict[str, Any]]]) -> None:
    for vector in rules["SendGrid"]:
        at = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
        headers = {
            "x-twilio-email-event-webhook-signature": vector["signature"],
            "x-twilio-email-event-webhook-timestamp": vector["timestamp"],
        }
        proof = SendGridProof([public_key(vector["public_key_base64_der"])], 300)
        check(proof, vector["payload"], headers, at=at)


def test_twilios_own_examples(rules: dict[str, list[dict[str, Any]]]) -> None:
    for vector in rules["Twilio"]:
        body = vector.get("json_body") or urlencode([tuple(pair) for pair in vector["params"]])
        headers = {"x-twilio-signature": vector["header"]}
        check(TwilioProof(["12345"]), body, headers, url=vector["url"])


def check(
    proof: Proof, body: str, headers: dict[str, str], *, at: datetime = NOW, url: str = ""
) -> None:
    assert proof.check(Delivery(url, headers, body.encode(), at)).once
    with pytest.raises(ForgedError):
        proof.check(Delivery(url, headers, body.encode() + b"&x=y", at))
