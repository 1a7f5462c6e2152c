"""The routing rules of a configuration directory, or what is wrong with them."""

from pathlib import Path

from services.router.domain.config_check import findings
from services.router.domain.routing_config import RoutingConfig
from services.router.domain.routing_rules import RoutingRules
from shared.kit.config import ConfigError, load

FILE = "routing.yaml"


def load_rules(path: Path) -> RoutingRules:
    """Raises ConfigError with every problem at once."""
    loaded = load(path, RoutingConfig)
    if problems := [loaded.problem(loc, message) for loc, message in findings(loaded.value)]:
        raise ConfigError(problems)
    return RoutingRules(loaded.value, loaded.version)


def check(config_dir: Path) -> list[str]:
    """A line for each problem; empty: the file can be used."""
    try:
        load_rules(config_dir / FILE)
    except ConfigError as error:
        return error.problems
    return []
