"""What people have decided: budgets, what they count, and what is going to change. Frozen records."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, get_args

from finops_lib.errors import ConfigError

CostView = Literal["billed", "effective"]
Per = Literal["day", "month", "once"]
PeriodKind = Literal["monthly", "quarterly", "yearly", "custom"]
# Classes of charges by what a budget may count or leave out (domain.md 1.3).
Counted = Literal["usage", "commitment_purchase", "purchase", "tax", "credit", "adjustment", "unused_commitment"]

# The two presets of the category matrix: what is paid, and what is used.
CASH: tuple[Counted, ...] = ("usage", "commitment_purchase", "purchase", "tax", "credit", "adjustment")
ACCRUAL: tuple[Counted, ...] = ("usage", "purchase", "adjustment", "unused_commitment")


@dataclass(frozen=True, slots=True)
class Calendar:
    """How years, quarters and custom periods are cut.

    Args:
        first_month: the fiscal year begins on the 1st of this month.
        label_by: a fiscal year is called after the calendar year in which it starts or ends.
        boundaries: first days of custom periods in order (4-4-5 weeks, projects), the last one the end of the last
            period; periods of other kinds need none.
    """

    first_month: int = 1
    label_by: Literal["start", "end"] = "start"
    boundaries: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """What a scope may cost in each of its periods.

    Args:
        name: its identity; amendments keep the name and count `version` up.
        scope: an expression of `analyses.scopes`, in its canonical text.
        scope_type: organization, project, team, service, environment, account, or expression.
        scope_value: the value of a preset; the expression itself otherwise.
        amount: for one whole period, in `currency`; the sum of `phased_amounts` where there are some.
        phased_amounts: one per calendar month of the period (or per period of a custom calendar), in order.
        cost: billed = cash, effective = accrual.
        counts: the classes that are added up.
        profile: how the amount is expected to be used up: by weekday, or evenly.
        thresholds: percent of the amount at which actual cost alerts; `forecast_thresholds` those of the forecast.
        fx: book = one rate for the whole period, spot = each day's.
        parent: the name of the budget this one is part of; "" = none.
        route: a name from the routes of workbench.yaml; "" = the default one.
        valid_from: first day of the first period this version speaks of; None = always.
    """

    name: str
    scope: str
    scope_type: str
    scope_value: str
    amount: Decimal
    currency: str
    owner: str = ""
    version: int = 1
    period: PeriodKind = "monthly"
    calendar: Calendar = Calendar()
    phased_amounts: tuple[Decimal, ...] = ()
    cost: CostView = "effective"
    counts: tuple[Counted, ...] = ACCRUAL
    profile: Literal["weekday", "even"] = "weekday"
    thresholds: tuple[int, ...] = (50, 80, 100, 120)
    forecast_thresholds: tuple[int, ...] = (100,)
    colour_by: Literal["pace", "static"] = "pace"
    fx: Literal["book", "spot"] = "book"
    parent: str = ""
    route: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class FutureEvent:
    """A decided change of future cost: a commitment that expires, an approved saving, a launch, a one-off.

    `amount` is added to what is expected otherwise, in the currency of the series (a saving is negative): `per` day, on
    each day from `starts_on` through `ends_on`; per month, evenly over the days of each calendar month in that range;
    or once, on `starts_on`. `ends_on` None = until further notice. An event that is not `active` counts nothing: it is
    switched off, and kept. `series` names the series it belongs to.
    """

    name: str
    starts_on: date
    amount: Decimal
    per: Per
    owner: str
    ends_on: date | None = None
    series: str = ""
    active: bool = True

    def __post_init__(self) -> None:
        if self.per not in get_args(Per):
            raise ConfigError.unknown(f"rhythm of the event {self.name!r}: per", self.per, get_args(Per))
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise ConfigError(
                f"the event {self.name!r} ends on {self.ends_on}, before it starts on {self.starts_on}",
                next_step="give an ends_on that is not before starts_on, or none",
                name=self.name,
            )

    def amount_on(self, day: date) -> Decimal:
        """Give what the event adds to the cost of one day; 0 on days it does not touch and while it is switched off."""
        if not self.active or day < self.starts_on or (self.ends_on is not None and day > self.ends_on):
            return Decimal(0)
        if self.per == "once":
            return self.amount if day == self.starts_on else Decimal(0)
        return self.amount if self.per == "day" else self.amount / monthrange(day.year, day.month)[1]
