"""The canned replies' file: read and checked as a whole."""

from pathlib import Path

from services.intake.domain.canned_form import CannedReplies
from services.intake.settings import IntakeSettings
from shared.kit.config import ConfigError, Loaded, load


def load_canned(path: Path) -> Loaded[CannedReplies]:
    """Raises ConfigError with every problem."""
    return load(path, CannedReplies)


def check(config_dir: Path) -> list[str]:
    """Every problem as a line with file and line; empty: the replies can be used."""
    try:
        load_canned(config_dir / IntakeSettings().canned_file)
    except ConfigError as error:
        return error.problems
    return []
