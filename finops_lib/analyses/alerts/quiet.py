"""Quiet hours: when may a message arrive that nobody has to act on at once?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A time of the day, in a zone, on the weekdays on which it begins; from = to is a whole day.

    Args:
        begins, ends: local clock times; where the end is not after the beginning it is on the next day.
        weekdays: 0 = Monday.
    """

    begins: time
    ends: time
    zone: str
    weekdays: tuple[int, ...] = tuple(range(7))

    def end_of(self, moment: datetime) -> datetime | None:
        """Give the end of the quiet time that `moment` lies in, in UTC; None = it lies in none."""
        zone = ZoneInfo(self.zone)
        local = moment.astimezone(zone)
        # One that began yesterday may still last.
        for day in (local.date() - timedelta(days=1), local.date()):
            begin = datetime.combine(day, self.begins, zone)
            end_day = day if self.ends > self.begins else day + timedelta(days=1)
            end = datetime.combine(end_day, self.ends, zone)
            # Compared in UTC: on the night the clocks change a local difference is an hour wrong.
            if day.weekday() in self.weekdays and begin.astimezone(UTC) <= moment < end.astimezone(UTC):
                return end.astimezone(UTC)
        return None


def not_before(moment: datetime, quiet: Sequence[QuietHours]) -> datetime:
    """Give the first moment from `moment` on that lies in no quiet time; a week without one is not waited for."""
    free = moment
    for _ in range(2 * len(WEEKDAYS) * max(len(quiet), 1)):
        end = next((end for hours in quiet if (end := hours.end_of(free))), None)
        if end is None:
            return free
        free = end
    return moment
