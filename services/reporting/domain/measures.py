"""How stored sums read: rates, means and percentiles, null wherever nothing was counted."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.reporting.domain.spread import percentile

SPREADS = ("first_response", "next_response", "resolution", "wait")
Sums = Mapping[str, Any]


def summed(documents: Iterable[Sums]) -> dict[str, Any]:
    """Adds up nested counters, as partitions and hours keep them apart."""
    total: dict[str, Any] = {}
    for document in documents:
        _add(total, document)
    return total


def _add(total: dict[str, Any], amounts: Sums) -> None:
    for name, amount in amounts.items():
        if isinstance(amount, Mapping):
            _add(total.setdefault(name, {}), amount)
        else:
            total[name] = total.get(name, 0) + amount


def told(sums: Sums) -> dict[str, Any]:
    """One line of a report: plain counts as they are, durations as a spread, targets as rates."""
    line = {name: amount for name, amount in sums.items() if not isinstance(amount, Mapping)}
    line |= {name: spread(sums.get(name, {})) for name in SPREADS}
    line["sla"] = {
        metric: kept(counts)
        for metric, counts in sorted(sums.get("sla", {}).items())
        if isinstance(counts, Mapping)
    }
    line["sla_total"] = kept(_all_metrics(sums))
    line["notifications"] = dict(sums.get("notifications", {}))
    line["reopen_rate"] = share(sums.get("reopened", 0), sums.get("resolved", 0))
    line["one_touch_rate"] = share(sums.get("one_touch", 0), _count(sums, "resolution"))
    line["escalation_rate"] = share(sums.get("escalated", 0), sums.get("created", 0))
    line["score"] = share(sums.get("score_sum", 0), sums.get("ratings", 0))
    return line


def spread(sums: Sums) -> dict[str, float | None]:
    buckets = sums.get("buckets", {})
    mean = share(sums.get("sum_ms", 0), sums.get("count", 0))
    return {
        "count": sums.get("count", 0),
        "mean_seconds": None if mean is None else round(mean / 1000, 3),
        "median_seconds": _rounded(percentile(buckets, 0.5)),
        "p90_seconds": _rounded(percentile(buckets, 0.9)),
    }


def kept(counts: Sums, overdue: int = 0) -> dict[str, Any]:
    """Compliance is met / (met + breached); what is past due and still open is breached."""
    met, breached = counts.get("met", 0), counts.get("breached", 0) + overdue
    line = {"met": met, "breached": breached, "compliance": share(met, met + breached)}
    if "elapsed" in counts:
        line["elapsed"] = spread(counts["elapsed"])
    return line


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _all_metrics(sums: Sums) -> dict[str, int]:
    metrics = [counts for counts in sums.get("sla", {}).values() if isinstance(counts, Mapping)]
    return {name: sum(c.get(name, 0) for c in metrics) for name in ("met", "breached")}


def _count(sums: Sums, name: str) -> int:
    count: int = sums.get(name, {}).get("count", 0)
    return count


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
