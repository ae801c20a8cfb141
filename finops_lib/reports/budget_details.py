"""The budget page below its first screen: variance to plan, drivers, parts, past periods, how good forecasts were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

import polars as pl

from finops_lib.findings import BudgetStatus
from finops_lib.plans import FutureEvent
from finops_lib.reports import charts, page
from finops_lib.reports import format as say
from finops_lib.reports.page import Element, Showable
from finops_lib.reports.tables import Column, table

_MONEY = pl.Decimal(38, 12)
_ENDANGERED = ("red", "orange", "yellow")
_MOST_PERIODS = 12


class Family(Protocol):
    """A parent and its children, as `analyses.budgets.families_of` gives them."""

    @property
    def parent(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def actual(self) -> Decimal: ...
    @property
    def children(self) -> Mapping[str, Decimal]: ...
    @property
    def gap(self) -> Decimal: ...
    @property
    def overlap(self) -> Decimal: ...
    @property
    def outside(self) -> Decimal: ...
    @property
    def reserve(self) -> Decimal | None: ...
    @property
    def warning(self) -> str: ...


class Period(Protocol):
    """A range of days with a name."""

    @property
    def start(self) -> date: ...
    @property
    def end(self) -> date: ...
    @property
    def label(self) -> str: ...


class PastPeriod(Protocol):
    """A period against its amount, as `analyses.budgets.past_periods` gives it."""

    @property
    def budget(self) -> str: ...
    @property
    def period(self) -> Period: ...
    @property
    def state(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def actual(self) -> Decimal: ...
    @property
    def variance(self) -> Decimal: ...


def budget_comparison(statuses: Sequence[BudgetStatus]) -> Showable:
    """Hold amount, spent and expected of all budgets against each other."""
    known = [s for s in statuses if s.amount > 0 and s.colour != "grey"]
    rows = [
        {
            "name": s.budget,
            "currency": s.currency,
            "amount": s.amount,
            "actual": s.actual,
            "expected": s.forecast_p50,
            "low": s.forecast_p10,
            "high": s.forecast_p90,
        }
        for s in known
    ]
    amounts = ("amount", "actual", "expected", "low", "high")
    schema: dict[str, Any] = {"name": pl.String, "currency": pl.String, **dict.fromkeys(amounts, _MONEY)}
    frame = pl.DataFrame(rows, schema=schema)
    over = [s for s in known if s.forecast_p50 is not None and s.forecast_p50 > s.amount]
    title = (
        f"{say.plural(len(over), 'budget')} of {len(known)} expected above the amount"
        if over
        else f"All {say.plural(len(known), 'budget')} expected within the amount"
    )
    return charts.used_up(
        frame,
        title=title,
        subtitle="Spent and expected in percent of each budget's own amount, in its own period and currency",
        source="daily_cost",
        empty="No budget's status is known, so there is nothing to compare.",
    )


def budget_variance(statuses: Sequence[BudgetStatus]) -> Element:
    """Show what each budget is expected to end with against its plan, its pace, and what may be used per day left."""
    rows = [
        {
            "budget": s.budget,
            "currency": s.currency,
            "plan": s.amount,
            "expected": s.forecast_p50,
            "range": _range(s),
            "variance": s.forecast_p50 - s.amount if s.forecast_p50 is not None else None,
            "pace": "" if s.burn_multiple is None else f"{s.burn_multiple:.2f}",
            "per_day": s.burn_per_day,
            # What is used up leaves nothing to be used per day.
            "allowed": None if s.burn_required is None or s.burn_required <= 0 else s.burn_required,
            "used_up": _used_up(s),
            "chance": s.p_exceed,
        }
        for s in statuses
        if s.forecast_p50 is not None
    ]
    money = ("plan", "expected", "variance", "per_day", "allowed")
    words = ("budget", "currency", "range", "pace", "used_up")
    schema: dict[str, Any] = {**dict.fromkeys(words, pl.String), **dict.fromkeys(money, _MONEY)}
    frame = pl.DataFrame(rows, schema=schema | {"chance": pl.Float64})
    columns = {
        "budget": Column("Budget"),
        "plan": Column("Plan", "money", currency_from="currency"),
        "expected": Column("Expected", "money", currency_from="currency"),
        "range": Column("80 % range"),
        "variance": Column("Variance to plan", "change", currency_from="currency"),
        "chance": Column("Exceeded, of futures", "percent"),
        "used_up": Column("Used up"),
        "pace": Column("Pace, 1 = plan"),
        "per_day": Column("A day now", "money", currency_from="currency"),
        "allowed": Column("A day left", "money", currency_from="currency"),
    }
    return table(
        frame,
        columns,
        title="Expected end of each period against its plan",
        source="daily_cost; 80 % of a thousand possible courses end in the range; a day now = mean usage of seven days",
        empty="There is no forecast yet: it needs three complete days.",
    )


def budget_drivers(statuses: Sequence[BudgetStatus]) -> Element:
    """Show what moved the endangered budgets most, against the same days of the period before."""
    rows = [
        {
            "budget": s.budget,
            "what": driver.get("label", ""),
            "kind": driver.get("dimension", ""),
            "currency": s.currency,
            "cost": _amount(driver.get("cost")),
            "before": _amount(driver.get("before")),
            "change": _amount(driver.get("change")),
        }
        for s in statuses
        if s.colour in _ENDANGERED
        for driver in s.drivers
    ]
    names = ("budget", "what", "kind", "currency")
    schema = dict.fromkeys(names, pl.String) | dict.fromkeys(("cost", "before", "change"), _MONEY)
    columns = {
        "budget": Column("Budget"),
        "what": Column("What moved"),
        "kind": Column("as a"),
        "cost": Column("This period", "money", currency_from="currency"),
        "before": Column("Same days before", "money", currency_from="currency"),
        "change": Column("Change", "change", currency_from="currency"),
    }
    return table(
        pl.DataFrame(rows, schema=schema),
        columns,
        title="What drives the endangered budgets",
        source="daily_cost, complete days of the period against the same days of the one before",
        empty="No budget is in danger, so nothing drives one.",
    )


def budget_families(families: Sequence[Family]) -> Element:
    """Say of each parent what its parts leave out, share, and are promised."""
    rows = [
        {
            "parent": one.parent,
            "currency": one.currency,
            "actual": one.actual,
            "children": sum(one.children.values(), Decimal(0)),
            "gap": one.gap,
            "overlap": one.overlap,
            "outside": one.outside,
            "reserve": one.reserve,
            "warning": one.warning,
        }
        for one in families
    ]
    money = ("actual", "children", "gap", "overlap", "outside", "reserve")
    schema: dict[str, Any] = {"parent": pl.String, "currency": pl.String, **dict.fromkeys(money, _MONEY)}
    columns = {
        "parent": Column("Budget with parts"),
        "actual": Column("Spent", "money", currency_from="currency"),
        "children": Column("of its parts", "money", currency_from="currency"),
        "gap": Column("in no part", "money", currency_from="currency"),
        "overlap": Column("in several", "money", currency_from="currency"),
        "outside": Column("parts beyond it", "money", currency_from="currency"),
        "reserve": Column("Not handed out", "money", currency_from="currency"),
        "warning": Column("To know"),
    }
    return table(
        pl.DataFrame(rows, schema=schema | {"warning": pl.String}),
        columns,
        title="Budgets that have parts, and what lies between them",
        source="daily_cost; spent = parts - in several - beyond it + in no part",
        empty="No budget is a part of another one.",
    )


def budget_history(past: Sequence[PastPeriod]) -> Element:
    """Show how each budget ended its last periods, a line a budget: what share of its amount, period by period."""
    by_budget: dict[str, list[PastPeriod]] = {}
    for one in sorted(past, key=lambda one: (one.budget, one.period.start)):
        by_budget.setdefault(one.budget, []).append(one)
    rows: list[dict[str, Any]] = []
    for name, periods in by_budget.items():
        ended = [one for one in periods if one.state != "open"]
        if not ended:
            continue
        worst, last = max(ended, key=_share), ended[-1]
        rows.append(
            {
                "budget": name,
                "periods": len(ended),
                "above": sum(one.variance > 0 for one in ended),
                "course": [_share(one) for one in periods],
                "worst": f"{say.ratio(_share(worst))}, {worst.period.label}",
                "currency": last.currency,
                "last": last.period.label,
                "amount": last.amount,
                "actual": last.actual,
                "variance": last.variance,
            }
        )
    names = ("budget", "worst", "currency", "last")
    schema: dict[str, Any] = dict.fromkeys(names, pl.String) | dict.fromkeys(("periods", "above"), pl.Int64)
    schema |= {"course": pl.List(pl.Float64), **dict.fromkeys(("amount", "actual", "variance"), _MONEY)}
    columns = {
        "budget": Column("Budget"),
        "course": Column("Share of its amount", "spark"),
        "periods": Column("Periods", "number"),
        "above": Column("above the amount", "number"),
        "worst": Column("Highest"),
        "last": Column("Last ended"),
        "amount": Column("Amount", "money", currency_from="currency"),
        "actual": Column("Spent", "money", currency_from="currency"),
        "variance": Column("Variance", "change", currency_from="currency"),
    }
    over, all_periods = sum(row["above"] for row in rows), sum(row["periods"] for row in rows)
    return table(
        pl.DataFrame(rows, schema=schema),
        columns,
        title=f"{over} of {say.plural(all_periods, 'past period')} ended above the amount",
        source=f"daily_cost, up to {_MOST_PERIODS} periods of each budget that are whole in the lake, as billed now; "
        "the line includes the running period",
        empty="No whole period of any budget is in the lake yet.",
    )


def budget_periods(past: Sequence[PastPeriod]) -> Element:
    """Show every one of the last periods of each budget against its amount."""
    rows = [
        {
            "budget": one.budget,
            "period": one.period.label,
            "currency": one.currency,
            "amount": one.amount,
            "actual": one.actual,
            "variance": one.variance,
            "share": _share(one) if one.amount else None,
            "state": one.state,
        }
        for one in sorted(past, key=lambda one: (one.budget, one.period.start))
    ]
    schema: dict[str, Any] = dict.fromkeys(("budget", "period", "currency", "state"), pl.String)
    schema |= dict.fromkeys(("amount", "actual", "variance"), _MONEY) | {"share": pl.Float64}
    columns = {
        "budget": Column("Budget"),
        "period": Column("Period"),
        "amount": Column("Amount", "money", currency_from="currency"),
        "actual": Column("Spent", "money", currency_from="currency"),
        "variance": Column("Variance", "change", currency_from="currency"),
        "share": Column("of amount", "percent"),
        "state": Column("State"),
    }
    return table(
        pl.DataFrame(rows, schema=schema),
        columns,
        title="Every period",
        source="daily_cost; open = still running, provisional = bills may still change",
        empty="There is no period to show.",
    )


def forecast_accuracy(measured: pl.DataFrame, backtest: tuple[Decimal, Decimal] | None, currency: str) -> Element:
    """Say how good the forecasts were that were kept on day 1 and day 10, or how good they would have been.

    Args:
        measured: `analyses.forecasts.accuracy` of the kept forecasts.
        backtest: sum of absolute errors and of cost, as if last month had been forecast on its 10th.
    """
    if measured.is_empty():
        if backtest is None:
            return page.sentence("No forecast has met its end yet: that takes a whole period.")
        share = say.percent(*backtest, currency)
        return page.sentence(
            f"No kept forecast has met its end yet. Made on the 10th of last month, they would have missed by {share}."
        )
    columns = {
        "frozen_day": Column("Made on day", "number"),
        "currency": Column("Currency"),
        "forecasts": Column("Forecasts", "number"),
        "wape": Column("Missed by, of cost", "percent"),
        "bias": Column("Too high (+) or low (-), of cost", "percent"),
        "covered80": Column("Inside their 80 % range, of forecasts", "percent"),
    }
    return table(
        measured,
        columns,
        title="How good the kept forecasts were",
        source="budget_status: the first of each period whose data reached day 1 and day 10",
    )


def future_events(events: Sequence[FutureEvent]) -> Element:
    """Show the decided changes that the forecasts know of, and those that are switched off."""
    rows = [
        {
            "name": event.name,
            "budget": event.series,
            "amount": f"{event.amount:+,f} per {event.per}" if event.per != "once" else f"{event.amount:+,f} once",
            "starts_on": event.starts_on,
            "ends_on": event.ends_on,
            "owner": event.owner,
            "counts": "counted" if event.active else "switched off",
        }
        for event in events
    ]
    schema: dict[str, Any] = dict.fromkeys(("name", "budget", "amount"), pl.String)
    schema |= dict.fromkeys(("starts_on", "ends_on"), pl.Date) | dict.fromkeys(("owner", "counts"), pl.String)
    columns = {
        "name": Column("Change"),
        "budget": Column("Budget"),
        "amount": Column("Amount"),
        "starts_on": Column("From", "day"),
        "ends_on": Column("Through", "day"),
        "owner": Column("Owner"),
        "counts": Column("Counted?"),
    }
    return table(
        pl.DataFrame(rows, schema=schema),
        columns,
        title="Decided changes in the forecasts",
        source="events of params/budget_plan.yaml",
        empty="No decided change is in the forecasts: write launches, approved savings and expiries under `events` in "
        "params/budget_plan.yaml.",
    )


def _share(one: PastPeriod) -> float:
    return float(one.actual / one.amount) if one.amount else 0.0


def _range(status: BudgetStatus) -> str:
    if status.forecast_p10 is None or status.forecast_p90 is None:
        return ""
    return f"{say.money(status.forecast_p10)}\N{EN DASH}{say.money(status.forecast_p90)}"


def _used_up(status: BudgetStatus) -> str:
    if status.exhaustion_date is None:
        return "not expected"
    if status.exhaustion_p10 and status.exhaustion_p90 and status.exhaustion_p10 != status.exhaustion_p90:
        return f"{say.day(status.exhaustion_date)} ({say.days(status.exhaustion_p10, status.exhaustion_p90)})"
    return say.day(status.exhaustion_date)


def _amount(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None
