"""What does the past of each scope look like to a forecaster, and how is its answer read?

Statistics, so floats: series x day, in each budget's own currency. A foreign charge takes today's rate for all of its
past, or a change of the rate would look like a change of use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finops_lib.analyses.budgets.calendar import HISTORY_DAYS
from finops_lib.analyses.budgets.ledger import Ledger
from finops_lib.analyses.budgets.rates import Rates
from finops_lib.periods import BillingPeriod
from finops_lib.plans import Budget

Matrix = NDArray[np.float64]
WEEKS_OF_WEIGHTS = 8
EVEN = (1.0,) * 7


@dataclass(frozen=True, slots=True)
class Past:
    """Complete days of some series that are known through the same day, and for whom the same is asked.

    Args:
        series: names, in the order of the rows.
        costs: series x day from `first_day` on: all but what is charged once.
        scheduled: the part of it that follows the calendar.
    """

    series: tuple[str, ...]
    first_day: date
    costs: Matrix
    scheduled: Matrix
    incomplete_days: int = 0

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=self.costs.shape[1] - 1)


class Outlook(Protocol):
    """What a forecaster says of the days after the last one of a `Past`."""

    @property
    def method(self) -> tuple[str, ...]:
        """By series, what was chosen to look ahead with."""

    def paths(self, index: int, count: int, seed: int) -> Matrix:
        """Give possible courses of the series at `index`: course x day; nan where too little is known."""


class Forecaster(Protocol):
    """Whoever looks ahead: `days` days from the last one of the past on."""

    def __call__(self, past: Past, *, days: int) -> Outlook: ...


@dataclass(frozen=True, slots=True)
class History:
    """The past of all budgets: `regular` usage and `recurring` fees, budget x day from `first_day` on."""

    first_day: date
    regular: Matrix
    recurring: Matrix

    def place(self, day: date) -> int:
        return (day - self.first_day).days

    def days_known(self, budget: int, through: date) -> int:
        """Count the complete days since the first that cost anything."""
        known = np.flatnonzero(
            self.regular[budget, : self.place(through) + 1] + self.recurring[budget, : self.place(through) + 1]
        )
        return self.place(through) + 1 - int(known[0]) if known.size else 0

    def past(self, budgets: Sequence[int], names: Sequence[str], through: date) -> Past:
        rows, end = list(budgets), self.place(through) + 1
        fees = self.recurring[rows, :end]
        return Past(tuple(names), self.first_day, self.regular[rows, :end] + fees, fees)

    def weekday_weights(self, budget: int, through: date) -> tuple[float, ...]:
        """Weigh the weekdays, Monday first, by the last eight weeks; evenly where they say nothing."""
        end = self.place(through) + 1
        weeks = min(WEEKS_OF_WEIGHTS, self.days_known(budget, through) // 7)
        if weeks < 2:
            return EVEN
        by_weekday = self.regular[budget, end - 7 * weeks : end].reshape(weeks, 7).mean(axis=0)
        if by_weekday.min() < 0 or by_weekday.sum() <= 0:
            return EVEN
        # The oldest of these days is a day after `through` in the week.
        weights = np.roll(by_weekday, (through.weekday() + 1) % 7)
        return tuple(float(weight) for weight in weights / weights.mean())

    def fees_expected(self, budget: int, through: date, end: date) -> dict[date, float]:
        """Expect each fee of the month before on the same day of the months that are left."""
        last_month = BillingPeriod.of(through + timedelta(days=1)).previous
        expected: dict[date, float] = {}
        for offset in range(1, (end - through).days):
            day = through + timedelta(days=offset)
            place = self.place(last_month.start) + day.day - 1
            if day.day <= last_month.days and 0 <= place <= self.place(through) and self.recurring[budget, place]:
                expected[day] = float(self.recurring[budget, place])
        return expected


def history_of(
    budgets: Sequence[Budget], ledgers: Sequence[Ledger], counted: pl.DataFrame, *, as_of: date, rates: Rates
) -> History:
    """Lay the counted days of all budgets side by side."""
    first_day = as_of - timedelta(days=HISTORY_DAYS - 1)
    shape = (len(budgets), HISTORY_DAYS)
    regular, recurring = np.zeros(shape), np.zeros(shape)
    goes_on = pl.col("is_regular") | (pl.col("frequency") == "recurring")
    rows = (
        counted.lazy()
        .filter(goes_on & ~pl.col("is_prior") & (pl.col("day") >= first_day) & (pl.col("day") <= as_of))
        .group_by("budget", "day", "is_regular", "BillingCurrency")
        .agg(pl.col("cost").sum().cast(pl.Float64))
        .sort("budget", "day", "is_regular", "BillingCurrency")
        .collect()
    )
    factors = _factors(budgets, ledgers, rows, rates)
    places = rows.get_column("budget").to_numpy()
    offsets = (rows.get_column("day").cast(pl.Int32) - _number(first_day)).to_numpy()
    costs = rows.get_column("cost").to_numpy() * factors
    is_regular = rows.get_column("is_regular").to_numpy()
    np.add.at(regular, (places[is_regular], offsets[is_regular]), costs[is_regular])
    np.add.at(recurring, (places[~is_regular], offsets[~is_regular]), costs[~is_regular])
    return History(first_day, regular, recurring)


def _factors(budgets: Sequence[Budget], ledgers: Sequence[Ledger], rows: pl.DataFrame, rates: Rates) -> Matrix:
    """Give the rate of each row; 0 where none is known, for then the budget is not judged at all."""
    pairs = rows.select("budget", "BillingCurrency").unique().rows()
    known: dict[tuple[int, str], float] = {}
    for place, currency in pairs:
        budget, period = budgets[place], ledgers[place].period
        day = period.start if budget.fx == "book" else ledgers[place].through
        rate = rates.known_on(currency, budget.currency, day, budget.fx)
        known[place, currency] = float(rate) if rate is not None else 0.0
    keys = zip(rows.get_column("budget"), rows.get_column("BillingCurrency"), strict=True)
    return np.array([known[key] for key in keys], dtype=np.float64)


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days
