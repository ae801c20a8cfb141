"""Is the optimum the least cost? By hand, and against trying everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analyses.commitments.optimum import CostLine, cost_line, quantile_level, usage_cost, whole_units
from finops_lib.analyses.commitments.waterfall import Commitment, Usage, simulate
from finops_lib.errors import ConfigError

TEN_HOURS = np.array([10, 10, 10, 8, 8, 6, 6, 4, 4, 2], dtype=float)


@pytest.mark.parametrize(("discount", "level", "cost"), [(0.2, 4, 62), (0.3, 4, 58), (0.5, 6, 46), (0.6, 8, 38)])
def test_the_optimum_of_one_discount_is_a_quantile_of_the_hours(discount: float, level: float, cost: float) -> None:
    # Vector 1. At 0.2 and 4: 10 x 4 x 0.8 = 32 promised, 3 x 6 + 2 x 4 + 2 x 2 = 30 on demand, 62; nothing: 68.
    assert quantile_level(TEN_HOURS, discount) == level
    assert usage_cost(TEN_HOURS, level, discount) == pytest.approx(cost)
    assert usage_cost(TEN_HOURS, 0, discount) == 68


def test_a_higher_discount_commits_higher_and_accepts_more_waste() -> None:
    usage = np.random.default_rng(7).gamma(4.0, 5.0, 1440)
    shares = [np.minimum(usage, quantile_level(usage, d)).mean() / quantile_level(usage, d) for d in (0.2, 0.4, 0.66)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.93 > 0.85 > shares[2]


def test_rounding_does_not_move_the_quantile() -> None:
    # 0.07 x 100 is 7.000000000000001: the element is the seventh all the same.
    assert quantile_level(np.arange(1.0, 101.0), 0.07) == 7


def test_without_a_discount_or_without_hours_nothing_is_promised() -> None:
    assert quantile_level(TEN_HOURS, 0) == 0
    assert quantile_level(np.array([]), 0.5) == 0
    assert cost_line(np.zeros((0, 4)), np.array([])).optimum == 0
    with pytest.raises(ConfigError, match="a discount of 1"):
        quantile_level(TEN_HOURS, 1)


def test_an_hour_of_weight_two_counts_as_two_hours() -> None:
    twice = np.concatenate([TEN_HOURS, TEN_HOURS[:5]])
    weights = np.array([2.0] * 5 + [1.0] * 5)
    for discount in (0.1, 0.3, 0.5, 0.8):
        assert quantile_level(TEN_HOURS, discount, weights) == quantile_level(twice, discount)
        assert usage_cost(TEN_HOURS, 5, discount, weights) == pytest.approx(usage_cost(twice, 5, discount))


def test_a_unit_is_bought_where_enough_hours_use_it() -> None:
    # 0.4: a unit must be used in 60 % of the hours. 6 is used in 7 of 10, 8 in 5 of 10, and 7 in 5 of 10.
    assert whole_units(TEN_HOURS, 0.4) == 6
    # 2.5 units, always: the third is half used, worth it at 0.6 (0.4 < 0.5) and not at 0.4.
    steady = np.full(10, 2.5)
    assert (whole_units(steady, 0.6), whole_units(steady, 0.4)) == (3, 2)
    # Exactly at break-even nothing is gained, so nothing is promised for nothing.
    assert whole_units(steady, 0.5) == 2


def test_a_plan_over_two_prices_fills_the_higher_saving_first() -> None:
    # Hour 1: a 10 at 0.5 needs 5, b 10 at 0.8 needs 8; hour 2: only b, 4, needs 3.2.
    line = cost_line(np.array([[10, 0], [10, 4]], dtype=float), np.array([0.5, 0.8]))
    # At 0: 24. To 3.2 hour 1 saves 2, hour 2 1.25, both pay 1 each: slope 2 - 3.25 = -1.25, cost 20.
    # To 5: hour 2 is covered: slope 2 - 2 = 0, cost 20. Then 2 - 1.25 = 0.75 to 13: 26. The least is reached at 3.2.
    assert line.levels == pytest.approx([0, 3.2, 5, 13])
    assert line.costs == pytest.approx([24, 20, 20, 26])
    assert line.optimum == pytest.approx(3.2)
    assert line.saving_at(3.2) == pytest.approx(4)
    assert line.cost_at(14) == pytest.approx(28)


USAGE = st.lists(st.integers(0, 60), min_size=1, max_size=40)
DISCOUNT = st.integers(0, 19).map(lambda step: step / 20)


@given(USAGE, DISCOUNT)
def test_no_level_is_cheaper_than_the_quantile(usage: list[int], discount: float) -> None:
    hours = np.array(usage, dtype=float)
    best = usage_cost(hours, quantile_level(hours, discount), discount)
    assert best <= min(usage_cost(hours, level / 2, discount) for level in range(130)) + 1e-9


@given(st.lists(st.integers(0, 240).map(lambda quarter: quarter / 4), min_size=1, max_size=40), DISCOUNT)
def test_no_number_of_units_is_cheaper_than_the_whole_units(usage: list[float], discount: float) -> None:
    hours = np.array(usage)
    best = usage_cost(hours, whole_units(hours, discount), discount)
    assert best == pytest.approx(min(usage_cost(hours, units, discount) for units in range(62)))


@st.composite
def baskets(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    items, hours = draw(st.integers(1, 4)), draw(st.integers(1, 8))
    cost = draw(st.lists(st.lists(st.integers(0, 30), min_size=hours, max_size=hours), min_size=items, max_size=items))
    rates = draw(st.lists(st.sampled_from([0.28, 0.4, 0.5, 0.72, 0.9, 1.0]), min_size=items, max_size=items))
    weights = draw(st.lists(st.sampled_from([0.25, 1.0, 2.0]), min_size=hours, max_size=hours))
    return np.array(cost, dtype=float), np.array(rates), np.array(weights)


@given(baskets())
def test_the_line_is_what_the_waterfall_costs_at_every_level(basket: tuple[np.ndarray, ...]) -> None:
    cost, rates, weights = basket
    line = cost_line(cost, rates, weights)
    items = tuple(str(row) for row in range(len(cost)))
    usage = Usage(items, ("1",) * len(items), cost)
    for level in np.linspace(0, 1.2 * float(line.levels[-1]) + 1, 9):
        plan = Commitment("new", "compute-plan", "1", float(level), dict(zip(items, rates.tolist(), strict=True)))
        assert line.cost_at(float(level)) == pytest.approx(float(simulate(usage, [plan]).cost @ weights))


@given(baskets())
def test_the_line_is_convex_and_its_optimum_is_the_least_of_a_fine_grid(basket: tuple[np.ndarray, ...]) -> None:
    line: CostLine = cost_line(*basket)
    # Corners of two hours that differ in their last digit have no slope between them worth the name.
    wide = np.diff(line.levels) > 1e-6
    slopes = np.diff(line.costs)[wide] / np.diff(line.levels)[wide]
    assert (np.diff(slopes) >= -1e-6).all()
    least = line.cost_at(line.optimum)
    assert all(least <= line.cost_at(float(level)) + 1e-7 for level in np.linspace(0, float(line.levels[-1]) + 1, 400))


@given(USAGE, DISCOUNT)
def test_a_plan_over_one_price_is_the_quantile_in_money(usage: list[int], discount: float) -> None:
    hours = np.array(usage, dtype=float)
    line = cost_line(hours[None, :], np.array([1 - discount]))
    level = quantile_level(hours, discount)
    assert line.cost_at(line.optimum) == pytest.approx(usage_cost(hours, level, discount))
    assert line.optimum <= level * (1 - discount) + 1e-9
