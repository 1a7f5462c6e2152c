"""Webhooks as each vendor signs them, with the secrets that the tests' door knows."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

URL = "https://desk.example.com/v1/channels/{channel}"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OLD_SECRET = "the secret before"
SECRET = "the secret now"
FORGED = "a guess"
OLD_KEY, KEY = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
KEYS = {OLD_SECRET: OLD_KEY, SECRET: KEY}
JSON_TYPE, FORM_TYPE = "application/json", "application/x-www-form-urlencoded"


def secrets(*texts: str) -> tuple[SecretStr, ...]:
    return tuple(SecretStr(text) for text in texts)


def settings() -> dict[str, Any]:
    """A door's, that knows them all; where a secret is being changed, both hold."""
    both = secrets(OLD_SECRET, SECRET)
    return {
        "public_url": "https://desk.example.com",
        "webhook_secrets": both,
        "meta_app_secrets": both,
        "slack_signing_secrets": both,
        "twilio_auth_tokens": both,
        "telegram_secret_tokens": both,
        "mailgun_signing_keys": both,
        "sendgrid_public_keys": secrets(public_key(OLD_KEY), public_key(KEY)),
        "postmark_logins": secrets(f"postmark:{OLD_SECRET}", f"postmark:{SECRET}"),
    }


@dataclass(frozen=True)
class Signed:
    channel: str
    body: bytes
    headers: Mapping[str, str]
    content_type: str = JSON_TYPE

    def with_header(self, name: str, value: str | None) -> "Signed":
        headers = {k: v for k, v in self.headers.items() if k != name}
        return replace(self, headers=headers if value is None else {**headers, name: value})


def mac(data: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()


def public_key(key: EllipticCurvePrivateKey) -> str:
    data = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(data).decode()


def stamp_of(at: datetime) -> str:
    return str(int(at.timestamp()))


def meta(at: datetime = NOW, *, nth: int = 1, secret: str = SECRET) -> Signed:
    message = {"from": "491701234567", "id": f"wamid.{nth}", "timestamp": stamp_of(at)}
    value = {"messages": [{**message, "type": "text", "text": {"body": "It is dark."}}]}
    body = orjson.dumps(
        {"object": "whatsapp_business_account", "entry": [{"changes": [{"value": value}]}]}
    )
    return Signed("whatsapp", body, {"X-Hub-Signature-256": f"sha256={mac(body, secret)}"})


def slack(at: datetime = NOW, *, nth: int = 1, secret: str = SECRET) -> Signed:
    event = {"type": "message", "user": "U1", "channel": "C1", "text": "Dark.", "ts": f"{nth}.1"}
    body = orjson.dumps({"type": "event_callback", "event_id": f"Ev{nth}", "event": event})
    return slack_of(body, at, secret)


def slack_of(body: bytes, at: datetime = NOW, secret: str = SECRET) -> Signed:
    signature = f"v0={mac(b'v0:%b:%b' % (stamp_of(at).encode(), body), secret)}"
    headers = {"X-Slack-Signature": signature, "X-Slack-Request-Timestamp": stamp_of(at)}
    return Signed("slack", body, headers)


def twilio(at: datetime = NOW, *, nth: int = 1, secret: str = SECRET) -> Signed:  # noqa: ARG001 - it signs no time
    form = {
        "From": "+491701234567",
        "To": "+4930123",
        "Body": "It is dark.",
        "MessageSid": f"SM{nth}",
    }
    body = urlencode(form).encode()
    url = URL.format(channel="sms")
    signed = url + "".join(name + value for name, value in sorted(parse_qsl(body.decode())))
    made = hmac.new(secret.encode(), signed.encode(), hashlib.sha1).digest()
    headers = {"X-Twilio-Signature": b64encode(made).decode()}
    return Signed("sms", body, headers, FORM_TYPE)


def telegram(at: datetime = NOW, *, nth: int = 1, secret: str = SECRET) -> Signed:
    message = {
        "message_id": nth,
        "date": int(at.timestamp()),
        "chat": {"id": 7, "type": "private"},
        "from": {"id": 7, "is_bot": False, "first_name": "Cara"},
        "text": "It is dark.",
    }
    body = orjson.dumps({"update_id": nth, "message": message})
    return Signed("telegram", body, {"X-Telegram-Bot-Api-Secret-Token": secret})


def mailgun(at: datetime = NOW, *, nth: int = 1, secret: str = SECRET) -> Signed:
    token = f"token-{nth}"
    form = {
        "sender": "cara@example.org",
        "from": "Cara <cara@example.org>",
        "recipient": "help@desk.example",
        "subject": "Lamp",
        "body-plain": "It is dark.",
        "Message-Id": f"<{nth}@example.org>",
        "timestamp": stamp_of(at),
        "token": token,
        "signature": mac(f"{stamp_of(at)}{token}".encode(), secret),
    }
    return Signed("mailgun", urlencode(form).encode(), {}, FORM_TYPE)


def sendgrid(at: datetime = NOW, *, nth: int = 1, secret: str = SECRET) -> Signed:
    """With another secret: by another key."""
    key = KEYS.get(secret) or generate_private_key(SECP256R1())
    headers = f"Message-ID: <{nth}@example.org>\nFrom: cara@example.org\nSubject: Lamp\n"
    form = {"from": "cara@example.org", "headers": headers, "subject": "Lamp", "text": "Dark."}
    body = urlencode(form).encode()
    made = key.sign(stamp_of(at).encode() + body, ECDSA(SHA256()))
    signed = {
        "X-Twilio-Email-Event-Webhook-Signature": b64encode(made).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": stamp_of(at),
    }
    return Signed("sendgrid", body, signed, FORM_TYPE)


def postmark(at: datetime = NOW, *, nth: int = 1, secret: str = SECRET) -> Signed:
    login = f"postmark:{secret}"
    mail = {
        "FromFull": {"Email": "cara@example.org", "Name": "Cara"},
        "From": "cara@example.org",
        "To": "help@desk.example",
        "Subject": "Lamp",
        "Date": at.isoformat(),
        "MessageID": f"guid-{nth}",
        "TextBody": "It is dark.",
    }
    headers = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}
    return Signed("postmark", orjson.dumps(mail), headers)


def standard(at: datetime = NOW, *, nth: int = 1, secret: str = SECRET) -> Signed:
    body = orjson.dumps({"sender": {"address": "cara@example.org"}, "text": "It is dark."})
    stamp, event_id = stamp_of(at), f"msg_{nth}"
    signed = f"{event_id}.{stamp}.".encode() + body
    made = b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{made}",
    }
    return Signed("web", body, headers)


Signer = Callable[..., Signed]
SIGNERS: Mapping[str, Signer] = {
    "whatsapp": meta,
    "slack": slack,
    "sms": twilio,
    "telegram": telegram,
    "mailgun": mailgun,
    "sendgrid": sendgrid,
    "postmark": postmark,
    "web": standard,
}
# Their proof carries a time; the others' is the same for ever, and their ids tell repetitions.
TIMED = ("slack", "mailgun", "sendgrid", "web")
