"""Triage: what it hears and what it is built from."""

from services.triage.domain.language import LanguageDetector
from services.triage.domain.ticket import TriageState
from services.triage.handlers import TriageHandler
from services.triage.rules import load_rules
from services.triage.settings import TriageSettings
from shared.contracts.ticket import CustomerReplied, FieldsChanged, TicketCreated
from shared.contracts.topics import TICKET_EVENTS
from shared.kit.reload import Reloader
from shared.kit.service import Service, ServiceContext
from shared.kit.unit import Stage

STAGE = Stage(
    name="triage",
    writer="triage",
    topics=(TICKET_EVENTS,),
    hears=(TicketCreated, CustomerReplied, FieldsChanged),
    entities="tickets",
    state=TriageState,
)


def create(context: ServiceContext) -> Service:
    """Raises ConfigError where the rules cannot be used."""
    path = context.settings.config_dir / TriageSettings().rules_file
    detector = LanguageDetector()
    triage = load_rules(path, detector)
    handler = TriageHandler(triage)
    reloader = Reloader(
        path,
        lambda changed: load_rules(changed, detector),
        handler.use,
        version=triage.version,
        clock=context.clock,
        health=context.health,
    )
    return Service(name="triage", stages=[(STAGE, handler)], background=[reloader.watch])
