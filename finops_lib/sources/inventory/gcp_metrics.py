"""How busy are Google's machines and databases? Cloud Monitoring, points of 5 minutes.

A level (gauge) has its mean and its largest sample in each 5 minutes. A counter has only its rate over the 5 minutes:
Monitoring has no largest rate, so its maxima are not known. Counters of a machine's disks or addresses are added up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from finops_lib.sources.inventory import AskedInventory, Resource, Series
from finops_lib.sources.inventory.gcp_clients import broken, told, tries

if TYPE_CHECKING:
    import numpy as np

PERMISSION = "monitoring.timeSeries.list"
STEP_S = 300
# 32 days of 25 resources are 230,000 points, which Python holds without trouble.
_AT_ONCE = 25
_PAGE = 100_000
_NO_TIME = datetime(2010, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Args:
        name: ours, as in `Series.metric`.
        google: its type, and in `only` what else its points must be.
        factor: makes our unit of Google's.
        is_counter: a rate is made of it.
        added_up: a resource has several series of it, e.g. one per disk.
    """

    name: str
    google: str
    unit: str
    factor: float = 1.0
    is_counter: bool = False
    added_up: bool = False
    only: str = ""


def _counter(name: str, google: str, unit: str) -> Metric:
    return Metric(name, google, unit, is_counter=True, added_up=True)


_MACHINE = "compute.googleapis.com/instance"
_DATABASE = "cloudsql.googleapis.com/database"
METRICS: Mapping[str, tuple[Metric, ...]] = {
    "gcp-instance": (
        Metric("cpu", f"{_MACHINE}/cpu/utilization", "percent", factor=100),
        # Written by the Ops Agent only.
        Metric("memory", "agent.googleapis.com/memory/percent_used", "percent", only='metric.labels.state = "used"'),
        _counter("network_in", f"{_MACHINE}/network/received_bytes_count", "bytes/s"),
        _counter("network_out", f"{_MACHINE}/network/sent_bytes_count", "bytes/s"),
        _counter("disk_read_bytes", f"{_MACHINE}/disk/read_bytes_count", "bytes/s"),
        _counter("disk_write_bytes", f"{_MACHINE}/disk/write_bytes_count", "bytes/s"),
        _counter("disk_read_ops", f"{_MACHINE}/disk/read_ops_count", "ops/s"),
        _counter("disk_write_ops", f"{_MACHINE}/disk/write_ops_count", "ops/s"),
    ),
    "gcp-sql-instance": (
        Metric("cpu", f"{_DATABASE}/cpu/utilization", "percent", factor=100),
        Metric("memory", f"{_DATABASE}/memory/utilization", "percent", factor=100),
        # PostgreSQL counts by database, and under another name (below).
        Metric("connections", f"{_DATABASE}/network/connections", "count"),
        _counter("disk_read_ops", f"{_DATABASE}/disk/read_ops_count", "ops/s"),
        _counter("disk_write_ops", f"{_DATABASE}/disk/write_ops_count", "ops/s"),
    ),
}
_POSTGRES_CONNECTIONS = Metric("connections", f"{_DATABASE}/postgresql/num_backends", "count", added_up=True)
# How a series names its resource.
_LABELS = {"gcp-instance": "instance_id", "gcp-sql-instance": "database_id"}


def metrics_of(resource: Resource) -> tuple[Metric, ...]:
    """Give the metrics that a resource has."""
    postgres = resource.attributes.get("engine", "").startswith("POSTGRES")
    return tuple(
        _POSTGRES_CONNECTIONS if postgres and one.name == "connections" else one for one in METRICS[resource.type]
    )


def may_read(client: Any, project: str) -> None:
    """Ask for a series of a time before there was any, to see whether it may be asked.

    Raises:
        NotAllowed, SourceError, ConfigError: as gcp_clients.told.
    """
    request = {
        "name": f"projects/{project}",
        "filter": f'metric.type = "{METRICS["gcp-instance"][0].google}"',
        "interval": {"start_time": _NO_TIME, "end_time": _NO_TIME + timedelta(seconds=STEP_S)},
        "view": "HEADERS",
        "page_size": 1,
    }
    with told(f"metrics of {project}", PERMISSION, absent=f"project {project}"):
        client.list_time_series(request=request, **tries())


