"""Billing periods and charge days; the only date arithmetic of the project.

Days are UTC charge days, ranges are half-open `[start, end)` as in FOCUS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

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
