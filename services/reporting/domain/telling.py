"""How each event reads as one line of a ticket's story: who, what, and why."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.contracts.assignment import (
    Decision,
    TicketAssigned,
    TicketEscalated,
    TicketQueued,
    TicketUnassigned,
)
from shared.contracts.fields import Actor, Automatic
from shared.contracts.message import Message
from shared.contracts.notification import (
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
)
from shared.contracts.sla import (
    Metric,
    ProgressStalled,
    SlaBreached,
    SlaCorrected,
    SlaFulfilled,
    SlaPaused,
    SlaResumed,
    SlaRetargeted,
    SlaTarget,
    SlaTargetsSet,
    SlaWarning,
    SurveyDue,
)
from shared.contracts.ticket import (
    AgentReplied,
    AssignmentRequested,
    CommandRejected,
    CustomerReplied,
    DeliveryFailed,
    EscalationRequested,
    FeedbackReceived,
    FieldsChanged,
    NoteAdded,
    StatusChanged,
    TicketClosed,
    TicketCreated,
    TicketImported,
    TicketMarkedSpam,
    TicketMerged,
    TicketReopened,
    TicketResolved,
    TicketsLinked,
    TicketSplit,
    TicketUnmerged,
)
from shared.contracts.triage import TicketTriaged

MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Line:
    """`why` is a machine's reason; `words` is free text of a human, and so may be personal."""

    text: str
    why: str | None = None
    words: str | None = None


def tell(data: Message) -> Line:
    teller = TELLERS.get(type(data))
    return teller(data) if teller is not None else Line(type(data).__name__)


def teller_of(data: Message) -> dict[str, str]:
    """Who says it: the human or bot behind it, the requester, or else the service."""
    actor: Actor | None = getattr(data, "actor", None)
    if actor is not None:
        return {"kind": actor.kind.value, "id": actor.id}
    if isinstance(data, TicketCreated | CustomerReplied | FeedbackReceived):
        automatic = getattr(data, "automatic", None)
        return {"kind": "system" if automatic else "requester", "id": ""}
    return {"kind": "system", "id": data.writer}


def _created(data: TicketCreated) -> Line:
    text = f"Opened by {_channel(data.channel)}"
    if data.follow_up_of:
        return Line(f"{text}, continuing a closed ticket")
    return Line(f"{text}, split from another ticket" if data.split_from else text)


def _customer_replied(data: CustomerReplied) -> Line:
    if data.automatic is not None:
        return Line(f"{_AUTOMATIC[data.automatic]} received by {_channel(data.message.channel)}")
    who = "Requester" if data.participant else "Somebody not known to the ticket"
    return Line(f"{who} wrote by {_channel(data.message.channel)}")


def _agent_replied(data: AgentReplied) -> Line:
    return Line("Replied to the requester" if data.human else "Bot replied to the requester")


def _status_changed(data: StatusChanged) -> Line:
    return Line(f"Status {_plain(data.old)} ▶ {_plain(data.new)}", words=data.reason)


def _resolved(data: TicketResolved) -> Line:
    text = "Resolved by itself" if data.automatic else "Resolved"
    said = [part for part in (data.resolution, data.root_cause) if part]
    return Line(text, words="\n".join(said) or None)


def _reopened(data: TicketReopened) -> Line:
    times = "" if data.reopens == 1 else f" for the {_ordinal(data.reopens)} time"
    return Line(f"Reopened{times}", words=data.reason)


def _fields_changed(data: FieldsChanged) -> Line:
    # A subject may be personal, so only its change is told.
    told = [
        change.field
        if change.field in {"subject", "requester"}
        else f"{change.field} {change.old or 'none'} ▶ {change.new or 'none'}"
        for change in data.changes[:MOST_NAMED]
    ]
    return Line(f"Changed by hand: {', '.join(told) or 'nothing'}")


def _merged(data: TicketMerged) -> Line:
    other = data.other_number or "another ticket"
    return Line(f"Merged into {other}" if data.side == "source" else f"{other} was merged into it")


def _assignment_requested(data: AssignmentRequested) -> Line:
    wish = data.agent_id or data.queue
    return Line(f"Asked for {wish}" if wish else "Asked for routing anew", words=data.reason)


