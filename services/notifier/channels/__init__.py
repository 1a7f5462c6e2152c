"""How mail goes out: connections to the mail server, and what its answers mean."""

from services.notifier.channels.line import Judged, MailLine, MailServerAwayError, Outage, Verdict

__all__ = ["Judged", "MailLine", "MailServerAwayError", "Outage", "Verdict"]
