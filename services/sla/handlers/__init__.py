"""What sla does with what it hears, and with what it finds in its store."""

from services.sla.handlers.clocks import SlaHandler

__all__ = ["SlaHandler"]
