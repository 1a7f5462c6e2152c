"""Whether the guarantees held: the ledger of input against log, stores and mails."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.bench.ledger import Ledger, Origin, balance, once_each
from tests.bench.story import Log, Ticket
from tests.chaos.machines import RUDEST, is_away, of_machine
from tests.chaos.mailserver import Posted
from tests.chaos.reading import Promise, Story

DROPPED = "MessageDropped"
STAMPED_BEFORE_MS = 1_000
BURST = 20  # messages of one sender in ten minutes that intake takes; more are held
# Reporting's figure, and how often which event happened.
FIGURES = {
    "created": "TicketCreated",
    "triaged": "TicketTriaged",
    "assigned": "TicketAssigned",
    "replies": "AgentReplied",
    "resolved": "TicketResolved",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found outside, after everything had come to rest.

    `copies` are inputs that repeat another under an id of their own. `stored` are the tickets'
    ids by service, `owners` the router's word on who has which ticket, `lines` reporting's number
    of lines for each ticket. `replies` are accepted commands by their ticket. `timed` are inputs
    with short promises. `pills` and `letters` are keys, `false_letters` what else lay there.
    `in_doubt`: a sender died, or nobody told it what became of a mail.
    """

    ledger: Ledger
    copies: frozenset[Origin]
    story: Story
    stored: Mapping[str, frozenset[str]]
    owners: Mapping[str, str | None]
    lines: Mapping[str, int]
    counted: Mapping[str, int]
    mails: Sequence[Posted]
    replies: Mapping[str, str] = field(default_factory=dict)
    timed: frozenset[Origin] = frozenset()
    pills: Collection[str] = ()
    letters: Collection[str] = ()
    false_letters: Sequence[str] = ()
    died: Sequence[str] = ()
    complaints: Sequence[str] = ()  # of what struck: a stop that took too long, a door that failed
    in_doubt: bool = True

    @property
    def log(self) -> Log:
        return self.story.log


@dataclass(slots=True)
class Findings:
    """By guarantee, what breaks it; `undecidable` are mails that nobody could know about."""

    broken: dict[str, list[str]] = field(default_factory=dict)
    accepted: int = 0
    tickets: int = 0
    fates: dict[str, int] = field(default_factory=dict)
    repeated_events: int = 0
    undecidable: int = 0
    corrected: int = 0
    recall: float = 1.0
    precision: float = 1.0

    def note(self, guarantee: str, problems: Iterable[str]) -> None:
        self.broken[guarantee] = list(problems)

    @property
    def hold(self) -> bool:
        return not any(self.broken.values())


def check(evidence: Evidence) -> Findings:
    log = evidence.log
    found = Findings(
        accepted=evidence.ledger.accepted,
        tickets=len(log.tickets),
        fates=_fates(log),
        repeated_events=log.repeated,
        corrected=sum(each.corrected for each in evidence.story.promises.values()),
    )
    settled = balance(evidence.ledger, log.fates)
    found.note("lost", settled.lost)
    found.note("doubled", (*settled.doubled, *_copies_that_became_tickets(evidence)))
    found.note("foreign", settled.foreign)
    found.note("torn", log.torn)
    found.note("out of order", log.out_of_order)
    found.note("gaps in a writer's numbers", log.gaps())
    found.note("said not once", _said_not_once(log.tickets))
    found.note("said before its time", evidence.story.early)
    found.note("stores differ from the log", _stores(evidence))
    found.note("owners differ from the log", _owners(evidence))
    found.note("reporting differs from the log", _reporting(evidence))
    found.note("replies not recorded and mailed once", _replies(evidence))
    found.note("promises", _promises(evidence))
    _letters(evidence, found)
    _mails(evidence, found)
    found.note("mail loops", _loops(evidence))
    found.note("processes that died by themselves", evidence.died)
    found.note("complaints", evidence.complaints)
    return found


def _fates(log: Log) -> dict[str, int]:
    """Accepted = opened + added + held + rejected + dropped."""
    kinds = Counter(_kind_of_fate(fate) for _, fate in set(log.fates))
    return dict(sorted(kinds.items()))


def _kind_of_fate(fate: str) -> str:
    """A ticket's id, where one was opened; else the event's name, or `added to` a ticket."""
    kind, _, rest = fate.partition(" ")
    return kind if rest else "opened"


def _copies_that_became_tickets(evidence: Evidence) -> list[str]:
    return [o for o, fate in evidence.log.fates if o in evidence.copies and DROPPED not in fate]


ONCE = ("TicketCreated", "TicketTriaged", "SlaTargetsSet", "TicketAssigned")


def _said_not_once(tickets: Mapping[str, Ticket]) -> list[str]:
    """Unless somebody wrote again, a second decision would be a doubled effect."""
    return [
        f"{kind} of {ticket_id}: {ticket.times.get(kind, 0)} times"
        for ticket_id, ticket in tickets.items()
        for kind in ONCE
        if ticket.times.get(kind, 0) != 1 and "CustomerReplied" not in ticket.times
    ]


def _stores(evidence: Evidence) -> list[str]:
    expected = evidence.log.tickets.keys()
    problems = []
    for service, ids in evidence.stored.items():
        problems += [f"{service} lacks {each}" for each in sorted(expected - ids)]
        problems += [f"{service} alone knows {each}" for each in sorted(ids - expected)]
    return problems


