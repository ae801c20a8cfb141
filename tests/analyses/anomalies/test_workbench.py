"""The detector of our own, on courses that one can read."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from finops_lib.analyses.anomalies.detectors import Matrix
from finops_lib.analyses.anomalies.workbench import TOLD_FROM, Judged, judge

# A Monday; the course ends on 4 October 2026, far from the end of a year.
FIRST = date(2025, 9, 1)
DAYS = 399
WEEK = np.array([100, 102, 101, 99, 100, 40, 38], dtype=float)


def office(*, noise: float = 0.02, seed: int = 1) -> Matrix:
    """Give a service that is quieter on weekends."""
    rng = np.random.default_rng(seed)
    return WEEK[np.arange(DAYS) % 7] * (1 + rng.normal(0, noise, DAYS))


def told(judged: Judged, row: int = 0) -> list[int]:
    return [int(day) for day in np.flatnonzero(judged.confidence[row] >= TOLD_FROM)]


def alone(costs: Matrix, **options: int) -> Judged:
    return judge(costs[None, :], FIRST, **options)


def test_a_steady_week_is_silent() -> None:
    assert told(alone(office())) == []


def test_one_day_of_three_times_the_usual_is_told_and_what_was_expected_is_said() -> None:
    costs = office()
    costs[300] *= 3
    judged = alone(costs)
    assert told(judged) == [300]
    # 300 = 42 weeks and 6 days: a Sunday, of which 38 is the usual.
    assert judged.expected[0, 300] == pytest.approx(38, rel=0.1)
    assert judged.tests[0, 300] == "sudden+"


def test_a_day_is_judged_by_the_days_before_it_alone() -> None:
    costs = office()
    costs[300] *= 3
    later = costs.copy()
    later[310:] *= 7
    before, after = alone(costs, open_days=0), alone(later, open_days=0)
    np.testing.assert_allclose(before.confidence[0, :310], after.confidence[0, :310])
    cut = alone(costs[:310], open_days=0)
    np.testing.assert_allclose(before.confidence[0, :310], cut.confidence[0])


def test_a_new_level_is_told_in_its_first_fortnight_and_then_is_the_usual_one() -> None:
    costs = office()
    costs[250:] *= 1.6
    days = told(alone(costs))
    assert days[0] - 250 <= 3
    assert days[-1] - 250 <= 28


def test_a_fee_on_the_first_of_each_month_is_expected_and_a_doubled_one_is_not() -> None:
    costs = office()
    firsts = [offset for offset in range(DAYS) if (FIRST + timedelta(days=offset)).day == 1]
    costs[firsts] += 700
    # The first fees have no months before them.
    assert [day for day in told(alone(costs)) if day > 100] == []
    costs[firsts[-2]] += 900
    assert [day for day in told(alone(costs)) if day > 100] == [firsts[-2]]


def test_newest_days_that_lack_cost_are_no_drop_unless_they_are_whole() -> None:
    costs = office()
    costs[-2:] *= 0.1
    assert told(alone(costs)) == []
    assert told(alone(costs, open_days=0)) == [DAYS - 2, DAYS - 1]


def test_a_credit_that_is_half_reported_is_no_rise() -> None:
    costs = -office()
    costs[-1] *= 0.3
    assert told(alone(costs)) == []


def test_small_money_is_not_told() -> None:
    costs = office() / 100
    costs[300] *= 3
    assert told(alone(costs)) == []


def test_an_announced_change_is_silent_for_a_fortnight() -> None:
    costs = office()
    costs[250:] *= 1.6
    judged = judge(costs[None, :], FIRST, announced=[(0, FIRST + timedelta(days=250))])
    assert [day for day in told(judged) if day <= 264] == []


def test_many_small_rises_are_told_of_the_account_and_not_of_its_services() -> None:
    quiet = np.stack([office(seed=seed) for seed in range(2, 92)])
    accounts = [f"aws/{number // 9:02d}" for number in range(90)]
    quiet[:9, 250:] *= 1.18
    judged = judge(quiet, FIRST, accounts=accounts)
    account = len(quiet) + judged.accounts.index("aws/00")
    days = told(judged, account)
    assert days and 250 <= days[0] <= 264
    assert [day for row in range(9) for day in told(judged, row) if abs(day - days[0]) <= 7] == []
    assert [row for row in range(len(quiet) + 1, len(judged.confidence)) if told(judged, row)] == []


def test_what_the_whole_estate_does_at_once_is_nobodys_anomaly() -> None:
    estate = np.stack([office(seed=seed) for seed in range(2, 42)])
    estate[:, 300] *= 1.5
    assert sum(len(told(judge(estate, FIRST), row)) for row in range(40)) == 0


def test_a_service_that_begins_and_costs_is_told_once_known() -> None:
    costs = np.stack([office(), office(seed=3)])
    costs[1, :200] = 0
    judged = judge(costs, FIRST, accounts=["aws/1", "aws/1"])
    assert told(judged, 1)[0] == 200
    assert set(judged.tests[1, told(judged, 1)]) == {"new service"}


def test_order_and_company_change_nothing() -> None:
    rows = np.stack([office(seed=seed) for seed in range(2, 8)])
    rows[2, 300] *= 4
    together = judge(rows, FIRST)
    turned = judge(rows[::-1], FIRST)
    np.testing.assert_allclose(together.confidence, turned.confidence[::-1])
    np.testing.assert_allclose(together.confidence[2], alone(rows[2]).confidence[0])
