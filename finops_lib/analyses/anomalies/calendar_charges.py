"""Which charges come back at the same place of the month? Fees, taxes, commitments, month-end runs, credits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.days import Days
from finops_lib.analyses.anomalies.rolling import HISTORY, Matrix, mean_before


def remembered_charges(
    excess: Matrix, usual: Matrix, size: Matrix, wobble: Matrix, days: Days, born: NDArray[np.int64], *, newest: int
) -> Matrix:
    """Give the largest excess at the same place of the last four months where it came back at all; 0 elsewhere.

    A place is a day counted from the month's first or last, one day earlier or later included. It has come back if two
    of the four months have it, or one where the series is too young for two.

    Args:
        excess: money above (or below) the weekday's usual; negative where there is none.
        newest: so many of the last columns are asked for.
    """
    large = np.maximum(np.maximum(0.2 * np.maximum(np.abs(usual), size), 1.0), 4 * wobble)
    # Most series have no such day at all.
    rows = np.flatnonzero((excess > large).any(axis=1))
    remembered = np.zeros((len(excess), newest))
    if rows.size:
        remembered[rows] = _remembered(excess[rows], large[rows], days, born[rows], newest)
    return remembered


def _remembered(excess: Matrix, large: Matrix, days: Days, born: NDArray[np.int64], newest: int) -> Matrix:
    from scipy.ndimage import maximum_filter1d

    begin = days.count - newest
    strong = np.where(excess > 0.5 * large, excess, 0.0)
    widened = maximum_filter1d(np.maximum(excess, 0.0), 3, axis=1)
    # What came from three days before a place to one day after it.
    around = 5 * mean_before(np.concatenate([strong, np.zeros((len(strong), 1))], axis=1), 5, skip=0)[:, 1:]
    days_around = 5 * mean_before(np.concatenate([strong > 0, np.zeros((len(strong), 1))], axis=1), 5, skip=0)[:, 1:]
    first_real = HISTORY + np.maximum(born, 0)
    places = [[place[begin:] for place in both] for both in days.same_places]
    # With three months known two must have it; a younger series has no two.
    is_young = np.maximum(*places[2])[:, None] < first_real[None, :]
    # Most days have none at their places: only the others are looked at.
    is_large = np.ascontiguousarray((widened > large[:, begin:].min(axis=1, keepdims=True)).T)
    months = sum((is_large[early] | is_large[late]).astype(np.int8) for early, late in np.maximum(places, 0))
    day, row = np.nonzero((months >= 2) | (is_young & (months == 1)))
    least = large[row, begin + day]
    seen = np.zeros(row.size, np.int8)
    largest, whole, run = np.zeros(row.size), np.zeros(row.size), np.zeros(row.size)
    for both in places:
        most, sum_around, run_around = np.zeros(row.size), np.zeros(row.size), np.zeros(row.size)
        for place in both:
            column = place[day]
            usable = column >= first_real[row]
            most = np.where(usable, np.maximum(most, widened[row, column]), most)
            sum_around = np.where(usable, np.maximum(sum_around, around[row, column]), sum_around)
            run_around = np.where(usable, np.maximum(run_around, days_around[row, column]), run_around)
        counts = most > least
        seen += counts
        largest = np.where(counts, np.maximum(largest, most), largest)
        whole = np.where(counts, np.maximum(whole, sum_around), whole)
        run = np.where(counts, np.maximum(run, run_around), run)
    has_come_back = (seen >= 2) | (is_young[day, row] & (seen >= 1))
    # What has come in the last three days is not expected a second time.
    came = 3 * mean_before(strong, 3)[row, begin + day]
    remembered = np.zeros((len(excess), newest))
    came_days = sum((excess[row, np.maximum(begin + day - lag, 0)] > 0.35 * largest).astype(np.int8) for lag in (1, 2, 3))
    rest = np.where((came_days > 0) & (came_days < run - 0.5), largest, np.clip(whole - came, 0.0, largest))
    remembered[row, day] = np.where(has_come_back, rest, 0.0)
    return remembered
