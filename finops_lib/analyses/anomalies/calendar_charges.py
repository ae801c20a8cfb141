"""Which charges come back at the same place of the month? Fees, taxes, commitments, month-end runs, credits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.days import Days
from finops_lib.analyses.anomalies.rolling import HISTORY, PRECISION, Matrix, mean_before

# Another day of the same run is at least so large a part of its largest day.
SAME_CHARGE = 0.35


def large_charge(usual: Matrix, size: Matrix, wobble: Matrix) -> Matrix:
    """Give the excess from which a day may be one of the calendar's, in money."""
    return np.maximum(np.maximum(0.2 * np.maximum(np.abs(usual), size), 1.0), 4 * wobble)


def remembered_charges(excess: Matrix, large: Matrix, days: Days, born: NDArray[np.int64], *, newest: int) -> Matrix:
    """Give the largest excess at the same place of the last four months where it came back at all; 0 elsewhere.

    A place is a day counted from the month's first or last, one day earlier or later included. It has come back if two
    of the four months have it, or one where the series is too young for two.

    Args:
        excess: money above (or below) the weekday's usual; negative where there is none.
        large: from where on an excess counts.
        newest: so many of the last columns are asked for.
    """
    # Most series have no such day at all.
    rows = np.flatnonzero((excess > large).any(axis=1))
    remembered = np.zeros((len(excess), newest), PRECISION)
    if rows.size:
        remembered[rows] = _remembered(excess[rows], large[rows], days, born[rows], newest)
    return remembered


def _remembered(excess: Matrix, large: Matrix, days: Days, born: NDArray[np.int64], newest: int) -> Matrix:
    begin = days.count - newest
    widened = _with_neighbours(np.maximum(excess, 0.0))
    # On how many days something came, from three days before a place to one day after it.
    strong = np.concatenate([excess > 0.5 * large, np.zeros((len(excess), 1))], axis=1)
    around = 5 * mean_before(strong, 5, skip=0)[:, 1:]
    first_real = HISTORY + np.maximum(born, 0)
    places = [[place[begin:] for place in both] for both in days.same_places]
    # With three months known two must have it; a younger series has no two.
    is_young = np.maximum(*places[2])[:, None] < first_real[None, :]
    # Most days have none at their places: only the others are looked at.
    is_large = np.ascontiguousarray((widened > large[:, begin:].min(axis=1, keepdims=True)).T)
    months = sum((is_large[early] | is_large[late]).astype(np.int8) for early, late in np.maximum(places, 0))
    day, row = np.nonzero((months >= 2) | (is_young & (months == 1)))
    least = large[row, begin + day]
    seen, largest, run = np.zeros(row.size, np.int8), np.zeros(row.size), np.ones(row.size)
    for both in places:
        most, run_around = np.zeros(row.size), np.zeros(row.size)
        for place in both:
            column = place[day]
            usable = column >= first_real[row]
            most = np.where(usable, np.maximum(most, widened[row, column]), most)
            run_around = np.where(usable, np.maximum(run_around, around[row, column]), run_around)
        counts = most > least
        seen += counts
        largest = np.where(counts, np.maximum(largest, most), largest)
        run = np.where(counts, np.maximum(run, run_around), run)
    has_come_back = (seen >= 2) | (is_young[day, row] & (seen >= 1))
    # What has come on as many of the last days as it ever did is not expected once more.
    before = [excess[row, np.maximum(begin + day - lag, 0)] for lag in (1, 2, 3)]
    came = sum((money > SAME_CHARGE * largest).astype(np.int8) for money in before)
    remembered = np.zeros((len(excess), newest), PRECISION)
    remembered[row, day] = np.where(has_come_back & (came < np.round(run)), largest, 0.0)
    return remembered


def _with_neighbours(values: Matrix) -> Matrix:
    """Give the largest of each day, the one before and the one after."""
    widened = values.copy()
    np.maximum(widened[:, 1:], values[:, :-1], out=widened[:, 1:])
    np.maximum(widened[:, :-1], values[:, 1:], out=widened[:, :-1])
    return widened
