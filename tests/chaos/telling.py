"""What a run found, for people and for programs."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tests.bench import machine
from tests.bench.percentiles import percentile
from tests.chaos.options import Options
from tests.chaos.recovery import Waits, by_kind
from tests.chaos.running import Outcome

SHOWN = 5


def as_json(options: Options, outcome: Outcome) -> dict[str, Any]:
    findings = outcome.findings
    return {
        "options": asdict(options),
        "machine": machine.about(),
        "seconds": round(outcome.seconds, 1),
        "held": findings.hold,
        "findings": asdict(findings),
        "mended": outcome.mended,
        "missed": outcome.missed,
        "waits": {mood: each._asdict() for mood, each in outcome.waits.items()},
        "answers": {mood: each._asdict() for mood, each in outcome.answers.items()},
        "recovered_p95": _p95(outcome),
        "longest_stall": max((each.stalled for each in outcome.recovered), default=0.0),
        "faults": [asdict(strike) for strike in outcome.strikes],
        "recoveries": [asdict(each) for each in outcome.recovered],
    }


def as_text(options: Options, outcome: Outcome) -> str:
    found = outcome.findings
    lines = [
        f"Seed {options.seed}, {options.rate:g}/s for {options.minutes:g} min, {options.stack}",
        f"accepted {found.accepted}: {', '.join(f'{n} {word}' for word, n in found.fates.items())}",
        f"events published again and dropped by readers {found.repeated_events}",
        f"mails repeated where nobody could know {found.undecidable}",
        f"breaches taken back {found.corrected}",
        f"dead letters: recall {found.recall:.3f}, precision {found.precision:.3f}",
        *(f"redrive, {what}: {count}" for what, count in outcome.mended.items()),
        *_waits("ready", outcome.waits),
        *_waits("let in at a door", outcome.answers),
        *(f"did not come about: {scene}" for scene in outcome.missed),
        *_table(outcome),
        *_broken(found.broken),
        "Every guarantee held." if found.hold else "BROKEN: see above and the report.",
    ]
    return "\n".join(lines)


def _waits(what: str, found: Mapping[str, Waits]) -> list[str]:
    return [
        f"{what} within (p95 / p99 of {each.waits}), {mood}: {each.p95:.2f} / {each.p99:.2f} s"
        for mood, each in found.items()
    ]


def _table(outcome: Outcome) -> list[str]:
    lines = [f"{'fault':<28}{'times':>6}{'recovered p95, s':>18}{'longest stall, s':>18}"]
    for name, (times, p95, stalled) in by_kind(outcome.recovered).items():
        shown = "never" if p95 is None else f"{p95:.1f}"
        lines.append(f"{name:<28}{times:>6}{shown:>18}{stalled:>18.1f}")
    overall = _p95(outcome)
    if overall is not None:
        lines.append(f"{'all of them':<28}{len(outcome.recovered):>6}{overall:>18.1f}")
    return lines


def _p95(outcome: Outcome) -> float | None:
    known = sorted(each.recovered for each in outcome.recovered if each.recovered is not None)
    return percentile(known, 0.95) if known and len(known) == len(outcome.recovered) else None


def _broken(broken: Mapping[str, list[str]]) -> list[str]:
    lines = []
    for guarantee, problems in broken.items():
        lines.append(f"{guarantee:<40}{len(problems):>6}")
        lines += [f"    {problem}" for problem in problems[:SHOWN]]
    return lines


def controls_as_text(found: Mapping[str, Outcome]) -> str:
    lines = []
    for weakness, outcome in found.items():
        broken = [name for name, problems in outcome.findings.broken.items() if problems]
        word = "broken: " + ", ".join(broken) if broken else "everything held"
        lines.append(f"without {weakness:<12} {word}")
    arms = [outcome for weakness, outcome in found.items() if weakness != "nothing"]
    lines.append(f"{sum(not each.findings.hold for each in arms)}/{len(arms)} detected")
    return "\n".join(lines)
