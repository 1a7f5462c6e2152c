"""What must hold of the whole pipeline at rest, whatever befell it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from services.notifier.store import DELIVERIES
from shared.contracts.notification import (
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
)
from shared.contracts.sla import Metric, SlaBreached, SlaCorrected, SlaWarning
from shared.contracts.ticket import (
    AgentReplied,
    CustomerReplied,
    DeliveryFailed,
    MessageDropped,
    MessageHeld,
    MessageRejected,
    TicketCreated,
)
from shared.contracts.topics import CHANNEL_MESSAGES, TICKET_COMMANDS, TICKET_EVENTS
from shared.kit.letters import COLLECTION as LETTERS
from tests.simulation.pipeline.folds import owners_differ, tickets_differ
from tests.simulation.pipeline.log import Log, read_log
from tests.simulation.pipeline.post import PostOffice
from tests.simulation.pipeline.recount import reports_differ
from tests.simulation.pipeline.script import CUSTOMERS, Entry
from tests.simulation.world import World

FATES = (
    *(TicketCreated, CustomerReplied, DeliveryFailed),
    *(MessageHeld, MessageDropped, MessageRejected),
)
KEPT = (TicketCreated, CustomerReplied)


def violations(world: World, script: Sequence[Entry], office: PostOffice) -> list[str]:
    log = read_log(world.cluster.records(TICKET_EVENTS.name))
    return [
        *log.problems,
        *_fates(log, script),
        *_answered(log, script),
        *_known_customers(log),
        *tickets_differ(world, log),
        *owners_differ(world, log),
        *_promises(log),
        *reports_differ(world, log),
        *_mails(world, log, office),
        *_letters(world, script),
        *_gaps(world),
    ]


# --- what comes in ---------------------------------------------------------------------------


def _fates(log: Log, script: Sequence[Entry]) -> Iterator[str]:
    """Each message has one fate; of those that say the same, one is kept."""
    fates: dict[str, list[type]] = {}
    for event, message in log.of(*FATES):
        fates.setdefault(event.envelope.correlation or "", []).append(type(message))
    kept: Counter[str] = Counter()
    for entry in script:
        if entry.publication.topic != CHANNEL_MESSAGES.name:
            continue
        met = fates.get(entry.input_id, [])
        if len(met) != 1:
            names = ", ".join(kind.__name__ for kind in met) or "nothing"
            yield f"{entry.what}: became {names}"
        elif entry.rubbish != (met == [MessageRejected]):
            yield f"{entry.what}: became {met[0].__name__}"
        kept[entry.ticket_id] += sum(kind in KEPT for kind in met)
    for ticket_id, count in kept.items():
        if ticket_id and count != 1:
            yield f"the message of {ticket_id[:8]} was kept {count} times"


def _answered(log: Log, script: Sequence[Entry]) -> Iterator[str]:
    """Each command has an answer, and no second reply comes of it."""
    caused: dict[str, Counter[type]] = {}
    for event in log.events:
        kinds = caused.setdefault(event.envelope.causation or "", Counter())
        kinds[type(event.message)] += 1
    for entry in script:
        if entry.publication.topic != TICKET_COMMANDS.name or entry.rubbish:
            continue
        answers = caused.get(entry.input_id)
        if not answers:
            yield f"{entry.what}: was never answered"
        elif answers[AgentReplied] > 1:
            yield f"{entry.what}: was said {answers[AgentReplied]} times"


def _known_customers(log: Log) -> Iterator[str]:
    """Tables are read to their end before the first message."""
    addresses = {f"{name}@customer.example" for name in CUSTOMERS}
    for event, created in log.of(TicketCreated):
        if created.requester.address in addresses and not created.requester.known:
            yield f"{event}: {created.requester.address} was not known"


def _letters(world: World, script: Sequence[Entry]) -> Iterator[str]:
    """The dead letters are the rubbish, each once."""
    for database in world.databases:
        found = Counter(each["topic"] for each in world.documents(database, LETTERS).values())
        wanted = Counter(
            entry.publication.topic for entry in script if entry.rubbish and database == "intake"
        )
        if found != wanted:
            yield f"{database}: dead letters {dict(found)} instead of {dict(wanted)}"


def _gaps(world: World) -> Iterator[str]:
    for group in world.groups:
        entities = group.data.collections.get(group.plan.stage.entities or "", {})
        for key, document in entities.items():
            missing = document["_kit"].get("missing")
            if missing:
                yield f"{group.name}: {key[:8]} still misses {missing}"


# --- what is promised ------------------------------------------------------------------------


def _promises(log: Log) -> Iterator[str]:
    """Said once for each metric, cycle and level, never before due nor against the log."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for event, message in log.of(SlaBreached, SlaWarning, SlaCorrected):
        level = message.level if isinstance(message, SlaWarning) else ""
        kind = -1 if isinstance(message, SlaCorrected) else 1
        counts[event.subject, message.metric, message.cycle, level] += kind
        due = message.warned_at if isinstance(message, SlaWarning) else message.breached_at
        if event.logged_at < due:
            yield f"{event}: logged at {event.logged_at}, due at {due}"
    for (subject, metric, cycle, level), count in counts.items():
        if count > 1:
            yield f"{subject[:8]}: {metric} {cycle} {level or 'breached'} {count} times"
    yield from _breached_though_answered(log)


def _breached_though_answered(log: Log) -> Iterator[str]:
    answered: dict[str, Any] = {}
    for event, reply in log.of(AgentReplied):
        if reply.human:
            answered.setdefault(event.subject, event.logged_at)
    for event, breach in log.of(SlaBreached):
        at = answered.get(event.subject)
        late = breach.metric is Metric.FIRST_RESPONSE and at is not None and at < breach.breached_at
        if late:
            yield f"{event}: answered at {at}, before {breach.breached_at}"


# --- what is mailed --------------------------------------------------------------------------


def _mails(world: World, log: Log, office: PostOffice) -> Iterator[str]:
    """Each delivery goes out once, or once more where nobody could know; and is told once."""
    told: Counter[str] = Counter()
    templates: Counter[tuple[str, str]] = Counter()
    for event, said in log.of(NotificationSent, NotificationFailed, NotificationSuppressed):
        told[said.notification_id] += 1
        templates[event.subject, said.template] += 1
    deliveries = world.documents("notifier", DELIVERIES)
    for delivery_id, document in deliveries.items():
        arrived = office.arrivals.get(delivery_id, 0)
        most = 1 + office.excuses.get(delivery_id, 0)
        if document["state"] == "sent" and not 1 <= arrived <= most:
            yield f"delivery {delivery_id[:8]} arrived {arrived} times, at most {most} are excused"
        if told[delivery_id] != 1:
            yield f"delivery {delivery_id[:8]} was told {told[delivery_id]} times"
    for stranger in office.arrivals.keys() - deliveries.keys():
        yield f"a mail {stranger[:8]} that nobody wrote"
    yield from _mailed_about(log, templates)


def _mailed_about(log: Log, templates: Counter[tuple[str, str]]) -> Iterator[str]:
    """Each ticket is acknowledged once, each answer mailed once, or it is said why not."""
    wanted: Counter[tuple[str, str]] = Counter()
    for event, _ in log.of(TicketCreated):
        wanted[event.subject, "acknowledgement"] += 1
    for event, _ in log.of(AgentReplied):
        wanted[event.subject, "reply"] += 1
    for (subject, template), count in wanted.items():
        if templates[subject, template] != count:
            yield f"{subject[:8]}: {templates[subject, template]} of {count} {template} mailed"
