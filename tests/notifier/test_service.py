"""The whole service on a real broker, a real database and a real mail server."""

import pytest
from pydantic import SecretStr

from deskstream.demo.smtp_sink import SmtpSink
from services.notifier.app import create
from shared.contracts.mail import ticket_of_address
from shared.contracts.notification import NotificationSent
from shared.kit.deliveries import COLLECTION
from shared.kit.settings import SettingsError
from tests.integration.conftest import Deployment, deployment
from tests.notifier.waiting import until
from tests.notifier.words import ANA, BEN, TICKET, agent, assigned, created, promise, replied

__all__ = ["deployment"]


async def test_from_event_to_inbox_to_event(
    deployment: Deployment,
    sink: SmtpSink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DESKSTREAM_NOTIFIER_SMTP_PORT", str(sink.port))
    await deployment.publish(agent(), "ben")
    for message in (created(), promise(), assigned(), replied()):
        await deployment.publish(message, TICKET)
    async with deployment.running("notifier", create):
        await until(lambda: sink.count == 3, 30)
        deliveries = deployment.database("notifier")[COLLECTION]
        reported = {"state": "sent", "outcome_ready": {"$exists": False}}

        async def all_reported() -> bool:
            return bool(await deliveries.count_documents(reported) == 3)

        await until(all_reported)

        async def all_said() -> bool:
            return len(await deployment.of_type("ticket.events", NotificationSent)) == 3

        await until(all_said)
    assert sorted(mail.recipients for mail in sink.mails) == [(ANA,), (ANA,), (BEN,)]
    secret = deployment.settings.mail_secret.get_secret_value()
    assert {ticket_of_address(mail.sender, secret=secret) for mail in sink.mails} == {TICKET}


async def test_it_does_not_start_without_the_secret(
    deployment: Deployment,
) -> None:
    with pytest.raises(SettingsError, match="DESKSTREAM_MAIL_SECRET is empty"):
        async with deployment.running("notifier", create, mail_secret=SecretStr("")):
            pass
