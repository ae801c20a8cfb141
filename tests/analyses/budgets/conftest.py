"""A plan, its scopes' days, and a forecaster whose answer can be worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from finops_lib.analyses.budgets import DAYS_SCHEMA, Past
from finops_lib.analyses.budgets.history import Matrix
from finops_lib.plans import Budget

SHOP = "team = 'shop'"


@dataclass(frozen=True)
class Steady:
    """Every day as the mean usage of the last seven; the courses are that many times as dear."""

    daily: Matrix
    factors: tuple[float, ...]

    @property
    def method(self) -> tuple[str, ...]:
        return ("steady",) * len(self.daily)

    def paths(self, index: int, count: int, seed: int) -> Matrix:
        rows = [self.daily[index] * factor for factor in self.factors]
        return np.array(rows)[np.arange(count) % len(rows)]


@dataclass(frozen=True)
class Weekly:
    """A forecaster without doubt, or with courses at some multiples of what it expects."""

    factors: tuple[float, ...] = (1.0,)

    def __call__(self, past: Past, *, days: int) -> Steady:
        usage = past.costs - past.scheduled
        first = [int(np.flatnonzero(row)[0]) if row.any() else len(row) - 1 for row in usage]
        means = [row[max(start, len(row) - 7) :].mean() for row, start in zip(usage, first, strict=True)]
        return Steady(np.repeat(np.array(means)[:, None], days, axis=1), self.factors)


def budget(amount: str = "300", **values: Any) -> Budget:
    usual: dict[str, Any] = {
        "name": "shop",
        "scope": SHOP,
        "scope_type": "team",
        "scope_value": "shop",
        "currency": "USD",
        "profile": "even",
    }
    return Budget(**{**usual, "amount": Decimal(amount), **values})


def day_row(day: date, cost: str | Decimal, through: date, **values: Any) -> dict[str, Any]:
    usual = {
        "scope": SHOP,
        "x_Provider": "aws",
        "x_SourceId": "aws-payer",
        "day": day,
        "billed_day": day,
        "charge_class": "usage",
        "frequency": "usage",
        "is_prior_correction": False,
        "complete_through": through,
        "is_stale": False,
        "BillingCurrency": "USD",
        "billed_cost": Decimal(cost),
        "effective_cost": Decimal(cost),
    }
    return {**usual, **values}


def fee_row(day: date, cost: str, through: date, **values: Any) -> dict[str, Any]:
    """A monthly fee."""
    return day_row(day, cost, through, **{"charge_class": "purchase", "frequency": "recurring", **values})


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=DAYS_SCHEMA)


def days_of(
    cost: str, *, first: str, last: str, through: str = "", extra: list[dict[str, Any]] | None = None, **values: Any
) -> pl.DataFrame:
    start, end, complete = date.fromisoformat(first), date.fromisoformat(last), date.fromisoformat(through or last)
    rows = [day_row(start + timedelta(days=n), cost, complete, **values) for n in range((end - start).days + 1)]
    return frame([*rows, *(extra or [])])
