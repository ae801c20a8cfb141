"""What moves a budget most: the services, accounts and teams whose cost changed most against the period before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.analyses.budgets.calendar import period_before, period_of
from finops_lib.analyses.budgets.ledger import LAKE_DIGITS, NOTHING, Ledger, reaches_of
from finops_lib.analyses.budgets.rates import Rates
from finops_lib.periods import Period
from finops_lib.plans import Budget

DIMENSIONS = ("service", "account", "team")
MOST = 3
Window = tuple[str, date, date]
# The columns of the figure `scoped/movers`.
MOVERS_SCHEMA = {
    "scope": pl.String,
    "first_day": pl.Date,
    "end_day": pl.Date,
    "dimension": pl.String,
    "value": pl.String,
    "label": pl.String,
    "charge_class": pl.String,
    "is_prior_correction": pl.Boolean,
    "BillingCurrency": pl.String,
    "billed_cost": pl.Decimal(38, 12),
    "effective_cost": pl.Decimal(38, 12),
}
_Key = tuple[str, str]


def windows_of(budgets: Sequence[Budget], days: pl.DataFrame, *, as_of: date) -> list[Window]:
    """Name the runs of days that drivers are made of: this period through its last complete day, and as many before."""
    reaches = reaches_of(budgets, days, as_of=as_of)
    wanted: dict[Window, None] = {}
    for budget, reach in zip(budgets, reaches, strict=True):
        period = period_of(budget, as_of)
        if period and reach.through:
            for first, end in _spans(budget, period, min(reach.through, as_of)):
                wanted[budget.scope, first, end] = None
    return list(wanted)


def drivers_of(
    budgets: Sequence[Budget], ledgers: Sequence[Ledger], movers: pl.DataFrame | None, rates: Rates
) -> list[tuple[Mapping[str, str], ...]]:
    """Give for each budget the three largest changes by service, account and team, and what exchange rates did.

    Each is label, dimension, cost, before (the same days of the period before; "" where it has none), change (the
    sum by which it moved); money as text in the budget's currency.
    """
    found = _by_window(movers)
    return [
        (*_largest(budget, ledger, found, rates), *_of_rates(budget, ledger))
        for budget, ledger in zip(budgets, ledgers, strict=True)
    ]


def _spans(budget: Budget, period: Period, through: date) -> list[tuple[date, date]]:
    days = (through - period.start).days + 1
    if days <= 0:
        return []
    before = period_before(budget, period)
    spans = [(period.start, period.start + timedelta(days=days))]
    if before:
        spans.append((before.start, min(before.start + timedelta(days=days), before.end)))
    return spans


def _by_window(movers: pl.DataFrame | None) -> dict[Window, list[dict[str, Any]]]:
    found: dict[Window, list[dict[str, Any]]] = defaultdict(list)
    for row in movers.iter_rows(named=True) if movers is not None else ():
        found[row["scope"], row["first_day"], row["end_day"]].append(row)
    return found


def _largest(
    budget: Budget, ledger: Ledger, found: Mapping[Window, Sequence[Mapping[str, Any]]], rates: Rates
) -> list[Mapping[str, str]]:
    spans = _spans(budget, ledger.period, ledger.through)
    if not spans or ledger.missing_rate:
        return []
    now, before = ([*spans, None])[:2]
    labels: dict[_Key, str] = {}
    costs = _costs(budget, ledger, found.get((budget.scope, *now), ()), labels, rates) if now else {}
    former = _costs(budget, ledger, found.get((budget.scope, *before), ()), labels, rates) if before else {}
    rows: list[Mapping[str, str]] = []
    for dimension in DIMENSIONS:
        keys = [key for key in costs | former if key[0] == dimension]
        changes = {key: costs.get(key, NOTHING) - former.get(key, NOTHING) for key in keys}
        # A dimension with a single value says no more than the total does.
        if len(keys) < 2:
            continue
        for key in sorted(keys, key=lambda key: (-changes[key], key))[:MOST]:
            if changes[key] > 0:
                rows.append(
                    {
                        "dimension": dimension,
                        "label": labels[key],
                        "cost": format(costs.get(key, NOTHING), "f"),
                        "before": format(former.get(key, NOTHING), "f") if before else "",
                        "change": format(changes[key], "f"),
                    }
                )
    return rows


def _costs(
    budget: Budget, ledger: Ledger, rows: Sequence[Mapping[str, Any]], labels: dict[_Key, str], rates: Rates
) -> dict[_Key, Decimal]:
    totals: dict[_Key, Decimal] = defaultdict(Decimal)
    for row in rows:
        is_prior = row["is_prior_correction"] and budget.cost == "effective"
        if row["charge_class"] not in budget.counts or is_prior:
            continue
        key = row["dimension"], row["value"] or ""
        labels[key] = row["label"] or row["value"] or f"no {row['dimension']}"
        cost: Decimal = row[f"{budget.cost}_cost"]
        if row["BillingCurrency"] != budget.currency:
            # Both sides by one rate, or a change of the rate would look like a change of use.
            day = ledger.period.start if budget.fx == "book" else ledger.through
            rate = rates.known_on(row["BillingCurrency"], budget.currency, day, budget.fx)
            cost = (cost * rate).quantize(LAKE_DIGITS) if rate is not None else NOTHING
        totals[key] += cost
    return totals


def _of_rates(budget: Budget, ledger: Ledger) -> list[Mapping[str, str]]:
    return [
        {
            "dimension": "currency",
            "label": f"{source} to {budget.currency}: the rates of the days against the book rate",
            "cost": format(effect, "f"),
            "before": "",
            "change": format(effect, "f"),
        }
        for source, effect in sorted(ledger.fx_effect.items())
        if effect
    ]
