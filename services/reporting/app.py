"""What reporting hears and is built from."""

from datetime import timedelta
from functools import partial

from services.reporting.api import create_api
from services.reporting.domain.report import TicketReport
from services.reporting.handlers import Reporter
from services.reporting.store.reading import INDEXES
from services.reporting.store.views import ensure_views
from shared.contracts.message import concrete_messages
from shared.contracts.people import AgentRemoved, AgentUpdated, CustomerRemoved, CustomerUpdated
from shared.contracts.topics import AGENT_UPDATES, CUSTOMER_UPDATES, TICKET_EVENTS
from shared.kit.service import Service, ServiceContext
from shared.kit.tokens import Tokens
from shared.kit.unit import Stage

PEOPLE = (AgentUpdated, AgentRemoved, CustomerUpdated, CustomerRemoved)
LOG = tuple(cls for cls in concrete_messages() if cls.topic == TICKET_EVENTS.name)

STAGE = Stage(
    name="reporting",
    writer="reporting",
    topics=(TICKET_EVENTS,),
    tables=(AGENT_UPDATES, CUSTOMER_UPDATES),
    hears=(*LOG, *PEOPLE),
    entities="tickets",
    state=TicketReport,
    max_records=2000,
    pace=timedelta(seconds=1),
)


def create(context: ServiceContext) -> Service:
    """Raises ConfigError where the token file cannot be used."""
    tokens_file = context.settings.tokens_file
    tokens = Tokens.load(tokens_file) if tokens_file is not None else None
    return Service(
        name="reporting",
        stages=[(STAGE, Reporter())],
        api=create_api(context.database, context.clock, tokens),
        indexes=INDEXES,
        prepare=partial(ensure_views, context.database),
    )
