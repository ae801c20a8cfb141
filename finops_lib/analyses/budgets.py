"""Will a budget hold? Month to date against the plan, with a run rate and the day on which the money is gone.

What counts (domain.md 1.3): a budget on effective cost leaves out Tax and Credit, one on billed cost takes everything.
The rate is the mean usage of the last seven complete days, a whole week and so without a weekday bias; fees, purchases
and taxes follow the calendar and are counted once, never extrapolated. Days that are not complete yet can make a
status worse, never better.

Question: one number or an interval? Choice: the run rate alone, for now. Why: an honest interval needs its own test
against history. Declined: a month-to-date projection; it turns the fees of day 1 into thirty days of fees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import Any

import polars as pl

from finops_lib.findings import BudgetStatus, Colour
from finops_lib.periods import BillingPeriod, days_in

NOT_ACCRUED = ("Tax", "Credit")
RATE_DAYS = 7
FEWEST_DAYS = 3
STALE_AFTER_DAYS = 7
# 10 % ahead of an even pace is worth a look before the forecast breaks (domain.md 1.9).
AHEAD_OF_PACE = Decimal("1.10")
WORST_FIRST: tuple[Colour, ...] = ("red", "orange", "yellow", "grey", "green")
# A mean of seven days has digits that no column of the lake holds.
LAKE_DIGITS = Decimal(1).scaleb(-12)


@dataclass(frozen=True, slots=True)
class _Period:
    """What a budget's scope has cost so far, split the way the rules need it. Money in the budget's currency."""

    period: BillingPeriod
    through: date
    usage: dict[date, Decimal]
    by_calendar: dict[date, Decimal]
    burn: Decimal | None
    usage_days: int

    @property
    def actual(self) -> Decimal:
        """What the complete days cost."""
        return self._through(self.usage) + self.fees

    @property
    def fees(self) -> Decimal:
        """What of the complete days follows the calendar."""
        return self._through(self.by_calendar)

    @property
    def known(self) -> Decimal:
        """All cost that is known, incomplete days included: a lower bound of what will be charged."""
        return sum((*self.usage.values(), *self.by_calendar.values()), Decimal(0))

    def _through(self, costs: Mapping[date, Decimal]) -> Decimal:
        return sum((cost for day, cost in costs.items() if day <= self.through), Decimal(0))


def evaluate_budgets(
    plan: Sequence[Mapping[str, Any]], days: pl.DataFrame, *, as_of: date, provider: str = ""
) -> list[BudgetStatus]:
    """Say for each budget of the plan how it stands at the end of `as_of`, the worst first.

    Args:
        plan: name, scope_type, scope_value, amount (text), currency, period, cost (billed, effective), owner.
        days: figure query `budgets_scope_days`.
        as_of: the last included day.
        provider: only budgets with cost at this provider; their amounts still count every provider.
    """
    # 28 digits, Python's default, are too few beside the lake's 38.
    with localcontext(prec=50):
        statuses = [_evaluate(budget, days, as_of) for budget in plan if _concerns(budget, days, provider)]
    return sorted(statuses, key=lambda s: (WORST_FIRST.index(s.colour), -_share_used(s), s.budget))


def backtest(
    plan: Sequence[Mapping[str, Any]], days: pl.DataFrame, *, as_of: date, currency: str
) -> tuple[Decimal, Decimal] | None:
    """Measure last month's forecasts of the 10th: (sum of absolute errors, sum of what was charged).

    Gives None where last month or its first ten days are not all in `days`. Budgets in other currencies are left out,
    for two currencies do not add up.
    """
    month = BillingPeriod.of(as_of).previous
    tenth = month.start + timedelta(days=9)
    counted = [budget for budget in plan if budget["currency"] == currency]
    # A scope knows nothing of days that came later: what was restated since is part of the error.
    known_then = days.filter(pl.col("day") <= tenth).with_columns(
        is_complete=pl.lit(True), complete_through=pl.lit(tenth, pl.Date)
    )
    missed, charged = Decimal(0), Decimal(0)
    with localcontext(prec=50):
        for budget in counted:
            then = _evaluate(budget, known_then, tenth)
            mine = _in_scope(budget, days).filter(pl.col("BillingCurrency") == budget["currency"])
            whole = _counted(budget, mine).filter((pl.col("day") >= month.start) & (pl.col("day") < month.end))
            if then.forecast is None or not whole.get_column("is_complete").all():
                continue
            missed += abs(then.forecast - _total(whole))
            charged += _total(whole)
    return (missed, charged) if charged > 0 else None


def courses(plan: Sequence[Mapping[str, Any]], statuses: Sequence[BudgetStatus], days: pl.DataFrame) -> pl.DataFrame:
    """Give the days of each budget's period for a chart.

    Returns:
        budget, day, cost (exact; what is known of that day, null where nothing is), expected_total (float; the running
        total that ends at the forecast, from the last complete day on).
    """
    rows: list[dict[str, Any]] = []
    budgets = {budget["name"]: budget for budget in plan}
    with localcontext(prec=50):
        for status in statuses:
            budget = budgets[status.budget]
            mine = _counted(budget, _in_scope(budget, days)).filter(pl.col("BillingCurrency") == status.currency)
            known = _by_day(mine)
            spent = _split(mine, BillingPeriod.of(status.period_start), status.data_through, status.burn_per_day)
            for day, total in _running(_expected_days(spent)):
                cost = known.get(day, Decimal(0) if day <= status.data_through else None)
                has_rate = day >= status.data_through and status.burn_per_day is not None
                expected = float(total) if has_rate else None
                rows.append({"budget": status.budget, "day": day, "cost": cost, "expected_total": expected})
    kinds = [
        ("budget", pl.String()),
        ("day", pl.Date()),
        ("cost", pl.Decimal(38, 12)),
        ("expected_total", pl.Float64()),
    ]
    return pl.DataFrame(rows, schema=kinds)


def _concerns(budget: Mapping[str, Any], days: pl.DataFrame, provider: str) -> bool:
    return not provider or not _in_scope(budget, days).filter(pl.col("x_Provider") == provider).is_empty()


def _evaluate(budget: Mapping[str, Any], days: pl.DataFrame, as_of: date) -> BudgetStatus:
    amount, currency, period = Decimal(budget["amount"]), budget["currency"], BillingPeriod.of(as_of)
    scope = _in_scope(budget, days)
    mine = scope.filter(pl.col("BillingCurrency") == currency)
    if scope.is_empty():
        reason = f"no charge has the {budget['scope_type']} {budget['scope_value']}: check scope and tags"
        return _unknown(budget, period, amount, as_of, reason)
    if mine.is_empty():
        others = " and ".join(sorted(scope.get_column("BillingCurrency").unique()))
        reason = f"charged in {others}, budgeted in {currency}: there is no rate to compare them"
        return _unknown(budget, period, amount, as_of, reason)
    if amount == 0:
        return _unknown(budget, period, amount, as_of, "the budget is zero, so there is no share to speak of")

    spent = _measure(_counted(budget, mine), period, as_of)
    if (as_of - spent.through).days > STALE_AFTER_DAYS:
        return _unknown(budget, period, amount, as_of, f"no complete day has arrived since {_last(spent.through)}")
    running = _running(_expected_days(spent))
    forecast = None if spent.burn is None else running[-1][1]
    exhausted = next((day for day, total in running if total >= amount), None)
    colour, reason = _judge(spent, forecast, exhausted, amount, currency)
    foreign = _foreign_cost(_counted(budget, scope), currency, period)
    if foreign:
        # What is not counted can only come on top: bad stays bad, good is not known.
        colour = colour if colour in ("red", "orange") else "grey"
        reason = f"{reason}; {foreign} not counted, no rate"
    return BudgetStatus(
        budget=budget["name"],
        scope_type=budget["scope_type"],
        scope_value=budget["scope_value"],
        period_start=period.start,
        period_end=period.end,
        currency=currency,
        amount=amount,
        actual=spent.actual,
        burn_per_day=spent.burn,
        forecast_p50=forecast,
        exhaustion_date=exhausted,
        colour=colour,
        on_track=colour in ("green", "yellow"),
        data_through=spent.through,
        reason=reason,
    )


def _unknown(
    budget: Mapping[str, Any], period: BillingPeriod, amount: Decimal, as_of: date, reason: str
) -> BudgetStatus:
    return BudgetStatus(
        budget=budget["name"],
        scope_type=budget["scope_type"],
        scope_value=budget["scope_value"],
        period_start=period.start,
        period_end=period.end,
        currency=budget["currency"],
        amount=amount,
        actual=Decimal(0),
        burn_per_day=None,
        forecast_p50=None,
        exhaustion_date=None,
        colour="grey",
        on_track=False,
        data_through=as_of,
        reason=reason,
    )


def _in_scope(budget: Mapping[str, Any], days: pl.DataFrame) -> pl.DataFrame:
    is_mine = (pl.col("scope_type") == budget["scope_type"]) & (pl.col("scope_value") == budget["scope_value"])
    return days.filter(is_mine)


def _counted(budget: Mapping[str, Any], scope: pl.DataFrame) -> pl.DataFrame:
    """Keep what the budget counts, its cost under one name."""
    kind = f"{budget['cost']}_cost"
    kept = scope if budget["cost"] == "billed" else scope.filter(~pl.col("ChargeCategory").is_in(NOT_ACCRUED))
    return kept.with_columns(
        cost=pl.col(kind), is_usage=(pl.col("ChargeCategory") == "Usage") & ~pl.col("is_scheduled")
    )


def _measure(counted: pl.DataFrame, period: BillingPeriod, as_of: date) -> _Period:
    # The slowest source of the scope says through which day its sum is whole, unless it has stopped delivering.
    reached: list[date] = counted.get_column("complete_through").drop_nulls().to_list()
    live = [day for day in reached if (as_of - day).days <= STALE_AFTER_DAYS]
    through = min([as_of, *live]) if live else max(reached, default=date.min)
    burn = _burn(counted.filter(pl.col("is_usage") & (pl.col("day") <= through)), through)
    return _split(counted, period, through, burn)


def _split(counted: pl.DataFrame, period: BillingPeriod, through: date, burn: Decimal | None) -> _Period:
    in_period = counted.filter((pl.col("day") >= period.start) & (pl.col("day") < period.end))
    return _Period(
        period=period,
        through=through,
        usage=_by_day(in_period.filter(pl.col("is_usage"))),
        by_calendar=_by_day(in_period.filter(~pl.col("is_usage"))),
        burn=burn,
        usage_days=counted.filter(pl.col("day") <= through).get_column("day").n_unique(),
    )


def _burn(usage: pl.DataFrame, through: date) -> Decimal | None:
    """Give the mean usage of the last week of complete days, or of those there are if at least three."""
    first = usage.get_column("day").min()
    if not isinstance(first, date):
        return None
    days = min(RATE_DAYS, (through - first).days + 1)
    if days < FEWEST_DAYS:
        return None
    return (_total(usage.filter(pl.col("day") > through - timedelta(days=days))) / days).quantize(LAKE_DIGITS)


def _expected_days(spent: _Period) -> Iterator[tuple[date, Decimal]]:
    """Give what each day of the period is expected to cost; forecast, exhaustion and course are all sums of this.

    A complete day costs what is known. Any other has at least the usage of the rate, and the fees that are known.
    """
    nothing = Decimal(0)
    for day in days_in(spent.period.start, spent.period.end):
        usage = spent.usage.get(day, nothing)
        if day > spent.through:
            usage = max(usage, spent.burn or nothing)
        yield day, usage + spent.by_calendar.get(day, nothing)


def _running(costs: Iterable[tuple[date, Decimal]]) -> list[tuple[date, Decimal]]:
    total, totals = Decimal(0), []
    for day, cost in costs:
        total += cost
        totals.append((day, total))
    return totals


def _judge(
    spent: _Period, forecast: Decimal | None, exhausted: date | None, amount: Decimal, currency: str
) -> tuple[Colour, str]:
    share = Decimal((spent.through - spent.period.start).days + 1) / spent.period.days
    # Fees of the first days are no pace: they are taken out of what was spent and of what was planned.
    planned = (amount - spent.fees) * share
    pace = (spent.actual - spent.fees) / planned if planned > 0 else Decimal(0)
    if spent.known >= amount:
        since = f" since {exhausted.day} {exhausted:%b}" if exhausted else ""
        over = f"{_say(spent.known - amount, currency)} over{since}"
        return "red", f"{over}, {_percent(spent.known / amount)} spent"
    if forecast is None:
        return "grey", f"complete days so far: {spent.usage_days}; a rate needs {FEWEST_DAYS}"
    rate = f"at {_say(spent.burn or Decimal(0), currency)} a day"
    if forecast > amount:
        when = f", used up on {exhausted.day} {exhausted:%b}" if exhausted else ""
        return "orange", f"{_say(forecast - amount, currency)} over by the end {rate}{when}"
    below = f"{_say(amount - forecast, currency)} below by the end {rate}"
    if pace > AHEAD_OF_PACE:
        return "yellow", f"{_percent(pace - 1)} ahead of an even pace, but {below}"
    return "green", below


def _foreign_cost(counted: pl.DataFrame, currency: str, period: BillingPeriod) -> str:
    others = counted.filter((pl.col("BillingCurrency") != currency) & (pl.col("day") >= period.start))
    sums = others.group_by("BillingCurrency").agg(pl.col("cost").sum()).sort("BillingCurrency")
    return " and ".join(_say(row["cost"], row["BillingCurrency"]) for row in sums.iter_rows(named=True) if row["cost"])


def _by_day(counted: pl.DataFrame) -> dict[date, Decimal]:
    sums = counted.group_by("day").agg(pl.col("cost").sum()).sort("day")
    return {row["day"]: row["cost"] for row in sums.iter_rows(named=True)}


def _total(counted: pl.DataFrame) -> Decimal:
    return sum(counted.get_column("cost").to_list(), Decimal(0))


def _share_used(status: BudgetStatus) -> Decimal:
    spent = status.forecast if status.forecast is not None else status.actual
    return spent / status.amount if status.amount else Decimal(0)


def _say(amount: Decimal, currency: str) -> str:
    return f"{amount:,.0f} {currency}"


def _last(day: date) -> str:
    return "the first charge" if day == date.min else f"{day.day} {day:%b %Y}"


def _percent(share: Decimal) -> str:
    return f"{share * 100:.0f} %"
