"""Which loopback ports our servers may listen on, though several stacks start at once."""

import secrets
import socket
from dataclasses import dataclass

# Below Linux's ephemeral range (from 32768), so that no outgoing connection of any process can
# sit on a port while its server is down between a kill and a restart.
_FIRST, _LAST = 20_000, 31_999
_TRIES = 200


@dataclass(frozen=True)
class Port:
    """A port that no other stack on this machine takes before `release`, or before we die."""

    number: int
    _claim: socket.socket

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.number}"

    def release(self) -> None:
        self._claim.close()


def reserve(first: int = _FIRST, last: int = _LAST) -> Port:
    for _ in range(_TRIES):
        number = first + secrets.randbelow(last - first + 1)
        claim = _claim(number)
        if claim is None:
            continue
        if _is_free(number):
            return Port(number, claim)
        claim.close()
    raise OSError(f"no free port in {first} to {last} after {_TRIES} tries")


def _claim(number: int) -> socket.socket | None:
    """A name in the abstract socket space: taken atomically, given back by the kernel."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0deskstream-port-{number}")
    except OSError:
        claim.close()
        return None
    return claim


def _is_free(number: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return False
    return True
