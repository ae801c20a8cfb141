"""The last complete week again and again: the bar for anything that knows weekdays (Hyndman & Athanasopoulos 2021)."""

from __future__ import annotations

import numpy as np

from finops_lib.analyses.forecasts.methods import Continuation, History, method
from finops_lib.analyses.forecasts.panel import Matrix
from finops_lib.analyses.forecasts.weeks import week_ends


@method("seasonal-naive")
def seasonal_naive(history: History, days: int) -> Continuation:
    """Repeat the last seven complete days."""
    ends = week_ends(history.days)

    def ahead(week: int, days: int) -> Matrix:
        last = int(ends[week])
        # A history of less than a week repeats what there is.
        span = min(7, last + 1)
        columns = last + 1 - span + np.arange(days) % span
        return np.asarray(history.costs[:, columns])

    return Continuation(ahead, ("last week again",) * len(history.costs))
