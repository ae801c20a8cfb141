"""In which working hours is a machine needed? From how busy it was in each hour of the week (UTC).

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

SLOTS, HOURS_A_DAY = 168, 24
WORKING_DAYS, WORKING_HOURS = 5, 12
# Below both of them nobody works: percent of CPU, and bytes a second.
QUIET_CPU, QUIET_NETWORK = 5.0, 1000.0
# An hour of the week that was seen but once may have been a holiday.
LEAST_WEEKS = 2


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """When a machine has to run, UTC, Monday to Friday.

    Args:
        first: hour of the day at which it is started; it stops twelve hours later.
        busiest_off_cpu, busiest_off_network: the most that was seen in an hour outside, percent and bytes/s.
    """

    first: int
    busiest_off_cpu: float
    busiest_off_network: float

    @property
    def words(self) -> str:
        return f"{self.first:02d}:00 to {(self.first + WORKING_HOURS) % HOURS_A_DAY:02d}:00 UTC"


def working_hours(weeks: pl.DataFrame) -> Iterator[tuple[Key, WorkingHours]]:
    """Find the machines that were quiet outside of twelve hours on working days, in every week.

    A machine of which an hour of the week was not seen is left out, and one that is always quiet: it is idle, and no
    case for a schedule.

    Args:
        weeks: savings_week_hours: x_Provider, account_id, ResourceId, and lists slot (rising), cpu, network, weeks.
    """
    import numpy as np
    import polars as pl

    whole = weeks.filter(
        (pl.col("slot").list.len() == SLOTS)
        & (pl.col("weeks").list.min() >= LEAST_WEEKS)
        & (pl.col("cpu").list.drop_nulls().list.len() == SLOTS)
        & (pl.col("network").list.drop_nulls().list.len() == SLOTS)
    )
    if not whole.height:
        return
    cpu, network = (whole.get_column(name).explode().to_numpy().reshape(-1, SLOTS) for name in ("cpu", "network"))
    quiet = (cpu < QUIET_CPU) & (network < QUIET_NETWORK)
    off = _off()
    # Quiet in all slots that are off, for each hour at which the day could begin.
    fits = quiet.astype(np.int16) @ off.T.astype(np.int16) == off.sum(axis=1)
    for row in np.flatnonzero(fits.any(axis=1) & ~quiet.all(axis=1)):
        starts = np.flatnonzero(fits[row])
        # Where several hours would do, the middle one leaves as much before the busy hours as after them.
        first = int(starts[len(starts) // 2])
        names = whole.row(int(row), named=True)
        yield (
            key_of(names["x_Provider"], names["account_id"], names["ResourceId"]),
            WorkingHours(first, float(cpu[row][off[first]].max()), float(network[row][off[first]].max())),
        )


def _off() -> np.ndarray:
    """Give for each first hour (24) which slots of the week (168) are outside of the working hours."""
    import numpy as np

    off = np.ones((HOURS_A_DAY, SLOTS), dtype=bool)
    for first in range(HOURS_A_DAY):
        for day in range(WORKING_DAYS):
            for hour in range(WORKING_HOURS):
                off[first, (day * HOURS_A_DAY + first + hour) % SLOTS] = False
    return off
