"""The mail server, and what every sender knew when a mail arrived there."""

from dataclasses import dataclass, field

from services.notifier.channels import Judged, MailServerAwayError, Verdict
from services.notifier.settings import NotifierSettings
from shared.kit.unit import Document
from tests.simulation.world import World

NOBODY = b"nobody@"  # the server refuses mail to such an address for good


@dataclass(slots=True)
class PostOffice:
    """`arrivals` and `excuses` by delivery.

    An excuse is a moment after which nobody could know any more whether the mail had arrived: the
    server's answer was lost, or a lease ran out before its holder had written the answer down.
    """

    arrivals: dict[str, int] = field(default_factory=dict)
    excuses: dict[str, int] = field(default_factory=dict)

    def watch(self, world: World, before: Document, after: Document) -> None:
        """A lease that another holder takes over once it has run out."""
        lapsed = "lease" in before and before["due_at"] <= world.scheduler.now()
        if lapsed and after.get("lease", before["lease"]) != before["lease"]:
            self.excuse(before["_id"])

    def excuse(self, delivery_id: str) -> None:
        self.excuses[delivery_id] = self.excuses.get(delivery_id, 0) + 1

    @property
    def repeated(self) -> int:
        """Mails that went out once more, as nobody could know of the first."""
        return sum(count - 1 for count in self.arrivals.values())


class Line:
    """A connection to the server, in the place of the notifier's own."""

    office: PostOffice
    world: World

    def __init__(self, _settings: NotifierSettings, our_name: str) -> None:
        """`our_name` is the process's here."""
        self._name = our_name
        self.is_open = False

    async def open(self) -> None:
        try:
            await self._pass_by("open")
        except ConnectionError as error:
            raise MailServerAwayError("the simulated mail server") from error
        self.is_open = True

    async def send(self, _sender: str, to: str, data: bytes, _within_seconds: float) -> Judged:
        try:
            await self._pass_by("send")
        except ConnectionError:
            self.is_open = False
            return Judged(Verdict.LATER, "the connection broke before the content")
        if to.encode().startswith(NOBODY):
            return Judged(Verdict.REFUSED, "550 at RCPT")
        delivery_id = _delivery(data)
        arrivals = self.office.arrivals
        arrivals[delivery_id] = arrivals.get(delivery_id, 0) + 1
        try:
            await self._pass_by("sent")
        except ConnectionError:
            self.is_open = False
            self.office.excuse(delivery_id)
            return Judged(Verdict.UNCLEAR, "the connection broke after the content")
        return Judged(Verdict.SENT)

    async def close(self) -> None:
        self.is_open = False

    async def _pass_by(self, place: str) -> None:
        await self.world.pass_by(self.world.processes[self._name], "mail", place)


def _delivery(data: bytes) -> str:
    """The MIME boundary is made of the delivery's id."""
    return data.split(b'boundary="=', 1)[1].split(b"=", 1)[0].decode()
