"""In which working hours is a machine needed? From how busy it was in each hour of the week (UTC).

Twelve hours on five days is what is looked for, beginning at any hour: 09:00 in Tokyo is midnight here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


def working_hours(row: Mapping[str, Any]) -> WorkingHours | None:
    """Find the twelve hours outside of which the machine was quiet in every week; None = there are none, or unseen hours.

    The quietest outside wins; a machine that is never busy is idle and no case for a schedule.

    Args:
        row: of savings_week_hours: lists slot, cpu, network and weeks.
    """
    seen: dict[int, tuple[float, float]] = {
        slot: (cpu, network)
        for slot, cpu, network, weeks in zip(row["slot"], row["cpu"], row["network"], row["weeks"], strict=True)
        if cpu is not None and network is not None and weeks >= LEAST_WEEKS
    }
    if len(seen) < SLOTS:
        return None
    quiet = [seen[slot][0] < QUIET_CPU and seen[slot][1] < QUIET_NETWORK for slot in range(SLOTS)]
    if all(quiet):
        return None
    found = [
        WorkingHours(first, max(seen[slot][0] for slot in off), max(seen[slot][1] for slot in off))
        for first in range(HOURS_A_DAY)
        if all(quiet[slot] for slot in (off := _off(first)))
    ]
    # Where several would do, the one in whose middle the busy hours are: half of the slack before, half after.
    return found[len(found) // 2] if found else None


def _off(first: int) -> Sequence[int]:
    on = {(day * HOURS_A_DAY + first + hour) % SLOTS for day in range(WORKING_DAYS) for hour in range(WORKING_HOURS)}
    return [slot for slot in range(SLOTS) if slot not in on]
