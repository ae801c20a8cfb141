"""The band that an episode left, for charts: what was expected of each day around it, and how far off is usual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

import numpy as np
import polars as pl

from finops_lib.analyses.anomalies.detectors import DETECTORS, Matrix
from finops_lib.analyses.anomalies.episodes import usual_of
from finops_lib.analyses.anomalies.flagged import combine
from finops_lib.analyses.anomalies.methods import METHODS, Panel
from finops_lib.analyses.anomalies.series import DailyCost, series_of
from finops_lib.analyses.anomalies.services import WORKBENCH, course_of
from finops_lib.findings import Anomaly

# Of a node: a year and what its last weeks are compared with.
MOST_DAYS = 420


def bands(
    days: pl.DataFrame,
    found: Sequence[Anomaly],
    nodes: Mapping[str, pl.DataFrame] = MappingProxyType({}),
    *,
    limit: int = 3,
    threshold: float = 3.0,
    before: int = 45,
) -> dict[Anomaly, pl.DataFrame]:
    """Give the largest episodes, each with its series and the range it was expected in, for charts; float money.

    Args:
        days: figure query `anomalies_series_days`, of all services.
        nodes: anomaly id -> figure query `anomaly_node_days`, of episodes that are written down, at whatever level.
    Returns:
        per episode: day, actual, expected, low, high, from `before` days ahead of it; expected null where not known.
    """
    daily = series_of(days)
    row_of = {series.scope: row for row, series in enumerate(daily.series)}
    told = {}
    for anomaly in found[:limit]:
        if anomaly.anomaly_id in nodes:
            course = _node_course(nodes[anomaly.anomaly_id], anomaly)
        elif WORKBENCH in anomaly.methods:
            course = course_of(daily, anomaly)
        else:
            course = _fenced_course(daily, row_of[anomaly.scope], anomaly) if anomaly.scope in row_of else None
        if course is not None:
            told[anomaly] = _band(*course, anomaly, threshold=threshold, before=before)
    return told


def _node_course(days: pl.DataFrame, anomaly: Anomaly) -> tuple[date, Matrix, Matrix, Matrix] | None:
    """Judge a node by itself; the episode is the one that is written down, found again or not."""
    if days.is_empty():
        return None
    last = min(days["complete_through"].to_list())
    first = max(min(days["source_first_day"].to_list()), last - timedelta(days=MOST_DAYS - 1))
    costs = np.zeros((1, (last - first).days + 1))
    for day, cost in days.filter(pl.col("day").is_between(first, last)).select("day", "effective_cost").iter_rows():
        costs[0, (day - first).days] = float(cost)
    start = (anomaly.start - first).days
    if not 0 <= start < costs.shape[1]:
        return None
    panel = Panel(series=(anomaly.scope,), accounts=(), first_day=first, costs=costs, open_days=0)
    judged = combine(panel, {WORKBENCH: METHODS.get(WORKBENCH)(panel)})
    is_new = anomaly.test.startswith("new")
    usual = np.zeros(costs.shape[1]) if is_new else usual_of(judged, 0, start)
    return first, costs[0], usual, judged.noise[0]


def _fenced_course(daily: DailyCost, row: int, anomaly: Anomaly) -> tuple[date, Matrix, Matrix, Matrix]:
    costs = daily.costs[row : row + 1]
    scores = DETECTORS.get(anomaly.methods[0])(costs)
    first, last = (anomaly.start - daily.first_day).days, (anomaly.end - daily.first_day).days
    expected, scale = scores.expected[0].copy(), scores.scale[0].copy()
    # The range stays what it was on the eve of the episode: the episode must not become its own excuse.
    expected[first : last + 1], scale[first : last + 1] = expected[first], scale[first]
    return daily.first_day, costs[0], expected, scale


def _band(
    first_day: date,
    actual: Matrix,
    expected: Matrix,
    scale: Matrix,
    anomaly: Anomaly,
    *,
    threshold: float,
    before: int,
) -> pl.DataFrame:
    low, high = np.maximum(expected - threshold * scale, 0.0), expected + threshold * scale
    span = range(max((anomaly.start - first_day).days - before, 0), len(actual))
    values = {"actual": actual, "expected": expected, "low": low, "high": high}
    columns = [
        pl.Series("day", [first_day + timedelta(days=i) for i in span], dtype=pl.Date),
        *(pl.Series(n, [_known(v[i]) for i in span], dtype=pl.Float64) for n, v in values.items()),
    ]
    return pl.DataFrame(columns)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
