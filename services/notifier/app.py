"""What the notifier hears, and what it is built from."""

from datetime import timedelta

from services.notifier.domain.address import domain_of
from services.notifier.domain.telling import Correspondence
from services.notifier.domain.ticket import NotifiedTicket
from services.notifier.handlers import Notifier
from services.notifier.rules import TEMPLATES, load_notifications
from services.notifier.sender import Sender
from services.notifier.settings import NotifierSettings
from services.notifier.store import DELIVERIES, INDEXES, TICKETS
from shared.contracts.assignment import TicketAssigned, TicketEscalated, TicketUnassigned
from shared.contracts.people import AgentRemoved, AgentUpdated, CustomerRemoved, CustomerUpdated
from shared.contracts.sla import SlaBreached, SlaTargetsSet, SlaWarning, SurveyDue
from shared.contracts.ticket import (
    AgentReplied,
    CustomerReplied,
    DeliveryFailed,
    FieldsChanged,
    TicketClosed,
    TicketCreated,
    TicketMarkedSpam,
    TicketMerged,
    TicketReopened,
    TicketResolved,
)
from shared.contracts.topics import AGENT_UPDATES, CUSTOMER_UPDATES, TICKET_EVENTS
from shared.contracts.triage import TicketTriaged
from shared.kit.deliveries import Deliveries
from shared.kit.handover import Handover
from shared.kit.service import Service, ServiceContext
from shared.kit.settings import SettingsError, read_settings
from shared.kit.unit import Stage

STAGE = Stage(
    name="notifier",
    writer="notifier",
    topics=(TICKET_EVENTS,),
    tables=(AGENT_UPDATES, CUSTOMER_UPDATES),
    hears=(
        TicketCreated,
        CustomerReplied,
        AgentReplied,
        TicketResolved,
        TicketReopened,
        TicketClosed,
        TicketMerged,
        TicketMarkedSpam,
        FieldsChanged,
        DeliveryFailed,
        TicketTriaged,
        TicketAssigned,
        TicketUnassigned,
        TicketEscalated,
        SlaTargetsSet,
        SlaWarning,
        SlaBreached,
        SurveyDue,
        AgentUpdated,
        AgentRemoved,
        CustomerUpdated,
        CustomerRemoved,
    ),
    entities=TICKETS,
    state=NotifiedTicket,
    outcomes=True,
    pace=timedelta(milliseconds=250),
)


def create(context: ServiceContext) -> Service:
    settings = read_settings(NotifierSettings)
    told = load_notifications(context.settings.config_dir, settings.templates or TEMPLATES)
    secret = context.settings.mail_secret.get_secret_value()
    if not secret:
        raise SettingsError("DESKSTREAM_MAIL_SECRET is empty: anybody could sign reply addresses")
    correspondence = Correspondence(told.rules, told.wording, secret)
    lease, give_up = (
        timedelta(seconds=settings.lease_seconds),
        timedelta(hours=settings.give_up_hours),
    )
    handover = Handover(lease, settings.handed_over)
    sender = Sender(
        Deliveries(context.database[DELIVERIES], lease),
        handover,
        context.blobs,
        settings,
        our_name=domain_of(told.rules.sender.address),
        clock=context.clock,
        health=context.health,
        wake=context.wake,
    )
    return Service(
        name="notifier",
        stages=[(STAGE, Notifier(correspondence, give_up, handover))],
        background=[sender.run],
        indexes=INDEXES,
    )
