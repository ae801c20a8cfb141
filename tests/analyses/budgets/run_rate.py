"""A plain forecaster for tests of budgets: each weekday as in the last weeks, each fee as a month before.

Its courses add what whole weeks of the past were off by, drawn again and again: as uneven as the past was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.budgets.history import Matrix, Past
from finops_lib.periods import BillingPeriod

LEVEL_WEEKS = 4
ERROR_WEEKS = 12


@dataclass(frozen=True, slots=True)
class RunRate:
    """What `run_rate` says.

    Args:
        daily: series x day.
        errors: series x week x day: what the past weeks were off by, as part of their level.
        levels: series; mean usage per day.
    """

    daily: Matrix
    errors: Matrix
    levels: Matrix

    @property
    def method(self) -> tuple[str, ...]:
        return ("run-rate",) * len(self.daily)

    def paths(self, index: int, count: int, seed: int) -> Matrix:
        """Give `count` courses: the expected one, and what was off in weeks drawn from the past."""
        days = self.daily.shape[1]
        weeks = self.errors.shape[1]
        if not weeks:
            return np.repeat(self.daily[index : index + 1], count, axis=0)
        drawn = np.random.default_rng(seed).integers(weeks, size=(count, -(-days // 7)))
        off = self.errors[index][drawn].reshape(count, -1)[:, :days]
        courses: Matrix = self.daily[index] + off * self.levels[index]
        return courses


def run_rate(past: Past, *, days: int) -> RunRate:
    """Continue the last four weeks; shorter pasts by what they have."""
    usage = past.costs - past.scheduled
    # A series that is younger than the window has only lived that long.
    lived = (np.cumsum(np.abs(usage), axis=1) > 0).sum(axis=1)
    week = np.zeros((len(usage), 7))
    for index, age in enumerate(lived.tolist()):
        week[index] = _next_week(usage[index], age)
    daily = week[:, np.arange(days) % 7]
    for offset in range(days):
        daily[:, offset] += _fees(past, past.last_day + timedelta(days=offset + 1))
    weeks = usage[:, usage.shape[1] % 7 :].reshape(len(usage), -1, 7)
    return RunRate(daily, *_errors(weeks, lived))


def _next_week(usage: Matrix, lived: int) -> Matrix:
    """Give the mean of up to four weeks by weekday; of less than two weeks, one level for all days."""
    if lived < 14:
        return np.full(7, usage[-max(min(lived, 7), 1) :].mean())
    weeks = min(LEVEL_WEEKS, lived // 7)
    mean: Matrix = usage[-7 * weeks :].reshape(weeks, 7).mean(axis=0)
    return mean


def _errors(weeks: Matrix, lived: NDArray[np.int64]) -> tuple[Matrix, Matrix]:
    """Give what each of the last weeks was off by from the four before it, and the level now."""
    count = min(ERROR_WEEKS, weeks.shape[1] - LEVEL_WEEKS)
    level = np.abs(weeks[:, -LEVEL_WEEKS:].mean(axis=(1, 2)))
    if count <= 0:
        return np.zeros((len(weeks), 0, 7)), level
    errors = []
    for back in range(count, 0, -1):
        place = weeks.shape[1] - back
        before = weeks[:, place - LEVEL_WEEKS : place].mean(axis=1)
        scale = np.maximum(np.abs(before).mean(axis=1), 1e-12)[:, None]
        is_old = lived >= 7 * (back + LEVEL_WEEKS)
        errors.append(np.where(is_old[:, None], (weeks[:, place] - before) / scale, 0.0))
    return np.stack(errors, axis=1), level


def _fees(past: Past, day: date) -> Matrix:
    last_month = BillingPeriod.of(past.last_day + timedelta(days=1)).previous
    place = (last_month.start - past.first_day).days + day.day - 1
    if day.day > last_month.days or not 0 <= place < past.costs.shape[1]:
        return np.zeros(len(past.costs))
    fees: Matrix = past.scheduled[:, place]
    return fees
