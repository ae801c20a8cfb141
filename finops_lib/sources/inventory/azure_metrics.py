"""How busy are Azure's machines, plans and databases? Azure Monitor, one resource at a time, points of 5 minutes.

Totals become rates: mean = total / 300 s. Monitor samples once a minute, so the largest sample of a total is bytes in
one minute: maximum / 60 s. Memory is sent as what is available: used = 100 - available, and its maximum comes from the
least that was available.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from finops_lib.sources.inventory import AskedInventory, Resource, Series
from finops_lib.sources.inventory.rest import Refused, Rest

if TYPE_CHECKING:
    import numpy as np

ACTION = "Microsoft.Insights/metrics/read"
_VERSION = "2023-10-01"
_STEP_S, _SAMPLE_S = 300, 60
# A longer window at 5 minutes is cut or refused, depending on the metric.
_WINDOW = timedelta(days=7)
_PLAIN, _TOTAL, _AVAILABLE = "plain", "total", "available"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Args:
        name: ours, as in `Series.metric`.
        azure: Azure's.
        is_sent: how: `plain` as it is, `total` in bytes, `available` in percent of what is not used.
    """

    name: str
    azure: str
    unit: str
    is_sent: str = _PLAIN


_SQL = (Metric("cpu", "cpu_percent", "percent"), Metric("storage", "storage_percent", "percent"))
METRICS: Mapping[str, tuple[Metric, ...]] = {
    "azure-virtual-machine": (
        Metric("cpu", "Percentage CPU", "percent"),
        Metric("memory", "Available Memory Percentage", "percent", _AVAILABLE),
        Metric("network_in", "Network In Total", "bytes/s", _TOTAL),
        Metric("network_out", "Network Out Total", "bytes/s", _TOTAL),
        Metric("disk_read_bytes", "Disk Read Bytes", "bytes/s", _TOTAL),
        Metric("disk_write_bytes", "Disk Write Bytes", "bytes/s", _TOTAL),
        Metric("disk_read_ops", "Disk Read Operations/Sec", "ops/s"),
        Metric("disk_write_ops", "Disk Write Operations/Sec", "ops/s"),
    ),
    "azure-app-service-plan": (
        Metric("cpu", "CpuPercentage", "percent"),
        Metric("memory", "MemoryPercentage", "percent"),
    ),
    "azure-sql-database": (*_SQL, Metric("connections", "sessions_count", "count")),
    "azure-sql-elastic-pool": _SQL,
}


@dataclass(frozen=True, slots=True)
class Unknown:
    """Azure Monitor does not have this metric for this resource."""

    metric: Metric
    said: str


def series(rest: Rest, resource: Resource, asked: AskedInventory) -> Iterator[Series | Unknown]:
    """Give the metrics of one resource that the lake does not hold; a metric without a point has no series.

    Raises:
        Refused: the caller may not read metrics of this resource.
    """
    # Metrics that were never sent are asked from the beginning each time; they must not take the others with them.
    starts: dict[datetime, list[Metric]] = {}
    for metric in METRICS[resource.type]:
        starts.setdefault(asked.since_for(resource.resource_id, metric.name), []).append(metric)
    for start, metrics in starts.items():
        sent: dict[str, dict[int, Mapping[str, Any]]] = {metric.azure: {} for metric in metrics}
        unknown: dict[str, Refused] = {}
        while start < asked.until:
            end = min(start + _WINDOW, asked.until)
            known = [metric for metric in metrics if metric.azure not in unknown]
            for name, points in _points(rest, resource, known, start, end, unknown):
                if name not in sent:
                    raise rest.broken(resource.resource_id, f"it has the metric {name!r}, which was not asked for")
                sent[name].update(points)
            start = end
        for metric in metrics:
            if metric.azure in unknown:
                yield Unknown(metric, unknown[metric.azure].said)
                continue
            times, means, maxima = _arrays(metric, sent[metric.azure])
            if len(times):
                yield Series.of(resource, metric, times=times, means=means, maxima=maxima)


def _points(
    rest: Rest,
    resource: Resource,
    metrics: list[Metric],
    start: datetime,
    end: datetime,
    unknown: dict[str, Refused],
) -> Iterator[tuple[str, dict[int, Mapping[str, Any]]]]:
    """Give the points of all metrics in one answer; metric by metric where one of them is not known."""
    if not metrics:
        return
    try:
        yield from _ask(rest, resource, metrics, start, end)
    except Refused as refused:
        # One unknown name refuses the whole question, and which one it is stands in prose only.
        if refused.status != 400:
            raise
        if len(metrics) == 1:
            unknown[metrics[0].azure] = refused
            return
        for metric in metrics:
            yield from _points(rest, resource, [metric], start, end, unknown)


def _ask(
    rest: Rest, resource: Resource, metrics: list[Metric], start: datetime, end: datetime
) -> Iterator[tuple[str, dict[int, Mapping[str, Any]]]]:
    path = f"{resource.attributes.get('raw_id', resource.resource_id)}/providers/Microsoft.Insights/metrics"
    query = {
        "api-version": _VERSION,
        "timespan": f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}",
        "interval": "PT5M",
        "metricnames": ",".join(metric.azure for metric in metrics),
        "aggregation": "Average,Maximum,Minimum,Total",
    }
    answer = rest.ask("GET", path, query=query)
    # Azure answers with a coarser grain where the finer one is gone, and its maxima would be means of nothing.
    if answer.get("interval") not in (None, "PT5M"):
        raise rest.broken(path, f"points of {answer.get('interval')} instead of PT5M")
    values = answer.get("value")
    if not isinstance(values, list):
        raise rest.broken(path, "it has no list of metrics")
    try:
        for value in values:
            points = {
                _seconds(point["timeStamp"]): point
                for one in value.get("timeseries") or ()
                for point in one.get("data") or ()
            }
            yield value["name"]["value"], points
    except (KeyError, TypeError, ValueError) as error:
        raise rest.broken(path, f"a metric cannot be read ({error!r})") from error


def _seconds(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _arrays(metric: Metric, points: Mapping[int, Mapping[str, Any]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give times, means and maxima, oldest first; a point without a mean is a gap, and left out."""
    import numpy as np

    mean_key = "total" if metric.is_sent == _TOTAL else "average"
    max_key = "minimum" if metric.is_sent == _AVAILABLE else "maximum"
    times = sorted(time for time, point in points.items() if point.get(mean_key) is not None)
    means = np.array([points[time][mean_key] for time in times], dtype=np.float64)
    most = [points[time].get(max_key) for time in times]
    maxima = np.array([np.nan if value is None else value for value in most], dtype=np.float64)
    if metric.is_sent == _TOTAL:
        means, maxima = means / _STEP_S, maxima / _SAMPLE_S
    elif metric.is_sent == _AVAILABLE:
        means, maxima = 100 - means, 100 - maxima
    return np.array(times, dtype=np.int64), means, maxima
