"""The public samples by source, where they are at hand."""

import pytest

from tests.intake.report import PUBLIC, Report, mails, quotes, webhooks

pytestmark = pytest.mark.skipif(not PUBLIC.is_dir(), reason=f"no samples in {PUBLIC}")
# Expected to be unreadable: a schema, a list of fields, an empty file, a handshake's query.
NO_PAYLOADS = {"alertmanager": 1, "phone_sipgate": 1, "sendgrid_inbound": 1, "whatsapp_cloud": 1}


@pytest.fixture(scope="module")
def report() -> Report:
    return mails()


def test_senders_and_subjects_are_right(report: Report) -> None:
    wrong = [d for d in report.differences if "not " in d and "(ours: " not in d]

    assert [d for d in wrong if "sender" in d or "subject" in d] == []
    assert sum(len(row.senders) for row in report.rows.values()) > 400
    assert sum(len(row.subjects) for row in report.rows.values()) > 400


def test_bounces_are_found_and_ordinary_mail_is_not_flagged(report: Report) -> None:
    bounces = [found for row in report.rows.values() for found in row.bounces]
    flagged = [found for row in report.rows.values() for found in row.flagged]

    assert len(bounces) > 75
    assert sum(bounces) >= 0.99 * len(bounces)
    assert len(flagged) > 350
    assert sum(flagged) <= 0.005 * len(flagged)


def test_replies_are_divided() -> None:
    results = [right for found in quotes().values() for right in found]

    # The two others expect the signature to stay.
    assert (sum(results), len(results)) == (54, 56)


def test_webhooks_are_read() -> None:
    assert {vendor: n[3] for vendor, n in webhooks().items() if n[3]} == NO_PAYLOADS
