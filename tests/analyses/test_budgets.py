"""Budgets: each expected number is worked out by hand beside it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

from finops_lib.analyses.budgets import backtest, courses, evaluate_budgets
from tests.analyses.conftest import QueriedLake

SCHEMA = {
    "scope_type": pl.String,
    "scope_value": pl.String,
    "x_Provider": pl.String,
    "day": pl.Date,
    "ChargeCategory": pl.String,
    "is_scheduled": pl.Boolean,
    "is_complete": pl.Boolean,
    "complete_through": pl.Date,
    "BillingCurrency": pl.String,
    "billed_cost": pl.Decimal(38, 12),
    "effective_cost": pl.Decimal(38, 12),
}


def budget(amount: str = "300", **values: object) -> dict[str, object]:
    usual = {
        "name": "shop",
        "scope_type": "team",
        "scope_value": "shop",
        "amount": amount,
        "currency": "USD",
        "period": "monthly",
        "cost": "effective",
        "owner": "Ana",
    }
    return {**usual, **values}


def day_row(day: date, cost: str, through: date, **values: object) -> dict[str, object]:
    usual = {
        "scope_type": "team",
        "scope_value": "shop",
        "x_Provider": "aws",
        "day": day,
        "ChargeCategory": "Usage",
        "is_scheduled": False,
        "is_complete": day <= through,
        "complete_through": through,
        "BillingCurrency": "USD",
        "billed_cost": Decimal(cost),
        "effective_cost": Decimal(cost),
    }
    return {**usual, **values}


def days_of(
    cost: str, *, first: str, last: str, through: str = "", extra: list[dict[str, object]] | None = None
) -> pl.DataFrame:
    start, end, complete = date.fromisoformat(first), date.fromisoformat(last), date.fromisoformat(through or last)
    rows = [day_row(start + timedelta(days=n), cost, complete) for n in range((end - start).days + 1)]
    return pl.DataFrame([*rows, *(extra or [])], schema=SCHEMA)


def test_a_steady_budget_ends_where_its_rate_leads() -> None:
    days = days_of("9", first="2026-10-20", last="2026-11-10")
    [status] = evaluate_budgets([budget("300")], days, as_of=date(2026, 11, 10))
    # 10 days x 9 = 90; 20 more days at 9 = 180; 270 of 300
    assert (status.actual, status.burn_per_day, status.forecast) == (90, 9, 270)
    assert (status.colour, status.on_track, status.exhaustion_date) == ("green", True, None)
    assert status.reason == "30 USD below by the end at 9 USD a day"


def test_a_rate_that_leads_beyond_the_amount_names_the_day_it_is_used_up() -> None:
    days = days_of("10", first="2026-10-20", last="2026-11-10")
    [status] = evaluate_budgets([budget("250")], days, as_of=date(2026, 11, 10))
    # 100 so far, 10 a day: 250 is reached on the 25th; 300 by the end
    assert (status.colour, status.exhaustion_date, status.forecast) == ("orange", date(2026, 11, 25), 300)


def test_an_exceeded_budget_names_the_first_day_over() -> None:
    days = days_of("10", first="2026-11-01", last="2026-11-10")
    [status] = evaluate_budgets([budget("55")], days, as_of=date(2026, 11, 10))
    assert (status.colour, status.exhaustion_date) == ("red", date(2026, 11, 6))
    assert status.reason == "45 USD over since 6 Nov, 182 % spent"


def test_a_fee_of_the_first_day_is_counted_and_not_extrapolated() -> None:
    through = date(2026, 11, 7)
    fee = day_row(date(2026, 11, 1), "100", through, ChargeCategory="Purchase", is_scheduled=True)
    days = days_of("1", first="2026-11-01", last="2026-11-07", extra=[fee])
    [status] = evaluate_budgets([budget("200")], days, as_of=through)
    # 7 + 100 so far, 23 more days at 1 = 130; a month-to-date line would say 459
    assert (status.actual, status.burn_per_day, status.forecast) == (107, 1, 130)


def test_tax_and_credits_count_for_billed_cost_only() -> None:
    through = date(2026, 11, 3)
    extra = [
        day_row(date(2026, 11, 1), "5", through, ChargeCategory="Tax"),
        day_row(date(2026, 11, 2), "-2", through, ChargeCategory="Credit"),
    ]
    days = days_of("1", first="2026-11-01", last="2026-11-03", extra=extra)
    plan = [budget("90"), budget("90", name="cash", cost="billed")]
    statuses = {s.budget: s.actual for s in evaluate_budgets(plan, days, as_of=through)}
    assert statuses == {"shop": 3, "cash": 6}


@pytest.mark.parametrize(("tail", "colour"), [("0.1", "green"), ("10", "green"), ("500", "red")])
def test_an_incomplete_day_never_makes_a_budget_greener(tail: str, colour: str) -> None:
    through = date(2026, 11, 9)
    late = day_row(date(2026, 11, 10), tail, through)
    days = days_of("9", first="2026-10-20", last="2026-11-09", extra=[late])
    [status] = evaluate_budgets([budget("300")], days, as_of=date(2026, 11, 10))
    assert status.colour == colour
    # 9 complete days x 9; the tenth counts max(what is known, the rate of 9)
    assert status.actual == 81
    assert status.forecast == 81 + max(Decimal(tail), Decimal(9)) + 20 * 9
    assert status.data_through == through


def test_far_ahead_of_pace_but_slowing_is_yellow() -> None:
    busy = [day_row(date(2026, 11, n), "30", date(2026, 11, 10)) for n in range(1, 4)]
    days = days_of("1", first="2026-11-04", last="2026-11-10", extra=busy)
    [status] = evaluate_budgets([budget("200")], days, as_of=date(2026, 11, 10))
    # 97 of 200 after a third of the month; 20 more days at 1 = 117
    assert (status.colour, status.forecast) == ("yellow", 117)


def test_fees_of_the_first_day_are_not_taken_for_a_pace() -> None:
    through = date(2026, 11, 3)
    fee = day_row(date(2026, 11, 1), "500", through, ChargeCategory="Purchase")
    days = days_of("10", first="2026-10-20", last="2026-11-03", extra=[fee])
    [status] = evaluate_budgets([budget("1000")], days, as_of=through)
    # 530 of 1,000 on the third, but 30 of the 500 that are left for usage; 27 more days at 10 = 800
    assert (status.colour, status.forecast) == ("green", 800)


def test_a_scope_that_no_charge_has_is_grey_with_the_reason() -> None:
    days = days_of("1", first="2026-11-01", last="2026-11-05")
    [status] = evaluate_budgets([budget(scope_value="nobody")], days, as_of=date(2026, 11, 5))
    assert (status.colour, status.forecast, status.on_track) == ("grey", None, False)
    assert "no charge has the team nobody" in status.reason


def test_a_budget_in_another_currency_is_not_compared() -> None:
    days = days_of("1", first="2026-11-01", last="2026-11-05")
    [status] = evaluate_budgets([budget(currency="EUR")], days, as_of=date(2026, 11, 5))
    assert (status.colour, status.reason) == (
        "grey",
        "charged in USD, budgeted in EUR: there is no rate to compare them",
    )


@pytest.mark.parametrize(("amount", "colour"), [("1000", "grey"), ("10", "red")])
def test_cost_in_a_second_currency_can_only_hide_something_bad(amount: str, colour: str) -> None:
    through = date(2026, 11, 10)
    euros = day_row(date(2026, 11, 5), "40", through, BillingCurrency="EUR")
    days = days_of("9", first="2026-10-20", last="2026-11-10", extra=[euros])
    [status] = evaluate_budgets([budget(amount)], days, as_of=through)
    assert status.colour == colour
    assert status.reason.endswith("40 EUR not counted, no rate")


def test_two_days_of_data_are_too_few_for_a_rate() -> None:
    days = days_of("1", first="2026-11-01", last="2026-11-02")
    [status] = evaluate_budgets([budget()], days, as_of=date(2026, 11, 2))
    assert (status.colour, status.actual, status.burn_per_day) == ("grey", 2, None)
    assert status.reason == "complete days so far: 2; a rate needs 3"


def test_a_scope_whose_source_stopped_delivering_is_grey() -> None:
    days = days_of("1", first="2026-10-20", last="2026-11-01")
    [status] = evaluate_budgets([budget()], days, as_of=date(2026, 11, 20))
    assert (status.colour, status.reason) == ("grey", "no complete day has arrived since 1 Nov 2026")


def test_the_worst_budget_comes_first_and_no_plan_gives_nothing() -> None:
    days = days_of("10", first="2026-11-01", last="2026-11-10")
    plan = [budget("900", name="fine"), budget("55", name="over"), budget("250", name="soon")]
    assert [s.budget for s in evaluate_budgets(plan, days, as_of=date(2026, 11, 10))] == ["over", "soon", "fine"]
    assert evaluate_budgets([], days, as_of=date(2026, 11, 10)) == []


def test_a_provider_chooses_budgets_and_leaves_their_amounts_whole() -> None:
    through = date(2026, 11, 5)
    google = [day_row(date(2026, 11, n), "2", through, x_Provider="gcp") for n in range(1, 6)]
    days = days_of("1", first="2026-11-01", last="2026-11-05", extra=google)
    [status] = evaluate_budgets([budget()], days, as_of=through, provider="gcp")
    assert status.actual == 15
    assert evaluate_budgets([budget()], days, as_of=through, provider="oracle") == []


def test_a_course_runs_from_known_days_into_the_rate() -> None:
    days = days_of("10", first="2026-11-01", last="2026-11-10")
    statuses = evaluate_budgets([budget("400")], days, as_of=date(2026, 11, 10))
    course = courses([budget("400")], statuses, days)
    assert course.height == 30
    assert course.filter(pl.col("day") == date(2026, 11, 10)).row(0) == ("shop", date(2026, 11, 10), 10, 100.0)
    assert course.filter(pl.col("day") == date(2026, 11, 30)).row(0) == ("shop", date(2026, 11, 30), None, 300.0)


def test_forecast_course_and_exhaustion_follow_one_rule_on_a_day_that_is_not_complete() -> None:
    through = date(2026, 11, 9)
    late = [
        day_row(date(2026, 11, 10), "500", through, ChargeCategory="Purchase", is_scheduled=True),
        day_row(date(2026, 11, 10), "4", through),
        day_row(date(2026, 11, 11), "30", through),
    ]
    days = days_of("10", first="2026-10-20", last="2026-11-09", extra=late)
    plan = [budget("640")]
    statuses = evaluate_budgets(plan, days, as_of=date(2026, 11, 11))
    # 9 x 10 = 90; the 10th 500 + max(4, 10) = 600; the 11th max(30, 10) = 630; 640 on the 12th; 19 x 10 more = 820
    assert (statuses[0].actual, statuses[0].forecast, statuses[0].exhaustion_date) == (90, 820, date(2026, 11, 12))
    course = courses(plan, statuses, days)
    totals = dict(course.select("day", "expected_total").iter_rows())
    assert [totals[date(2026, 11, n)] for n in (8, 9, 10, 11, 12, 30)] == [None, 90.0, 600.0, 630.0, 640.0, 820.0]
    assert course.filter(pl.col("day") == date(2026, 11, 10)).get_column("cost").to_list() == [504]


def test_a_rate_has_no_more_digits_than_the_lake() -> None:
    busy = [day_row(date(2026, 11, 10), "10", date(2026, 11, 10))]
    days = days_of("9", first="2026-10-20", last="2026-11-10", extra=busy)
    [status] = evaluate_budgets([budget("400")], days, as_of=date(2026, 11, 10))
    # 7 x 9 + 10 = 73 a week; 100 so far, 20 more days
    assert status.burn_per_day == Decimal("10.428571428571")
    assert status.forecast == Decimal("100") + 20 * Decimal("10.428571428571")


def test_last_months_forecast_of_the_tenth_is_measured() -> None:
    steady = days_of("10", first="2026-09-20", last="2026-10-10")
    later = days_of("11", first="2026-10-11", last="2026-11-05")
    # forecast on 10 Oct: 100 + 21 x 10 = 310; charged: 100 + 21 x 11 = 331
    assert backtest([budget()], pl.concat([steady, later]), as_of=date(2026, 11, 5), currency="USD") == (21, 331)
    assert backtest([budget()], steady, as_of=date(2026, 11, 5), currency="EUR") is None
    assert backtest([], steady, as_of=date(2026, 11, 5), currency="USD") is None


def test_the_query_gives_each_scope_of_a_charge(lake: QueriedLake) -> None:
    lake.charge("2026-11-02", 5, x_Team="shop", x_Project="cart")
    lake.charge("2026-11-03", 7)
    lake.load(2, 12, delivered_at="2026-11-20 00:00:00")
    days = lake.query("budgets_scope_days", as_of="2026-11-03")
    found = {(r["scope_type"], r["scope_value"], r["effective_cost"]) for r in days.iter_rows(named=True)}
    assert found == {
        ("team", "shop", 5),
        ("project", "cart", 5),
        ("service", "Compute", 5),
        ("service", "Compute", 7),
        ("account", "111", 5),
        ("account", "111", 7),
    }
