"""Which charges come back at the same place of the month? Fees, taxes, commitments, month-end runs, credits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.rolling import HISTORY, Matrix, mean_before

MONTHS_BACK = 4


def remembered_charges(
    excess: Matrix, usual: Matrix, size: Matrix, wobble: Matrix, days: Sequence[date], born: NDArray[np.int64]
) -> Matrix:
    """Give the largest excess at the same place of the last four months where it came back at all; 0 elsewhere.

    A place is a day counted from the month's first or last, one day earlier or later included. It has come back if two
    of the four months have it, or one where the series is too young for two.

    Args:
        excess: money above (or below) the weekday's usual; negative where there is none.
    """
    large = np.maximum(np.maximum(0.2 * np.maximum(np.abs(usual), size), 1.0), 4 * wobble)
    # Most series have no such day at all.
    rows = np.flatnonzero((excess > large).any(axis=1))
    remembered = np.zeros_like(excess)
    if rows.size:
        remembered[rows] = _remembered(excess[rows], large[rows], days, born[rows])
    return remembered


def _remembered(excess: Matrix, large: Matrix, days: Sequence[date], born: NDArray[np.int64]) -> Matrix:
    from scipy.ndimage import maximum_filter1d

    is_real = np.arange(excess.shape[1])[None, :] >= HISTORY + born[:, None]
    strong = np.where(excess > 0.5 * large, excess, 0.0)
    widened = maximum_filter1d(np.maximum(excess, 0.0), 3, axis=1)
    # What came from three days before a place to one day after it.
    around = 5 * mean_before(np.concatenate([strong, np.zeros((len(strong), 1))], axis=1), 5, skip=0)[:, 1:]
    seen, known = np.zeros(excess.shape, np.int8), np.zeros(excess.shape, np.int8)
    largest, whole = np.zeros_like(excess), np.zeros_like(excess)
    for places in _same_places(days):
        there = np.zeros(excess.shape, bool)
        most, sum_around = np.zeros_like(excess), np.zeros_like(excess)
        for place in places:
            column = np.maximum(place, 0)
            usable = (place >= HISTORY)[None, :] & is_real[:, column]
            most = np.where(usable, np.maximum(most, widened[:, column]), most)
            sum_around = np.where(usable, np.maximum(sum_around, around[:, column]), sum_around)
            there |= usable
        known += there
        counts = most > large
        seen += counts
        largest = np.where(counts, np.maximum(largest, most), largest)
        whole = np.where(counts, np.maximum(whole, sum_around), whole)
    has_come_back = (seen >= 2) | ((known <= 2) & (seen >= 1))
    # What has come in the last three days is not expected a second time.
    came = 3 * mean_before(strong, 3)
    return np.where(has_come_back, np.clip(whole - came, 0.0, largest), 0.0)


def _same_places(days: Sequence[date]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Give per month back, for each day, the column of the day at the same distance from the first and the last."""
    first = days[0]
    months = []
    for back in range(1, MONTHS_BACK + 1):
        from_start, from_end = [], []
        for day in days:
            month = day.year * 12 + day.month - 1 - back
            begins = date(month // 12, month % 12 + 1, 1)
            ends = _month_after(begins)
            last = (ends - begins).days
            from_start.append((begins - first).days + min(day.day, last) - 1)
            from_end.append((ends - first).days - min((_month_after(day.replace(day=1)) - day).days, last))
        months.append((np.array(from_start), np.array(from_end)))
    return months


def _month_after(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
