"""Which share of the amount should be used by now? Fees on their days, the rest by the weight of each weekday."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from finops_lib.analyses.budgets.calendar import Phase
from finops_lib.periods import days_in


def expected_share(
    phases: Sequence[Phase], *, through: date, weights: Sequence[float], calendar: Mapping[date, float]
) -> float:
    """Give W(t) of domain.md 1.6: the share of the amount of all phases that is planned through the end of a day.

    Args:
        weights: of the weekdays, Monday first; only their proportions matter.
        calendar: what is charged on which day whatever the use: known, and expected to come.
    Returns:
        0 where the amount is 0.
    """
    amount = float(sum(phase.amount for phase in phases))
    planned = sum(_planned(phase, through, weights, calendar) for phase in phases)
    return planned / amount if amount else 0.0


def _planned(phase: Phase, through: date, weights: Sequence[float], calendar: Mapping[date, float]) -> float:
    amount = float(phase.amount)
    days = list(days_in(phase.start, phase.end))
    gone = list(days_in(phase.start, min(through + timedelta(days=1), phase.end)))
    if len(gone) == len(days):
        return amount
    fees = sum(calendar.get(day, 0.0) for day in days)
    fees_gone = sum(calendar.get(day, 0.0) for day in gone)
    # Fees beyond the amount leave nothing for use: then their days alone are the plan.
    if fees > amount > 0:
        return amount * fees_gone / fees
    weight = sum(weights[day.weekday()] for day in days)
    return fees_gone + (amount - fees) * sum(weights[day.weekday()] for day in gone) / weight
