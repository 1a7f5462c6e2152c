"""The policies' file: read, checked as a whole, and made ready to decide by."""

from collections.abc import Iterator
from pathlib import Path

from services.sla.domain.configuration import CALENDAR, SlaConfig, When
from services.sla.domain.policy import NO_POLICY, Rules, compile_rules
from shared.kit.config import ConfigError, Loaded, did_you_mean, load

FILE = "sla.yaml"
Finding = tuple[tuple[str | int, ...], str]


def load_rules(path: Path) -> Rules:
    """Raises ConfigError with every problem."""
    loaded = load(path, SlaConfig)
    problems = _problems(loaded)
    if problems:
        raise ConfigError(problems)
    return compile_rules(loaded.value, loaded.version)


def check(config_dir: Path) -> list[str]:
    """Every problem of the policies as a line with file and line; empty: they can be used."""
    try:
        load_rules(config_dir / FILE)
    except ConfigError as error:
        return error.problems
    return []


def _problems(loaded: Loaded[SlaConfig]) -> list[str]:
    config = loaded.value
    findings = [
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
    for place, policy in enumerate(config.policies):
        if policy.schedule not in known:
            nearest = did_you_mean(policy.schedule, known)
            there = nearest or f"; there are {', '.join(known)}"
            message = f'there is no schedule "{policy.schedule}"{there}'
            yield ("policies", place, "schedule"), message


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
