"""Webhooks at the door: let in by their vendor's proof, once, and not too many."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.intake.api.vendors import all_proofs
from services.intake.settings import IntakeSettings
from tests.intake_door import signing
from tests.intake_door.conftest import VERIFY_TOKEN, World
from tests.intake_door.signing import FORGED, NOW, OLD_SECRET, SIGNERS, TIMED, Signer

each_vendor = pytest.mark.parametrize("sign", SIGNERS.values(), ids=list(SIGNERS))
UNTIMED = [name for name in SIGNERS if name not in TIMED]


@pytest.fixture(autouse=True)
def _at_the_time_of_signing(world: World) -> None:
    world.clock.stopped = NOW


@each_vendor
async def test_the_right_one_is_taken_as_it_is(world: World, sign: Signer) -> None:
    signed = sign()

    answer = await world.deliver(signed)

    assert answer.status_code == 200
    [record], [headers] = world.broker.got, world.broker.headers()
    assert record.value == signed.body
    assert (headers["ce_channel"], headers["content-type"]) == (signed.channel, signed.content_type)


@each_vendor
async def test_the_secret_before_still_holds(world: World, sign: Signer) -> None:
    assert (await world.deliver(sign(secret=OLD_SECRET))).status_code == 200


@each_vendor
async def test_a_wrong_one_is_refused(world: World, sign: Signer) -> None:
    answer = await world.deliver(sign(secret=FORGED))

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"]
    assert world.broker.got == []


@pytest.mark.parametrize("channel", [name for name in SIGNERS if name not in ("web", "mailgun")])
async def test_a_missing_one_is_refused_and_no_token_stands_for_it(
    world: World, channel: str
) -> None:
    signed = SIGNERS[channel]()
    headers = {"Content-Type": signed.content_type}

    answer = await world.post(f"/v1/channels/{channel}", content=signed.body, headers=headers)

    assert answer.status_code == 401
    assert world.broker.got == []


@pytest.mark.parametrize("channel", TIMED)
async def test_an_old_one_is_refused(world: World, channel: str) -> None:
    answer = await world.deliver(SIGNERS[channel](NOW - timedelta(seconds=301)))

    assert answer.status_code == 401
    assert "more than 300 seconds" in answer.json()["detail"]
    assert world.broker.got == []


@pytest.mark.parametrize("channel", TIMED)
async def test_a_replay_is_refused(world: World, channel: str) -> None:
    signed = SIGNERS[channel]()

    first, second = await world.deliver(signed), await world.deliver(signed)

    assert (first.status_code, second.status_code) == (200, 409)
    assert len(world.broker.got) == 1


@pytest.mark.parametrize("channel", UNTIMED)
async def test_what_a_vendor_repeats_is_answered_and_not_taken_again(
    world: World, channel: str
) -> None:
    signed = SIGNERS[channel]()

    first, second = await world.deliver(signed), await world.deliver(signed)

    assert (first.status_code, first.text) == (second.status_code, second.text)
    assert len(world.broker.got) == 1


async def test_a_token_of_mailgun_brings_one_mail_only(world: World) -> None:
    signed = signing.mailgun()
    other = replace(signed, body=signed.body.replace(b"dark", b"mine"))

    assert (await world.deliver(signed)).status_code == 200
    assert (await world.deliver(other)).status_code == 409
    assert len(world.broker.got) == 1


@each_vendor
async def test_what_kafka_did_not_take_is_taken_when_it_comes_again(
    world: World, sign: Signer
) -> None:
    signed = sign()
    world.broker.away = True
    refused = await world.deliver(signed)
    world.broker.away = False

    answer = await world.deliver(signed)

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert answer.status_code == 200
    assert len(world.broker.got) == 1


async def test_a_gateways_second_attempt_is_the_same_message(world: World) -> None:
    later = NOW + timedelta(seconds=60)

    await world.deliver(signing.standard(NOW))
    await world.deliver(signing.standard(later))

    ids = {headers["ce_id"] for headers in world.broker.headers()}
    assert len(world.broker.got) == 2
    assert len(ids) == 1  # which the pipeline takes once


async def test_who_does_not_sign_by_our_scheme_may_bring_a_token(world: World) -> None:
    signed = signing.standard()

    answer = await world.post(
        "/v1/channels/web", content=signed.body, headers={"Content-Type": signed.content_type}
    )

    assert answer.status_code == 202


async def test_a_vendor_that_sends_too_much_waits(world: World) -> None:
    webhooks = world.door.webhooks
    webhooks.settings = webhooks.settings.model_copy(update={"webhooks_per_second": 1})
    webhooks.monotonic = lambda: 0.0

    answers = [await world.deliver(signing.meta(nth=nth)) for nth in range(3)]
    forged = await world.deliver(signing.slack(secret=FORGED))
    other = await world.deliver(signing.slack())

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "2"
    assert (forged.status_code, other.status_code) == (401, 200)


async def test_twilio_reads_xml(world: World) -> None:
    answer = await world.deliver(signing.twilio())

    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.text == "<Response/>"


async def test_slacks_handshake(world: World) -> None:
    body = b'{"type":"url_verification","token":"x","challenge":"3eZbrw1aBm2r"}'

    right = await world.deliver(signing.slack_of(body))
    wrong = await world.deliver(signing.slack_of(body, secret=FORGED))

    assert (right.status_code, right.json()) == (200, {"challenge": "3eZbrw1aBm2r"})
    assert wrong.status_code == 401
    assert world.broker.got == []


@pytest.mark.parametrize("channel", ["whatsapp", "messenger", "instagram"])
@pytest.mark.parametrize(
    ("mode", "token", "status"),
    [
        ("subscribe", VERIFY_TOKEN, 200),
        ("subscribe", "guessed", 403),
        ("unsubscribe", VERIFY_TOKEN, 403),
    ],
)
async def test_metas_handshake(
    world: World, channel: str, mode: str, token: str, status: int
) -> None:
    asked = {"hub.mode": mode, "hub.verify_token": token, "hub.challenge": "1158201444"}
    answer = await world.client.get(f"/v1/channels/{channel}", params=asked)

    assert answer.status_code == status
    assert (answer.text == "1158201444") is (status == 200)


async def test_nobody_else_shakes_hands(world: World) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1"}

    assert (await world.client.get("/v1/channels/slack", params=asked)).status_code == 405


async def test_a_challenge_that_is_a_script_is_not_repeated(world: World) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "<script>"}
    answer = await world.client.get("/v1/channels/whatsapp", params=asked)

    assert answer.status_code == 422
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SENDGRID_PUBLIC_KEYS", "no key", "is no public key"),
        ("POSTMARK_LOGINS", "nocolon", "a login is name:password"),
        ("WEBHOOK_SECRETS", "whsec_!", "no base64"),
        ("PUBLIC_URL", "desk.example.com", "match pattern"),
        ("WEBHOOK_WINDOW_SECONDS", "90000", "at least twice"),
        ("MOST_BYTES_AT_A_TIME", "5000", "the largest mail never comes in"),
    ],
)
def test_a_secret_that_is_none_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(f"DESKSTREAM_INTAKE_{name}", value)

    with pytest.raises(ValueError, match=reason):
        all_proofs(IntakeSettings())


def test_secrets_are_words_of_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKSTREAM_INTAKE_META_APP_SECRETS", " one  two ")
    monkeypatch.setenv("DESKSTREAM_INTAKE_SLACK_SIGNING_SECRETS", "")

    settings = IntakeSettings()

    assert [each.get_secret_value() for each in settings.meta_app_secrets] == ["one", "two"]
    assert settings.slack_signing_secrets == ()
