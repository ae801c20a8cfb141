"""The projection of cost consoles and spreadsheets: the month so far, divided by its days, goes on."""

from __future__ import annotations

import numpy as np

from finops_lib.analyses.forecasts.methods import Continuation, History, method
from finops_lib.analyses.forecasts.panel import Matrix
from finops_lib.analyses.forecasts.weeks import week_ends


@method("linear")
def linear(history: History, days: int) -> Continuation:
    """Go on with the mean day of the calendar month of the last complete day."""
    ends = week_ends(history.days)

    def ahead(week: int, days: int) -> Matrix:
        last = int(ends[week])
        span = slice(max(last + 1 - int(history.calendar.from_start[last]), 0), last + 1)
        rate = history.costs[:, span].sum(axis=1) / np.maximum(history.known[:, span].sum(axis=1), 1)
        return np.repeat(rate[:, None], days, axis=1)

    return Continuation(ahead, ("month-to-date projection",) * len(history.costs))
