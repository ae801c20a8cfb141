"""Daily cost as the forecaster takes it: a matrix of series x day, and how much of its newest days is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from finops_lib.errors import ConfigError

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Panel:
    """Daily cost of many series, each in one currency.

    `costs` is series x day from `first_day` on; nan = not known. Zeros before the first charge of a series count as
    days on which it did not exist. `incomplete_days` is the number of newest days that may still grow, for all series
    or for each. `scheduled` (series x day) is the part of `costs` that is known to follow the calendar (FOCUS
    ChargeFrequency, ChargeCategory); None = to be found out from the costs themselves.

    Raises:
        ConfigError: the shapes do not belong together, or a cost is infinite.
    """

    series: tuple[str, ...]
    first_day: date
    costs: Matrix
    incomplete_days: int | NDArray[np.int64] = 0
    scheduled: Matrix | None = None

    def __post_init__(self) -> None:
        rows = len(self.series)
        if self.costs.ndim != 2 or len(self.costs) != rows:
            raise ConfigError(
                f"a panel of {rows} series has costs of the shape {self.costs.shape}",
                next_step="give one row of costs for each series",
            )
        if self.scheduled is not None and self.scheduled.shape != self.costs.shape:
            raise ConfigError(
                f"scheduled has the shape {self.scheduled.shape}, costs {self.costs.shape}",
                next_step="give both for the same series and days",
            )
        if np.isinf(self.costs).any():
            raise ConfigError("a panel holds an infinite cost", next_step="correct it, or give nan for not known")

    @property
    def days(self) -> int:
        return int(self.costs.shape[1])

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=self.days - 1)

    @property
    def incomplete(self) -> NDArray[np.int64]:
        """The number of newest days that may still grow, for each series."""
        return np.broadcast_to(np.asarray(self.incomplete_days, dtype=np.int64), (len(self.series),))

    def rows(self, chosen: NDArray[np.int64] | slice) -> Panel:
        """Give the panel of some of its series."""
        names = np.asarray(self.series, dtype=object)[chosen]
        scheduled = None if self.scheduled is None else self.scheduled[chosen]
        return Panel(tuple(names), self.first_day, self.costs[chosen], self.incomplete[chosen], scheduled)