def _delivery_failed(data: DeliveryFailed) -> Line:
    kind = "for good" if data.hard else "for now"
    return Line(f"Mail of ours came back {kind}", why=data.status)


def _command_rejected(data: CommandRejected) -> Line:
    return Line(f"{data.command} was refused", why=data.reason)


def _triaged(data: TicketTriaged) -> Line:
    verb = "Triaged anew" if data.changes else "Triaged"
    about = f"{data.category}/{data.sub_category}" if data.sub_category else data.category
    text = f"{verb}: {about} ({data.confidence:.0%}), {_plain(data.type)}, {data.priority} priority"
    words = _listed(f"“{match.phrase}”" for match in data.matches)
    steps = _listed(f"{step.rule}: {step.effect}" for step in data.priority_steps)
    why = [f"matched {words}" if words else "no rule matched", steps]
    return Line(text, why=f"{'; '.join(filter(None, why))} (rules {data.rules_version})")


def _queued(data: TicketQueued) -> Line:
    missing = f"; nobody has {data.missing_skill}" if data.missing_skill else ""
    text = f"Waits in {data.queue} at position {data.position}{missing}"
    return Line(text, why=_decision(data.decision))


def _assigned(data: TicketAssigned) -> Line:
    hand = " by hand" if data.by_hand else ""
    waited = f" after {_span(data.waited_seconds)}" if data.waited_seconds >= 1 else ""
    text = f"Assigned{hand} to {data.agent_id} in {data.queue}{waited}"
    return Line(text, why=_decision(data.decision, chosen=data.agent_id))


def _unassigned(data: TicketUnassigned) -> Line:
    return Line(f"Taken from {data.agent_id}: {_plain(data.reason)}")


def _escalated(data: TicketEscalated) -> Line:
    to = f"{data.agent_id} in {data.queue}" if data.agent_id else data.queue
    return Line(f"Escalated to level {data.level}: {to}", why=f"{_plain(data.reason)}")


def _targets_set(data: SlaTargetsSet) -> Line:
    why = f"policy {data.policy}, schedule {data.schedule} (policies {data.policy_version})"
    return Line(f"Promised: {_targets(data.targets)}", why=why)


def _retargeted(data: SlaRetargeted) -> Line:
    why = f"{_plain(data.reason)}; policy {data.policy} (policies {data.policy_version})"
    return Line(f"Promised anew: {_targets(data.targets)}", why=why)


def _paused(data: SlaPaused) -> Line:
    metrics = _listed(_plain(metric) for metric in data.metrics)
    return Line(f"Clock paused: {metrics}", why=_plain(data.reason))


def _resumed(data: SlaResumed) -> Line:
    return Line(f"Clock runs again: {_targets(data.targets)}")


def _fulfilled(data: SlaFulfilled) -> Line:
    how = "late" if data.late else "in time"
    return Line(f"{_metric(data.metric)} {how}, after {_span(data.elapsed_seconds)} of clock time")


def _warning(data: SlaWarning) -> Line:
    left = _span(max(data.remaining_seconds, 0.0))
    return Line(f"{_metric(data.metric)} at {data.level} of its target, {left} left")


def _breached(data: SlaBreached) -> Line:
    target = _span(data.target_seconds)
    return Line(f"{_metric(data.metric)} target of {target} missed", why=f"policy {data.policy}")


TAKEN_BACK = {
    "fulfilled": "was in time",
    "paused": "was paused",
    "cancelled": "was not awaited",
    "retargeted": "had another target",
}


def _corrected(data: SlaCorrected) -> Line:
    why = "the fact was accepted before the deadline and logged after it"
    said = f"{_metric(data.metric)} {TAKEN_BACK.get(data.fact, 'was no breach')} after all"
    return Line(f"{said}: breach taken back", why=why)


def _stalled(data: ProgressStalled) -> Line:
    return Line(f"No progress for {_span(data.seconds)}")


def _survey(_data: SurveyDue) -> Line:
    return Line("Time to ask the requester how it went")


