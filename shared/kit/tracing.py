"""OpenTelemetry, where the environment names a collector; else nothing at all."""

import os
from typing import Any


def telemetry_middlewares(service: str) -> list[Any]:
    """Spans for each batch, when OTEL_EXPORTER_OTLP_ENDPOINT is set (the standard's variable)."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return []
    # Only where they are used: they would make every start longer.
    from faststream.kafka.opentelemetry import KafkaTelemetryMiddleware  # noqa: PLC0415
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": f"deskstream-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return [KafkaTelemetryMiddleware(tracer_provider=provider)]
