"""What holds for any costs: news of an incomplete day never helps, silence never helps, and parts are the whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analyses.budgets import courses, review_budgets
from finops_lib.analyses.budgets.review import Reviewed
from finops_lib.plans import ACCRUAL, CASH, Budget
from tests.analyses.budgets.conftest import Weekly, budget, day_row, frame
from tests.analyses.budgets.run_rate import run_rate

FIRST, THROUGH, AS_OF = date(2026, 10, 10), date(2026, 11, 12), date(2026, 11, 15)
# From bad to good; grey is not known, which is no good news.
GOODNESS = {"red": 0, "orange": 1, "yellow": 2, "grey": 3, "green": 4}
COSTS = st.decimals(-1000, 1000, places=4)
CLASSES = st.sampled_from(
    ["usage", "purchase", "commitment_purchase", "tax", "credit", "adjustment", "unused_commitment"]
)
FREQUENCIES = st.sampled_from(["usage", "recurring", "one_time"])


def rows_between(first: date, last: date, least: int, most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    row = st.builds(
        lambda day, cost, charge_class, frequency, prior: day_row(
            day,
            cost,
            THROUGH,
            charge_class=charge_class,
            frequency=frequency,
            is_prior_correction=prior,
            billed_cost=cost * 2,
        ),
        st.dates(first, last),
        COSTS,
        CLASSES,
        FREQUENCIES,
        st.booleans(),
    )
    return st.lists(row, min_size=least, max_size=most)


BUDGETS = st.builds(
    lambda amount, cost, colour_by, profile: budget(
        str(amount),
        name="any",
        cost=cost,
        counts=CASH if cost == "billed" else ACCRUAL,
        colour_by=colour_by,
        profile=profile,
        accepts_upfront=True,
    ),
    st.decimals(0, 20_000, places=2),
    st.sampled_from(["billed", "effective"]),
    st.sampled_from(["pace", "static"]),
    st.sampled_from(["weekday", "even"]),
)
SURE = Weekly(factors=(0.7, 1.0, 1.0, 1.4))


def review(plan: Budget, rows: list[dict[str, Any]]) -> Reviewed:
    [found] = review_budgets([replace(plan)], frame(rows), as_of=AS_OF, forecaster=SURE)
    return found


@settings(max_examples=150, deadline=None)
@given(
    plan=BUDGETS, known=rows_between(FIRST, AS_OF, 3, 25), late=rows_between(THROUGH + timedelta(days=1), AS_OF, 1, 4)
)
def test_news_of_an_incomplete_day_never_makes_a_budget_greener(
    plan: Budget, known: list[dict[str, Any]], late: list[dict[str, Any]]
) -> None:
    known = [row for row in known if row["day"] <= THROUGH] or [day_row(THROUGH, "1", THROUGH)]
    before, after = review(plan, known).status, review(plan, known + late).status
    assert GOODNESS[after.colour] <= GOODNESS[before.colour], (before.reason, after.reason)
    assert after.actual == before.actual


@settings(max_examples=100, deadline=None)
@given(plan=BUDGETS, known=rows_between(FIRST, AS_OF, 1, 25))
def test_silence_of_a_source_turns_what_is_not_over_grey(plan: Budget, known: list[dict[str, Any]]) -> None:
    silent = review(plan, [{**row, "is_stale": True} for row in known]).status
    assert silent.colour == "grey" or silent.standing == "exceeded"


@settings(max_examples=150, deadline=None)
@given(plan=BUDGETS, known=rows_between(FIRST, AS_OF, 1, 30))
def test_the_days_of_the_parts_add_up_to_the_whole(plan: Budget, known: list[dict[str, Any]]) -> None:
    found = review(plan, known)
    parts = [replace(plan, name=name, counts=(name,)) for name in plan.counts]
    by_part = review_budgets(parts, frame(known), as_of=AS_OF, forecaster=SURE)
    status = found.status
    assert sum((part.status.actual for part in by_part), Decimal(0)) == status.actual
    assert sum((part.status.actual_known for part in by_part), Decimal(0)) == status.actual_known
    assert sum((part.status.prior_period for part in by_part), Decimal(0)) == status.prior_period
    days = courses([found]).get_column("cost").to_list()
    assert sum((cost for cost in days if cost is not None), Decimal(0)) == status.actual_known
    # and all of it is what the rows say
    month = [row for row in known if row["day"].month == 11 and row["charge_class"] in plan.counts]
    kept = [row for row in month if plan.cost == "billed" or not row["is_prior_correction"]]
    assert sum((row[f"{plan.cost}_cost"] for row in kept), Decimal(0)) == status.actual_known


@settings(max_examples=100, deadline=None)
@given(plan=BUDGETS, known=rows_between(FIRST, AS_OF, 1, 30))
def test_low_middle_and_high_stand_in_order_and_so_do_the_dates(plan: Budget, known: list[dict[str, Any]]) -> None:
    [found] = review_budgets([plan], frame(known), as_of=AS_OF, forecaster=run_rate)
    status = found.status
    if status.forecast_p10 is not None:
        assert status.forecast_p50 is not None
        assert status.forecast_p90 is not None
        assert status.forecast_p10 <= status.forecast_p50 <= status.forecast_p90
    dates = [day or date.max for day in (status.exhaustion_p10, status.exhaustion_date, status.exhaustion_p90)]
    assert dates == sorted(dates)
    assert status.p_exceed is None or 0 <= status.p_exceed <= 1
