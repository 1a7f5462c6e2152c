"""The router's composition root: what it hears, and what it is built from."""

from services.router.domain.escalation import ESCALATES
from services.router.domain.routing_rules import RoutingRules
from services.router.domain.ticket import RoutedTicket
from services.router.handlers import Dispatcher, Forwarder, Forwarding
from services.router.handlers.replanning import Replanning
from services.router.rules import FILE, load_rules
from services.router.store import INDEXES, TICKETS
from shared.contracts.people import AgentRemoved, AgentUpdated
from shared.contracts.sla import SlaFulfilled, SlaResumed, SlaRetargeted, SlaTargetsSet
from shared.contracts.ticket import (
    AgentReplied,
    AssignmentRequested,
    CustomerReplied,
    FieldsChanged,
    StatusChanged,
    TicketClosed,
    TicketCreated,
    TicketMarkedSpam,
    TicketMerged,
    TicketReopened,
    TicketResolved,
    TicketUnmerged,
)
from shared.contracts.topics import AGENT_UPDATES, ROUTING_REQUESTS, TICKET_EVENTS
from shared.contracts.triage import TicketTriaged
from shared.kit.reload import Reloader
from shared.kit.service import Service, ServiceContext
from shared.kit.unit import Stage

HEARS = (
    TicketCreated,
    TicketTriaged,
    FieldsChanged,
    StatusChanged,
    CustomerReplied,
    AgentReplied,
    TicketResolved,
    TicketReopened,
    TicketClosed,
    TicketMerged,
    TicketUnmerged,
    TicketMarkedSpam,
    AssignmentRequested,
    SlaTargetsSet,
    SlaRetargeted,
    SlaResumed,
    SlaFulfilled,
    *ESCALATES,
    AgentUpdated,
    AgentRemoved,
)
# Known before triage and the clocks have said more; nobody is assigned because of these alone.
PATIENT = (TicketCreated, SlaTargetsSet, SlaFulfilled)
FORWARD = Stage(
    name="router-forward",
    writer="router-forward",
    topics=(TICKET_EVENTS, AGENT_UPDATES),
    hears=HEARS,
    patient=PATIENT,
    entities="forwarding",
    state=Forwarding,
)
DECIDE = Stage(
    name="router-decide",
    writer="router",
    topics=(ROUTING_REQUESTS,),
    hears=HEARS,
    patient=PATIENT,
    entities=TICKETS,
    state=RoutedTicket,
)


def create(context: ServiceContext) -> Service:
    path = context.settings.config_dir / FILE
    rules = load_rules(path)
    forwarder, dispatcher = Forwarder(rules), Dispatcher(rules)

    def use(changed: RoutingRules) -> None:
        forwarder.use(changed)
        dispatcher.use(changed)

    reloader = Reloader(
        path,
        load_rules,
        use,
        version=rules.version,
        clock=context.clock,
        health=context.health,
    )
    replanning = Replanning(
        context.database,
        context.revisits[DECIDE.name],
        lambda: dispatcher.rules_version,
        clock=context.clock,
    )
    return Service(
        name="router",
        stages=((FORWARD, forwarder), (DECIDE, dispatcher)),
        background=(reloader.watch, replanning.run),
        indexes=INDEXES,
    )
