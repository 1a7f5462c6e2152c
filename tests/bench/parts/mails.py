"""Raw mails to messages: our reader beside the standard library's, on one core."""

from tests.bench import parsing
from tests.bench.run import Run, say
from tests.bench.section import Bars, Section, number


async def measure(run: Run) -> None:
    say("mails")
    ours, theirs = parsing.compare(run.plan.mails, run.report.seed)
    section = Section("mails", "Mails parsed, a second of one core")
    section.row("ours", number(ours))
    section.row("policy.default", number(theirs))
    section.figures = {"ours": ours, "policy_default": theirs}
    section.goals["T4"] = ours / theirs
    section.bars.append(Bars(section.title, "/s", [("ours", ours), ("policy.default", theirs)]))
    run.report.sections.append(section)
