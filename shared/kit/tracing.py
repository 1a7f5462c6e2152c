"""OpenTelemetry, where the environment names a collector; else nothing at all."""

import os
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def telemetry_middlewares(service: str) -> list[Any]:
    """Spans for each batch, when OTEL_EXPORTER_OTLP_ENDPOINT is set (the standard's variable)."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return []
    from faststream.kafka.opentelemetry import (  # noqa: PLC0415 - only where it is used
        KafkaTelemetryMiddleware,
    )

    provider = TracerProvider(resource=Resource.create({"service.name": f"deskstream-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return [KafkaTelemetryMiddleware(tracer_provider=provider)]
