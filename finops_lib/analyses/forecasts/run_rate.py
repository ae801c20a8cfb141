"""The mean of the last 30 complete days, every day the same: the rate that any forecast has to beat."""

from __future__ import annotations

import numpy as np

from finops_lib.analyses.forecasts.methods import Continuation, History, method
from finops_lib.analyses.forecasts.panel import Matrix
from finops_lib.analyses.forecasts.weeks import week_ends

RATE_DAYS = 30


@method("run-rate")
def run_rate(history: History, days: int) -> Continuation:
    """Go on with the mean of the last 30 complete days, or of as many as there are."""
    ends = week_ends(history.days)

    def ahead(week: int, days: int) -> Matrix:
        span = slice(max(int(ends[week]) + 1 - RATE_DAYS, 0), int(ends[week]) + 1)
        rate = history.costs[:, span].sum(axis=1) / np.maximum(history.known[:, span].sum(axis=1), 1)
        return np.repeat(rate[:, None], days, axis=1)

    return Continuation(ahead, ("run rate of 30 days",) * len(history.costs))
