"""How far off will a sum of coming days be? Measured on the same series' past, judged on the company of all.

A course is continued from the end of each of its past weeks, as it would have been then, and held against what came.
That gives each series a scale of its own misses per horizon. How misses are spread around that scale (skewed, heavy
tails) one series cannot say; all series of a panel together can, and every miss they say it with is held out: it is
measured in units of a scale that knew only what had come before it (split conformal prediction, Vovk et al. 2005).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts import prior
from finops_lib.analyses.forecasts.calendar import Calendar
from finops_lib.analyses.forecasts.panel import Matrix
from finops_lib.analyses.forecasts.weeks import week_ends

Cube = NDArray[np.float64]
Ahead = Callable[[int, int], Matrix]

# What is summed: the rest of a month of up to 6, 13, 20, 27, 34 days, and 30, 60, 90 days after a lag of three.
RESTS = np.array([6, 13, 20, 27, 34])
LAG = 3
TOTALS = np.array([30, 60, 90])
# Days from the origin to the end of the sum that stand for each: the middle of a rest, the end of a total.
REACHES = np.array([3.5, 10, 17, 24, 31, *(LAG + TOTALS)])
SUMS = len(REACHES)
LEVELS = np.array([0.005, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.995])
FARTHEST = int(REACHES[-1])
FEWEST_WEEKS = 6
SIZE_DAYS = 91
# So many misses of the series itself weigh as much as what its other horizons say of this one.
BELIEVED = 3.0
# The newest outcomes, so many weeks of them: older ones were measured with less known of the series.
NEWEST_WEEKS = 12
# So many held-out misses of a panel weigh as much as those of other estates.
BELIEVED_SPREAD = 400.0
# Every week is a trial of each total, so neighbours share most of their days; a rest has few neighbours.
OVERLAP = np.array([1.0] * len(RESTS) + [(LAG + days) / 7 for days in TOTALS])
# No bill is foretold closer than this part of it: it is restated.
CLOSEST = 2e-4


@dataclass(frozen=True, slots=True)
class Misses:
    """Held-out misses, one trial per week of the past, oldest first.

    `misses` (trial x series x sum) is actual - expected per summed day, as a multiple of what an average day cost at
    that time; `known` which of them there are. `weeks` gives the week of each trial, `size` (series) what an average
    day costs now.
    """

    weeks: NDArray[np.int64]
    misses: Cube
    known: NDArray[np.bool_]
    size: NDArray[np.float64]


def misses_of(ahead: Ahead, costs: Matrix, known: NDArray[np.bool_], calendar: Calendar) -> Misses:
    """Go on from the end of each past week and hold that against what came.

    Args:
        ahead: gives series x day for (number of the week, days), as known at the end of that week.
        costs: series x day, 0 where not known.
        known: series x day.
    """
    total_days = costs.shape[1]
    ends = week_ends(total_days)
    weeks = np.arange(FEWEST_WEEKS, len(ends) - 1)
    sums = _running(costs)
    sizes = _sizes(costs, known)
    misses = np.zeros((len(weeks), len(costs), SUMS))
    counted = np.zeros(misses.shape, dtype=bool)
    begun = known[:, np.maximum(ends, 0)]
    for trial, week in enumerate(weeks):
        start = int(ends[week]) + 1
        size = sizes[:, start]
        expected = _running(ahead(int(week), min(FARTHEST, total_days - start)))
        is_old_enough = begun[:, week - 2] & (size > 0)
        for number, skip, days in _sums_from(-int(calendar.from_end[start - 1]) - 1):
            stop = skip + days
            if start + stop <= total_days:
                came = sums[:, start + stop] - sums[:, start + skip]
                miss = came - (expected[:, stop] - expected[:, skip])
                misses[trial, :, number] = miss / (days * np.where(size > 0, size, 1.0))
                counted[trial, :, number] = is_old_enough
    return Misses(weeks, misses, counted, sizes[:, -1])


def _running(daily: Matrix) -> Matrix:
    return np.concatenate([np.zeros((len(daily), 1)), np.cumsum(daily, axis=1)], axis=1)


def _sizes(costs: Matrix, known: NDArray[np.bool_]) -> Matrix:
    """Give what an average day of the quarter before each day cost, credits counted as money: series x (day + 1)."""
    money, mass = _running(np.abs(costs)), _running(known.astype(np.float64))
    start = np.maximum(np.arange(costs.shape[1] + 1) - SIZE_DAYS, 0)
    return np.asarray((money - money[:, start]) / np.maximum(mass - mass[:, start], 1.0))


def _sums_from(rest: int) -> list[tuple[int, int, int]]:
    """Give the sums that a trial with `rest` days left in its month serves: number of the sum, skipped days, days."""
    found = [(len(RESTS) + number, LAG, int(days)) for number, days in enumerate(TOTALS)]
    # On a month's last days all of the next one is what is asked next.
    rest = rest if rest >= 1 else 31
    return [(int(np.searchsorted(RESTS, rest)), 0, rest), *found]


def typical_of(found: Sequence[Misses]) -> NDArray[np.float64]:
    """Give the relative miss that series of a panel have on the average, per sum."""
    counted = sum((part.known.sum(axis=(0, 1)) for part in found), np.zeros(SUMS))
    total = sum((np.minimum(np.abs(part.misses), 1.0).sum(axis=(0, 1)) for part in found), np.zeros(SUMS))
    return np.asarray((total + BELIEVED_SPREAD * prior.TYPICAL) / (counted + BELIEVED_SPREAD))


def quantiles_of(found: Sequence[Misses], typical: NDArray[np.float64]) -> Matrix:
    """Give how held-out misses of a panel are spread: sum x level of LEVELS, in units of the scales of their time.

    A small panel leans on what other estates have taught.
    """
    scores = [_scores(part, typical) for part in found]
    quantiles = prior.QUANTILES.copy()
    for number in range(SUMS):
        here = np.concatenate([part[number] for part in scores]) if scores else np.empty(0)
        if here.size:
            believed = here.size / (here.size + BELIEVED_SPREAD)
            quantiles[number] += believed * (np.quantile(here, LEVELS) - quantiles[number])
    middle = len(LEVELS) // 2
    # What is expected stays the middle: no interval may leave it out.
    quantiles[:, : middle + 1] = np.minimum(quantiles[:, : middle + 1], 0.0)
    quantiles[:, middle:] = np.maximum(quantiles[:, middle:], 0.0)
    return quantiles


def offsets_of(found: Misses, typical: NDArray[np.float64], quantiles: Matrix) -> Cube:
    """Give how far the mean day of a sum may lie from what is expected, in money: series x sum x level."""
    newest = int(found.weeks[-1]) if len(found.weeks) else 0
    scale = _scales(found, newest + FARTHEST, typical) * found.size[:, None]
    return np.asarray(scale[:, :, None] * quantiles[None, :, :])


def _scores(found: Misses, typical: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Give per sum the newest held-out misses, each in units of the scale that was known before it."""
    scales = [_scales(found, int(week), typical) for week in found.weeks]
    scores = []
    for number in range(SUMS):
        trials = np.flatnonzero(found.known[:, :, number].any(axis=1))
        newest = trials[found.weeks[trials] > found.weeks[trials[-1:]].sum() - NEWEST_WEEKS]
        counted = [(trial, found.known[trial, :, number]) for trial in newest]
        parts = [found.misses[trial, here, number] / scales[trial][here, number] for trial, here in counted]
        scores.append(np.concatenate(parts) if parts else np.empty(0))
    return scores


def _scales(found: Misses, week: int, typical: NDArray[np.float64]) -> Matrix:
    """Give the typical relative miss of each series for each sum, from trials whose outcome was known at a week."""
    relative = np.abs(found.misses)
    outcome_known = found.weeks[:, None] + np.ceil(REACHES / 7) <= week
    counted = found.known & outcome_known[:, None, :]
    trials = counted.sum(axis=0)
    # An event in the past makes one miss a giant: it counts as a large one.
    own = np.where(counted, np.minimum(relative, 4 * typical + 0.5), 0.0).sum(axis=0) / np.maximum(trials, 1)
    # What the series misses as a multiple of what series miss, over all horizons: it is nearly one number.
    # Trials whose days overlap say nearly the same: they count as often as they stand side by side.
    trials = np.where(trials > 0, (trials - 1) / OVERLAP + 1, 0.0)
    weight = trials / (trials + 2.0)
    multiple = ((own / typical * weight).sum(axis=1) + 0.5) / (weight.sum(axis=1) + 0.5)
    scale = (trials * own + BELIEVED * multiple[:, None] * typical) / (trials + BELIEVED)
    return np.asarray(scale + CLOSEST)
