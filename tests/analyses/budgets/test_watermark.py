"""A watermark moves with the data and the budget, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from finops_lib.analyses.budgets import evaluate_budgets
from finops_lib.plans import Budget
from tests.analyses.budgets.conftest import Weekly, budget, day_row, days_of, frame

THROUGH, AS_OF = date(2026, 11, 10), date(2026, 11, 12)
ROWS = days_of("10", first="2026-10-20", last="2026-11-10").to_dicts()
PLAIN = budget("400")


def mark(rows: list[dict[str, Any]], plan: Budget = PLAIN, as_of: date = AS_OF, **values: Any) -> str:
    [status] = evaluate_budgets([plan], frame(rows), as_of=as_of, forecaster=Weekly(), **values)
    return status.watermark


def test_the_same_data_gives_the_same_mark_in_any_order_and_grain() -> None:
    half = [{**row, "effective_cost": row["effective_cost"] / 2} for row in ROWS]
    assert mark(ROWS[::-1]) == mark(ROWS) == mark(half + half)
    assert len(mark(ROWS)) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"effective_cost": Decimal("10.000000000001")},
        {"complete_through": date(2026, 11, 9)},
        {"day": date(2026, 11, 11)},
        {"frequency": "recurring"},
        {"is_prior_correction": True},
        {"BillingCurrency": "EUR"},
    ],
)
def test_any_change_of_a_counted_row_moves_it(change: dict[str, Any]) -> None:
    assert mark([*ROWS[:-1], {**ROWS[-1], **change}]) != mark(ROWS)


@pytest.mark.parametrize("change", [{"amount": Decimal(401)}, {"owner": "Ana"}, {"version": 2}, {"profile": "weekday"}])
def test_any_change_of_the_budget_moves_it(change: dict[str, Any]) -> None:
    assert mark(ROWS, replace(PLAIN, **change)) != mark(ROWS)


def test_what_a_budget_does_not_count_leaves_it() -> None:
    tax = day_row(date(2026, 11, 3), "5", THROUGH, charge_class="tax")
    other = day_row(date(2026, 11, 3), "5", THROUGH, scope="team = 'web'")
    billed = [{**row, "billed_cost": Decimal(1)} for row in ROWS]
    silent = [{**row, "is_stale": True} for row in ROWS]
    for rows in ([*ROWS, tax], [*ROWS, other], billed, silent):
        assert mark(rows) == mark(ROWS)


def test_time_that_passes_without_data_leaves_it_until_a_new_period_begins() -> None:
    assert mark(ROWS, as_of=date(2026, 11, 14)) == mark(ROWS)
    assert mark(ROWS, as_of=date(2026, 12, 1)) != mark(ROWS)


def test_another_rate_moves_it() -> None:
    euros = [{**row, "BillingCurrency": "EUR"} for row in ROWS]
    pair = {"from_currency": "EUR", "to_currency": "USD", "day": date(2026, 11, 1), "kind": "book"}
    marks = {mark(euros, rates=pl.DataFrame([{**pair, "rate": rate}])) for rate in ("1.1", "1.2")}
    assert len(marks | {mark(euros)}) == 3
