"""Ports: never the same for two, never one that is taken."""

import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from deskstream.stack import ports, tansu
from deskstream.stack.handshake import broker_answers
from deskstream.stack.node import Server, start_on_free_ports
from deskstream.stack.ports import Port


def test_reserved_and_bound_ports_are_passed_over() -> None:
    first = 19_100
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", first))
        reserved = [ports.reserve(first, first + 2) for _ in range(2)]

        assert sorted(port.number for port in reserved) == [first + 1, first + 2]
        with pytest.raises(OSError, match="no free port in 19100 to 19102"):
            ports.reserve(first, first + 2)

        reserved[0].release()
        again = ports.reserve(first, first + 2)
        assert again.number == reserved[0].number
        again.release()
        reserved[1].release()


def test_a_server_that_finds_its_port_taken_is_given_another(tmp_path: Path) -> None:
    tried: list[int] = []

    with socket.socket() as foreign:

        def build(reserved: Sequence[Port]) -> Server:
            [port] = reserved
            if not tried:
                foreign.bind(("127.0.0.1", port.number))
            tried.append(port.number)
            listener = f"tcp://{port.address}"
            command = [tansu.find(), "broker", "--listener-url", listener]
            return Server(
                name="tansu",
                command=[*command, "--advertised-listener-url", listener],
                log=tmp_path / "tansu.log",
                answers=lambda: broker_answers(port.address),
                stop_within_seconds=0,
            )

        node = start_on_free_ports(1, build)
        try:
            assert len(tried) == 2
            assert node.address == f"127.0.0.1:{tried[1]}"
            assert "listening on" in node.log_tail()
        finally:
            node.close(graceful=False)
