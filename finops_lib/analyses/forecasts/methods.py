"""What is a forecasting method? A function that takes histories and says how they go on, entered in METHODS by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts.calendar import Calendar
from finops_lib.analyses.forecasts.intervals import Ahead
from finops_lib.analyses.forecasts.panel import Matrix
from finops_lib.registry import Registry


@dataclass(frozen=True, slots=True)
class History:
    """Complete days of some series, and what is known of those after them.

    `costs` is series x day, 0 where not known; `known` (series x day) says where it is, False before a series began.
    `partial` is series x day after the history, of which only a part is known. `scheduled` is what of the costs follows
    the calendar, None = to be found out. `calendar` covers the history and the days to be forecast.
    """

    costs: Matrix
    known: NDArray[np.bool_]
    partial: Matrix
    scheduled: Matrix | None
    calendar: Calendar

    @property
    def days(self) -> int:
        return int(self.costs.shape[1])


@dataclass(frozen=True, slots=True)
class Continuation:
    """How histories go on: `ahead(week, days)` gives the expected cost of the days after a week (-1 = the newest).

    `method` says per series in words what was chosen. `offsets` (series x sum x level, as in `intervals`) are quantiles
    that a method brings of its own; None = they are measured by continuing from past weeks.
    """

    ahead: Ahead
    method: tuple[str, ...]
    offsets: NDArray[np.float64] | None = None


Method = Callable[[History, int], Continuation]

METHODS: Registry[Method] = Registry("forecasting method", "finops_lib.analyses.forecasts")
method = METHODS.register
