"""What has a budget's scope cost so far in its period? Exact, day by day, split the way the rules need it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.analyses.budgets.rates import MissingRate, Rates
from finops_lib.periods import Period, days_in
from finops_lib.plans import Budget

# A whole week has no weekday bias; it may begin before the period does.
BURN_DAYS = 7
STALE_AFTER_DAYS = 7
# A source that charged nothing for so long has left the scope; one that was there has to be heard of.
HEARD_WITHIN = timedelta(days=35)
# What the lake holds; a converted or divided amount gets no more digits than that.
LAKE_DIGITS = Decimal(1).scaleb(-12)
NOTHING = Decimal(0)

Amounts = Mapping[date, Decimal]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the data of a scope reaches.

    Args:
        through: the last day that is complete for every source that still delivers; None = none is.
        is_stale: a source of the scope should have delivered since, and has not.
    """

    through: date | None
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is known of one period, in the budget's currency.

    Args:
        regular: usage by day, from a week before the period on; `recurring` fees and `once` the rest, in the period.
        credits: of `recurring` and `once`, what lowers the bill.
        upfront: of `once`, commitments that are paid in advance.
        prior: corrections of earlier periods, which nothing else here holds.
        fx_effect: what the actual rates made dearer than the book rate; None where no other currency is in.
        missing_rate: what could not be converted; nothing above can be relied on then.
    """

    period: Period
    reach: Reach
    regular: Amounts
    recurring: Amounts
    once: Amounts
    credits: Decimal = NOTHING
    upfront: Decimal = NOTHING
    prior: Decimal = NOTHING
    fx_effect: Mapping[str, Decimal] = field(default_factory=dict)
    missing_rate: MissingRate | None = None

    @property
    def through(self) -> date:
        """The last complete day; the day before the period where it has none."""
        before = self.period.start - timedelta(days=1)
        last = self.period.end - timedelta(days=1)
        return before if self.reach.through is None else min(max(self.reach.through, before), last)

    @property
    def days_complete(self) -> int:
        return (self.through - self.period.start).days + 1

    @property
    def days_left(self) -> int:
        return self.period.days - self.days_complete

    @property
    def by_day(self) -> dict[date, Decimal]:
        """All that is known, for each day of the period that has any."""
        totals: dict[date, Decimal] = defaultdict(Decimal)
        for kind in (self.regular, self.recurring, self.once):
            for day, cost in kind.items():
                if day in self.period:
                    totals[day] += cost
        return dict(sorted(totals.items()))

    @property
    def actual(self) -> Decimal:
        """What the complete days cost."""
        through = self.through
        return sum((cost for day, cost in self.by_day.items() if day <= through), NOTHING)

    @property
    def known(self) -> Decimal:
        """What is known of all days."""
        return sum(self.by_day.values(), NOTHING)

    @property
    def at_least(self) -> Decimal:
        """What will be charged at the least: a refund on a day that may still grow is not relied on."""
        through = self.through
        late = (max(cost, NOTHING) for day, cost in self.by_day.items() if day > through)
        return self.actual + sum(late, NOTHING)

    @property
    def calendar(self) -> dict[date, Decimal]:
        """What follows the calendar or is charged once, by day."""
        totals = defaultdict(Decimal, self.recurring)
        for day, cost in self.once.items():
            totals[day] += cost
        return dict(totals)

    def running(self, *, through: date | None = None) -> Iterator[tuple[date, Decimal]]:
        """Give the running total of each day through the last one known, or through `through`."""
        by_day, total = self.by_day, NOTHING
        last = through or max(by_day, default=self.through)
        for day in days_in(self.period.start, min(last + timedelta(days=1), self.period.end)):
            total += by_day.get(day, NOTHING)
            yield day, total


def ledgers(
    budgets: Sequence[Budget],
    periods: Sequence[Period],
    counted: pl.DataFrame,
    *,
    reaches: Sequence[Reach],
    as_of: date,
    rates: Rates,
) -> list[Ledger]:
    """Open the ledger of each budget.

    Args:
        periods: one for each budget.
        counted: `counted_days` of the same budgets.
    """
    spans = pl.DataFrame(
        [(place, period.start, period.end) for place, period in enumerate(periods)],
        schema={"budget": pl.Int64, "start": pl.Date, "end": pl.Date},
        orient="row",
    )
    in_span = (pl.col("day") > pl.col("start") - timedelta(days=BURN_DAYS + 1)) & (pl.col("day") < pl.col("end"))
    keys = ["budget", "day", "charge_class", "frequency", "is_regular", "is_prior", "BillingCurrency"]
    rows = (
        counted.lazy()
        .join(spans.lazy(), on="budget")
        .filter(in_span & (pl.col("day") <= as_of))
        .group_by(keys)
        .agg(pl.col("cost").sum())
        .sort(keys)
        .collect()
    )
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows.iter_rows(named=True):
        found[row["budget"]].append(row)
    return [
        _ledger(budget, period, reach, found[place], rates)
        for place, (budget, period, reach) in enumerate(zip(budgets, periods, reaches, strict=True))
    ]


def reaches_of(budgets: Sequence[Budget], days: pl.DataFrame, *, as_of: date) -> list[Reach]:
    """Say for each budget how far the data of its sources reaches, whatever of it the budget counts."""
    sources = (
        days.lazy()
        .filter(pl.col("day") <= as_of)
        .group_by("scope", "x_Provider", "x_SourceId")
        .agg(pl.col("complete_through").max(), pl.col("is_stale").any(), pl.col("day").max())
        .collect()
    )
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sources.iter_rows(named=True):
        found[row["scope"]].append(row)
    return [_reach(found[budget.scope], as_of) for budget in budgets]


def _reach(sources: Sequence[Mapping[str, Any]], as_of: date) -> Reach:
    heard = [source for source in sources if source["day"] > as_of - HEARD_WITHIN] or sources
    ends: list[date | None] = [source["complete_through"] for source in heard]
    live = [end for end in ends if end and (as_of - end).days <= STALE_AFTER_DAYS]
    is_stale = len(live) < sum(end is not None for end in ends) or any(source["is_stale"] for source in heard)
    if None in ends:
        return Reach(None, is_stale)
    # The slowest source says through which day the sum is whole, unless it has stopped delivering.
    return Reach(min([as_of, *live]) if live else max((end for end in ends if end), default=None), is_stale)


def _ledger(budget: Budget, period: Period, reach: Reach, rows: Sequence[Mapping[str, Any]], rates: Rates) -> Ledger:
    regular: dict[date, Decimal] = defaultdict(Decimal)
    recurring: dict[date, Decimal] = defaultdict(Decimal)
    once: dict[date, Decimal] = defaultdict(Decimal)
    fx_effect: dict[str, Decimal] = defaultdict(Decimal)
    credits = prior = upfront = NOTHING
    try:
        for row in rows:
            cost = _converted(budget, period, row, rates)
            day: date = row["day"]
            if row["is_prior"]:
                prior += cost if day in period else NOTHING
            elif row["is_regular"]:
                regular[day] += cost
            elif day in period:
                (recurring if row["frequency"] == "recurring" else once)[day] += cost
            if row["charge_class"] == "credit" and day in period and not row["is_prior"]:
                credits += cost
            if row["charge_class"] == "commitment_purchase" and row["frequency"] == "one_time" and day in period:
                upfront += cost
            if row["BillingCurrency"] != budget.currency and day in period and not row["is_prior"]:
                fx_effect[row["BillingCurrency"]] += _fx_effect(budget, period, row, rates)
    except MissingRate as missing:
        return Ledger(period, reach, {}, {}, {}, missing_rate=missing)
    return Ledger(period, reach, regular, recurring, once, credits, upfront, prior, fx_effect)


def _converted(budget: Budget, period: Period, row: Mapping[str, Any], rates: Rates) -> Decimal:
    cost: Decimal = row["cost"]
    if row["BillingCurrency"] == budget.currency:
        return cost
    # A budget is held against the rate it was made with, whatever the market does meanwhile.
    day = period.start if budget.fx == "book" else row["day"]
    return (cost * rates.on(row["BillingCurrency"], budget.currency, day, budget.fx)).quantize(LAKE_DIGITS)


def _fx_effect(budget: Budget, period: Period, row: Mapping[str, Any], rates: Rates) -> Decimal:
    pair = row["BillingCurrency"], budget.currency
    book = rates.known_on(*pair, period.start, "book")
    actual = rates.known_on(*pair, row["day"], "invoice") or rates.known_on(*pair, row["day"], "spot")
    if book is None or actual is None:
        return NOTHING
    cost: Decimal = row["cost"]
    return (cost * (actual - book)).quantize(LAKE_DIGITS)
