"""Which days does a budget speak of, and how much of its amount belongs to which of them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from finops_lib.periods import Period, custom_at, month_at, quarter_at, year_at
from finops_lib.plans import Budget

# A month that ended is still being corrected until it is invoiced, or for so long (domain.md 1.5).
SETTLED_AFTER = timedelta(days=10)
# As long as a forecaster looks back for a year's course.
HISTORY_DAYS = 400
State = Literal["open", "provisional", "final"]


@dataclass(frozen=True, slots=True)
class Phase:
    """A run of days `[start, end)` with its own part of the amount."""

    start: date
    end: date
    amount: Decimal


def period_of(budget: Budget, day: date) -> Period | None:
    """Give the period of a budget that holds `day`; None where its calendar has none."""
    calendar = budget.calendar
    match budget.period:
        case "monthly":
            return month_at(day)
        case "quarterly":
            return quarter_at(day, first_month=calendar.first_month, label_by=calendar.label_by)
        case "yearly":
            return year_at(day, first_month=calendar.first_month, label_by=calendar.label_by)
        case "custom":
            return custom_at(day, calendar.boundaries)


def period_before(budget: Budget, period: Period) -> Period | None:
    """Give the period that ends where this one starts."""
    return period_of(budget, period.start - timedelta(days=1))


def phases_of(budget: Budget, period: Period) -> tuple[Phase, ...]:
    """Share out the amount over the period: as it is phased, else as one.

    Phases are the calendar months of the period; those of a custom calendar belong to its periods one by one.
    """
    if not budget.phased_amounts:
        return (Phase(period.start, period.end, budget.amount),)
    if budget.period == "custom":
        number = budget.calendar.boundaries.index(period.start)
        return (Phase(period.start, period.end, budget.phased_amounts[number]),)
    return tuple(
        Phase(month.start, month.end, amount)
        for month, amount in zip(period.months, budget.phased_amounts, strict=True)
    )


def amount_of(budget: Budget, period: Period) -> Decimal:
    """Give what the budget allows in one period."""
    return sum((phase.amount for phase in phases_of(budget, period)), Decimal(0))


def state_of(period: Period, *, as_of: date, is_invoiced: bool = False) -> State:
    """Say whether what a period cost can still change."""
    if as_of < period.end - timedelta(days=1):
        return "open"
    return "final" if is_invoiced or as_of >= period.end + SETTLED_AFTER else "provisional"


def first_day_asked(budgets: Sequence[Budget], *, as_of: date) -> date:
    """Give the oldest day that a review of budgets looks at: a year and more for the forecast, or two periods."""
    days = [as_of - timedelta(days=HISTORY_DAYS)]
    for budget in budgets:
        period = period_of(budget, as_of)
        before = period_before(budget, period) if period else None
        days += [found.start for found in (period, before) if found]
    return min(days)
