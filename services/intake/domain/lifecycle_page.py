"""docs/lifecycle.md, made from the tables that decide."""

from collections.abc import Iterable

from services.intake.domain.fitting import FITS
from services.intake.domain.status import MOVES, REQUESTERS_MOVES
from shared.contracts.fields import ActorKind, Status

MEANINGS = {
    Status.NEW: "Nobody of ours has done anything with it yet.",
    Status.OPEN: "It waits for us: an agent took it up, or the requester wrote again.",
    Status.IN_PROGRESS: "An agent is at it: after a reply, or because he said so.",
    Status.PENDING: "It waits for the requester.",
    Status.ON_HOLD: "It waits for a third party.",
    Status.RESOLVED: "Answered. The requester's next message opens it again.",
    Status.CLOSED: "The end. The requester's next message opens a follow-up ticket, or this one"
    " again where the policy says so.",
}
HEAD = """# A ticket's life

This page is made from the tables in `services/intake/domain/` that decide; a test fails when it is
out of date. Intake's lifecycle stage is the one writer of a ticket's status. Every command is
answered by its events or by `CommandRejected` with a reason that tells what would fit.
"""
RULES = """## Rules behind the tables

- **Taking up.** The first act of an agent on a new ticket (note, fields, reassign, escalate) makes
  it open. A bot's act does not.
- **Replying.** A reply may say the status that it leaves behind. If it says none, a human's reply
  to a ticket that is new, open or in progress makes it what `DESKSTREAM_INTAKE_AFTER_REPLY` says:
  `in_progress` (shipped), `pending` or `unchanged` (then new becomes open). Otherwise the status
  stays.
- **Canned replies.** `ReplyCanned` sends a reply of `config/canned.yaml` as if the agent had
  written it, in the requester's language. A variable that is missing, or that the reply has no
  place for, is refused. The reply's own status holds where the ticket can have it, unless the
  command says one.
- **Mentions.** A note tells those in `mentions` and those that its text names as `@agent-id`.
- **Writing again.** A participant's message brings a pending, on-hold or resolved ticket back to
  open. Automatic messages (auto-replies, bounces, lists, our own mail), and messages of somebody
  unknown to the ticket, are kept and change nothing.
- **Closed.** A message to a closed ticket is never lost: it opens a linked follow-up ticket, and
  later ones go there too. With `DESKSTREAM_INTAKE_REOPEN_CLOSED_DAYS=N` a participant's message
  reopens the ticket instead in the N days after its closing; afterwards, from strangers, and with 0
  (shipped) always, it is the follow-up. A ticket closed as spam keeps messages silently.
- **Reopening.** Out of resolved or closed a ticket becomes open (`TicketReopened`) before it
  becomes anything else. `reopens` counts.
- **Bounces.** A hard bounce brings a pending or resolved ticket back to open, once until the
  requester writes again. A soft one changes nothing.
- **Timers.** A timer's `SetStatus` says in `seen` the number of intake's last event that it knew.
  If the ticket was replied to or moved after that, the command is stale: it is counted, and
  nothing is said. Notes, fields, links and refusals do not make a timer stale.
- **Two tickets.** Merge, link and split are a command for each side; the handling of the first
  sends the second. The source of a merge is closed and its messages go to the target. A target that
  cannot take it in (closed, merged itself, full) sends the source back, so merges that cross do no
  harm. Unmerged, the source is open again.
- **Imports.** `ImportTicket` (`deskstream import`) takes over a ticket of an earlier system, once.
  One that was resolved or closed there is closed here, with its history, and wakes neither timers
  nor mails. One that goes on is opened anew without an acknowledgement; its clocks start then.
- **Fields.** What a human sets is pinned against re-triage, also when the value stays the same.
- **Requesters** act on their own tickets only. They may resolve, reopen and rate.
- **Nobody knows it.** A message for a ticket that does not exist opens it. Any other command for
  one is rejected.
"""


def lifecycle_page() -> str:
    parts = (HEAD, _statuses(), _moves(), _commands(), RULES)
    return "\n".join(parts)


def _statuses() -> str:
    rows = ((f"**{status}**", MEANINGS[status]) for status in Status)
    return _table("## Statuses", ("status", "meaning"), rows)


def _moves() -> str:
    rows = (
        (f"**{status}**", _listed(MOVES[status]), _listed(REQUESTERS_MOVES[status]))
        for status in Status
    )
    heads = ("from", "agents, bots, timers: to", "its requester: to")
    return _table("## Who may set which status", heads, rows)


def _commands() -> str:
    rows = (
        (
            f"`{command.__name__}`",
            "anyone" if fit.actors == tuple(ActorKind) else _listed(fit.actors),
            *("yes" if status in fit.statuses else "" for status in Status),
            "yes" if fit.merged else "",
            ", ".join(f"`{event.__name__}`" for event in fit.says),
        )
        for command, fit in FITS.items()
    )
    heads = ("command", "for", *(str(status) for status in Status), "merged", "can lead to")
    return _table("## Which command fits which ticket", heads, rows)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "nothing"


def _table(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [_line(heads), _line("---" for _ in heads), *(_line(row) for row in rows)]
    return f"{title}\n\n" + "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
