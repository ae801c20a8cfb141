"""What is left for a new commitment, and what if usage falls?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analyses.commitments.ladder import ladder, next_tranche
from finops_lib.analyses.commitments.limits import coverage_cap, utilisation_cap
from finops_lib.analyses.commitments.optimum import cost_line, quantile_level
from finops_lib.analyses.commitments.scenarios import (
    Scenario,
    hourly_saving,
    low_weekly_saving,
    recency_weights,
    regret,
    residual,
)
from finops_lib.analyses.commitments.waterfall import Commitment, Usage, simulate
from finops_lib.errors import ConfigError

CERTAIN = (Scenario("as it was", 1.0),)


def pool(*hours: float) -> Usage:
    return Usage(("m5",), ("111",), np.array([hours], dtype=float))


def test_recent_hours_count_twice_and_a_look_back_stays_as_long_as_it_is() -> None:
    # Of 4 hours the last 2 count twice: 1, 1, 2, 2, scaled to a sum of 4.
    assert recency_weights(4, recent_hours=2) == pytest.approx(np.array([4, 4, 8, 8]) / 6)
    assert recency_weights(2, recent_hours=5).tolist() == [1, 1]


def test_the_optimum_is_of_what_existing_commitments_leave() -> None:
    # 7 at 0.7 cover 10 of every hour: 0, 2 and 5 are left, not 12 - 10 on average.
    existing = Commitment("sp", "compute-plan", "111", 7, {"m5": 0.7})
    left = residual(pool(8, 12, 15), [existing], np.ones(3), CERTAIN)
    assert left.of(["m5"])[0] == pytest.approx([0, 2, 5])
    assert quantile_level(left.of(["m5"])[0], 0.5, left.weights) == pytest.approx(2)


def test_less_usage_is_left_where_existing_commitments_pay_for_the_same() -> None:
    # A fifth less of 15 is 12, of which 10 are covered: 2 are left, not a fifth less of 5.
    existing = Commitment("sp", "compute-plan", "111", 7, {"m5": 0.7})
    futures = (Scenario("as it was", 0.75), Scenario("a fifth less", 0.25, usage_left=0.8))
    left = residual(pool(15), [existing], np.ones(1), futures)
    assert left.on_demand[0] == pytest.approx([5, 2])
    assert left.weights == pytest.approx([0.75, 0.25])


def test_an_unlikely_fall_lowers_the_optimum_only_when_it_is_likely_enough() -> None:
    hours = pool(*[10] * 100)
    for probability, level in ((0.2, 10), (0.5, 5)):
        futures = (Scenario("stays", 1 - probability), Scenario("halves", probability, usage_left=0.5))
        left = residual(hours, [], np.ones(100), futures)
        # At a discount of 40 % a unit must be used in 60 % of the hours.
        assert quantile_level(left.on_demand[0], 0.4, left.weights) == level


def test_a_planned_change_is_of_one_item() -> None:
    usage = Usage(("m5", "c5"), ("1", "1"), np.array([[10.0], [10.0]]))
    moves = (Scenario("moves", 1.0, items={"c5": 0.0}),)
    assert residual(usage, [], np.ones(1), moves).on_demand[:, 0].tolist() == [10, 0]


def test_scenarios_that_are_not_certain_together_are_refused() -> None:
    with pytest.raises(ConfigError, match="stays do not add up"):
        residual(pool(1), [], np.ones(1), [Scenario("stays", 0.5)])


def test_regret_is_what_a_better_level_would_have_cost_less() -> None:
    # 10 in every hour at 60 %: 6 promised. At 70 % of the usage 7 are used: 6 paid instead of 4.2.
    fallen = residual(pool(10, 10), [], np.ones(2), [Scenario("less", 1.0, usage_left=0.7)])
    line = cost_line(fallen.of(["m5"]), np.array([0.6]), fallen.weights)
    assert regret(line, 6.0) == pytest.approx(2 * (6 - 4.2))
    assert regret(line, line.optimum) == 0


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30), st.integers(0, 40), st.sampled_from([0.3, 0.6, 0.9]))
def test_the_hours_of_a_level_save_what_the_line_says(usage: list[int], level: int, rate: float) -> None:
    hours = pool(*usage)
    saved = hourly_saving(hours, [], [Commitment("new", "compute-plan", "111", level, {"m5": rate})], CERTAIN)
    assert saved.sum() == pytest.approx(cost_line(hours.on_demand, np.array([rate])).saving_at(level), abs=1e-6)


def test_what_a_new_commitment_takes_from_an_existing_one_is_not_saved() -> None:
    # The plan covers all 10 for 7; a reservation comes before it, so its 5 are paid on top.
    existing = Commitment("sp", "compute-plan", "111", 7, {"m5": 0.7})
    new = Commitment("ri", "reservation", "111", 5, {"m5": 0.5})
    assert hourly_saving(pool(10), [existing], [new], CERTAIN).tolist() == [[-5]]


def test_the_low_saving_is_of_whole_weeks() -> None:
    # Ten weeks save 1 to 10 an hour, the odd days before them nothing: the lowest tenth is the week of 1.
    weeks = np.repeat(np.arange(1.0, 11.0), 168)
    saving = np.append(np.zeros(30), weeks)
    assert low_weekly_saving(saving, np.ones(saving.size), saving.size) == pytest.approx(1)
    assert low_weekly_saving(saving, np.ones(saving.size), saving.size, share=0.5) == pytest.approx(5)


def test_the_low_saving_may_be_a_loss() -> None:
    saving = np.append(np.full(168, -2.0), np.full(168, 3.0))
    assert low_weekly_saving(saving, np.ones(336), 336) == pytest.approx(-2)


def test_the_cap_on_utilisation_looks_at_the_worst_month() -> None:
    # 60 days of 10, then 30 days of 6: at 95 % of the last 30 days the level is 6 / 0.95.
    needed = np.append(np.full(60 * 24, 10.0), np.full(30 * 24, 6.0))
    assert utilisation_cap(needed, at_least=0.95, most=10).level == pytest.approx(6 / 0.95)
    # 90 days earlier the same month no longer counts.
    assert utilisation_cap(np.append(needed, np.full(90 * 24, 10.0)), at_least=0.95, most=10).level == 10


def test_the_cap_on_coverage_stops_at_its_share() -> None:
    assert coverage_cap(lambda level: level / 20, at_most=0.8, most=20).level == pytest.approx(16)
    assert coverage_cap(lambda level: level / 20, at_most=0.8, most=10).level == 10
    assert coverage_cap(lambda level: 0.9, at_most=0.8, most=10).level == pytest.approx(0)


def test_a_ladder_reaches_the_optimum_in_equal_steps_and_keeps_it() -> None:
    rungs = ladder([12.0] * 9, [0.0] * 9, 4)
    assert [rung.bought for rung in rungs] == [3] * 9
    # Three steps up to 12; from then on a quarter expires and is bought again in every step.
    assert [rung.active for rung in rungs] == [3, 6, 9, 12, 12, 12, 12, 12, 12]


def test_a_ladder_waits_for_existing_commitments_to_end() -> None:
    rungs = ladder([12.0] * 4, [12.0, 12.0, 0.0, 0.0], 4)
    assert [rung.bought for rung in rungs] == [0, 0, 3, 3]


def test_a_tranche_is_never_more_than_is_missing() -> None:
    assert next_tranche(12, 11, 4) == 1
    assert next_tranche(12, 15, 4) == 0


POOLS = ("a", "b", "c", "d")
PLANS = st.lists(
    st.builds(
        lambda kind, cost, rates: Commitment("plan", kind, "1", cost, rates),
        st.sampled_from(["reservation", "instance-plan", "compute-plan"]),
        st.integers(0, 30),
        st.dictionaries(st.sampled_from(POOLS), st.sampled_from([0.3, 0.5, 0.8]), min_size=1, max_size=2),
    ),
    min_size=1,
    max_size=5,
)


@given(st.lists(st.lists(st.integers(0, 30), min_size=4, max_size=4), min_size=1, max_size=4), PLANS)
def test_what_a_commitment_does_not_touch_changes_nothing(hours: list[list[int]], plans: list[Commitment]) -> None:
    whole = Usage(POOLS, ("1",) * 4, np.array(hours, dtype=float).T)
    *existing, new = plans
    saved = hourly_saving(whole, existing, [new], CERTAIN)
    assert saved[0] == pytest.approx(simulate(whole, existing).cost - simulate(whole, plans).cost, abs=1e-9)
