"""Write profiles as hours: what five-minute points of a month would come to, as histograms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import numpy as np
import polars as pl

from finops_lib.sample.curves import Calendar, stream
from finops_lib.sample.inventory.busy import Busy
from finops_lib.sample.inventory.items import Item

# As far back as the workbench asks, so that a month's end is among them.
DAYS = 32
_HOURS = 24
# How many of an hour's twelve points lie below, at and above its level.
_POINTS = (4, 5, 3)
_UNITS = {"cpu": "percent", "memory": "percent", "storage": "percent", "connections": "count", "requests": "count"}
_UNITS |= {"memory_free": "bytes", "disk_read_ops": "ops/s", "disk_write_ops": "ops/s"}
_EDGES = 1.05 ** np.arange(1280, dtype=np.float64)


def unit_of(metric: str) -> str:
    return _UNITS.get(metric, "bytes/s")


def hours(items: Sequence[Item], calendar: Calendar, seed: int) -> pl.DataFrame:
    """Give a row per resource, metric and hour, in the columns of the table `metrics` without its source.

    The hours end with as_of; within an hour the points are below, at and above its level.
    """
    start = datetime.combine(calendar.as_of - timedelta(days=DAYS - 1), time())
    moments = [start + timedelta(hours=n) for n in range(DAYS * _HOURS)]
    stamps = np.array(moments, dtype="datetime64[us]")
    shapes = {when: _shape(when, moments) for when in ("flat", "day", "office", "month_end")}
    series = [(item, metric, busy) for item in items for metric, busy in item.busy.items()]
    number: list[np.ndarray] = []
    hour: list[np.ndarray] = []
    values: list[np.ndarray] = []
    for position, (item, metric, busy) in enumerate(series):
        kept = np.ones(len(moments), dtype=bool)
        if item.busy_from is not None:
            kept &= stamps >= np.datetime64(item.busy_from, "us")
        if item.busy_until is not None:
            kept &= stamps < np.datetime64(item.busy_until, "us")
        level = _level(busy, shapes, stream(seed, "busy", item.resource_id, metric))[kept]
        steps = np.array([1 - busy.spread, 1.0, 1 + busy.spread])
        values.append(level[:, None] * steps[None, :])
        number.append(np.full(len(level), position, dtype=np.int32))
        hour.append(stamps[kept])
    if not series:
        return _EMPTY.clone()
    return _histograms(series, np.concatenate(number), np.concatenate(hour), np.concatenate(values))


def _shape(when: str, moments: Sequence[datetime]) -> np.ndarray:
    """Give for each hour how near it is to the peak, 0 to 1; NaN = anywhere between."""
    if when == "flat":
        return np.full(len(moments), np.nan)
    if when == "day":
        return np.array([(1 + np.sin((moment.hour - 8) / _HOURS * 2 * np.pi)) / 2 for moment in moments])
    if when == "office":
        return np.array([float(moment.weekday() < 5 and 8 <= moment.hour < 18) for moment in moments])
    near = [(moment + timedelta(days=2)).day <= 2 or moment.day == 1 for moment in moments]
    return np.array(near, dtype=np.float64)


def _level(busy: Busy, shapes: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    shape = shapes[busy.when]
    between = rng.random(len(shape))
    # A tenth of the way to the peak is chance.
    near = np.where(np.isnan(shape), between, 0.9 * shape + 0.1 * between * (shape > 0))
    result: np.ndarray = busy.low + (busy.high - busy.low) * near
    return result


def _histograms(
    series: Sequence[tuple[Item, str, Busy]], number: np.ndarray, hour: np.ndarray, values: np.ndarray
) -> pl.DataFrame:
    units = np.array([unit_of(metric) == "percent" for _, metric, _ in series])
    in_percent = np.clip(np.floor(values), 0, 100)
    bins = np.where(units[number][:, None], in_percent, np.searchsorted(_EDGES, values, side="right")).astype(np.uint16)
    points = np.array(_POINTS)
    first, second, third = (bins[:, n] for n in range(3))
    # Neighbours in one bin are one bin: which of the four cases an hour is decides how many it has.
    lists = pl.DataFrame({"first": first, "second": second, "third": third}).select(
        pl.when(pl.col("first") == pl.col("third"))
        .then(pl.concat_list("first"))
        .when(pl.col("first") == pl.col("second"))
        .then(pl.concat_list("first", "third"))
        .when(pl.col("second") == pl.col("third"))
        .then(pl.concat_list("first", "second"))
        .otherwise(pl.concat_list("first", "second", "third"))
        .alias("bins"),
        pl.when(pl.col("first") == pl.col("third"))
        .then(_counts(12))
        .when(pl.col("first") == pl.col("second"))
        .then(_counts(_POINTS[0] + _POINTS[1], _POINTS[2]))
        .when(pl.col("second") == pl.col("third"))
        .then(_counts(_POINTS[0], _POINTS[1] + _POINTS[2]))
        .otherwise(_counts(*_POINTS))
        .alias("counts"),
    )
    names = pl.DataFrame(
        [
            (item.account, item.region, item.type, item.resource_id, metric, unit_of(metric))
            for item, metric, _ in series
        ],
        schema=["SubAccountId", "RegionId", "resource_type", "ResourceId", "metric", "unit"],
        orient="row",
    )
    figures = pl.DataFrame(
        {
            "hour": hour,
            "points": np.full(len(hour), points.sum(), dtype=np.uint16),
            "mean": (values * points).sum(axis=1) / points.sum(),
            "max": values[:, 2],
        }
    )
    return pl.concat([names[number], figures, lists], how="horizontal")


def _counts(*counts: int) -> pl.Expr:
    return pl.lit(pl.Series([list(counts)], dtype=pl.List(pl.UInt16))).first()


_EMPTY = pl.DataFrame(
    schema={
        **dict.fromkeys(("SubAccountId", "RegionId", "resource_type", "ResourceId", "metric", "unit"), pl.String()),
        "hour": pl.Datetime("us"),
        "points": pl.UInt16(),
        "mean": pl.Float64(),
        "max": pl.Float64(),
        "bins": pl.List(pl.UInt16()),
        "counts": pl.List(pl.UInt16()),
    }
)
