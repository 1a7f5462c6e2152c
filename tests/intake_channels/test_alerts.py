"""Alertmanager beside the plain webhook: what is common, left out, or written otherwise."""

from typing import Any

import pytest

from services.intake.adapters.channels import ADAPTERS
from services.intake.adapters.payload import Payload
from services.intake.domain.message import IncomingMessage, NoMessage
from tests.intake_channels.reading import as_bytes, read

LABELS = {"alertname": "LampDark", "severity": "warning"}


def webhook(*alerts: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"version": "4", "status": "firing", "alerts": list(alerts), **members}


def test_labels_that_all_have_in_common_serve_where_an_alert_has_none() -> None:
    alert = {"startsAt": "2026-03-02T09:00:00Z"}

    found = read(
        "alertmanager",
        webhook(alert, commonLabels=LABELS, commonAnnotations={"summary": "No light"}),
    )

    assert found.subject == "LampDark · No light"


def test_a_state_may_be_written_large() -> None:
    assert read("alertmanager", webhook({"status": "RESOLVED", "labels": LABELS})).resolves


@pytest.mark.parametrize(("left_out", "told"), [(3, ["3 alerts"]), ("2", ["2 alerts"]), (0, [])])
def test_alerts_that_were_left_out_are_told(left_out: object, told: list[str]) -> None:
    body = webhook({"labels": LABELS}, truncatedAlerts=left_out)

    found = ADAPTERS["alertmanager"](Payload(as_bytes(body), "alertmanager"))

    assert isinstance(found[0], IncomingMessage)
    reasons = [each.reason[:8] for each in found[1:] if isinstance(each, NoMessage)]
    assert reasons == told
