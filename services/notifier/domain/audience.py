"""Who is told: the people behind a role, with their address, language and time zone."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.notifier.domain.notices import NotificationRules, Role
from services.notifier.domain.people import People
from services.notifier.domain.story import Occasion
from services.notifier.domain.ticket import NotifiedTicket
from shared.contracts.fields import Personal, reveal


@dataclass(frozen=True, slots=True)
class Addressee:
    """`kind` and `id` are the contract's: requester, agent or supervisor."""

    kind: str
    id: str
    address: Personal | None
    name: str | None
    language: str
    time_zone: str


def audience(
    role: Role,
    occasion: Occasion,
    ticket: NotifiedTicket,
    people: People,
    rules: NotificationRules,
) -> list[Addressee]:
    """Nobody where a ticket has no owner, nobody is on call, or no supervisors are named."""
    match role:
        case Role.REQUESTER:
            return [_requester(ticket, people, rules)]
        case Role.OWNER:
            return list(_agent(occasion.agent_id, people, rules))
        case Role.ON_CALL:
            return list(_agent(occasion.on_call, people, rules))
        case Role.SUPERVISORS:
            return [
                Addressee("supervisor", name, address, None, rules.language, rules.time_zone)
                for name, address in rules.supervisors.items()
            ]


def _requester(ticket: NotifiedTicket, people: People, rules: NotificationRules) -> Addressee:
    """Their own locale first, then the language that they wrote in."""
    requester, known = ticket.requester, people.customers.get(ticket.requester.customer_id)
    locale = (known.locale if known else None) or requester.locale or ticket.language
    time_zone = (known.time_zone if known else None) or requester.time_zone
    return Addressee(
        "requester",
        requester.customer_id,
        requester.address,
        reveal(requester.name) if isinstance(requester.name, str) else None,
        locale or rules.language,
        time_zone or rules.time_zone,
    )


def _agent(agent_id: str | None, people: People, rules: NotificationRules) -> Iterator[Addressee]:
    if agent_id is None:
        return
    agent = people.agents.get(agent_id)
    yield Addressee(
        "agent",
        agent_id,
        agent.address if agent else None,
        agent.name if agent and isinstance(agent.name, str) else None,
        rules.language,
        agent.time_zone if agent else rules.time_zone,
    )
