"""The six services by name, imported only when one is wanted."""

import importlib

from shared.kit.service import Create

SERVICES = ("intake", "triage", "router", "sla", "notifier", "reporting")
# What to change in config/ to change what a service decides.
CONFIGURED = ("intake", "triage", "router", "sla", "notifier")


def create_of(service: str) -> Create:
    create: Create = importlib.import_module(f"services.{service}.app").create
    return create


def service_of(stage: str) -> str:
    """Stages are named for their service: `intake-reception` is intake's."""
    return stage.split("-", maxsplit=1)[0]
