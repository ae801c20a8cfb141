"""Turn points of utilisation into one row per resource, metric and hour, as the table `metrics` keeps them.

Question: what is kept of five-minute points?
Choice: a histogram per hour, of the maxima where the provider has any (lake/sql/metrics.sql defines the bins).
Why: percentiles cannot be averaged, histograms can be added; a year of hours is a small part of a year of points.
Declined: percentiles made by the provider, which are of windows that it chose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finops_lib.sources.inventory import Series

if TYPE_CHECKING:
    import polars as pl

_HOUR_S = 3600
_TOP_PERCENT = 100
# Enough bins of 5 % for anything that is counted: the last begins above 10^27.
_EDGES = 1280
# Points that are held before they are written: about 100 MB with everything that is made of them.
_BATCH_POINTS = 1_000_000


@dataclass(slots=True)
class HourlyParts:
    """Parquet files of hourly rows, written while series come in, so that memory stays bounded.

    Args:
        folder: private; the files are numbered.
    """

    folder: Path
    files: list[Path] = field(default_factory=list)
    _waiting: list[Series] = field(default_factory=list)
    _points: int = 0

    def add(self, series: Series) -> None:
        """Take one series; it need not be whole, but no hour of it may come in two pieces."""
        self._waiting.append(series)
        self._points += len(series.times)
        if self._points >= _BATCH_POINTS:
            self._write()

    def close(self) -> list[Path]:
        """Write what is left and give all files."""
        self._write()
        return self.files

    def _write(self) -> None:
        rows = hourly(self._waiting)
        self._waiting, self._points = [], 0
        if rows.height:
            self.files.append(self.folder / f"hours-{len(self.files):05}.parquet")
            rows.write_parquet(self.files[-1], compression="zstd")


def hourly(series: Sequence[Series]) -> pl.DataFrame:
    """Give a row per series and hour that has points.

    Returns:
        SubAccountId, RegionId, resource_type, ResourceId, metric, unit, hour (UTC), points, mean, max, bins, counts.
        `mean` is that of the means, `max` that of the maxima (of the means, where there are no maxima).
    """
    import numpy as np
    import polars as pl

    number = np.repeat(np.arange(len(series)), [len(one.times) for one in series])
    times, means, maxima = (_joined(np, series, name) for name in ("times", "means", "maxima"))
    values = np.where(np.isnan(maxima), means, maxima)
    known = ~np.isnan(values)
    is_percent = np.array([one.unit == "percent" for one in series], dtype=bool)
    points = pl.DataFrame(
        {
            "series": number[known],
            "hour": (times[known].astype(np.int64) // _HOUR_S) * _HOUR_S,
            "bin": _bins(np, values[known], is_percent[number[known]]),
            "value": values[known],
            # A provider may have maxima only; then they are all that is known.
            "mean": np.where(np.isnan(means), maxima, means)[known],
        },
        schema_overrides={"series": pl.Int64, "bin": pl.UInt16},
    )
    by_hour = ["series", "hour"]
    binned = points.group_by([*by_hour, "bin"]).agg(pl.len().cast(pl.UInt16).alias("count")).sort([*by_hour, "bin"])
    histograms = binned.group_by(by_hour).agg(pl.col("bin").alias("bins"), pl.col("count").alias("counts"))
    figures = points.group_by(by_hour).agg(
        pl.len().cast(pl.UInt16).alias("points"), pl.col("mean").mean(), pl.col("value").max().alias("max")
    )
    names = {
        "SubAccountId": [one.account for one in series],
        "RegionId": [one.region for one in series],
        "resource_type": [one.type for one in series],
        "ResourceId": [one.resource_id for one in series],
        "metric": [one.metric for one in series],
        "unit": [one.unit for one in series],
    }
    named = (
        pl.DataFrame(names, schema=dict.fromkeys(names, pl.String)).with_row_index("series").cast({"series": pl.Int64})
    )
    rows = figures.join(histograms, on=by_hour).join(named, on="series").sort(by_hour)
    hour = pl.from_epoch(pl.col("hour"), time_unit="s").cast(pl.Datetime("us")).alias("hour")
    return rows.select(*names, hour, "points", "mean", "max", "bins", "counts")


def _joined(np: Any, series: Sequence[Series], name: str) -> Any:
    return np.concatenate([np.asarray(getattr(one, name), dtype=np.float64) for one in series] or [np.empty(0)])


def _bins(np: Any, values: Any, is_percent: Any) -> Any:
    """Say for each value in which bin it is; what is below nothing is in bin 0, what is above the last in the last."""
    # Found among the edges and not by a logarithm, which is off by one where a value is an edge.
    edges = 1.05 ** np.arange(_EDGES, dtype=np.float64)
    in_units = np.searchsorted(edges, values, side="right")
    in_percent = np.clip(np.floor(values), 0, _TOP_PERCENT)
    return np.where(is_percent, in_percent, in_units).astype(np.uint16)
