"""What a value in a contract looks like: times, personal text, the field's words."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


class Contract(BaseModel):
    """A value that crosses a topic: frozen once made, tolerant of fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_enum_values=False)


def to_millisecond(moment: datetime) -> datetime:
    """The same instant in UTC, cut to the millisecond: what every store here can keep."""
    if moment.tzinfo is UTC and not moment.microsecond % 1000:
        return moment
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the instant is outside the years 1 to 9999 in UTC") from error
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


Moment = Annotated[AwareDatetime, AfterValidator(to_millisecond)]


class Sealed(Contract):
    """Personal text encrypted under the customer's key `kid`; without the key it is erased."""

    kid: str
    ct: str


Personal = str | Sealed
"""Names, addresses, bodies: whatever a person may ask us to forget."""

# The limit is the open text's: a constraint on the union would ask a sealed value for its length.
PersonalLine = Annotated[str, Field(max_length=998)] | Sealed
PersonalText = Annotated[str, Field(max_length=262_144)] | Sealed


def reveal(text: Personal) -> str:
    """The text, or a placeholder where it is sealed and this reader has no key."""
    return text if isinstance(text, str) else "[sealed]"


class Status(StrEnum):
    NEW = "new"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    PENDING = "pending"  # waits for the requester
    ON_HOLD = "on_hold"  # waits for a third party
    RESOLVED = "resolved"
    CLOSED = "closed"


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low up to 3 for critical."""
        return list(Priority).index(self)


class TicketType(StrEnum):
    INCIDENT = "incident"
    SERVICE_REQUEST = "service_request"
    QUESTION = "question"
    COMPLAINT = "complaint"


class Tier(StrEnum):
    FREE = "free"
    STANDARD = "standard"
    PREMIUM = "premium"
    ENTERPRISE = "enterprise"


class ActorKind(StrEnum):
    REQUESTER = "requester"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


class Actor(Contract):
    """Who wants or did something. `id` is the agent's or customer's id, or the service's name."""

    kind: ActorKind
    id: str = Field(min_length=1, max_length=200)


class Automatic(StrEnum):
    """Why a message is no person's word to us: it is stored, but it never counts as a reply."""

    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    MAILING_LIST = "list"
    OWN = "own"


class BlobRef(Contract):
    """Bytes kept in the blob store: where they are, how many, and what they hash to."""

    blob_id: str
    size: int = Field(ge=0)
    sha256: str


class Attachment(Contract):
    filename: Personal
    content_type: str
    size: int = Field(ge=0)
    sha256: str
    blob: BlobRef | None = None  # None: only described, the bytes stay with the vendor
    inline: bool = False
    source: Personal | None = None  # where the vendor keeps them: an address, or its own id


class SenderCheck(Contract):
    """What the receiving organisation's mail servers found, in the words of RFC 8601.

    `pass` is the only good one; None: they did not look.
    """

    dmarc: str | None = None
    spf: str | None = None
    dkim: str | None = None


class MessageBody(Contract):
    """One turn of a conversation, as readers see it. The original is kept where `raw` says."""

    message_id: str  # ours, deterministic
    text: Personal
    new_text: Personal | None = None  # without quoted text and signature; None: same as text
    html: Personal | None = None  # sanitised
    attachments: tuple[Attachment, ...] = ()
    channel: str
    external_id: str | None = None  # Message-ID, wamid, fingerprint: the channel's own
    sent_at: Moment | None = None  # the sender's claim: data only
    raw: BlobRef | None = None
    sender_check: SenderCheck | None = None  # None: nothing is known of it


class Requester(Contract):
    """Who asks, as far as known when the ticket was created."""

    customer_id: str
    name: Personal | None = None
    address: Personal | None = None  # where a reply goes: e-mail, phone number, channel's user id
    organisation: str | None = None
    tier: Tier = Tier.STANDARD
    vip: bool = False
    locale: str | None = None
    time_zone: str | None = None
    known: bool = False  # found in customer.updates
