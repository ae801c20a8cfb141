"""Billing periods, fiscal periods and charge days; the only date arithmetic of the project.

Days are UTC charge days, ranges are half-open `[start, end)` as in FOCUS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from finops_lib.errors import ConfigError

# A month of 365/12 days: 30 days would understate a year by 1.4 % (domain.md 0.1).
DAYS_PER_MONTH = Fraction(365, 12)
HOURS_PER_MONTH = 730


@dataclass(frozen=True, slots=True, order=True)
class BillingPeriod:
    """One calendar month, `[start, end)`."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> BillingPeriod:
        return cls(day.year, day.month)

    @property
    def start(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def end(self) -> date:
        return self.next.start

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def next(self) -> BillingPeriod:
        return BillingPeriod(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def previous(self) -> BillingPeriod:
        return BillingPeriod.of(self.start - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Any run of days `[start, end)` with the name people call it by."""

    start: date
    end: date
    label: str

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def months(self) -> tuple[BillingPeriod, ...]:
        """The calendar months it touches, in order."""
        found = [BillingPeriod.of(self.start)]
        while found[-1].end < self.end:
            found.append(found[-1].next)
        return tuple(found)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end


def fiscal_year(day: date, *, first_month: int = 1, label_by: Literal["start", "end"] = "start") -> int:
    """Give the name of the fiscal year of a day: the calendar year in which it starts, or ends."""
    started = day.year if day.month >= first_month else day.year - 1
    return started + (label_by == "end" and first_month > 1)


def fiscal_quarter(day: date, *, first_month: int = 1) -> int:
    """Give the quarter, 1 to 4, of a fiscal year that begins on the 1st of `first_month`."""
    return (day.month - first_month) % 12 // 3 + 1


def month_at(day: date) -> Period:
    """Give the calendar month of a day."""
    month = BillingPeriod.of(day)
    return Period(month.start, month.end, f"{month.start:%b %Y}")


def quarter_at(day: date, *, first_month: int = 1, label_by: Literal["start", "end"] = "start") -> Period:
    """Give the fiscal quarter of a day."""
    start, end = _months_from(day, (day.month - first_month) % 3, 3)
    year = fiscal_year(day, first_month=first_month, label_by=label_by)
    return Period(start, end, f"{_year(year, first_month)} Q{fiscal_quarter(day, first_month=first_month)}")


def year_at(day: date, *, first_month: int = 1, label_by: Literal["start", "end"] = "start") -> Period:
    """Give the fiscal year of a day."""
    start, end = _months_from(day, (day.month - first_month) % 12, 12)
    return Period(start, end, _year(fiscal_year(day, first_month=first_month, label_by=label_by), first_month))


def custom_at(day: date, boundaries: Sequence[date]) -> Period | None:
    """Give the period between two neighbours of `boundaries`; None for a day before the first or after the last."""
    for start, end in pairwise(boundaries):
        if start <= day < end:
            last = end - timedelta(days=1)
            return Period(start, end, f"{start.day} {start:%b %Y} to {last.day} {last:%b %Y}")
    return None


def four_four_five(first_day: date, *, weeks: int = 52) -> tuple[date, ...]:
    """Give the boundaries of a retail year: four times 4, 4 and 5 weeks; a 53rd week goes to the last period."""
    lengths = [4, 4, 5] * 4
    lengths[-1] += weeks - 52
    boundaries = [first_day]
    for length in lengths:
        boundaries.append(boundaries[-1] + timedelta(weeks=length))
    return tuple(boundaries)


def _months_from(day: date, months_before: int, months: int) -> tuple[date, date]:
    start = BillingPeriod.of(day)
    for _ in range(months_before):
        start = start.previous
    end = start
    for _ in range(months):
        end = end.next
    return start.start, end.start


def _year(year: int, first_month: int) -> str:
    return f"{year}" if first_month == 1 else f"FY{year}"


def parse_day(text: str, *, name: str = "day") -> date:
    """Read an ISO day, or say which value of which parameter is not one."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ConfigError(f"{name} {text!r} is not a day", next_step="write it as YYYY-MM-DD", name=name, value=text)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"{name} {text!r} is not a day of the calendar", next_step="write it as YYYY-MM-DD", name=name, value=text
        ) from error


def parse_month(text: str, *, name: str = "month") -> date:
    """Give the first day of an ISO month, or say which value of which parameter is not one."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text) or text < "0001":
        raise ConfigError(f"{name} {text!r} is not a month", next_step="write it as YYYY-MM", name=name, value=text)
    return date.fromisoformat(f"{text}-01")


def days_in(start: date, end: date) -> Iterator[date]:
    """Give each day of `[start, end)`."""
    for offset in range((end - start).days):
        yield start + timedelta(days=offset)
