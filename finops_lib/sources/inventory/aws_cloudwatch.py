"""Points of CloudWatch: many metrics in one request, five minutes apart, from after the newest that the lake holds.

Percentiles are never asked of CloudWatch: those of five minutes cannot be put together to those of a month.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from finops_lib.errors import SourceError
from finops_lib.sources.inventory import AskedInventory, Resource, Series
from finops_lib.sources.inventory.aws_kinds import Measure
from finops_lib.sources.inventory.aws_place import Place
from finops_lib.sources.inventory.looks import NotAllowed

GET, LIST = "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"
PERIOD_S = 300
# Points of five minutes are kept for 63 days, after that there are only hours.
KEPT = timedelta(days=63)
# GetMetricData takes no more queries at once; a long time has fewer, so that an answer stays within about 100 MB.
_QUERIES_AT_ONCE = 500
_POINTS_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """One metric of one resource, from when its points are missing."""

    resource: Resource
    measure: Measure
    since: datetime

    @property
    def type(self) -> str:
        return f"{self.resource.type}/{self.measure.metric}"


def wanted(measured: Iterable[tuple[Resource, Measure]], asked: AskedInventory) -> list[Wanted]:
    """Say what is missing, in the order in which it is asked; what the lake holds already is left out."""
    first = max(asked.since, asked.until - KEPT)
    missing = [
        Wanted(resource, measure, max(first, asked.since_for(resource.resource_id, measure.metric)))
        for resource, measure in measured
    ]
    return sorted(
        (one for one in missing if one.since < asked.until),
        key=lambda one: (one.type, _day(one.since), one.resource.resource_id),
    )


def batches(missing: Sequence[Wanted], until: datetime) -> Iterator[list[Wanted]]:
    """Cut what is missing into requests: of one metric, that begin on one day."""
    batch: list[Wanted] = []
    for one in missing:
        # All of a request begin together; by the day, or those of stopped instances would be a request each.
        points = (until - _day(one.since)) / timedelta(seconds=PERIOD_S)
        # A mean and a maximum are a query each.
        most = max(1, min(_QUERIES_AT_ONCE, int(_POINTS_AT_ONCE / points)) // 2)
        if batch and (len(batch) >= most or (one.type, _day(one.since)) != (batch[0].type, _day(batch[0].since))):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def fetch(place: Place, batch: Sequence[Wanted], until: datetime) -> Iterator[Series]:
    """Fetch one batch; a metric that CloudWatch has no points of gives nothing.

    Raises:
        NotAllowed: CloudWatch does not let us.
        SourceError: it did not answer, or an answer is not whole.
    """
    import numpy as np

    queries: list[dict[str, Any]] = []
    for number, one in enumerate(batch):
        for letter, statistic in (("m", one.measure.mean), ("x", one.measure.maximum)):
            if statistic:
                queries.append(_query(f"{letter}{number}", one.measure, statistic, PERIOD_S))
    points = get_points(place, queries, _day(batch[0].since), until)
    for number, one in enumerate(batch):
        means, maxima = points.get(f"m{number}", Points.none()), points.get(f"x{number}", Points.none())
        times = np.union1d(means.times, maxima.times)
        times = times[times >= int(one.since.replace(tzinfo=UTC).timestamp())]
        if not len(times):
            continue
        scale = 1 / PERIOD_S if one.measure.per_second else 1
        yield Series(
            type=one.resource.type,
            resource_id=one.resource.resource_id,
            account=one.resource.account,
            region=one.resource.region,
            metric=one.measure.metric,
            unit=one.measure.unit,
            times=times,
            means=means.at(times) * scale,
            maxima=maxima.at(times) * scale,
        )


@dataclass(frozen=True, slots=True)
class Points:
    """Points of one query: seconds since 1970, rising, and values."""

    times: Any  # numpy int64
    values: Any  # numpy float64

    @classmethod
    def of(cls, pages: Sequence[tuple[Any, Any]]) -> Self:
        import numpy as np

        times, first = np.unique(np.concatenate([times for times, _ in pages]), return_index=True)
        return cls(times, np.concatenate([values for _, values in pages])[first])

    @classmethod
    def none(cls) -> Self:
        import numpy as np

        return cls(np.empty(0, dtype=np.int64), np.empty(0))

    def at(self, times: Any) -> Any:
        """Give the values at some times, NaN where there is none."""
        import numpy as np

        values = np.full(len(times), math.nan)
        values[np.isin(times, self.times)] = self.values[np.isin(self.times, times)]
        return values


def get_points(place: Place, queries: Sequence[dict[str, Any]], since: datetime, until: datetime) -> dict[str, Points]:
    """Ask for all pages of some queries; give the points of each by its id.

    Args:
        until: exclusive.
    """
    import numpy as np

    # Into arrays page by page: a million of Python's times and numbers would be ten times as large.
    pages: dict[str, list[tuple[Any, Any]]] = {}
    status: dict[str, str] = {}
    results = place.pages(
        "cloudwatch",
        "get_metric_data",
        "MetricDataResults",
        MetricDataQueries=list(queries),
        StartTime=since.replace(tzinfo=UTC),
        EndTime=until.replace(tzinfo=UTC),
        ScanBy="TimestampAscending",
    )
    for result in results:
        times = np.array([int(time.timestamp()) for time in result["Timestamps"]], dtype=np.int64)
        pages.setdefault(result["Id"], []).append((times, np.array(result["Values"], dtype=np.float64)))
        status[result["Id"]] = result.get("StatusCode", "Complete")
    if "Forbidden" in status.values():
        raise NotAllowed(GET, "CloudWatch answered that a metric is forbidden")
    if unwhole := [id_ for id_, code in status.items() if code != "Complete"]:
        raise SourceError(
            f"{GET}: {len(unwhole)} of {len(queries)} metrics came in part ({status[unwhole[0]]})",
            next_step="run the command again",
        )
    return {id_: Points.of(of_query) for id_, of_query in pages.items()}


def _query(id_: str, measure: Measure, statistic: str, period: int) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in measure.dimensions]
    metric = {"Namespace": measure.namespace, "MetricName": measure.name, "Dimensions": dimensions}
    return {"Id": id_, "MetricStat": {"Metric": metric, "Period": period, "Stat": statistic}}


def dimensions_of(place: Place, namespace: str, name: str) -> Iterator[dict[str, str]]:
    """Give the dimensions of each metric of that name which had points in the last two weeks."""
    for metric in place.pages("cloudwatch", "list_metrics", "Metrics", Namespace=namespace, MetricName=name):
        yield {part["Name"]: part["Value"] for part in metric.get("Dimensions", ())}


def newest(place: Place, measures: Sequence[Measure], until: datetime, *, days: int) -> list[float | None]:
    """Give the newest daily average of each measure within some days; None where there is none."""
    found: list[float | None] = []
    since = _day(until) - timedelta(days=days)
    for start in range(0, len(measures), _QUERIES_AT_ONCE):
        some = measures[start : start + _QUERIES_AT_ONCE]
        queries = [_query(f"d{number}", one, "Average", 86_400) for number, one in enumerate(some)]
        points = get_points(place, queries, since, until)
        for number in range(len(some)):
            of_measure = points.get(f"d{number}", Points.none())
            found.append(float(of_measure.values[-1]) if len(of_measure.values) else None)
    return found


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
