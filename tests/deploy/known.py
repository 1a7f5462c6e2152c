"""What the code knows that deploy/ must agree with: settings, stages, metrics."""

import importlib
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry
from pydantic_settings import BaseSettings

from deskstream.services import SERVICES
from shared.kit.meters import Metrics
from shared.kit.settings import KitSettings
from shared.kit.unit import Stage

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
RUNBOOKS = ROOT / "docs" / "runbooks"


@cache
def settings_classes() -> tuple[type[BaseSettings], ...]:
    """The kit's first, then each service's own."""
    found: list[type[BaseSettings]] = [KitSettings]
    for service in SERVICES:
        name = f"services.{service}.settings"
        if importlib.util.find_spec(name) is None:
            continue
        module = importlib.import_module(name)
        found += [each for each in vars(module).values() if _is_settings(each, name)]
    return tuple(found)


def _is_settings(value: Any, module: str) -> bool:
    return (
        isinstance(value, type) and issubclass(value, BaseSettings) and value.__module__ == module
    )


@cache
def setting_names() -> frozenset[str]:
    return frozenset(
        f"{cls.model_config['env_prefix']}{field}".upper()
        for cls in settings_classes()
        for field in cls.model_fields
    )


@cache
def stages() -> tuple[Stage[Any], ...]:
    found = {
        value.name: value
        for service in SERVICES
        for value in vars(importlib.import_module(f"services.{service}.app")).values()
        if isinstance(value, Stage)
    }
    return tuple(found.values())


@cache
def series() -> dict[str, frozenset[str]]:
    """Every time series that a process of ours shows, with its labels."""
    stages()  # importing the services registers their metrics
    kit = CollectorRegistry()
    Metrics(kit)
    found: dict[str, frozenset[str]] = {}
    for registry in (kit, REGISTRY):
        for collector in registry._collector_to_names:
            labels = frozenset(getattr(collector, "_labelnames", ()))
            for metric in collector.collect():
                for name, more in _series_of(metric.name, metric.type):
                    found[name] = labels | more
    return found


def _series_of(name: str, kind: str) -> Iterator[tuple[str, frozenset[str]]]:
    nothing: frozenset[str] = frozenset()
    if kind == "counter":
        yield f"{name}_total", nothing
    elif kind == "histogram":
        yield f"{name}_bucket", frozenset({"le"})
        yield f"{name}_sum", nothing
        yield f"{name}_count", nothing
    else:
        yield name, nothing
