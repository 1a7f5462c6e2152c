"""A process's clock set ahead or back, as on a machine whose time nobody keeps."""

from datetime import UTC, datetime, timedelta
from types import ModuleType

from shared.kit.clock import SystemClock


def shift(seconds: float, clock: ModuleType) -> None:
    """The kit's clock, and `clock.time` for the libraries. Monotonic time stays as it is."""
    right = clock.time
    off = timedelta(seconds=seconds)

    def now(_: SystemClock) -> datetime:
        return datetime.now(UTC) + off

    def epoch_seconds() -> float:
        moment: float = right()
        return moment + seconds

    SystemClock.now = now  # type: ignore[method-assign,assignment]
    clock.time = epoch_seconds  # type: ignore[attr-defined]
