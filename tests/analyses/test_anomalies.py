"""Anomalies: spikes by hand, silence on everything that recurs, causes in words."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from finops_lib.analyses.anomalies import (
    DETECTORS,
    bands,
    find_anomalies,
    judged_series,
    series_of,
)
from finops_lib.errors import ConfigError
from finops_lib.findings import Anomaly
from tests.analyses.conftest import QueriedLake

FIRST = date(2026, 7, 1)
SCHEMA = {
    "x_Provider": pl.String,
    "account_id": pl.String,
    "account_name": pl.String,
    "ServiceName": pl.String,
    "team": pl.String,
    "day": pl.Date,
    "BillingCurrency": pl.String,
    "source_first_day": pl.Date,
    "complete_through": pl.Date,
    "effective_cost": pl.Decimal(38, 12),
}


def frame(costs: list[float | None], *, service: str = "Compute") -> pl.DataFrame:
    """Give one series from 1 July on; None is a day without a charge."""
    through = FIRST + timedelta(days=len(costs) - 1)
    rows = [
        ("aws", "111", "shop", service, "web", FIRST + timedelta(days=n), "USD", FIRST, through, Decimal(str(cost)))
        for n, cost in enumerate(costs)
        if cost is not None
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def last_day(days: pl.DataFrame) -> date:
    through: date = days.get_column("complete_through").max()  # type: ignore[assignment]
    return through


def find(days: pl.DataFrame, **options: object) -> list[Anomaly]:
    """Find by the rules of thumb, with a quarter as the least change."""
    options = {"method": "both", "min_percent": 25.0} | options
    return find_anomalies(days, as_of=last_day(days), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", DETECTORS.names())
def test_every_detector_is_silent_on_a_flat_series(name: str) -> None:
    for level in (0.0, 100.0, -5.0):
        scores = DETECTORS.get(name)(np.full((3, 90), level))
        assert not scores.flagged.any()
        assert scores.expected.shape == scores.scale.shape == scores.score.shape == (3, 90)


@pytest.mark.parametrize("name", DETECTORS.names())
def test_every_detector_leaves_the_judged_day_and_its_future_out(name: str) -> None:
    costs = np.random.default_rng(1).normal(100, 5, (2, 80))
    changed = costs.copy()
    changed[:, 50:] = 900
    before, after = DETECTORS.get(name)(costs), DETECTORS.get(name)(changed)
    assert np.array_equal(before.expected[:, :51], after.expected[:, :51])
    assert np.array_equal(before.flagged[:, :50], after.flagged[:, :50])


@pytest.mark.parametrize("name", DETECTORS.names())
def test_every_detector_says_nothing_about_a_day_with_a_short_past_or_without_a_bill(name: str) -> None:
    costs = np.full((1, 40), 100.0)
    costs[0, 5], costs[0, 30] = 900, np.nan
    assert not DETECTORS.get(name)(costs).flagged.any()


def test_a_spike_is_told_with_its_money() -> None:
    days = frame([100.0, 101.0] * 40 + [160.0])
    [hit] = find_anomalies(days, as_of=last_day(days), method="zscore", min_impact=50)
    # baseline = mean(100, 101) = 100.5, so the day cost 59.5 too much
    assert (hit.expected, hit.impact, hit.methods) == (100.5, 59.5, ("zscore",))
    assert (hit.start, hit.end, hit.scope) == (last_day(days), last_day(days), "aws/111/Compute")


def test_what_both_methods_find_is_one_episode() -> None:
    days = frame([100.0, 102.0] * 40 + [300.0, 300.0, 300.0, 101.0])
    [hit] = find(days)
    assert (hit.end - hit.start, hit.methods) == (timedelta(days=2), ("iqr", "zscore"))
    # expected on the eve: mean 101 by one method, median 101 by the other; three days of 300
    assert (hit.expected, hit.actual, hit.impact) == (303, 900, 597)


def test_a_drop_is_negative_and_a_new_service_has_no_percentage() -> None:
    days = frame([200.0, 202.0] * 40 + [20.0])
    [drop] = find(days)
    assert drop.impact == -181
    started = pl.concat([frame([100.0] * 80), frame([None] * 78 + [500.0, 500.0], service="New")])
    [new] = find(started)
    assert (new.service, new.deviation_pct, new.impact) == ("New", None, 1000)


def test_money_and_percent_are_both_needed() -> None:
    cents, percent = frame([1.0] * 80 + [30.0]), frame([1000.0] * 80 + [1200.0])
    assert find(cents) == find(percent) == []
    assert len(find(cents, min_impact=20)) == len(find(percent, min_percent=10)) == 1


def test_what_recurs_is_not_told() -> None:
    weekly = [700.0 if n % 7 == 0 else 0.0 for n in range(120)]
    weekends = [300.0 if n % 7 in (5, 6) else 1000.0 for n in range(120)]
    month_ends = [2000.0 if (FIRST + timedelta(days=n + 1)).day == 1 else 500.0 for n in range(123)]
    for costs in (weekly, weekends, month_ends):
        assert find(frame(list(costs)), lookback_days=30) == []


def test_a_higher_level_is_one_episode_of_four_weeks_even_over_weekends() -> None:
    shifted = [100.0 + n % 3 for n in range(80)] + [150.0 if n % 7 in (5, 6) else 260.0 for n in range(40)]
    [hit] = find(frame(list(shifted)), lookback_days=60)
    assert hit.start == FIRST + timedelta(days=80)
    assert 25 <= (hit.end - hit.start).days <= 27


def test_only_the_last_days_are_told_and_the_largest_money_comes_first() -> None:
    early = frame([100.0] * 70 + [900.0] + [100.0] * 49)
    late = frame([100.0] * 118 + [400.0, 100.0], service="Storage")
    later = frame([100.0] * 118 + [600.0, 100.0], service="Network")
    days = pl.concat([early, late, later])
    assert [a.service for a in find(days)] == ["Network", "Storage"]
    assert find_anomalies(days.clear(), as_of=last_day(days)) == []


def test_an_unknown_method_lists_the_ones_there_are() -> None:
    with pytest.raises(ConfigError, match="both, iqr, workbench, zscore"):
        find(frame([1.0] * 30), method="zscor")


def test_a_source_without_two_weeks_of_history_cannot_be_judged() -> None:
    days = frame([100.0] * 10)
    assert judged_series(days, as_of=last_day(days)) == (0, 1)
    assert judged_series(frame([100.0] * 40), as_of=FIRST + timedelta(days=39)) == (1, 1)
    assert judged_series(days.clear(), as_of=FIRST) == (0, 0)


def test_absent_days_are_zero_and_days_to_come_are_not_there() -> None:
    slow = frame([1.0, None, 3.0]).with_columns(ServiceName=pl.lit("Slow"), complete_through=FIRST + timedelta(days=2))
    daily = series_of(pl.concat([frame([1.0, 1.0, 1.0, 1.0]), slow]))
    assert daily.costs[0].tolist() == [1, 1, 1, 1]
    assert daily.costs[1, :3].tolist() == [1, 0, 3]
    assert np.isnan(daily.costs[1, 3])


def test_the_band_stays_where_it_was_on_the_eve() -> None:
    days = frame([100.0, 102.0] * 40 + [300.0, 300.0])
    found = find(days)
    [band] = bands(days, found).values()
    assert band.get_column("day").to_list()[-1] == last_day(days)
    assert band.get_column("expected").to_list()[-2:] == [101, 101]
    assert band.get_column("high").to_list()[-1] < 120


def test_fees_credits_and_incomplete_days_are_no_series(lake: QueriedLake) -> None:
    for number in range(1, 12):
        lake.charge(f"2026-11-{number:02d}", 5)
    lake.charge("2026-11-01", 900, ChargeCategory="Purchase", ServiceName="Fee")
    lake.charge("2026-11-01", 800, ChargeFrequency="Recurring", ServiceName="Support")
    lake.charge("2026-11-01", 700, ChargeClass="Correction", ServiceName="Late")
    lake.load(14, 2455, x_BillingMonth=date(2026, 11, 1), delivered_at="2026-11-12 06:00:00")
    days = lake.query("anomalies_series_days", as_of="2026-11-11", history_days=60)
    # delivered on the morning of the 12th: the last days are not complete yet
    told = days.get_column("day").to_list()
    assert told == [date(2026, 11, n) for n in range(1, len(told) + 1)]
    assert 8 <= len(told) <= 10
    assert days.get_column("ServiceName").unique().to_list() == ["Compute"]
