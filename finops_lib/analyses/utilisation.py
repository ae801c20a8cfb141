"""How busy was a resource? Percentiles and coverage from hourly histograms (the lake's table `metrics`).

A percentile is the upper edge of the bin that holds the nearest-rank value, and never more than the largest value seen:
not below the true one, and less than one bin above it. So a resource looks at most a bin busier than it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# In thousandths, so that ranks are whole numbers: 0.07 x 100 is more than 7.
PERCENTILES = (500, 950, 990, 995, 1000)
_KEYS = ("ResourceId", "metric", "unit")
# The points of an hour, five minutes apart.
_POINTS_AN_HOUR = 12


def percentiles(
    hours: pl.DataFrame, *, start: datetime, end: datetime, thousandths: Sequence[int] = PERCENTILES
) -> pl.DataFrame:
    """Give the percentiles of each resource and metric in the hours of [start, end).

    Args:
        hours: rows of `metrics`: ResourceId, metric, unit, hour, points, mean, max, bins, counts.
    Returns:
        ResourceId, metric, unit, points, mean (of all points), and a column per percentile: p50, p95, p99, p99_5, p100;
        in the metric's unit, sorted by resource and metric. A resource without points has no row.
    """
    import polars as pl

    inside = hours.filter((pl.col("hour") >= start) & (pl.col("hour") < end) & (pl.col("points") > 0))
    figures = inside.group_by(_KEYS).agg(
        pl.col("points").cast(pl.Int64).sum(),
        ((pl.col("mean") * pl.col("points")).sum() / pl.col("points").cast(pl.Int64).sum()).alias("mean"),
        pl.col("max").max(),
    )
    bins = (
        inside.select(*_KEYS, "bins", "counts")
        .explode("bins", "counts")
        .group_by(*_KEYS, "bins")
        .agg(pl.col("counts").cast(pl.Int64).sum())
        .sort(*_KEYS, "bins")
        .with_columns(pl.col("counts").cum_sum().over(_KEYS).alias("up_to"))
        .join(figures, on=_KEYS)
        .with_columns(pl.min_horizontal(_upper_edge(), "max").alias("edge"))
    )
    ranks = [_nearest_rank(share).alias(_name(share)) for share in thousandths]
    return figures.drop("max").join(bins.group_by(_KEYS).agg(*ranks), on=_KEYS).sort(_KEYS)


def coverage(
    hours: pl.DataFrame, *, start: datetime, end: datetime, points_an_hour: int = _POINTS_AN_HOUR
) -> pl.DataFrame:
    """Say what share of the expected points of [start, end) there are, for each resource and metric.

    Advice about a size needs at least 80 % of them, and 30 hours (domain.md 2.2).

    Args:
        hours: rows of `metrics`, as for `percentiles`.
        points_an_hour: how many a provider gives; more in one hour do not make up for none in another.
    Returns:
        ResourceId, metric, unit, hours (with any points), coverage (0 to 1); no row where there are no points.
    """
    import polars as pl

    expected = points_an_hour * ((end - start) / timedelta(hours=1))
    inside = hours.filter((pl.col("hour") >= start) & (pl.col("hour") < end) & (pl.col("points") > 0))
    counted = pl.col("points").cast(pl.Int64).clip(upper_bound=points_an_hour).sum()
    return (
        inside.group_by(_KEYS)
        .agg(pl.len().cast(pl.Int64).alias("hours"), (counted / expected).alias("coverage"))
        .sort(_KEYS)
    )


def _upper_edge() -> pl.Expr:
    """Give where a bin ends, as lake/sql/metrics.sql defines it; the last one in percent has no end."""
    import polars as pl

    in_percent = pl.when(pl.col("bins") < 100).then(pl.col("bins").cast(pl.Float64) + 1).otherwise(float("inf"))
    in_units = pl.lit(1.05).pow(pl.col("bins").cast(pl.Float64))
    return pl.when(pl.col("unit") == "percent").then(in_percent).otherwise(in_units)


def _nearest_rank(share: int) -> pl.Expr:
    """Give the edge of the first bin up to which there are as many points as the rank says: ceil(share x points)."""
    import polars as pl

    rank = (pl.col("points") * share + 999) // 1000
    return pl.col("edge").filter(pl.col("up_to") >= rank).first()


def _name(share: int) -> str:
    whole, rest = divmod(share, 10)
    return f"p{whole}_{rest}" if rest else f"p{whole}"
