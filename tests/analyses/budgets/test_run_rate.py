"""The plainest forecaster: weeks and fees continued, and courses as uneven as the past."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from finops_lib.analyses.budgets import Past
from tests.analyses.budgets.run_rate import run_rate

LAST = date(2026, 11, 10)


def past(usage: list[float], fees: dict[date, float] | None = None) -> Past:
    first = LAST - timedelta(days=len(usage) - 1)
    scheduled = np.zeros((1, len(usage)))
    for day, fee in (fees or {}).items():
        scheduled[0, (day - first).days] = fee
    return Past(("shop",), first, np.array([usage]) + scheduled, scheduled)


def test_a_week_is_continued_by_weekday() -> None:
    week = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    outlook = run_rate(past(week * 20), days=10)
    assert outlook.daily[0].tolist() == [*week, 1, 2, 3]
    # A past without surprises has courses without any.
    assert np.array_equal(outlook.paths(0, 3, seed=1), np.repeat(outlook.daily, 3, axis=0))


def test_a_fee_comes_again_on_its_day_and_is_not_spread() -> None:
    outlook = run_rate(past([10.0] * 60, {date(2026, 10, 1): 500.0, date(2026, 10, 15): 50.0}), days=25)
    ahead = {LAST + timedelta(days=n + 1): cost for n, cost in enumerate(outlook.daily[0])}
    assert ahead[date(2026, 11, 15)] == 60
    assert ahead[date(2026, 12, 1)] == 510
    assert sum(ahead.values()) == 25 * 10 + 550


@pytest.mark.parametrize(("days", "level"), [(3, 2.0), (10, 4.0)])
def test_a_young_series_has_one_level(days: int, level: float) -> None:
    usage = [0.0] * 50 + ([1.0, 2.0, 3.0] if days == 3 else [9.0] * 3 + [4.0] * 7)
    assert set(run_rate(past(usage), days=8).daily[0]) == {level}


def test_an_uneven_past_gives_uneven_courses_around_the_expected_one() -> None:
    noise = np.random.default_rng(7).normal(100, 10, 400).tolist()
    outlook = run_rate(past(noise), days=20)
    totals = outlook.paths(0, 1000, seed=1).sum(axis=1)
    assert totals.std() > 10
    assert abs(totals.mean() / outlook.daily[0].sum() - 1) < 0.05
    assert np.array_equal(outlook.paths(0, 5, seed=1), outlook.paths(0, 5, seed=1))
