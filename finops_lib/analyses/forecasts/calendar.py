"""Days as the forecaster sees them: weekday, place in the month, number of the month, end of the year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Calendar:
    """One entry per day from `first_day` on.

    `weekday` counts from Monday = 0, `from_start` from 1, `from_end` down from -1 on the last day of a month; `month`
    numbers the calendar months, 0 = that of the first day.
    """

    first_day: date
    weekday: Days
    from_start: Days
    from_end: Days
    month: Days
    is_year_end: NDArray[np.bool_]


def calendar_of(first_day: date, days: int) -> Calendar:
    """Lay out `days` days from `first_day` on."""
    day = np.datetime64(first_day, "D") + np.arange(days)
    month = day.astype("datetime64[M]")
    from_start = (day - month.astype("datetime64[D]")).astype(np.int64) + 1
    from_end = (day - (month + 1).astype("datetime64[D]")).astype(np.int64)
    number = month.astype(np.int64)
    of_year = number % 12
    return Calendar(
        first_day=first_day,
        weekday=(day.astype(np.int64) + 3) % 7,
        from_start=from_start,
        from_end=from_end,
        month=number - number[0] if days else number,
        # From the last working days before Christmas to the day after New Year.
        is_year_end=((of_year == 11) & (from_start >= 22)) | ((of_year == 0) & (from_start <= 2)),
    )
