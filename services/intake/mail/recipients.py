"""For whom the listener takes mail."""

from collections.abc import Iterable

from services.intake.domain.identity import normal_address, without_tag


class Recipients:
    """Addresses, and `@domain` for a whole domain; what follows a + in an address is ours to read.

    None at all: nobody's mail is taken, for an open door would be found within hours.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = {normal_address(each) for each in allowed}

    def take(self, address: str) -> bool:
        bare = without_tag(normal_address(address))
        if not bare.isprintable():
            return False
        return bare in self._allowed or f"@{bare.rpartition('@')[2]}" in self._allowed
