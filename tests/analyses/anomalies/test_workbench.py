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


@pytest.mark.parametrize(("rising", "is_the_accounts"), [(9, True), (1, False)])
def test_an_accounts_largest_service_hides_no_rise_of_them_all(rising: int, is_the_accounts: bool) -> None:
    # The first costs twenty times what each of the others does: of a rise of all of them it makes 20 / 28.
    quiet = np.stack([office(seed=seed) for seed in range(2, 92)])
    accounts = [f"aws/{number // 9:02d}" for number in range(90)]
    quiet[0] *= 20
    quiet[:rising, 250:] *= 1.18
    judged = judge(quiet, FIRST, accounts=accounts)
    account = len(quiet) + judged.accounts.index("aws/00")
    assert bool(told(judged, account)) is is_the_accounts


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


def estate_with_events() -> tuple[Matrix, list[str]]:
    """Give 60 services of six accounts; things happen to some of them around day 390, and all rise on day 380."""
    rows = np.stack([office(noise=0.02 + 0.002 * seed, seed=seed) for seed in range(2, 62)])
    rows[:, 380] *= 1.5
    rows[0, 394] *= 4
    rows[1, 388:] *= 1.7
    rows[2, 391:394] *= 0.1
    rows[3, :390] = 0
    rows[4, np.arange(DAYS) % 9 > 0] = 0
    rows[4, 396] = 1_500
    rows[10:20, 382:] *= 1.2
    return rows, [f"aws/{number // 10}" for number in range(60)]


@pytest.mark.parametrize("open_days", [0, 3])
def test_a_daily_run_says_of_its_days_what_the_whole_history_says(open_days: int) -> None:
    costs, accounts = estate_with_events()
    whole = judge(costs, FIRST, accounts=accounts, open_days=open_days)
    daily = judge(costs, FIRST, accounts=accounts, open_days=open_days, newest=7)
    assert daily.confidence.shape == (len(whole.confidence), 7)
    np.testing.assert_allclose(daily.confidence, whole.confidence[:, -7:], atol=1e-4)
    np.testing.assert_allclose(daily.expected, whole.expected[:, -7:], rtol=1e-4, atol=1e-4)
    assert (daily.tests == whole.tests[:, -7:]).all()
    assert len([row for row in range(len(costs)) if told(daily, row)]) >= 3


def test_a_daily_run_over_less_history_than_asked_for_judges_what_there_is() -> None:
    costs, accounts = estate_with_events()
    assert judge(costs[:, :5], FIRST, accounts=accounts, newest=7).confidence.shape[1] == 5


def test_days_far_below_are_told_even_where_a_day_often_misses_by_a_quarter() -> None:
    costs = office(noise=0.25)
    costs[300:303] *= 0.1
    assert 300 <= told(alone(costs))[0] <= 302


def test_what_was_told_of_a_few_days_is_not_told_again_of_the_week_they_were_in() -> None:
    costs = office()
    costs[300:305] *= 3
    assert max(told(alone(costs))) <= 305


def test_a_climb_of_five_weeks_is_told_before_it_ends() -> None:
    costs = office(noise=0.03)
    costs[250:] *= np.interp(np.arange(DAYS - 250), [0, 35], [1.0, 1.45])
    assert 250 <= told(alone(costs))[0] <= 288


def test_a_burst_of_a_service_that_costs_now_and_then_is_told_and_its_usual_bursts_are_not() -> None:
    costs = np.zeros(DAYS)
    # Every fifth to eleventh day, 80 to 120.
    days = np.cumsum(np.random.default_rng(5).integers(5, 12, 45))
    days = days[days < DAYS]
    costs[days] = np.random.default_rng(6).uniform(80, 120, days.size)
    assert told(alone(costs)) == []
    costs[303] += 900
    assert told(alone(costs)) == [303]


def test_a_month_end_run_is_expected_on_weekdays_though_the_last_ones_fell_on_a_weekend() -> None:
    costs = office()
    for offset in range(DAYS):
        # Three times the usual on the last two days of each month; a weekend's usual is 40 of 100.
        if (FIRST + timedelta(days=offset + 2)).day <= 2:
            costs[offset] *= 3
    assert [day for day in told(alone(costs)) if day > 100] == []
