"""The share of an amount that is planned by a day: domain.md's acceptance vector 14, fees and phases."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analyses.budgets import evaluate_budgets
from finops_lib.analyses.budgets.calendar import Phase
from finops_lib.analyses.budgets.shares import expected_share
from finops_lib.plans import CASH
from tests.analyses.budgets.conftest import Weekly, budget, day_row, frame

NOVEMBER = Phase(date(2026, 11, 1), date(2026, 12, 1), Decimal(10_000))
QUIET_WEEKENDS = (1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5)
EVEN = (1.0,) * 7


def test_quiet_weekends_leave_more_for_the_weekdays() -> None:
    share = expected_share([NOVEMBER], through=date(2026, 11, 21), weights=QUIET_WEEKENDS, calendar={})
    # 15 weekdays and 6 days of weekends so far = 18; 21 and 9 in all = 25.5
    assert share == pytest.approx(18 / 25.5)
    assert round(share, 4) == 0.7059
    assert round(0.76 / share, 4) == 1.0767
    linear = expected_share([NOVEMBER], through=date(2026, 11, 21), weights=EVEN, calendar={})
    assert round(0.76 / linear, 4) == 1.0857


def test_a_status_finds_the_weights_in_the_last_eight_weeks() -> None:
    through = date(2026, 11, 21)
    # 7,600 in 18 weights, a weight of the weeks before the same
    unit = Decimal(7600) / 18
    rows = [
        day_row(day, (unit / 2 if day.weekday() >= 5 else unit).quantize(Decimal("1e-12")), through)
        for day in (through - timedelta(days=n) for n in range(70))
    ]
    [status] = evaluate_budgets([budget("10000", profile="weekday")], frame(rows), as_of=through, forecaster=Weekly())
    assert round(status.actual, 6) == 7600
    assert status.burn_multiple is not None
    assert round(status.burn_multiple, 4) == 1.0767


def test_fees_are_planned_on_their_days() -> None:
    fees = {date(2026, 11, 1): 4000.0, date(2026, 11, 28): 1000.0}
    share = expected_share([NOVEMBER], through=date(2026, 11, 3), weights=EVEN, calendar=fees)
    # 4,000 and a tenth of the 5,000 that are left for use
    assert share == pytest.approx(0.45)


def test_a_credit_on_an_incomplete_day_does_not_move_the_plan() -> None:
    through = date(2026, 11, 10)
    rows = [day_row(date(2026, 10, n), "10", through) for n in range(1, 32)]
    rows += [day_row(date(2026, 11, n), "10", through) for n in range(1, 11)]
    credit = day_row(date(2026, 11, 11), "-50", through, charge_class="credit", frequency="recurring")
    plan = [budget("250", profile="weekday", counts=CASH)]
    known = {"as_of": date(2026, 11, 11), "forecaster": Weekly()}
    before, after = (evaluate_budgets(plan, frame(held), **known) for held in (rows, [*rows, credit]))
    assert before[0].burn_multiple == after[0].burn_multiple == pytest.approx(100 / 250 * 3)


def test_fees_beyond_the_amount_are_all_the_plan_there_is() -> None:
    fees = {date(2026, 11, 1): 15_000.0, date(2026, 11, 28): 5_000.0}
    assert expected_share([NOVEMBER], through=date(2026, 11, 3), weights=EVEN, calendar=fees) == pytest.approx(0.75)


def test_each_phase_is_used_up_in_its_own_days() -> None:
    december = Phase(date(2026, 12, 1), date(2027, 1, 1), Decimal(30_000))
    share = expected_share([NOVEMBER, december], through=date(2026, 12, 1), weights=EVEN, calendar={})
    # all of 10,000 and one of 31 days of 30,000
    assert share == pytest.approx((10_000 + 30_000 / 31) / 40_000)


@given(
    weights=st.tuples(*[st.floats(0.01, 100)] * 7),
    fees=st.dictionaries(st.dates(NOVEMBER.start, date(2026, 11, 30)), st.floats(0, 20_000), max_size=4),
)
def test_the_share_grows_from_day_to_day_to_the_whole(weights: tuple[float, ...], fees: dict[date, float]) -> None:
    shares = [
        expected_share([NOVEMBER], through=date(2026, 11, day), weights=weights, calendar=fees) for day in range(1, 31)
    ]
    assert all(share <= following + 1e-9 for share, following in pairwise(shares))
    assert shares[-1] == 1.0
