"""The policies' file: read, checked as a whole, and made ready to decide by."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from services.sla.domain.configuration import CALENDAR, SlaConfig, When
from services.sla.domain.ical_feed import IcalFeed
from services.sla.domain.policy import NO_POLICY, Rules, compile_rules
from shared.kit.config import ConfigError, Loaded, did_you_mean, load, version_of

FILE = "sla.yaml"
Finding = tuple[tuple[str | int, ...], str]


def load_rules(path: Path) -> Rules:
    """Raises ConfigError with every problem, those of the iCal files included."""
    loaded = load(path, SlaConfig)
    feeds, findings = _feeds(loaded.value, path.parent)
    problems = _problems(loaded, findings)
    if problems:
        raise ConfigError(problems)
    return compile_rules(loaded.value, _version(loaded, path.parent), feeds)


def check(config_dir: Path) -> list[str]:
    """Every problem of the policies as a line with file and line; empty: they can be used."""
    try:
        load_rules(config_dir / FILE)
    except ConfigError as error:
        return error.problems
    return []


def _version(loaded: Loaded[SlaConfig], folder: Path) -> str:
    """Of the file alone, or together with the iCal files that it names."""
    names = sorted({name for each in loaded.value.schedules.values() for name in each.feeds})
    if not names:
        return loaded.version
    contents = [loaded.version.encode(), *((folder / name).read_bytes() for name in names)]
    return version_of(b"".join(hashlib.sha256(content).digest() for content in contents))


def _feeds(config: SlaConfig, folder: Path) -> tuple[Mapping[str, IcalFeed], list[Finding]]:
    feeds: dict[str, IcalFeed] = {}
    findings: list[Finding] = []
    for schedule, written in config.schedules.items():
        for place, name in enumerate(written.feeds):
            try:
                feeds[name] = IcalFeed((folder / name).read_bytes())
            except OSError as error:
                problem = f'cannot read "{name}" in this folder ({type(error).__name__})'
                findings.append((("schedules", schedule, "feeds", place), problem))
            except ValueError as error:
                findings.append((("schedules", schedule, "feeds", place), f'"{name}" {error}'))
    return feeds, findings


def _problems(loaded: Loaded[SlaConfig], of_feeds: list[Finding]) -> list[str]:
    config = loaded.value
    findings = [
        *of_feeds,
        *_schedule_findings(config),
        *_name_findings(config),
        *_order_findings(config),
    ]
    findings.sort(key=lambda finding: loaded.marked.line(finding[0]))
    return [loaded.problem(loc, message) for loc, message in findings]


def _schedule_findings(config: SlaConfig) -> Iterator[Finding]:
    if CALENDAR in config.schedules:
        message = "is the name of time that never stops; give this schedule another"
        yield ("schedules", CALENDAR), message
    known = [*config.schedules, CALENDAR]
    for loc, name in _schedule_names(config):
        if name not in known:
            there = did_you_mean(name, known) or f"; there are {', '.join(known)}"
            yield loc, f'there is no schedule "{name}"{there}'


def _schedule_names(config: SlaConfig) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Wherever a schedule is named."""
    for place, policy in enumerate(config.policies):
        yield ("policies", place, "schedule"), policy.schedule
        time = policy.when.time
        for word in ("during", "outside"):
            for name in () if time is None else getattr(time, word):
                yield ("policies", place, "when", "time", word), name


def _name_findings(config: SlaConfig) -> Iterator[Finding]:
    seen = {NO_POLICY}
    for place, policy in enumerate(config.policies):
        if policy.name in seen:
            yield ("policies", place, "name"), f'another policy is called "{policy.name}" already'
        seen.add(policy.name)


def _order_findings(config: SlaConfig) -> Iterator[Finding]:
    for place, policy in enumerate(config.policies[:-1]):
        if policy.when == When():
            message = f'"{policy.name}" fits every ticket, so no policy after it can ever hold'
            yield ("policies", place + 1), message
            return
