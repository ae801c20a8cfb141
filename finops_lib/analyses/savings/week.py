"""In which working hours is a machine needed? From the hours of the week (UTC) in which it did anything.

Twelve hours on five days are looked for, beginning at any hour: 09:00 in Tokyo is midnight here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from finops_lib.analyses.savings.identity import Key, key_of

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

SLOTS, HOURS_A_DAY, DAYS_A_WEEK = 168, 24, 7
WORKING_DAYS, WORKING_HOURS = 5, 12
# Traffic has to be seen in as many hours as the CPU is, but for a few: what nobody counted is not quiet.
LEAST_TRAFFIC_SEEN = 0.95


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """When a machine has to run, UTC, Monday to Friday.

    Args:
        first: hour of the day at which it is started; it stops twelve hours later.
        busy_hours: hours of the week in which it did anything.
    """

    first: int
    busy_hours: int

    @property
    def words(self) -> str:
        return f"{self.first:02d}:00 to {(self.first + WORKING_HOURS) % HOURS_A_DAY:02d}:00 UTC"


def working_hours(weeks: pl.DataFrame) -> Iterator[tuple[Key, WorkingHours]]:
    """Find the machines that did nothing outside of twelve hours on working days, in four weeks.

    A machine of which an hour of the week was not seen is left out, and one that never does anything: it is idle, and
    no case for a schedule.

    Args:
        weeks: savings_week_hours: x_Provider, account_id, ResourceId, busy and seen (bits of the hours of seven days),
            cpu_hours, network_in_hours, network_out_hours.
    """
    import numpy as np
    import polars as pl

    traffic = pl.min_horizontal("network_in_hours", "network_out_hours")
    watched = weeks.filter(traffic >= LEAST_TRAFFIC_SEEN * pl.col("cpu_hours"))
    if not watched.height:
        return
    busy, seen = (_slots(watched.get_column(name)) for name in ("busy", "seen"))
    off = _off()
    # No busy hour among those that are off, for each hour at which the day could begin.
    fits = busy.astype(np.int16) @ off.T.astype(np.int16) == 0
    for row in np.flatnonzero(fits.any(axis=1) & busy.any(axis=1) & seen.all(axis=1)):
        starts = np.flatnonzero(fits[row])
        # Where several hours would do, the middle one leaves as much before the busy hours as after them.
        first = int(starts[len(starts) // 2])
        names = watched.row(int(row), named=True)
        key = key_of(names["x_Provider"], names["account_id"], names["ResourceId"])
        yield key, WorkingHours(first, int(busy[row].sum()))


def _slots(days: pl.Series) -> np.ndarray:
    """Give the bits of seven days as 168 truths a machine, Monday 00:00 first."""
    import numpy as np

    bits = days.explode().to_numpy().astype(np.uint32).reshape(-1, DAYS_A_WEEK, 1)
    return ((bits >> np.arange(HOURS_A_DAY, dtype=np.uint32)) & 1).astype(bool).reshape(-1, SLOTS)


def _off() -> np.ndarray:
    """Give for each first hour (24) which slots of the week (168) are outside of the working hours."""
    import numpy as np

    off = np.ones((HOURS_A_DAY, SLOTS), dtype=bool)
    for first in range(HOURS_A_DAY):
        for day in range(WORKING_DAYS):
            for hour in range(WORKING_HOURS):
                off[first, (day * HOURS_A_DAY + first + hour) % SLOTS] = False
    return off
