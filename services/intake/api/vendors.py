"""What each channel's vendor sends, and how it proves itself: a line here for each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.intake.adapters.channels import ADAPTERS
from services.intake.adapters.payload import Payload
from services.intake.api.keys import (
    key_of_alerts,
    key_of_chat,
    key_of_form,
    key_of_mail,
    key_of_ours,
)
from services.intake.api.proofs.mailgun import MailgunProof
from services.intake.api.proofs.meta import MetaProof
from services.intake.api.proofs.presented import BasicProof, TelegramProof, login
from services.intake.api.proofs.proof import Proof
from services.intake.api.proofs.sendgrid import SendGridProof, public_key
from services.intake.api.proofs.slack import SlackProof
from services.intake.api.proofs.standard import StandardProof, signing_key
from services.intake.api.proofs.twilio import TwilioProof
from services.intake.settings import IntakeSettings, Secrets

MAIL = "message/rfc822"
BYTES = "application/octet-stream"  # what tools call a file of which they know no more
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
OURS = "WEBHOOK_SECRETS"  # the setting of those who sign by our scheme

K = TypeVar("K")
Proofs = Callable[[IntakeSettings], Sequence[Proof]]


def _none(_: IntakeSettings) -> Sequence[Proof]:
    return ()


@dataclass(frozen=True, slots=True)
class Vendor:
    """`brings_files`: attachments are in the body, so that it may be as large as a mail."""

    media_types: tuple[str, ...] = (JSON,)
    proofs: Proofs = _none
    key: Callable[[Payload], str] = key_of_chat
    brings_files: bool = False
    setting: str = OURS  # DESKSTREAM_INTAKE_…: where it is set, the proof is needed
    shows: str = "webhook-id, webhook-timestamp and webhook-signature (Standard Webhooks)"
    handshake: bool = False  # asks first whether the address is ours, as Meta does
    canonical: bool = False  # nobody's format, so JSON of it is ours


def _meta(settings: IntakeSettings) -> Sequence[Proof]:
    secrets = _texts(settings.meta_app_secrets)
    return [MetaProof(secrets)] if secrets else ()


def _slack(settings: IntakeSettings) -> Sequence[Proof]:
    secrets = _texts(settings.slack_signing_secrets)
    return [SlackProof(secrets, settings.webhook_window_seconds)] if secrets else ()


def _twilio(settings: IntakeSettings) -> Sequence[Proof]:
    secrets = _texts(settings.twilio_auth_tokens)
    return [TwilioProof(secrets)] if secrets else ()


def _telegram(settings: IntakeSettings) -> Sequence[Proof]:
    secrets = _texts(settings.telegram_secret_tokens)
    return [TelegramProof(secrets)] if secrets else ()


def _mailgun(settings: IntakeSettings) -> Sequence[Proof]:
    secrets = _texts(settings.mailgun_signing_keys)
    return [MailgunProof(secrets, settings.webhook_window_seconds)] if secrets else ()


def _sendgrid(settings: IntakeSettings) -> Sequence[Proof]:
    """Both where both are set up: a signature and the URL's password."""
    keys = _read("SENDGRID_PUBLIC_KEYS", public_key, settings.sendgrid_public_keys)
    signed = [SendGridProof(keys, settings.webhook_window_seconds)] if keys else []
    return [*signed, *_basic("SENDGRID_LOGINS", settings.sendgrid_logins)]


def _postmark(settings: IntakeSettings) -> Sequence[Proof]:
    return _basic("POSTMARK_LOGINS", settings.postmark_logins)


def _basic(setting: str, logins: Secrets) -> Sequence[Proof]:
    return [BasicProof(_read(setting, login, logins))] if logins else ()


def _read(setting: str, key: Callable[[str], K], secrets: Secrets) -> list[K]:
    try:
        return [key(text) for text in _texts(secrets)]
    except ValueError as error:
        raise ValueError(f"{setting}: {error}") from error


def _texts(secrets: Secrets) -> list[str]:
    return [each.get_secret_value() for each in secrets]


META = Vendor(proofs=_meta, setting="META_APP_SECRETS", shows="X-Hub-Signature-256", handshake=True)
VENDORS: Mapping[str, Vendor] = {
    "alertmanager": Vendor(key=key_of_alerts),
    "chat": Vendor(key=key_of_ours, canonical=True),
    "email": Vendor((MAIL, BYTES), key=key_of_mail, brings_files=True),
    "instagram": META,
    "mailgun": Vendor(
        (FORM, MULTIPART, JSON),
        _mailgun,
        key_of_form,
        brings_files=True,
        setting="MAILGUN_SIGNING_KEYS",
        shows="timestamp, token and signature among its fields",
    ),
    "messenger": META,
    "phone": Vendor((JSON, FORM), key=key_of_ours, canonical=True),
    "postmark": Vendor(
        (JSON,),
        _postmark,
        key_of_form,
        brings_files=True,
        setting="POSTMARK_LOGINS",
        shows="the name and password of its URL",
    ),
    "sendgrid": Vendor(
        (MULTIPART, FORM),
        _sendgrid,
        key_of_form,
        brings_files=True,
        setting="SENDGRID_PUBLIC_KEYS or …SENDGRID_LOGINS",
        shows="X-Twilio-Email-Event-Webhook-Signature, the name and password of its URL, or both",
    ),
    "slack": Vendor(
        (JSON, FORM), _slack, setting="SLACK_SIGNING_SECRETS", shows="X-Slack-Signature"
    ),
    "sms": Vendor((FORM, JSON), _twilio, setting="TWILIO_AUTH_TOKENS", shows="X-Twilio-Signature"),
    "telegram": Vendor(
        proofs=_telegram,
        setting="TELEGRAM_SECRET_TOKENS",
        shows="X-Telegram-Bot-Api-Secret-Token",
    ),
    "web": Vendor((JSON, FORM, MULTIPART), key=key_of_ours, brings_files=True, canonical=True),
    "whatsapp": META,
}
CHANNELS: Mapping[str, Vendor] = {name: VENDORS.get(name, Vendor()) for name in ADAPTERS}


def all_proofs(settings: IntakeSettings) -> dict[str, Sequence[Proof]]:
    """By channel; a channel without any takes our own signature, or an API token."""
    found = {name: vendor.proofs(settings) for name, vendor in CHANNELS.items()}
    keys = _read("WEBHOOK_SECRETS", signing_key, settings.webhook_secrets)
    own = [StandardProof(keys, settings.webhook_window_seconds)] if keys else []
    return {name: proofs or own for name, proofs in found.items()}
