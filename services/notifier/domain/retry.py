"""When to try again what did not work."""

import hashlib
from datetime import timedelta

_MOST_DOUBLINGS = 20


def pause_after(
    attempts: int, delivery_id: str, *, first: timedelta, longest: timedelta
) -> timedelta:
    """Doubles with each attempt, up to `longest`; three quarters to all of it, by the id.

    The id decides instead of chance, so that a crowd spreads out and a test repeats.
    """
    doubled = first * (1 << min(max(attempts - 1, 0), _MOST_DOUBLINGS))
    digest = hashlib.sha256(f"{delivery_id}/{attempts}".encode()).digest()
    return min(doubled, longest) * (0.75 + 0.25 * digest[0] / 255)
