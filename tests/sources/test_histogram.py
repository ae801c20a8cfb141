"""Points of utilisation become hourly rows."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from finops_lib.sources import histogram
from finops_lib.sources.histogram import HourlyParts, hourly
from finops_lib.sources.inventory import Series

SECONDS = 1_777_593_600  # 2026-05-01T00:00:00Z
HOUR = datetime(2026, 5, 1)  # noqa: DTZ001 - the lake's UTC times carry no zone


def series(values: list[tuple[int, float, float]], *, unit: str = "percent", resource: str = "i-1") -> Series:
    """Give a series of (minutes after the start, mean, maximum)."""
    minutes, means, maxima = (np.array(column, dtype=float) for column in zip(*values, strict=True))
    times = SECONDS + minutes.astype(np.int64) * 60
    return Series("aws-ec2-instance", resource, "1", "eu-west-1", "cpu", unit, times, means, maxima)


def test_the_histogram_is_of_maxima_and_the_mean_of_means() -> None:
    [row] = hourly([series([(0, 1.0, 3.0), (5, 2.0, 3.9), (10, 3.0, 100.0)])]).to_dicts()
    assert (row["hour"], row["points"], row["mean"], row["max"]) == (HOUR, 3, 2.0, 100.0)
    assert (row["bins"], row["counts"]) == ([3, 100], [2, 1])


def test_a_point_without_a_maximum_counts_with_its_mean_and_one_without_both_not_at_all() -> None:
    [row] = hourly([series([(0, 7.5, math.nan), (5, math.nan, 9.0), (10, math.nan, math.nan)])]).to_dicts()
    assert (row["points"], row["mean"], row["max"], row["bins"]) == (2, 8.25, 9.0, [7, 9])


def test_bins_of_five_percent_begin_at_one_and_an_edge_belongs_to_the_bin_that_it_begins() -> None:
    values = [0.0, 0.99, 1.0, 1.05, 1.05**2, 1.05**40]
    [row] = hourly([series([(i, value, math.nan) for i, value in enumerate(values)], unit="bytes/s")]).to_dicts()
    assert (row["bins"], row["counts"]) == ([0, 1, 2, 3, 41], [2, 1, 1, 1, 1])


def test_hours_and_resources_are_kept_apart_and_the_files_hold_every_point(tmp_path: Path) -> None:
    first = series([(55, 1.0, 1.0), (60, 2.0, 2.0)], resource="i-1")
    second = series([(65, 3.0, 3.0)], resource="i-2")
    parts = HourlyParts(tmp_path)
    parts.add(first)
    parts.add(second)
    [file] = parts.close()
    rows = pl.read_parquet(file).select("ResourceId", "hour", "points", "bins").rows()
    one, two = HOUR, HOUR + timedelta(hours=1)
    assert rows == [("i-1", one, 1, [1]), ("i-1", two, 1, [2]), ("i-2", two, 1, [3])]


def test_points_are_written_while_they_come(tmp_path: Path) -> None:
    many = histogram._BATCH_POINTS // 2
    minutes = np.arange(many, dtype=np.int64)
    nothing = np.zeros(many)
    parts = HourlyParts(tmp_path)
    for number in range(3):
        parts.add(Series("t", f"i-{number}", "1", "r", "cpu", "percent", SECONDS + minutes * 60, nothing, nothing))
    assert len(parts.files) == 1
    assert pl.read_parquet(parts.close()).select(pl.col("points").cast(pl.Int64).sum()).item() == 3 * many


def test_no_series_leaves_no_file(tmp_path: Path) -> None:
    assert HourlyParts(tmp_path).close() == []
    assert hourly([]).is_empty()
