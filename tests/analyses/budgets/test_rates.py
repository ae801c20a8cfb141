"""Several currencies: by a rate that somebody gave, or not at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.analyses.budgets import evaluate_budgets
from tests.analyses.budgets.conftest import Weekly, budget, days_of

AS_OF = date(2026, 11, 10)
EUROS = days_of("10", first="2026-10-20", last="2026-11-10", BillingCurrency="EUR")


def rates(*rows: tuple[str, str]) -> pl.DataFrame:
    """Rates of EUR in USD: ('book 2026-11-01', '1.1')."""
    read = [
        {
            "from_currency": "EUR",
            "to_currency": "USD",
            "kind": kind_and_day.split()[0],
            "day": date.fromisoformat(kind_and_day.split()[1]),
            "rate": Decimal(rate),
        }
        for kind_and_day, rate in rows
    ]
    return pl.DataFrame(read)


def evaluate(given: pl.DataFrame | None, days: pl.DataFrame = EUROS, **values: Any) -> Any:
    [status] = evaluate_budgets([budget("400", **values)], days, as_of=AS_OF, forecaster=Weekly(), rates=given)
    return status


def test_a_missing_rate_is_named_and_never_taken_for_one() -> None:
    status = evaluate(None)
    assert (status.standing, status.colour, status.actual, status.forecast) == ("undefined", "grey", 0, None)
    assert status.reason == "no book rate EUR to USD for 1 Nov 2026: finops fx import FILE"
    # the other way round, a later day and another kind are no rate for this
    too_late = rates(("book 2026-11-02", "1.1"), ("spot 2026-10-01", "1.1"))
    assert evaluate(too_late).reason == status.reason


def test_the_book_rate_is_the_one_in_force_when_the_period_starts() -> None:
    given = rates(("book 2026-10-01", "1.5"), ("book 2026-11-01", "1.1"), ("book 2026-11-05", "9"))
    status = evaluate(given)
    # 10 days x 10 EUR x 1.1; 20 more days
    assert (status.actual, status.burn_per_day, status.forecast) == (110, 11, 330)
    assert status.drivers == ()


def test_spot_takes_each_days_rate() -> None:
    status = evaluate(rates(("spot 2026-10-01", "1"), ("spot 2026-11-06", "2")), fx="spot")
    # 5 days x 10 x 1 + 5 days x 10 x 2
    assert status.actual == 150


def test_what_the_market_did_is_a_line_of_its_own() -> None:
    given = rates(("book 2026-11-01", "1.1"), ("spot 2026-11-01", "1.2"), ("invoice 2026-11-10", "1.3"))
    status = evaluate(given)
    # 9 days x 10 x (1.2 - 1.1) + 10 x (1.3 - 1.1)
    [line] = status.drivers
    assert (line["dimension"], Decimal(line["cost"])) == ("currency", 11)
    assert status.actual == 110


def test_two_currencies_add_up_in_the_budgets_own() -> None:
    dollars = days_of("1", first="2026-11-01", last="2026-11-10", x_SourceId="other")
    status = evaluate(rates(("book 2026-11-01", "1.1")), pl.concat([EUROS, dollars]))
    assert status.actual == 120


def test_a_converted_amount_keeps_the_digits_of_the_lake() -> None:
    status = evaluate(rates(("book 2026-11-01", "1.000000000000333333")))
    assert status.actual == 10 * Decimal("10.000000000003")