def _owners(evidence: Evidence) -> list[str]:
    return [
        f"{ticket_id}: {evidence.owners.get(ticket_id)} in the store, {ticket.agent} in the log"
        for ticket_id, ticket in evidence.log.tickets.items()
        if evidence.owners.get(ticket_id) != ticket.agent
    ]


def _reporting(evidence: Evidence) -> list[str]:
    tickets = evidence.log.tickets
    problems = [
        f"{ticket_id}: {evidence.lines.get(ticket_id, 0)} lines of {ticket.events} events"
        for ticket_id, ticket in tickets.items()
        if evidence.lines.get(ticket_id, 0) != ticket.events
    ]
    for figure, kind in FIGURES.items():
        right = sum(ticket.times.get(kind, 0) for ticket in tickets.values())
        if evidence.counted.get(figure, 0) != right:
            problems.append(
                f"{figure}: {evidence.counted.get(figure, 0)} counted, {right} happened"
            )
    return problems


def _replies(evidence: Evidence) -> list[str]:
    """Each accepted command is one reply, and one mail that arrived."""
    story = evidence.story
    problems = [
        f"{command}: {story.answers.get(command, 0)} replies"
        for command in evidence.replies
        if story.answers.get(command, 0) != 1
    ]
    arrived = {each.message_id for each in evidence.mails if each.taken}
    refused = {each.recipient for each in evidence.mails if not each.taken}
    for ticket_id in evidence.replies.values():
        told = story.replies_mailed.get(ticket_id, [])
        if not told and not (refused & story.refused):
            problems.append(f"the reply on {ticket_id} was never mailed")
        problems += [f"{each} did not arrive" for each in told if each not in arrived]
        if len(set(told)) > 1:
            problems.append(f"{ticket_id}: mailed under {len(set(told))} ids")
    return problems


def _promises(evidence: Evidence) -> list[str]:
    """Of tickets that are due within the run; a late answer is a breach at the deadline."""
    problems = []
    for ticket_id, ticket in evidence.log.tickets.items():
        promise = evidence.story.promises.get(ticket_id, Promise())
        if len(promise.breached) > 1 or any(times > 1 for times in promise.warned.values()):
            problems.append(f"{ticket_id}: warned or breached twice")
        if ticket.origin in evidence.timed and promise.due is not None:
            problems += _kept(ticket_id, promise, promise.due)
    return problems


def _kept(ticket_id: str, promise: Promise, due: float) -> list[str]:
    """An answer that lay on the log before the deadline had to be read before the timer fired.

    Long before: the embedded broker keeps the stamps of producers, which wait for their core.
    """
    in_time = [at for at in promise.answered if at <= due - STAMPED_BEFORE_MS]
    if in_time and promise.breached:
        return [f"{ticket_id}: breached, though its answer lay there {due - in_time[0]:.0f} ms ago"]
    if not promise.answered and not promise.breached:
        return [f"{ticket_id}: nobody answered, and nobody says that it is late"]
    return []


def _letters(evidence: Evidence, found: Findings) -> None:
    pills, letters = set(evidence.pills), set(evidence.letters)
    right = len(letters & pills)
    found.recall = right / len(pills) if pills else 1.0
    wrong = len(evidence.false_letters)
    found.precision = right / (right + wrong) if right + wrong else 1.0
    found.note("poison without a dead letter", sorted(pills - letters))
    found.note("dead letters of sound records", evidence.false_letters)


def _mails(evidence: Evidence, found: Findings) -> None:
    """One acknowledgement a ticket.

    The same one may arrive again where a process died between the mail server's answer and
    writing it down: that is told apart, and still told.
    """
    tickets, taken = evidence.log.tickets, [m.message_id for m in evidence.mails if m.taken]
    told = [each for ticket in tickets.values() for each in ticket.acknowledged_under]
    known = set(told)
    arrived = once_each(told, (each for each in taken if each in known))
    found.note("never acknowledged", [*_unacknowledged(evidence), *arrived.missing])
    found.note(
        "acknowledged under two ids",
        [i for i, ticket in tickets.items() if len(set(ticket.acknowledged_under)) > 1],
    )
    unknown = set(taken) - known - evidence.log.mailed
    found.note("mails that nobody answers for", sorted(unknown))
    repeated = [each for each, times in Counter(taken).items() if times > 1]
    found.undecidable = len(repeated)
    found.note("mailed twice without need", [] if evidence.in_doubt else repeated)


def _unacknowledged(evidence: Evidence) -> list[str]:
    """But for those who are machines, or whose mail server refused us, and we said so."""
    said = evidence.story.unacknowledged
    excused = {ticket_id for ticket_id in said if said[ticket_id] != "refused"}
    excused &= evidence.story.automatic | set(evidence.replies.values())
    refused = {each.recipient for each in evidence.mails if not each.taken}
    if refused & evidence.story.refused:
        excused |= {ticket_id for ticket_id, why in said.items() if why == "refused"}
    return [
        ticket_id
        for ticket_id, ticket in evidence.log.tickets.items()
        if not ticket.acknowledged_under and ticket_id not in excused
    ]


def _loops(evidence: Evidence) -> list[str]:
    """No machine gets more than one mail in a thread, who says that he is away gets none."""
    times: Counter[str] = Counter()
    for each in {(m.recipient, m.message_id) for m in evidence.mails if of_machine(m.recipient)}:
        times[each[0]] += 1
    return [
        f"{address} got {count} mails"
        for address, count in times.items()
        if count > (0 if is_away(address) else BURST if address == RUDEST else 1)
    ]
