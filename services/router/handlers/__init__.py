"""What the router does with what it hears, and with rules that change."""

from services.router.handlers.stages import Dispatcher, Forwarder, Forwarding

__all__ = ["Dispatcher", "Forwarder", "Forwarding"]
