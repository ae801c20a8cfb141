"""What was used and paid on each day, before and after a change; daily sums and means over a window of days."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext

from finops_lib.periods import days_in

_DAY = timedelta(days=1)
# Providers and FOCUS versions write one unit in several ways.
_TIME = re.compile(r"hour|second|hrs?\b")
_BYTES = {"gb", "gib", "gibibyte", "tb", "tib", "byte"}
_UNITS = {"hrs": "hours", "hour": "hours", "hr": "hours", "h": "hours", "gb-month": "gb-mo", "gb-months": "gb-mo"}


@dataclass(frozen=True, slots=True)
class UseDay:
    """One meter of a resource on one day; usage only, without tax, credits and corrections of earlier days.

    Args:
        quantity: in `unit`; 0 where the bill does not say.
        effective: what it cost after commitments.
        contracted: what it would have cost without commitments; the list cost where no contract price is known.
    """

    day: date
    meter: str
    unit: str
    quantity: Decimal
    effective: Decimal
    contracted: Decimal


@dataclass(frozen=True, slots=True)
class Window:
    """Complete days, the first and the last, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return max(0, (self.last - self.first).days + 1)

    def whole_weeks(self) -> Window:
        """Give its last days that are whole weeks, or itself where it is shorter than one."""
        weeks = self.days // 7
        return Window(self.last - timedelta(days=7 * weeks - 1), self.last) if weeks else self

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def canonical_unit(unit: str) -> str:
    """Give a unit in one spelling."""
    lowered = unit.strip().lower()
    return _UNITS.get(lowered, lowered)


def family(unit: str) -> str:
    """Give what a unit counts: `time` that something runs, what is `provisioned` by the month, or the unit itself.

    Hours of cores, memory and surcharges run by one clock; gigabytes and speed of a disk are provisioned together.
    """
    canonical = canonical_unit(unit)
    if _TIME.search(canonical):
        return "time"
    return "provisioned" if "mo" in _parts(canonical) else canonical


def is_stored(unit: str) -> bool:
    """Say whether a unit counts bytes that are kept for a month, e.g. `gb-mo`; provisioned speed is none."""
    return family(unit) == "provisioned" and bool(_parts(canonical_unit(unit)) & _BYTES)


def per_day(
    days: Iterable[UseDay], window: Window, value: Callable[[UseDay], Decimal], *, meters: Callable[[UseDay], bool]
) -> list[Decimal]:
    """Give the sum of a value on each day of a window, 0 where nothing was charged.

    Args:
        meters: which rows count.
    """
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for row in days:
        if row.day in window and meters(row):
            sums[row.day] += value(row)
    return [sums[day] for day in days_in(window.first, window.last + _DAY)]


def mean(values: Sequence[Decimal]) -> Decimal:
    """Give the mean of daily values; 0 of none."""
    return divided(sum(values, Decimal(0)), Decimal(len(values))) if values else Decimal(0)


def divided(amount: Decimal, by: Decimal) -> Decimal:
    """Divide with more digits than a bill has."""
    with localcontext(prec=50):
        return amount / by


def _parts(canonical: str) -> set[str]:
    return set(re.split(r"[^a-z]+", canonical.replace("months", "mo").replace("month", "mo")))
