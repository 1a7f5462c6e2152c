"""One connection to one mailbox: what an IMAP server is asked, in the words of fetching."""

import ssl
from dataclasses import dataclass

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from services.intake.mail.mailboxes import Mailbox

TIMEOUT_SECONDS = 30.0
SIZE, WHOLE = "RFC822.SIZE", "BODY.PEEK[]"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail in the folder. Server, folder, `validity` and `uid` name it for ever (RFC 3501)."""

    uid: int
    validity: int
    size: int


class Connection:
    """Blocks: it belongs into a thread of its own. `close` may be called from any other."""

    def __init__(self, box: Mailbox) -> None:
        self._box = box
        encrypted = box.tls == "tls"
        context = ssl.create_default_context() if box.tls != "none" else None
        self._client = IMAPClient(
            box.host,
            port=box.port,
            ssl=encrypted,
            ssl_context=context if encrypted else None,
            timeout=TIMEOUT_SECONDS,
        )
        if box.tls == "starttls":
            self._client.starttls(context)

    def open(self) -> None:
        """By password, or by token (XOAUTH2), as Microsoft and Google want it."""
        log_in = self._client.login if self._box.token_file is None else self._client.oauth2_login
        log_in(self._box.user, self._box.secret())
        self.make_folders()

    def make_folders(self) -> None:
        """Sees to it that there is a folder for what was taken: its owner may have deleted it."""
        for folder in (self._box.taken, self._box.too_large):
            if not self._client.folder_exists(folder):
                self._client.create_folder(folder)
                self._client.subscribe_folder(folder)

    def waiting(self) -> list[Waiting]:
        """What lies in the folder now, oldest first."""
        about = self._client.select_folder(self._box.folder)
        validity = int(about[b"UIDVALIDITY"])
        uids = self._client.search(["UNDELETED"])
        sizes = self._client.fetch(uids, [SIZE]) if uids else {}
        return sorted(
            (Waiting(uid, validity, int(found[b"RFC822.SIZE"])) for uid, found in sizes.items()),
            key=lambda mail: mail.uid,
        )

    def read(self, mail: Waiting) -> bytes:
        """Raises IMAPClientError where nothing comes, as when somebody took it away meanwhile."""
        found = self._client.fetch([mail.uid], [WHOLE]).get(mail.uid, {})
        for name, body in found.items():
            if name.startswith(b"BODY[") and body is not None:
                return bytes(body)
        raise IMAPClientError("the server sends nothing of it")

    def put_away(self, mail: Waiting, folder: str) -> None:
        if self.can("MOVE"):
            self._client.move([mail.uid], folder)
            return
        self._client.copy([mail.uid], folder)
        self._client.delete_messages([mail.uid], silent=True)
        if self.can("UIDPLUS"):
            self._client.uid_expunge([mail.uid])
        else:
            self._client.expunge()

    def can(self, capability: str) -> bool:
        return bool(self._client.has_capability(capability))

    def wait(self, seconds: float) -> None:
        """Until the server tells of something, or the time is up.

        What came since the last look it tells first, so that no news stands in the way of IDLE.
        """
        _, told = self._client.noop()
        if any(b"EXISTS" in news for news in told):
            return
        self._client.idle()
        try:
            self._client.idle_check(timeout=seconds)
        finally:
            self._client.idle_done()

    def close(self) -> None:
        """Also ends a wait in another thread."""
        self._client.shutdown()
