"""Which days are judged, and where do they lie in the year and in their months?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.rolling import HISTORY

MONTHS_BACK = 4
# The quiet end of the year and the return from it are nobody's doing.
YEAR_END = ((12, 20), (1, 8))

Columns = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Days:
    """The columns of an estate's matrices, its made-up history included; worked out once for all series.

    Args:
        newest: so many of the last columns are judged.
        same_places: per month back, for each column the one at the same distance from the month's first day, and from
            its last; negative = before the first column.
    """

    count: int
    newest: int
    is_year_end: NDArray[np.bool_]
    same_places: tuple[tuple[Columns, Columns], ...]


# An estate is judged level by level, over the same days each time.
@lru_cache(maxsize=4)
def days_of(first_day: date, known: int, *, newest: int) -> Days:
    """Look up the days of an estate.

    Args:
        first_day: of the `known` days; HISTORY made-up ones come before it.
    """
    first = first_day - timedelta(days=HISTORY)
    days = [first + timedelta(days=number) for number in range(HISTORY + known)]
    is_year_end = [(day.month, day.day) >= YEAR_END[0] or (day.month, day.day) <= YEAR_END[1] for day in days]
    places = tuple(_same_places(days, back) for back in range(1, MONTHS_BACK + 1))
    return Days(len(days), newest, np.array(is_year_end), places)


def _same_places(days: list[date], back: int) -> tuple[Columns, Columns]:
    first = days[0]
    from_start, from_end = [], []
    for day in days:
        month = day.year * 12 + day.month - 1 - back
        begins = date(month // 12, month % 12 + 1, 1)
        ends = _month_after(begins)
        last = (ends - begins).days
        from_start.append((begins - first).days + min(day.day, last) - 1)
        from_end.append((ends - first).days - min((_month_after(day.replace(day=1)) - day).days, last))
    return np.array(from_start), np.array(from_end)


def _month_after(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
