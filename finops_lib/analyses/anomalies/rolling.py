"""Statistics of the days before each day, for every series and day at once.

All functions take and give series x day. `skip` days, the judged one included, are left out: 1 = through yesterday,
0 = through today. The matrices begin with days that are never judged, so that every window lies inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]
# Half the memory is nearly half the time, and a ten-millionth of a cost is no anomaly; sums are kept in double.
PRECISION = np.float32
# From so many values on scipy's filter, which is twice as fast, is worth its import.
_MANY = 50_000

# Made-up days before the first known one: as many as the longest window, in whole weeks.
HISTORY = 126
# The half, and three quarters, of the absolute values of a normal distribution are below 0.6745 and 1.1503 deviations.
MAD_TO_SD, P75_TO_SD = 1 / 0.6745, 1 / 1.1503


def lagged(values: Matrix, days: int) -> Matrix:
    """Give for each day the value of `days` before; 0 where there is none."""
    if days == 0:
        return values
    moved = np.zeros_like(values)
    moved[:, days:] = values[:, :-days]
    return moved


def mean_before(values: Matrix, days: int, *, skip: int = 1) -> Matrix:
    """Give the mean of a window; of what there is of it at the beginning."""
    series, length = values.shape
    # Sums of all values before a column, zeros ahead of them: a window is the difference of two slices.
    sums = np.zeros((series, days + skip + length))
    np.cumsum(values, axis=1, dtype=np.float64, out=sums[:, days + skip :])
    count = np.clip(np.arange(1 - skip, length + 1 - skip), 1, days)
    return np.asarray((sums[:, days : days + length] - sums[:, :length]) / count, PRECISION)


def rank_before(values: Matrix, days: int, rank: int, *, skip: int = 1, newest: int | None = None) -> Matrix:
    """Give the `rank`-th smallest value of a window, counted from 0; days before the first count as 0.

    An order statistic by a sliding filter: a window of 126 days costs hardly more than one of seven.

    Args:
        newest: so many of the last columns are asked for; None = all.
    """
    series, length = values.shape
    asked = length if newest is None else newest
    end, begin = length - skip, length - skip - asked - days + 1
    padded = values[:, max(begin, 0) : end]
    if begin < 0:
        padded = np.concatenate([np.zeros((series, -begin), values.dtype), padded], axis=1)
    # All series in one row: windows that reach from one into the next are those before the first that is asked for.
    ranked = _ranked(np.ascontiguousarray(padded).ravel(), days, rank).reshape(series, -1)
    return ranked[:, days - 1 : days - 1 + asked]


def _ranked(row: Matrix, days: int, rank: int) -> Matrix:
    """Give the `rank`-th smallest of the window that ends at each place; the first `days` - 1 places mean nothing."""
    if row.size < _MANY:
        # A page has polars already; scipy would cost it a quarter of a second before the first number.
        import polars as pl

        part = rank / max(days - 1, 1)
        return pl.Series(row).rolling_quantile(part, interpolation="nearest", window_size=days).to_numpy()
    from scipy.ndimage import rank_filter

    # Its window stands around a place.
    return np.asarray(rank_filter(row, rank, size=days, origin=(days - 1) // 2))


def rank_of_smooth(values: Matrix, days: int, rank: int, *, skip: int, newest: int) -> Matrix:
    """Give the same of a matrix that hardly changes from day to day, from every second day of it.

    `days`, `rank` and `skip` are even or rounded down to whole pairs; the pairs end with the newest day.
    """
    odd = values.shape[1] % 2
    halves = np.ascontiguousarray(values[:, odd + 1 :: 2])
    asked = min(newest // 2 + 1, halves.shape[1])
    spread = np.repeat(rank_before(halves, days // 2, rank // 2, skip=-(-skip // 2), newest=asked), 2, axis=1)
    lacking = max(newest - spread.shape[1], 0)
    return np.concatenate([spread[:, :lacking], spread[:, -newest:]], axis=1)


def most_before(values: Matrix, days: int, *, newest: int) -> Matrix:
    """Give the largest value of the days before the newest columns; days before the first count as 0."""
    padded = np.concatenate([np.zeros((values.shape[0], days), values.dtype), values], axis=1)[:, -(newest + days) :]
    # Two windows that overlap or touch are one of their joint length.
    most, covered = padded[:, :-1], 1
    while covered < days:
        step = min(covered, days - covered)
        most, covered = np.maximum(most[:, :-step], most[:, step:]), covered + step
    return most


def same_weekdays(values: Matrix, weeks: int, *, newest: int) -> list[Matrix]:
    """Give the values of the same weekday of so many weeks before the newest columns, the smallest first."""
    return sorted_few([lagged(values, 7 * week)[:, -newest:] for week in range(1, weeks + 1)])


def sorted_few(values: Sequence[Matrix]) -> list[Matrix]:
    """Sort a few matrices elementwise, the smallest first: an odd-even network, faster than sorting short rows."""
    ordered = list(values)
    for turn in range(len(ordered)):
        for left in range(turn % 2, len(ordered) - 1, 2):
            low, high = np.minimum(ordered[left], ordered[left + 1]), np.maximum(ordered[left], ordered[left + 1])
            ordered[left], ordered[left + 1] = low, high
    return ordered


def middle(ordered: Sequence[Matrix]) -> Matrix:
    """Give the median of matrices that are sorted already."""
    count = len(ordered)
    return 0.5 * (ordered[(count - 1) // 2] + ordered[count // 2])
