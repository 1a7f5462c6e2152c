"""Which events tell whom in which words, and within which limits: `config/notifications.yaml`."""

from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.notifier.domain.address import mail_address
from services.notifier.domain.tally import LONGEST_MINUTES


class Event(StrEnum):
    TICKET_CREATED = "TicketCreated"
    AGENT_REPLIED = "AgentReplied"
    TICKET_RESOLVED = "TicketResolved"
    SURVEY_DUE = "SurveyDue"
    TICKET_ASSIGNED = "TicketAssigned"
    TICKET_ESCALATED = "TicketEscalated"
    SLA_WARNING = "SlaWarning"
    SLA_BREACHED = "SlaBreached"
    DELIVERY_FAILED = "DeliveryFailed"
    NOTIFICATION_FAILED = "NotificationFailed"


class Role(StrEnum):
    REQUESTER = "requester"
    OWNER = "owner"  # the agent whom it concerns: the new one on assignment and escalation
    ON_CALL = "on_call"  # whose turn it is when a ticket escalates, unless it is his already
    SUPERVISORS = "supervisors"


def _address(text: str) -> str:
    address = mail_address(text)
    if address is None:
        raise ValueError(f'must be a mail address like support@example.com, not "{text}"')
    return address


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f'must be a time zone like Europe/Berlin, not "{name}"') from None
    return name


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line without control characters")
    return text


Address = Annotated[str, AfterValidator(_address)]
ZoneName = Annotated[str, AfterValidator(_zone)]
Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_one_line)]


class Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sender(Rules):
    name: Name
    address: Address


class Notice(Rules):
    on: Event
    template: str = Field(pattern=r"^[a-z][a-z_]{0,39}$")
    to: tuple[Role, ...] = Field(min_length=1)


class Limit(Rules):
    """No more than so many automatic mails within so many minutes, in steps of ten."""

    mails: int = Field(ge=1)
    minutes: int = Field(ge=1, le=LONGEST_MINUTES)


class Limits(Rules):
    per_ticket_and_recipient: tuple[Limit, ...] = ()
    per_recipient: tuple[Limit, ...] = ()


class NotificationRules(Rules):
    sender: Sender
    brands: dict[str, Sender] = {}
    language: str = "en"  # for agents, and where the requester's own is unknown or has no templates
    time_zone: ZoneName = "UTC"  # where the requester's own is unknown
    supervisors: dict[str, Address] = {}
    acknowledge_within_seconds: int = Field(default=60, ge=0, le=3600)
    stale_after_hours: float = Field(default=24, gt=0)
    attachments_mb: float = Field(default=15, ge=0, le=100)
    tell: tuple[Notice, ...]
    limits: Limits = Limits()

    def notices_on(self, event: Event) -> tuple[Notice, ...]:
        return tuple(notice for notice in self.tell if notice.on is event)

    def sender_for(self, brand: str | None) -> Sender:
        return self.brands.get(brand or "", self.sender)

    @property
    def senders(self) -> tuple[Sender, ...]:
        return (self.sender, *self.brands.values())
