"""sla: what it hears and what it is built from."""

from services.sla.domain.ticket_clocks import HEARS
from services.sla.domain.ticket_state import SlaState
from services.sla.handlers import SlaHandler
from services.sla.rules import load_rules
from services.sla.settings import SlaSettings
from shared.contracts.ticket import TicketCreated
from shared.contracts.topics import TICKET_EVENTS
from shared.kit.service import Service, ServiceContext
from shared.kit.unit import Stage

STAGE = Stage(
    name="sla",
    writer="sla",
    topics=(TICKET_EVENTS,),
    hears=(TicketCreated, *HEARS),
    entities="tickets",
    state=SlaState,
)


def create(context: ServiceContext) -> Service:
    """Raises ConfigError where the policies cannot be used."""
    path = context.settings.config_dir / SlaSettings().rules_file
    return Service(name="sla", stages=[(STAGE, SlaHandler(load_rules(path)))])
