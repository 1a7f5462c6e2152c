"""A broker and a database to run on: for the demo, the tests, the benchmarks and the chaos."""

from deskstream.stack.kinds import Stack, start
from deskstream.stack.node import Node
from deskstream.stack.unavailable import StackUnavailable, StartFailed

__all__ = ["Node", "Stack", "StackUnavailable", "StartFailed", "start"]
