"""Percentiles from hourly histograms: never below the true ones, never a bin above them."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analyses.utilisation import PERCENTILES, coverage, percentiles
from finops_lib.sources.histogram import hourly
from finops_lib.sources.inventory import Series

START = datetime(2026, 5, 1)  # noqa: DTZ001 - the lake's UTC times carry no zone
SECONDS = 1_777_593_600  # 2026-05-01T00:00:00Z


def series_of(values: list[float], *, unit: str = "percent", resource: str = "i-1", first: int = 0) -> Series:
    times = SECONDS + 300 * (first + np.arange(len(values)))
    unknown = np.full(len(values), math.nan)
    return Series(
        "aws-ec2-instance", resource, "1", "eu-west-1", "cpu", unit, times, np.array(values, dtype=float), unknown
    )


def of_window(hours: pl.DataFrame, hours_in_window: int) -> list[dict[str, object]]:
    return percentiles(hours, start=START, end=START + timedelta(hours=hours_in_window)).to_dicts()


def test_the_percentiles_of_an_hour_worked_out_by_hand() -> None:
    # Twelve points in rising order; nearest rank of P50 is ceil(6.0) = the 6th, of P95 ceil(11.4) = the 12th.
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.5, 20.0, 30.0, 40.0, 50.0, 60.0, 90.2]
    [row] = of_window(hourly([series_of(values)]), 1)
    # 6.5 is in the bin [6, 7); the largest bin would end at 91, but nothing was above 90.2.
    assert (row["p50"], row["p95"], row["p100"]) == (7.0, 90.2, 90.2)
    assert row["points"] == 12
    assert row["mean"] == pytest.approx(311.7 / 12)


@given(
    values=st.lists(st.floats(0, 120), min_size=1, max_size=60),
    unit=st.sampled_from(["percent", "bytes/s"]),
    scale=st.sampled_from([1.0, 1e4, 1e9]),
)
def test_a_percentile_is_not_below_the_true_one_and_less_than_a_bin_above(
    values: list[float], unit: str, scale: float
) -> None:
    if unit != "percent":
        values = [value * scale for value in values]
    [row] = of_window(hourly([series_of(values, unit=unit)]), 24)
    ordered = sorted(values)
    for share in PERCENTILES:
        true = ordered[-(-share * len(values) // 1000) - 1]
        whole, rest = divmod(share, 10)
        estimate = row[f"p{whole}_{rest}" if rest else f"p{whole}"]
        assert isinstance(estimate, float)
        assert estimate >= true
        if unit == "percent":
            assert estimate <= math.floor(true) + 1 or true >= 100
        else:
            assert estimate <= max(1.0, true * 1.05 * (1 + 1e-12))


def test_histograms_of_many_hours_give_the_percentiles_of_all_their_points() -> None:
    # 99 quiet points and one busy one, in another hour: P99 is the 99th of 100 points, P99.5 the 100th.
    quiet, busy = series_of([10.5] * 99), series_of([80.0], first=99)
    [row] = of_window(hourly([quiet, busy]), 24)
    assert (row["p99"], row["p99_5"], row["p100"]) == (11.0, 80.0, 80.0)


def test_hours_outside_the_window_count_nothing() -> None:
    hours = hourly([series_of([10.0] * 12 + [90.0] * 12)])
    [row] = of_window(hours, 1)
    assert (row["points"], row["p100"]) == (12, 10.0)
    assert percentiles(hours, start=START - timedelta(days=1), end=START).is_empty()


def test_coverage_is_the_share_of_expected_points_and_a_dense_hour_makes_up_for_nothing() -> None:
    # 12 + 6 of the 48 points of four hours.
    hours = hourly([series_of([1.0] * 18)])
    [row] = coverage(hours, start=START, end=START + timedelta(hours=4)).to_dicts()
    assert (row["hours"], row["coverage"]) == (2, 18 / 48)
    [sparse] = coverage(hours, start=START, end=START + timedelta(hours=4), points_an_hour=6).to_dicts()
    # An hour of 12 points counts as the 6 that are expected: 6 + 6 of 24.
    assert sparse["coverage"] == 0.5
