"""Runs in the peer's environment: `ingest.py PORT FOLDER`, or with FIRST and STEP for a share.

Without a share it makes the tables and a queue. With one it turns each STEP-th mail of the folder,
from FIRST on, into a ticket, as the peer's `get_email` command does with each mail that it finds.
It waits for a line on standard input before it begins, and says how many seconds it took.
"""

import importlib
import logging
import sys
import time
import types
from pathlib import Path
from typing import Any

APPS = ("auth", "contenttypes", "sessions", "sites", "humanize", "messages", "admin")
QUEUE = "support"


def set_up(port: str, folder: Path) -> None:
    conf = importlib.import_module("django.conf")
    conf.settings.configure(
        SECRET_KEY="of a benchmark",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "postgres",
                "USER": "postgres",
                "HOST": "127.0.0.1",
                "PORT": port,
            }
        },
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in APPS), "rest_framework", "helpdesk"],
        TEMPLATES=[
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
        ],
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        MEDIA_ROOT=str(folder / "media"),
        ROOT_URLCONF="peer_urls",
        HELPDESK_TEAMS_MODE_ENABLED=False,
        USE_TZ=True,
        SITE_ID=1,
    )
    importlib.import_module("django").setup()
    urls: Any = types.ModuleType("peer_urls")
    sys.modules["peer_urls"] = urls
    found = importlib.import_module("django.urls")
    urls.urlpatterns = [found.path("", found.include("helpdesk.urls", namespace="helpdesk"))]


def make_tables() -> None:
    importlib.import_module("django.core.management").call_command("migrate", verbosity=0)
    models = importlib.import_module("helpdesk.models")
    models.Queue.objects.create(
        title=QUEUE, slug=QUEUE, email_address="support@desk.example", allow_email_submission=True
    )


def take_in(mails: list[str]) -> float:
    """Seconds for all of them."""
    models = importlib.import_module("helpdesk.models")
    email = importlib.import_module("helpdesk.email")
    queue, logger = models.Queue.objects.get(slug=QUEUE), logging.getLogger("peer")
    before = models.Ticket.objects.count()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    began = time.perf_counter()
    for mail in mails:
        if email.extract_email_metadata(mail, queue, logger) is None:
            raise RuntimeError("a mail became no ticket")
    seconds = time.perf_counter() - began
    if models.Ticket.objects.count() < before + len(mails):
        raise RuntimeError("fewer tickets than mails")
    return seconds


def main(port: str, folder: Path, *share: str) -> None:
    set_up(port, folder)
    if not share:
        make_tables()
        return
    first, step = map(int, share)
    files = sorted(folder.glob("*.eml"))[first::step]
    sys.stdout.write(f"{take_in([each.read_text(encoding='utf-8') for each in files])}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
