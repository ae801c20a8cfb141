"""Which days is an episode compared with, and what does each of them count?

Question: what is "before"? Choice: for usage, each day of the episode against the mean of the same weekday in the four
weeks before it began; for what follows the calendar (fees, credits, tax, corrections), against the same day of the
month before. Why: the compared money is charges that can be pointed at, and a mean adds up over services, items and
resources, so the parts of a change are the change. Weeks are four, two or one, as far as the bills go back: a half and
a quarter of a decimal end, so nothing is rounded. Declined: the detector's expectation, scaled, since it says nothing
about the parts; a median, since medians do not add up; a single week, since one odd day would then be half the story.

What is fetched is `parts` times the money and quantity of both sides, whole charges only; who reads it divides.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

WEEKS = (4, 2, 1)
WEEK = 7


@dataclass(frozen=True, slots=True)
class Comparison:
    """An episode's days and the days it is compared with.

    Args:
        start, end: of the episode, both included.
        weeks: how many weeks are averaged; 0 = the bills do not go back a week, so everything counts as new.
        usage_days: compared day -> how often it counts in the sum of all `weeks`.
        calendar_days: the same for charges of the calendar, of which there is one month.
    """

    start: date
    end: date
    weeks: int
    usage_days: dict[date, int]
    calendar_days: dict[date, int]

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def parts(self) -> int:
        """By what the fetched sums are divided."""
        return max(self.weeks, 1)

    @property
    def since(self) -> date:
        """The first day that is looked at."""
        return min([self.start, *self.usage_days, *self.calendar_days])

    def windows(self) -> dict[str, list[object]]:
        """Give the values of `anomaly_charges`: which day counts on which side, for which kind of charge, how often."""
        during = [self.start + timedelta(days=offset) for offset in range(self.days)]
        rows = [
            *(("during", pace, day, self.parts) for pace in ("week", "month") for day in during),
            *(("before", "week", day, times) for day, times in self.usage_days.items()),
            *(("before", "month", day, times * self.parts) for day, times in self.calendar_days.items()),
        ]
        names = ("window_sides", "window_paces", "window_days", "window_weights")
        return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}


def compared_days(start: date, end: date, *, first_day: date) -> Comparison:
    """Choose the days that an episode is compared with.

    Args:
        first_day: of the bills it is judged by.
    """
    reach = (start - first_day).days // WEEK
    weeks = next((count for count in WEEKS if count <= reach), 0)
    days = [start + timedelta(days=offset) for offset in range((end - start).days + 1)]
    usage = Counter(
        start + timedelta(days=offset % WEEK - WEEK * back)
        for offset in range(len(days))
        for back in range(1, weeks + 1)
    )
    months = [same_day_of_the_month_before(day) for day in days]
    calendar = Counter(day for day in months if day is not None and day >= first_day)
    return Comparison(start, end, weeks, dict(sorted(usage.items())), dict(sorted(calendar.items())))


def same_day_of_the_month_before(day: date) -> date | None:
    """Give the 12th of March for the 12th of April; None for the 31st of May, as April has none."""
    last_of_month_before = day.replace(day=1) - timedelta(days=1)
    _, length = monthrange(last_of_month_before.year, last_of_month_before.month)
    return last_of_month_before.replace(day=day.day) if day.day <= length else None
