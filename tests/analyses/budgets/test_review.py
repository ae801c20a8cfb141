"""Budgets: each expected number is worked out by hand beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from finops_lib.analyses.budgets import Past, backtest, courses, evaluate_budgets, history, review_budgets
from finops_lib.findings import BudgetStatus
from finops_lib.plans import CASH, Budget
from tests.analyses.budgets.conftest import Steady, Weekly, budget, day_row, days_of, fee_row, frame

SURE = Weekly()
NOV_10 = date(2026, 11, 10)


def evaluate(plan: list[Budget], days: pl.DataFrame, *, as_of: date, **values: Any) -> list[BudgetStatus]:
    return evaluate_budgets(plan, days, as_of=as_of, forecaster=values.pop("forecaster", SURE), **values)


def test_a_steady_budget_ends_where_its_rate_leads() -> None:
    days = days_of("9", first="2026-10-20", last="2026-11-10")
    [status] = evaluate([budget("300")], days, as_of=date(2026, 11, 10))
    # 10 days x 9 = 90; 20 more days at 9 = 180; 270 of 300; 210 left for 20 days
    assert (status.actual, status.burn_per_day, status.burn_mtd, status.forecast) == (90, 9, 9, 270)
    assert (status.burn_required, status.burn_multiple) == (Decimal("10.5"), pytest.approx(0.9))
    assert (status.colour, status.standing, status.on_track, status.exhaustion_date) == (
        "green",
        "on_track",
        True,
        None,
    )
    assert (status.p_exceed, status.reason) == (0.0, "30 USD below by the end")
    assert status.method == "steady"


def test_a_rate_that_leads_beyond_the_amount_names_the_day_it_is_used_up() -> None:
    days = days_of("10", first="2026-10-20", last="2026-11-10")
    [status] = evaluate([budget("250")], days, as_of=date(2026, 11, 10))
    # 100 so far, 10 a day: 250 is reached on the 25th; 300 by the end
    assert (status.colour, status.standing, status.exhaustion_date) == ("orange", "off_track", date(2026, 11, 25))
    assert (status.forecast, status.p_exceed) == (300, 1.0)
    assert status.reason == "50 USD over by the end, used up on 25 Nov"


def test_possible_courses_give_early_likely_and_late_dates() -> None:
    days = days_of("10", first="2026-10-20", last="2026-11-10")
    doubtful = Weekly(factors=(0.5, 1.0, 2.0, 1.0, 1.0))
    [status] = evaluate([budget("290")], days, as_of=date(2026, 11, 10), forecaster=doubtful)
    # 190 left: at 20 a day on the 10th day from now, at 10 on the 19th, at 5 not before the end
    assert (status.exhaustion_p10, status.exhaustion_date) == (date(2026, 11, 20), date(2026, 11, 29))
    assert (status.exhaustion_p90, status.p_exceed) == (None, 0.8)
    # 100 + 20 x 5, 10, 20
    assert (status.forecast_p10, status.forecast_p50, status.forecast_p90) == (200, 300, 500)


def test_what_may_break_but_probably_will_not_is_yellow() -> None:
    days = days_of("10", first="2026-10-20", last="2026-11-10")
    doubtful = Weekly(factors=(1.0, 1.0, 1.0, 1.0, 2.0))
    [status] = evaluate([budget("400")], days, as_of=date(2026, 11, 10), forecaster=doubtful)
    assert (status.standing, status.colour, status.p_exceed) == ("at_risk", "yellow", 0.2)
    assert status.reason == "100 USD below by the end is likely, 100 USD over is possible"


def test_money_that_will_be_left_is_said_to_be() -> None:
    days = days_of("1", first="2026-10-20", last="2026-11-10")
    [status] = evaluate([budget("300")], days, as_of=date(2026, 11, 10))
    assert (status.standing, status.colour) == ("under", "green")
    assert status.reason == "10 % of the budget will be used: 270 USD below by the end"


def test_an_exceeded_budget_names_the_first_day_over() -> None:
    days = days_of("10", first="2026-11-01", last="2026-11-10")
    [status] = evaluate([budget("55")], days, as_of=date(2026, 11, 10))
    assert (status.colour, status.exhaustion_p10, status.exhaustion_date) == ("red", *[date(2026, 11, 6)] * 2)
    assert (status.reason, status.p_exceed) == ("45 USD over since 6 Nov, 182 % spent", 1.0)


def test_a_credit_after_the_crossing_does_not_move_the_day_of_it() -> None:
    through = date(2026, 11, 10)
    credit = day_row(date(2026, 11, 9), "-60", through, charge_class="credit", frequency="one_time")
    days = days_of("10", first="2026-11-01", last="2026-11-10", extra=[credit])
    [status] = evaluate([budget("55", counts=CASH)], days, as_of=through)
    # 60 on the 6th; 100 - 60 = 40 now, and 20 more days at 10
    assert (status.actual, status.before_credits, status.exhaustion_date) == (40, 100, date(2026, 11, 6))
    assert (status.standing, status.forecast) == ("off_track", 240)


def test_a_fee_of_the_first_day_is_counted_and_not_extrapolated() -> None:
    through = date(2026, 11, 7)
    days = days_of("1", first="2026-11-01", last="2026-11-07", extra=[fee_row(date(2026, 11, 1), "100", through)])
    [status] = evaluate([budget("200")], days, as_of=through)
    # 7 + 100 so far, 23 more days at 1 = 130; a month-to-date line would say 459
    assert (status.actual, status.burn_per_day, status.forecast) == (107, 1, 130)


def test_a_fee_is_no_pace() -> None:
    through = date(2026, 11, 3)
    days = days_of("10", first="2026-10-20", last="2026-11-03", extra=[fee_row(date(2026, 11, 1), "500", through)])
    [status] = evaluate([budget("1000", profile="weekday")], days, as_of=through)
    # 530 of 1,000 by the 3rd; planned: 500 and a tenth of the 500 that are left = 550; 27 more days at 10 = 800
    assert status.burn_multiple == pytest.approx(530 / 550)
    assert (status.colour, status.forecast) == ("green", 800)


def test_tax_and_credits_count_for_cash_only() -> None:
    through = date(2026, 11, 3)
    extra = [
        day_row(date(2026, 11, 1), "5", through, charge_class="tax", frequency="one_time"),
        day_row(date(2026, 11, 2), "-2", through, charge_class="credit", frequency="one_time"),
    ]
    days = days_of("1", first="2026-11-01", last="2026-11-03", extra=extra)
    plan = [budget("90"), budget("90", name="cash", cost="billed", counts=CASH)]
    found = {s.budget: (s.actual, s.before_credits) for s in evaluate(plan, days, as_of=through)}
    assert found == {"shop": (3, 3), "cash": (6, 8)}


def test_a_correction_of_an_earlier_month_is_paid_now_and_used_then() -> None:
    through = date(2026, 11, 3)
    correction = day_row(date(2026, 10, 5), "7", through, billed_day=date(2026, 11, 1), is_prior_correction=True)
    days = days_of("1", first="2026-11-01", last="2026-11-03", extra=[correction])
    plan = [budget("90"), budget("90", name="cash", cost="billed", counts=CASH)]
    found = {s.budget: (s.actual, s.prior_period) for s in evaluate(plan, days, as_of=through)}
    assert found == {"shop": (3, 7), "cash": (10, 0)}


@pytest.mark.parametrize(("tail", "colour"), [("0.1", "green"), ("10", "green"), ("-80", "green"), ("500", "red")])
def test_an_incomplete_day_never_makes_a_budget_greener(tail: str, colour: str) -> None:
    through = date(2026, 11, 9)
    late = day_row(date(2026, 11, 10), tail, through)
    days = days_of("9", first="2026-10-20", last="2026-11-09", extra=[late])
    [status] = evaluate([budget("300")], days, as_of=date(2026, 11, 10))
    assert status.colour == colour
    # 9 complete days x 9; the tenth counts max(what is known, the rate of 9)
    assert (status.actual, status.actual_known) == (81, 81 + Decimal(tail))
    assert status.forecast == 81 + max(Decimal(tail), Decimal(9)) + 20 * 9
    assert status.data_through == through


def test_far_ahead_of_plan_but_slowing_is_yellow() -> None:
    busy = [day_row(date(2026, 11, n), "30", date(2026, 11, 10)) for n in range(1, 4)]
    days = days_of("1", first="2026-11-04", last="2026-11-10", extra=busy)
    [status] = evaluate([budget("140")], days, as_of=date(2026, 11, 10))
    # 97 of 140 after a third of the month = 2.08; 20 more days at 1 = 117
    assert (status.colour, status.forecast) == ("yellow", 117)
    assert status.reason == "108 % ahead of plan, but 23 USD below by the end"


@pytest.mark.parametrize(
    ("amount", "colour"), [("200", "green"), ("125", "yellow"), ("100", "orange"), ("83", "red"), ("84", "orange")]
)
def test_by_static_thresholds_the_colour_is_what_is_spent(amount: str, colour: str) -> None:
    days = days_of("10", first="2026-10-20", last="2026-11-10")
    [status] = evaluate([budget(amount, colour_by="static")], days, as_of=date(2026, 11, 10))
    # 100 spent: 50, 80, 100, 120.5 and 119 % of the amount
    assert status.colour == colour


def test_a_scope_that_no_charge_has_is_grey_with_the_reason() -> None:
    days = days_of("1", first="2026-11-01", last="2026-11-05")
    [status] = evaluate([budget(scope="team = 'nobody'")], days, as_of=date(2026, 11, 5))
    assert (status.colour, status.standing, status.forecast, status.on_track) == ("grey", "undefined", None, False)
    assert status.reason == "no charge is in its scope, team = 'nobody': check scope and tags"


def test_a_budget_of_nothing_breaks_with_the_first_cost() -> None:
    days = days_of("0.25", first="2026-11-01", last="2026-11-04")
    [status] = evaluate([budget("0")], days, as_of=date(2026, 11, 4))
    assert (status.standing, status.reason) == ("exceeded", "nothing is allowed, and 1 USD was spent")
    assert (status.exhaustion_date, status.burn_multiple) == (None, None)
    [quiet] = evaluate([budget("0")], days_of("0", first="2026-11-01", last="2026-11-04"), as_of=date(2026, 11, 4))
    assert (quiet.standing, quiet.colour, quiet.burn_multiple) == ("on_track", "green", None)
    [unseen] = evaluate([budget("0", scope="service = 'GPU'")], days, as_of=date(2026, 11, 4))
    assert (unseen.standing, unseen.reason) == ("on_track", "nothing is allowed, and nothing was spent")


def test_a_scope_that_gets_money_back_has_no_share() -> None:
    days = days_of("-10", first="2026-11-01", last="2026-11-10")
    [status] = evaluate([budget("55")], days, as_of=date(2026, 11, 10))
    assert (status.standing, status.burn_multiple) == ("undefined", None)
    assert status.reason == "credits and refunds exceed cost by 100 USD: there is no share to speak of"


def test_a_month_without_a_complete_day_is_not_judged_unless_it_is_over_already() -> None:
    days = days_of("9", first="2026-10-01", last="2026-11-01", through="2026-10-31")
    plan = [budget("300"), budget("5", name="tiny")]
    over, open_ = evaluate(plan, days, as_of=date(2026, 11, 1))
    assert (open_.standing, open_.reason) == ("undefined", "Nov 2026 has no complete day yet")
    assert (over.standing, over.actual, over.actual_known) == ("exceeded", 0, 9)
    assert (over.exhaustion_date, over.p_exceed, over.forecast) == (date(2026, 11, 1), 1.0, None)
    assert open_.data_through == date(2026, 10, 31)


def test_what_the_forecaster_cannot_tell_is_not_made_up() -> None:
    days = days_of("9", first="2026-10-20", last="2026-11-10")
    [status] = evaluate([budget()], days, as_of=date(2026, 11, 10), forecaster=Weekly(factors=(float("nan"),)))
    assert (status.standing, status.actual, status.forecast, status.p_exceed) == ("undefined", 90, None, None)
    assert status.reason == "too little is known for a forecast"


def test_two_days_of_data_are_too_few_for_a_forecast() -> None:
    days = days_of("1", first="2026-11-01", last="2026-11-02")
    [status] = evaluate([budget()], days, as_of=date(2026, 11, 2))
    assert (status.colour, status.actual, status.burn_per_day, status.forecast) == ("grey", 2, None, None)
    assert status.reason == "complete days so far: 2; a forecast needs 3"


def test_a_scope_whose_source_stopped_delivering_is_grey() -> None:
    days = days_of("1", first="2026-10-20", last="2026-11-01")
    [status] = evaluate([budget()], days, as_of=date(2026, 11, 20))
    assert (status.colour, status.standing) == ("grey", "stale")
    assert status.reason == "no complete day has arrived since 1 Nov 2026"


def test_one_silent_source_of_two_is_enough_for_grey_and_what_is_over_stays_red() -> None:
    google = [day_row(date(2026, 11, n), "2", date(2026, 11, 4), x_Provider="gcp", is_stale=True) for n in range(1, 5)]
    days = days_of("9", first="2026-10-20", last="2026-11-10", extra=google)
    over, quiet = evaluate([budget("900"), budget("50", name="over")], days, as_of=date(2026, 11, 10))
    assert (quiet.standing, quiet.colour, quiet.actual) == ("stale", "grey", 9 * 4 + 8)
    assert (over.colour, over.reason) == (
        "red",
        "48 USD over since 5 Nov, 196 % spent; no complete day has arrived since 4 Nov 2026",
    )


class Refusing(Weekly):
    """A forecaster that must not be asked."""

    def __call__(self, past: Past, *, days: int) -> Steady:
        raise AssertionError(f"asked of {past.series}")


def look_again(
    plan: list[Budget], days: pl.DataFrame, said: dict[str, BudgetStatus], forecaster: Weekly = SURE
) -> dict[str, BudgetStatus]:
    found = review_budgets(plan, days, as_of=NOV_10, forecaster=forecaster, said=said)
    return {one.budget.name: one.status for one in found}


def test_a_status_holds_until_data_or_budget_change_and_nothing_is_forecast_meanwhile() -> None:
    days = days_of("9", first="2026-10-20", last="2026-11-10")
    plan = [budget("300"), budget("250", name="other")]
    said = look_again(plan, days, {})
    assert look_again(plan, days, said, Refusing()) == said
    # A budget that was amended is asked for by itself, even if to the same words; so is one whose days have changed.
    amended = [replace(plan[0], version=2), plan[1]]
    with pytest.raises(AssertionError, match=r"asked of \('shop',\)"):
        look_again(amended, days, said, Refusing())
    grown = days_of("9", first="2026-10-20", last="2026-11-10", extra=[day_row(date(2026, 11, 10), "1", NOV_10)])
    with pytest.raises(AssertionError, match="asked of"):
        look_again(plan, grown, said, Refusing())


def test_a_status_holds_no_longer_than_its_sources_speak() -> None:
    days = days_of("9", first="2026-10-20", last="2026-11-10")
    said = look_again([budget()], days, {})
    silent = days.with_columns(is_stale=pl.lit(value=True))
    grey = look_again([budget()], silent, said)["shop"]
    # The same data, so the same watermark; but who was expected to deliver has not.
    assert (grey.standing, grey.watermark) == ("stale", said["shop"].watermark)
    assert look_again([budget()], days, {"shop": grey}) == said


def test_the_slowest_source_says_how_far_the_sum_is_whole() -> None:
    google = [day_row(date(2026, 11, n), "2", date(2026, 11, 8), x_Provider="gcp") for n in range(1, 11)]
    days = days_of("9", first="2026-11-01", last="2026-11-10", extra=google)
    [status] = evaluate([budget()], days, as_of=date(2026, 11, 10))
    # 8 days x 11; the 9th and 10th are known to be 11 each
    assert (status.data_through, status.actual, status.actual_known) == (date(2026, 11, 8), 88, 110)


def test_the_worst_budget_comes_first_and_no_plan_gives_nothing() -> None:
    days = days_of("10", first="2026-11-01", last="2026-11-10")
    plan = [budget("900", name="fine"), budget("55", name="over"), budget("250", name="soon")]
    assert [s.budget for s in evaluate(plan, days, as_of=date(2026, 11, 10))] == ["over", "soon", "fine"]
    assert evaluate([], days, as_of=date(2026, 11, 10)) == []


def test_a_provider_chooses_budgets_and_leaves_their_amounts_whole() -> None:
    through = date(2026, 11, 5)
    google = [day_row(date(2026, 11, n), "2", through, x_Provider="gcp") for n in range(1, 6)]
    days = days_of("1", first="2026-11-01", last="2026-11-05", extra=google)
    [status] = evaluate([budget()], days, as_of=through, provider="gcp")
    assert status.actual == 15
    assert evaluate([budget()], days, as_of=through, provider="oracle") == []


def test_a_budget_made_in_the_middle_counts_from_the_start_and_says_so() -> None:
    days = days_of("9", first="2026-10-20", last="2026-11-10")
    [status] = evaluate([budget("300", valid_from=date(2026, 11, 6))], days, as_of=date(2026, 11, 10))
    assert status.actual == 90
    assert status.reason == "30 USD below by the end; made on 6 Nov, it counts from 1 Nov"
    assert evaluate([budget(valid_from=date(2026, 11, 11))], days, as_of=date(2026, 11, 10)) == []
    assert evaluate([budget(valid_to=date(2026, 11, 10))], days, as_of=date(2026, 11, 10)) == []


def test_commitments_paid_in_advance_have_to_be_accepted() -> None:
    through = date(2026, 11, 3)
    upfront = day_row(date(2026, 11, 1), "80", through, charge_class="commitment_purchase", frequency="one_time")
    days = days_of("1", first="2026-11-01", last="2026-11-03", extra=[upfront])
    cash = budget("90", cost="billed", counts=CASH)
    [refused] = evaluate([cash], days, as_of=through)
    assert (refused.standing, refused.reason) == (
        "undefined",
        "80 USD were paid in advance, which uses up a budget in one day: accept it (accepts_upfront: true), "
        "or leave commitment_purchase out of counts",
    )
    [accepted] = evaluate([budget("90", cost="billed", counts=CASH, accepts_upfront=True)], days, as_of=through)
    # 80 + 3, and 27 more days at 1
    assert (accepted.actual, accepted.forecast) == (83, 110)


def test_a_quarter_is_judged_by_its_phases() -> None:
    days = days_of("10", first="2026-10-01", last="2026-11-15")
    phased = budget("1000", period="quarterly", phased_amounts=(Decimal(310), Decimal(300), Decimal(390)))
    [status] = evaluate([phased], days, as_of=date(2026, 11, 15))
    # October's 310 and half of November's 300 = 460 planned, 46 x 10 spent; 92 x 10 by the end
    assert (status.period_start, status.period_end) == (date(2026, 10, 1), date(2027, 1, 1))
    assert (status.amount, status.actual, status.forecast) == (1000, 460, 920)
    assert status.burn_multiple == pytest.approx(1.0)


def test_a_calendar_without_a_period_for_the_day_is_said_to_have_none() -> None:
    from finops_lib.plans import Calendar

    days = days_of("10", first="2026-11-01", last="2026-11-10")
    old = budget(period="custom", calendar=Calendar(boundaries=(date(2026, 1, 5), date(2026, 2, 2))))
    [status] = evaluate([old], days, as_of=date(2026, 11, 10))
    assert status.reason == "its calendar has no period for 10 Nov 2026: add boundaries"


def test_a_course_runs_from_known_days_into_the_fan() -> None:
    days = days_of("10", first="2026-11-01", last="2026-11-10")
    doubtful = Weekly(factors=(0.5, 1.0, 2.0))
    course = courses(review_budgets([budget("400")], days, as_of=date(2026, 11, 10), forecaster=doubtful))
    assert course.height == 30
    at = {row["day"].day: row for row in course.iter_rows(named=True)}
    assert at[9]["expected_total"] is None
    assert (at[10]["cost"], at[10]["low_total"], at[10]["expected_total"], at[10]["high_total"]) == (10, 100, 100, 100)
    # 100 + 20 x 5, 10, 20
    assert (at[30]["cost"], at[30]["low_total"], at[30]["expected_total"], at[30]["high_total"]) == (
        None,
        200,
        300,
        500,
    )


def test_forecast_course_and_exhaustion_follow_one_rule_on_days_that_are_not_complete() -> None:
    through = date(2026, 11, 9)
    late = [
        day_row(date(2026, 11, 10), "500", through, charge_class="purchase", frequency="one_time"),
        day_row(date(2026, 11, 10), "4", through),
        day_row(date(2026, 11, 11), "30", through),
    ]
    days = days_of("10", first="2026-10-20", last="2026-11-09", extra=late)
    [found] = review_budgets([budget("640")], days, as_of=date(2026, 11, 11), forecaster=SURE)
    # 9 x 10 = 90; the 10th 500 + max(4, 10) = 600; the 11th max(30, 10) = 630; 640 on the 12th; 19 x 10 more = 820
    assert (found.status.actual, found.status.forecast) == (90, 820)
    assert found.status.exhaustion_date == date(2026, 11, 12)
    totals = dict(courses([found]).select("day", "expected_total").iter_rows())
    assert [totals[date(2026, 11, n)] for n in (8, 9, 10, 11, 12, 30)] == [None, 90.0, 600.0, 630.0, 640.0, 820.0]
    assert courses([found]).filter(pl.col("day") == date(2026, 11, 10)).get_column("cost").to_list() == [504]


def test_a_rate_has_no_more_digits_than_the_lake() -> None:
    busy = [day_row(date(2026, 11, 10), "10", date(2026, 11, 10))]
    days = days_of("9", first="2026-10-20", last="2026-11-10", extra=busy)
    [status] = evaluate([budget("400")], days, as_of=date(2026, 11, 10))
    # 7 x 9 + 10 = 73 a week
    assert status.burn_per_day == Decimal("10.428571428571")


def test_statuses_are_laid_out_in_the_order_of_their_days() -> None:
    days = days_of("10", first="2026-10-20", last="2026-11-10")
    later, earlier = (evaluate([budget()], days, as_of=date(2026, 11, n))[0] for n in (10, 5))
    rows = history([later, earlier])
    assert rows.get_column("data_through").to_list() == [date(2026, 11, 5), date(2026, 11, 10)]
    assert rows.get_column("actual").to_list() == [50, 100]
    assert history([]).is_empty()


def test_last_months_forecast_of_the_tenth_is_measured() -> None:
    steady = days_of("10", first="2026-09-20", last="2026-10-10", through="2026-11-05")
    later = days_of("11", first="2026-10-11", last="2026-11-05")
    known = {"as_of": date(2026, 11, 5), "forecaster": SURE}
    # forecast on 10 Oct: 100 + 21 x 10 = 310; charged: 100 + 21 x 11 = 331
    assert backtest([budget()], pl.concat([steady, later]), currency="USD", **known) == (21, 331)
    assert backtest([budget()], steady, currency="EUR", **known) is None
    assert backtest([], steady, currency="USD", **known) is None


def test_days_of_a_month_that_is_over_leave_nothing_to_expect() -> None:
    days = days_of("10", first="2026-10-20", last="2026-11-30")
    [status] = evaluate([budget("301")], days, as_of=date(2026, 11, 30))
    assert (status.forecast_p10, status.forecast_p50, status.forecast_p90, status.actual) == (300, 300, 300, 300)
    assert (status.p_exceed, status.burn_required, status.exhaustion_date) == (0.0, None, None)


def test_an_empty_frame_is_no_error() -> None:
    [status] = evaluate([budget()], frame([]), as_of=date(2026, 11, 30))
    assert status.standing == "undefined"
    assert timedelta(0) == status.period_end - date(2026, 12, 1)