def _sent(data: NotificationSent) -> Line:
    return Line(f"Told {data.recipient.kind} by {data.channel}: {_plain(data.template)}")


def _failed(data: NotificationFailed) -> Line:
    what = f"Could not tell {data.recipient.kind} by {data.channel}: {_plain(data.template)}"
    return Line(what, why=f"{data.error} (tried {data.attempts} times)")


def _suppressed(data: NotificationSuppressed) -> Line:
    return Line(f"Not sent on purpose: {_plain(data.template)}", why=data.reason)


TELLERS: Mapping[type[Message], Callable[[Any], Line]] = {
    TicketCreated: _created,
    CustomerReplied: _customer_replied,
    AgentReplied: _agent_replied,
    NoteAdded: lambda _: Line("Internal note"),
    StatusChanged: _status_changed,
    TicketResolved: _resolved,
    TicketReopened: _reopened,
    TicketClosed: lambda data: Line("Closed", words=data.reason),
    FieldsChanged: _fields_changed,
    TicketMerged: _merged,
    TicketUnmerged: lambda _: Line("Merge undone"),
    TicketSplit: lambda _: Line("A message became a ticket of its own"),
    TicketsLinked: lambda data: Line(f"Linked: {_plain(data.relation)}"),
    TicketMarkedSpam: lambda _: Line("Marked as spam"),
    TicketImported: lambda _: Line("Imported from an earlier system"),
    AssignmentRequested: _assignment_requested,
    EscalationRequested: lambda data: Line("Escalation asked for", words=data.reason),
    DeliveryFailed: _delivery_failed,
    FeedbackReceived: lambda data: Line(f"Rated {data.score} of 5"),
    CommandRejected: _command_rejected,
    TicketTriaged: _triaged,
    TicketQueued: _queued,
    TicketAssigned: _assigned,
    TicketUnassigned: _unassigned,
    TicketEscalated: _escalated,
    SlaTargetsSet: _targets_set,
    SlaRetargeted: _retargeted,
    SlaPaused: _paused,
    SlaResumed: _resumed,
    SlaFulfilled: _fulfilled,
    SlaWarning: _warning,
    SlaBreached: _breached,
    SlaCorrected: _corrected,
    ProgressStalled: _stalled,
    SurveyDue: _survey,
    NotificationSent: _sent,
    NotificationFailed: _failed,
    NotificationSuppressed: _suppressed,
}

_AUTOMATIC = {
    Automatic.AUTO_REPLY: "Automatic reply",
    Automatic.BOUNCE: "Bounce",
    Automatic.MAILING_LIST: "Mailing list's message",
    Automatic.OWN: "Message of our own",
}


def _channel(name: str) -> str:
    return {"email": "e-mail", "web": "web form"}.get(name, _plain(name))


def _plain(word: str) -> str:
    return str(word).replace("_", " ")


def _metric(metric: Metric) -> str:
    return _plain(metric).capitalize()


def _decision(decision: Decision, chosen: str | None = None) -> str:
    load = next((c for c in decision.candidates if c.agent_id == chosen), None)
    seen = f"; had {load.load} of {load.capacity}" if load else ""
    of = f", {decision.candidates_seen} looked at" if decision.candidates_seen else ""
    return f"{decision.rule}: {decision.reason}{seen}{of} (rules {decision.rules_version})"


def _targets(targets: Iterable[SlaTarget]) -> str:
    return _listed(
        f"{_plain(target.metric)} within {_span(target.seconds)}"
        f"{' of business time' if target.business else ''}"
        for target in targets
    )


def _listed(parts: Iterable[str]) -> str:
    told = list(dict.fromkeys(parts))
    more = f" and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
    return ", ".join(told[:MOST_NAMED]) + more


def _span(seconds: float) -> str:
    """The two largest units, as people say it."""
    left = timedelta(seconds=round(seconds))
    parts = [
        (left.days, "d"),
        (left.seconds // 3600, "h"),
        (left.seconds // 60 % 60, "min"),
        (left.seconds % 60, "s"),
    ]
    told = [f"{amount} {unit}" for amount, unit in parts if amount]
    return " ".join(told[:2]) or "0 s"


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
