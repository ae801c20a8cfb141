"""What is ahead: expected daily cost, and how sums of it are spread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts.intervals import LEVELS, REACHES
from finops_lib.analyses.forecasts.panel import Matrix

# The place of each level on the normal scale: between two levels quantiles are interpolated there.
NORMAL = np.array([NormalDist().inv_cdf(float(level)) for level in LEVELS])
# How fast the miss of a growing sum forgets where it stood when the sum was half as long: measured on held-out misses
# of sums of 30, 60 and 90 days, whose correlation falls with the logarithm of the ratio of their lengths.
FORGETS = 0.35
INSUFFICIENT = "insufficient history"


@dataclass(frozen=True, slots=True)
class Outlook:
    """Forecasts of many series.

    `origin` is the last complete day of all of them; `daily` (series x day after it) what each day is expected to cost,
    nan for a series of which too little is known. Of a series that is complete for longer, the first `days_known` of
    these days are what was charged. `method` says per series what was chosen. `offsets` is series x sum x level of
    `intervals`: how far the mean day of a sum may lie from what is expected.
    """

    series: tuple[str, ...]
    origin: date
    daily: Matrix
    method: tuple[str, ...]
    offsets: NDArray[np.float64]
    days_known: NDArray[np.int64]

    def total(self, days: int, levels: tuple[float, ...] = (0.1, 0.5, 0.9), *, skip: int = 0) -> Matrix:
        """Give quantiles of the sum of `days` days, the first `skip` days after the origin left out.

        Level 0.5 is the expected sum itself. Levels outside [0.005, 0.995] give the outermost that is known.

        Returns:
            series x level, in the currency of each series.
        """
        expected = self.daily[:, skip : skip + days].sum(axis=1)
        open_days = days - np.clip(self.days_known - skip, 0, days)
        reach = np.maximum(skip + days - self.days_known, 1)
        spread = self._spread(reach) * open_days[:, None]
        at = [NormalDist().inv_cdf(min(max(level, float(LEVELS[0])), float(LEVELS[-1]))) for level in levels]
        return np.asarray(
            expected[:, None] + _interpolated(spread, np.array(at)[None, :].repeat(len(expected), axis=0))
        )

    def paths(self, index: int, count: int = 1000, seed: int = 0) -> Matrix:
        """Simulate daily courses of one series, for questions that no quantile answers (when is the budget gone?).

        The sum of a path up to any day is spread exactly as `total` says; from day to day its place among the paths
        moves slowly, as real misses do.

        Returns:
            path x day.
        """
        days = self.daily.shape[1]
        rng = np.random.default_rng(seed)
        expected = np.cumsum(self.daily[index])
        known = int(self.days_known[index])
        place = rng.standard_normal(count)
        totals = np.tile(expected, (count, 1))
        for day in range(known, days):
            open_days = day + 1 - known
            if open_days > 1:
                kept = ((open_days - 1) / open_days) ** FORGETS
                place = kept * place + np.sqrt(1 - kept**2) * rng.standard_normal(count)
            spread = self._spread(np.array([open_days]), rows=slice(index, index + 1)) * open_days
            totals[:, day] += _interpolated(spread.repeat(count, axis=0), place[:, None])[:, 0]
        return np.diff(totals, axis=1, prepend=0.0)

    def _spread(self, reach: NDArray[np.int64], *, rows: slice = slice(None)) -> Matrix:
        """Give the offsets of a mean day for sums that end `reach` days ahead, one reach per series: series x level."""
        offsets = self.offsets[rows]
        place = np.interp(np.log(np.clip(reach, REACHES[0], REACHES[-1])), np.log(REACHES), np.arange(len(REACHES)))
        low = np.minimum(place.astype(np.int64), len(REACHES) - 2)
        part = (place - low)[:, None]
        series = np.arange(len(offsets))
        return np.asarray(offsets[series, low] * (1 - part) + offsets[series, low + 1] * part)


def _interpolated(spread: Matrix, at: Matrix) -> Matrix:
    """Read rows of `spread` (row x level) at places on the normal scale (row x place); flat beyond the last level."""
    place = np.clip(np.interp(at, NORMAL, np.arange(len(NORMAL))), 0, len(NORMAL) - 1)
    low = np.minimum(place.astype(np.int64), len(NORMAL) - 2)
    part = place - low
    below, above = np.take_along_axis(spread, low, axis=1), np.take_along_axis(spread, low + 1, axis=1)
    return np.asarray(below * (1 - part) + above * part)
