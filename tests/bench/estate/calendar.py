"""The days of an estate, by what matters to a bill: weekday, place in the month, month, end of the year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Days:
    """One entry per day. `from_start` counts from 1, `from_end` from -1 on the month's last day backwards."""

    first: date
    weekday: NDArray[np.int64]
    from_start: NDArray[np.int64]
    from_end: NDArray[np.int64]
    month: NDArray[np.int64]
    in_year_end: NDArray[np.bool_]

    @property
    def count(self) -> int:
        return len(self.weekday)


def days_from(first: date, count: int) -> Days:
    """Give `count` days from `first` on; `month` numbers the calendar months from 0."""
    days = [first + timedelta(days=offset) for offset in range(count)]
    lengths = [(date(d.year + d.month // 12, d.month % 12 + 1, 1) - d).days for d in days]
    months = [(day.year - first.year) * 12 + day.month - first.month for day in days]
    return Days(
        first=first,
        weekday=np.array([day.weekday() for day in days]),
        from_start=np.array([day.day for day in days]),
        from_end=-np.array(lengths),
        month=np.array(months),
        in_year_end=np.array([(day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 2) for day in days]),
    )
