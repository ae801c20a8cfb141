"""How far off will a sum of coming days be? Measured on the same series' past, judged on the company of all.

A course is continued from the end of each of its past weeks, as it would have been then, and held against what came.
That gives each series a scale of its own misses per horizon. How misses are spread around that scale (skewed, with heavy
tails) one series cannot say; all series of a panel together can, and every miss they say it with is held out: it is
measured in units of a scale that knew only what had come before it (split conformal prediction, Vovk et al. 2005).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts import prior
from finops_lib.analyses.forecasts.course import Course
from finops_lib.analyses.forecasts.panel import Matrix

Cube = NDArray[np.float64]

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
# Misses older than this say little about now.
NEWEST_WEEKS = 30
# So many held-out misses of a panel weigh as much as those of other estates.
BELIEVED_SPREAD = 400.0
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


@dataclass(frozen=True, slots=True)
class Spread:
    """`scale` (series x sum) is the typical miss; `quantiles` (sum x level of LEVELS) what a miss is, in its units."""

    scale: Matrix
    quantiles: Matrix


def misses_of(course: Course, costs: Matrix, known: NDArray[np.bool_]) -> Misses:
    """Continue the course from its past weeks and hold that against what came."""
    ends = course.week_ends
    weeks = np.arange(FEWEST_WEEKS, len(ends) - 1)
    sums = _running(costs)
    sizes = _sizes(costs, known)
    misses = np.zeros((len(weeks), len(costs), SUMS))
    counted = np.zeros(misses.shape, dtype=bool)
    begun = course.weeks.weight > 0
    for trial, week in enumerate(weeks):
        start = int(ends[week]) + 1
        size = sizes[:, start]
        expected = _running(course.ahead(int(week), min(FARTHEST, course.days - start)))
        is_old_enough = begun[:, week - 2] & (size > 0)
        for number, skip, days in _sums_from(-int(course.calendar.from_end[start - 1]) - 1):
            stop = skip + days
            if start + stop <= course.days:
                came = sums[:, start + stop] - sums[:, start + skip]
                miss = came - (expected[:, stop] - expected[:, skip])
                misses[trial, :, number] = miss / (days * np.where(size > 0, size, 1.0))
                counted[trial, :, number] = is_old_enough
    return Misses(weeks, misses, counted, sizes[:, -1])


def _running(daily: Matrix) -> Matrix:
    return np.concatenate([np.zeros((len(daily), 1)), np.cumsum(daily, axis=1)], axis=1)


def _sizes(costs: Matrix, known: NDArray[np.bool_]) -> Matrix:
    """Give what an average day of the quarter before each day has cost, credits counted as money: series x (day + 1)."""
    money, mass = _running(np.abs(costs)), _running(known.astype(np.float64))
    start = np.maximum(np.arange(costs.shape[1] + 1) - SIZE_DAYS, 0)
    return np.asarray((money - money[:, start]) / np.maximum(mass - mass[:, start], 1.0))


def _sums_from(rest: int) -> list[tuple[int, int, int]]:
    """Give the sums that a trial with `rest` days left in its month is good for: number of the sum, skipped days, days."""
    found = [(len(RESTS) + number, LAG, int(days)) for number, days in enumerate(TOTALS)]
    # On a month's last days all of the next one is what is asked next.
    rest = rest if rest >= 1 else 31
    return [(int(np.searchsorted(RESTS, rest)), 0, rest), *found]


def typical_of(found: Misses) -> NDArray[np.float64]:
    """Give the relative miss that series of this panel have on the average, per sum."""
    counted = found.known.sum(axis=(0, 1))
    total = np.minimum(np.abs(found.misses), 1.0).sum(axis=(0, 1))
    return np.asarray((total + BELIEVED_SPREAD * prior.TYPICAL) / (counted + BELIEVED_SPREAD))


def spread_of(found: Misses, typical: NDArray[np.float64]) -> Matrix:
    """Give the typical relative miss of each series for each sum, as all its trials have it: series x sum."""
    return _scales(found, int(found.weeks[-1]) + 10_000 if len(found.weeks) else 0, typical)


def quantiles_of(found: Misses, typical: NDArray[np.float64]) -> tuple[Matrix, NDArray[np.int64]]:
    """Give how held-out misses of the panel are spread: sum x level, in units of the scales of their time; how many."""
    scores: list[list[NDArray[np.float64]]] = [[] for _ in REACHES]
    newest = int(found.weeks[-1]) if len(found.weeks) else 0
    for trial, week in enumerate(found.weeks):
        if newest - week > NEWEST_WEEKS:
            continue
        scale = _scales(found, int(week), typical)
        for number in range(SUMS):
            counted = found.known[trial, :, number]
            scores[number].append(found.misses[trial, counted, number] / scale[counted, number])
    counts = np.array([sum(map(len, score)) for score in scores])
    quantiles = np.array(
        [
            np.quantile(np.concatenate(score), LEVELS) if count else prior.QUANTILES[number]
            for number, (score, count) in enumerate(zip(scores, counts, strict=True))
        ]
    )
    return quantiles, counts


def _scales(found: Misses, week: int, typical: NDArray[np.float64]) -> Matrix:
    """Give the typical relative miss of each series for each sum, from trials whose outcome was known at a week."""
    relative = np.abs(found.misses)
    outcome_known = found.weeks[:, None] + np.ceil(REACHES / 7) <= week
    counted = found.known & outcome_known[:, None, :]
    trials = counted.sum(axis=0)
    # An event in the past makes one miss a giant: it counts as a large one.
    own = np.where(counted, np.minimum(relative, 4 * typical + 0.5), 0.0).sum(axis=0) / np.maximum(trials, 1)
    # What the series misses as a multiple of what series miss, over all horizons: it is nearly one number.
    weight = trials / (trials + 2.0)
    multiple = ((own / typical * weight).sum(axis=1) + 0.5) / (weight.sum(axis=1) + 0.5)
    scale = (trials * own + BELIEVED * multiple[:, None] * typical) / (trials + BELIEVED)
    return np.asarray(scale + CLOSEST)
