"""What moves a budget: the same days of two periods, side by side."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.analyses.budgets import evaluate_budgets, windows_of
from finops_lib.analyses.budgets.drivers import MOVERS_SCHEMA
from finops_lib.plans import CASH
from tests.analyses.budgets.conftest import SHOP, Weekly, budget, days_of

AS_OF = date(2026, 11, 10)
DAYS = days_of("10", first="2026-10-01", last="2026-11-10", through="2026-11-09")
NOW, BEFORE = date(2026, 11, 1), date(2026, 10, 1)


def mover(first: date, value: str | None, cost: str, **values: Any) -> dict[str, Any]:
    usual = {
        "scope": SHOP,
        "first_day": first,
        "end_day": first + timedelta(days=9),
        "dimension": "service",
        "value": value,
        "label": value,
        "charge_class": "usage",
        "is_prior_correction": False,
        "BillingCurrency": "USD",
        "billed_cost": Decimal(cost),
        "effective_cost": Decimal(cost),
    }
    return {**usual, **values}


def drivers(*rows: dict[str, Any], **values: Any) -> list[tuple[str, Decimal, Decimal]]:
    movers = pl.DataFrame(list(rows), schema=MOVERS_SCHEMA)
    [status] = evaluate_budgets([budget(**values)], DAYS, movers=movers, as_of=AS_OF, forecaster=Weekly())
    return [(row["label"], Decimal(row["before"]), Decimal(row["change"])) for row in status.drivers]


def test_windows_are_the_complete_days_and_as_many_of_the_period_before() -> None:
    assert windows_of([budget()], DAYS, as_of=AS_OF) == [
        (SHOP, NOW, date(2026, 11, 10)),
        (SHOP, BEFORE, date(2026, 10, 10)),
    ]
    assert windows_of([budget(scope="team = 'nobody'")], DAYS, as_of=AS_OF) == []


def test_a_long_month_is_held_against_the_whole_of_a_short_one() -> None:
    days = days_of("10", first="2026-02-01", last="2026-03-31")
    assert windows_of([budget()], days, as_of=date(2026, 3, 31))[1] == (SHOP, date(2026, 2, 1), date(2026, 3, 1))


def test_the_three_largest_rises_lead_and_falls_are_no_drivers() -> None:
    rows = [mover(NOW, name, cost) for name, cost in (("a", "9"), ("b", "5"), ("c", "4"), ("d", "3"), ("e", "1"))]
    rows += [mover(BEFORE, "a", "1"), mover(BEFORE, "e", "7")]
    assert drivers(*rows) == [("a", 1, 8), ("b", 0, 5), ("c", 0, 4)]


def test_a_single_value_drives_nothing_that_the_total_does_not_say() -> None:
    assert drivers(mover(NOW, "a", "9")) == []


def test_what_has_no_owner_is_called_so() -> None:
    rows = [mover(NOW, None, "9", dimension="team"), mover(NOW, "web", "1", dimension="team")]
    assert [label for label, _, _ in drivers(*rows)] == ["no team", "web"]


def test_only_what_the_budget_counts_drives_it() -> None:
    rows = [
        mover(NOW, "a", "1"),
        mover(NOW, "a", "50", charge_class="tax"),
        mover(NOW, "b", "2", is_prior_correction=True, billed_cost=Decimal(20)),
        mover(NOW, "c", "4", billed_cost=Decimal(40)),
    ]
    assert [(label, change) for label, _, change in drivers(*rows)] == [("c", 4), ("a", 1)]
    cash = drivers(*rows, cost="billed", counts=CASH)
    assert [(label, change) for label, _, change in cash] == [("a", 51), ("c", 40), ("b", 20)]
