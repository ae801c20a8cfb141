"""What did the last periods of a budget cost, held against what they were allowed?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext

import polars as pl

from finops_lib.analyses.budgets.calendar import State, amount_of, period_before, period_of, state_of
from finops_lib.analyses.budgets.counted import counted_days
from finops_lib.analyses.budgets.ledger import ledgers, reaches_of
from finops_lib.analyses.budgets.rates import Rates
from finops_lib.analyses.budgets.review import DIGITS
from finops_lib.periods import Period
from finops_lib.plans import Budget


@dataclass(frozen=True, slots=True)
class PastPeriod:
    """One period against its amount; `variance` = actual - amount. `state`: whether it can still change."""

    budget: str
    period: Period
    state: State
    currency: str
    amount: Decimal
    actual: Decimal

    @property
    def variance(self) -> Decimal:
        return self.actual - self.amount


def past_periods(
    budgets: Sequence[Budget],
    days: pl.DataFrame,
    *,
    as_of: date,
    count: int = 12,
    rates: pl.DataFrame | None = None,
) -> list[PastPeriod]:
    """Give up to `count` periods of each budget through the present one, the oldest first.

    Periods that begin before the first charge in `days`, or that lack a rate, are left out: a part of a period is no
    less than nothing, but it is not the period.
    """
    first: date | None = days.get_column("day").min()  # type: ignore[assignment]  # a column of days
    if first is None:
        return []
    wanted = [(budget, period) for budget in budgets for period in _periods(budget, as_of, count, first)]
    seen, periods = [budget for budget, _ in wanted], [period for _, period in wanted]
    with localcontext(prec=DIGITS):
        counted = counted_days(seen, days)
        reaches = reaches_of(seen, days, as_of=as_of)
        opened = ledgers(seen, periods, counted, reaches=reaches, as_of=as_of, rates=Rates.of(rates))
        return [
            PastPeriod(
                budget=budget.name,
                period=period,
                state=state_of(period, as_of=as_of),
                currency=budget.currency,
                amount=amount_of(budget, period),
                actual=ledger.known,
            )
            for budget, period, ledger in zip(seen, periods, opened, strict=True)
            if ledger.missing_rate is None
        ]


def _periods(budget: Budget, as_of: date, count: int, first: date) -> list[Period]:
    found: list[Period] = []
    period = period_of(budget, as_of)
    while period and len(found) < count and period.start >= first:
        found.append(period)
        period = period_before(budget, period)
    return [period for period in reversed(found) if _is_allowed(budget, period)]


def _is_allowed(budget: Budget, period: Period) -> bool:
    last = period.end - timedelta(days=1)
    return budget.valid_from is None or budget.valid_from <= last
