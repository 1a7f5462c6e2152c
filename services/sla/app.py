"""sla: what it hears and what it is built from."""

from services.sla.domain.ticket_clocks import HEARS
from services.sla.domain.ticket_state import SlaState
from services.sla.handlers import SlaHandler
from services.sla.handlers.board import Board
from services.sla.handlers.feeds import FeedWatch
from services.sla.handlers.retargeting import Retargeting
from services.sla.rules import load_rules
from services.sla.settings import SlaSettings
from shared.contracts.assignment import TicketAssigned
from shared.contracts.ticket import TicketCreated
from shared.contracts.topics import TICKET_EVENTS
from shared.kit.reload import Reloader
from shared.kit.service import Service, ServiceContext
from shared.kit.unit import Stage

STAGE = Stage(
    name="sla",
    writer="sla",
    topics=(TICKET_EVENTS,),
    hears=(TicketCreated, *HEARS),
    patient=(TicketCreated, TicketAssigned),  # clocks start with triage, and count by the log
    entities="tickets",
    state=SlaState,
    foresees=True,
)


def create(context: ServiceContext) -> Service:
    """Raises ConfigError where the policies cannot be used."""
    settings = SlaSettings()
    path = context.settings.config_dir / settings.rules_file
    rules = load_rules(path)
    handler = SlaHandler(rules)
    reloader = Reloader(
        path,
        load_rules,
        handler.use,
        version=rules.version,
        clock=context.clock,
        health=context.health,
    )
    feeds = FeedWatch(
        path, lambda: handler.feeds, handler.use, clock=context.clock, health=context.health
    )
    revisits = context.revisits[STAGE.name]
    retargeting = Retargeting(
        context.database,
        revisits,
        lambda: handler.rules_version,
        clock=context.clock,
        by_itself=settings.retarget,
    )
    board = Board(context.database, lambda: revisits.partitions, context.clock)
    return Service(
        name="sla",
        stages=[(STAGE, handler)],
        background=[reloader.watch, feeds.watch, retargeting.run, board.run],
    )
