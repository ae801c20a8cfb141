"""Quantiles of sums, and paths that agree with them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from finops_lib.analyses.forecasts import Outlook, forecast
from tests.analyses.forecasts.panels import noisy, panel


@pytest.fixture(scope="module")
def outlook() -> Outlook:
    series = [noisy(100, seed, part=0.1) for seed in range(6)]
    return forecast(panel(*series, first=date(2025, 4, 1), last=date(2026, 5, 12), incomplete=2), days=90)


@pytest.mark.parametrize("days", [1, 10, 30, 90])
def test_paths_are_spread_as_their_totals_are(outlook: Outlook, days: int) -> None:
    low, middle, high = outlook.total(days)[2]
    sums = outlook.paths(2, count=20_000)[:, :days].sum(axis=1)
    width = high - low
    # A tenth of 20,000 draws lies below a 10 % quantile, give or take 1 % of the interval.
    assert np.quantile(sums, [0.1, 0.5, 0.9]) == pytest.approx([low, middle, high], abs=0.03 * width)


def test_paths_of_the_same_seed_are_the_same(outlook: Outlook) -> None:
    assert (outlook.paths(1, count=5, seed=3) == outlook.paths(1, count=5, seed=3)).all()
    assert (outlook.paths(1, count=5, seed=3) != outlook.paths(1, count=5, seed=4)).any()


def test_a_path_wanders_and_does_not_jump(outlook: Outlook) -> None:
    totals = outlook.paths(0, count=4_000).cumsum(axis=1) - outlook.daily[0].cumsum()
    # What is far off after 30 days is mostly still off after 60, and less so after 90.
    after = {days: totals[:, days - 1] for days in (30, 60, 90)}
    assert 0.5 < np.corrcoef(after[30], after[60])[0, 1] < 1
    assert np.corrcoef(after[30], after[90])[0, 1] < np.corrcoef(after[30], after[60])[0, 1]


def test_a_longer_sum_is_less_certain(outlook: Outlook) -> None:
    widths = [np.diff(outlook.total(days, (0.1, 0.9)))[:, 0] for days in (10, 30, 60, 90)]
    assert (np.diff(widths, axis=0) > 0).all()


def test_the_middle_is_what_is_expected(outlook: Outlook) -> None:
    assert outlook.total(30, (0.5,))[:, 0] == pytest.approx(outlook.daily[:, :30].sum(axis=1))
