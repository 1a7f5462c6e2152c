"""Whether a process lives, and whether it does its work: reasons by name."""

from collections.abc import Mapping


class Health:
    """Liveness and readiness as two sets of reasons; none: well.

    A part says what is wrong under its own name, and takes it back with None.
    """

    def __init__(self) -> None:
        self._not_ready: dict[str, str] = {}
        self._not_live: dict[str, str] = {}
        self._degraded: dict[str, str] = {}

    def not_ready(self, name: str, reason: str | None) -> None:
        """The work stands still: shown in /readyz with status 503."""
        _set(self._not_ready, name, reason)

    def not_live(self, name: str, reason: str | None) -> None:
        """Only a restart helps: /livez answers 503."""
        _set(self._not_live, name, reason)

    def degraded(self, name: str, reason: str | None) -> None:
        """The work goes on, but something needs a look: shown in /readyz with status 200."""
        _set(self._degraded, name, reason)

    @property
    def ready(self) -> bool:
        return not self._not_ready

    @property
    def live(self) -> bool:
        return not self._not_live

    def readiness(self) -> Mapping[str, object]:
        status = "degraded" if self._degraded else "ready"
        return {
            "status": status if self.ready else "not ready",
            "reasons": dict(self._not_ready),
            "degraded": dict(self._degraded),
        }

    def liveness(self) -> Mapping[str, object]:
        return {"status": "live" if self.live else "not live", "reasons": dict(self._not_live)}


def _set(reasons: dict[str, str], name: str, reason: str | None) -> None:
    if reason is None:
        reasons.pop(name, None)
    else:
        reasons[name] = reason
