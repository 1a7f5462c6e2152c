"""What triage found out: where the ticket belongs, and whether its customer demands more."""

from datetime import datetime

from services.router.domain.escalation import Occasion, raise_to
from services.router.domain.facts import learn_from_triage, replaced
from services.router.domain.pool import Pool
from services.router.domain.routing_config import EscalationConfig, Trigger
from services.router.domain.ticket import RoutedTicket
from shared.contracts.triage import TicketTriaged


def on_ticket_triaged(
    pool: Pool, ticket: RoutedTicket, triaged: TicketTriaged, now: datetime
) -> None:
    pool.touch(ticket)
    before = _demanded(pool, ticket) if ticket.routable else None
    learn_from_triage(ticket, triaged)
    rule = _demanded(pool, ticket) if not ticket.over else None
    if rule is None or rule is before:
        replaced(pool, ticket, now)
        return
    occasion = Occasion(Trigger.DEMAND, "asked for by requester, as triage reads it")
    raise_to(pool, ticket, rule.level or ticket.level + 1, occasion, rule, now)


def _demanded(pool: Pool, ticket: RoutedTicket) -> EscalationConfig | None:
    """A rule that asks for tags hears a demand in what triage found."""
    rule = pool.rules.escalation_for(Trigger.DEMAND, None, ticket.facts)
    asks = rule is not None and rule.when is not None and rule.when.tags is not None
    return rule if asks else None