def series(client: Any, asked: AskedInventory, metric: Metric, resources: Sequence[Resource]) -> Iterator[Series]:
    """Give one metric of some resources of one type and project; a resource without a point has no series.

    Raises:
        NotAllowed, SourceError, ConfigError: as gcp_clients.told.
    """
    # What the lake holds already differs: machines that are asked for from the same hour are asked for together.
    starts: dict[datetime, list[Resource]] = defaultdict(list)
    for one in resources:
        starts[asked.since_for(one.resource_id, metric.name)].append(one)
    for start, those in starts.items():
        rest = iter(those) if start < asked.until else iter(())
        while some := list(islice(rest, _AT_ONCE)):
            yield from _some(client, metric, some, start, asked.until)


def _some(client: Any, metric: Metric, some: Sequence[Resource], start: datetime, end: datetime) -> Iterator[Series]:
    by_label = {_label(one): one for one in some}
    if metric.is_counter:
        means, maxima = _points(client, metric, by_label, start, end, "ALIGN_RATE"), {}
    else:
        means = _points(client, metric, by_label, start, end, "ALIGN_MEAN")
        maxima = _points(client, metric, by_label, start, end, "ALIGN_MAX")
    for label, resource in by_label.items():
        if label in means:
            times, mean, most = _arrays(metric, means[label], maxima.get(label, {}))
            yield Series.of(resource, metric, times=times, means=mean, maxima=most)


def _points(
    client: Any, metric: Metric, by_label: Mapping[str, Resource], start: datetime, end: datetime, aligner: str
) -> dict[str, dict[int, float]]:
    """Give the points of each resource, by the start of their 5 minutes."""
    first = next(iter(by_label.values()))
    label = _LABELS[first.type]
    what = f"{metric.google} of {first.account}"
    names = ", ".join(f'"{name}"' for name in by_label)
    conditions = [f'metric.type = "{metric.google}"', f"resource.labels.{label} = one_of({names})"]
    aggregation: dict[str, Any] = {"alignment_period": {"seconds": STEP_S}, "per_series_aligner": aligner}
    if metric.added_up:
        aggregation |= {"cross_series_reducer": "REDUCE_SUM", "group_by_fields": [f"resource.labels.{label}"]}
    request = {
        "name": f"projects/{first.account}",
        "filter": " AND ".join([*conditions, *([metric.only] if metric.only else [])]),
        "interval": {"start_time": start.replace(tzinfo=UTC), "end_time": end.replace(tzinfo=UTC)},
        "aggregation": aggregation,
        "view": "FULL",
        "page_size": _PAGE,
    }
    found: dict[str, dict[int, float]] = {}
    tokens: set[str] = set()
    # A metric that nothing has ever written in this project is not known to it.
    with told(what, PERMISSION, absent=f"metric {metric.google}"):
        for page in client.list_time_series(request=request, **tries()).pages:
            for one in type(page).pb(page).time_series:
                name = one.resource.labels[label]
                if name not in by_label:
                    raise broken(what, f"a series of {label} {name!r}, which was not asked for")
                points = found.setdefault(name, {})
                for point in one.points:
                    time = point.interval.end_time.seconds - STEP_S
                    if time in points:
                        raise broken(what, f"two points of {name} at the same time")
                    points[time] = float(getattr(point.value, point.value.WhichOneof("value") or "double_value"))
            if page.next_page_token in tokens:
                raise broken(what, "the same page was sent twice")
            tokens.add(page.next_page_token)
    return found


def _label(resource: Resource) -> str:
    if resource.type == "gcp-sql-instance":
        return f"{resource.account}:{resource.name}"
    return resource.attributes["numeric_id"]


def _arrays(
    metric: Metric, means: Mapping[int, float], maxima: Mapping[int, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give times, means and maxima, oldest first."""
    import numpy as np

    times = sorted(means)
    mean = np.array([means[time] for time in times], dtype=np.float64)
    most = np.array([maxima.get(time, np.nan) for time in times], dtype=np.float64)
    return np.array(times, dtype=np.int64), mean * metric.factor, most * metric.factor
