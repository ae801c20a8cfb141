"""Which commitment pays for which usage, and what does the hour cost?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analyses.commitments.waterfall import ORDER, Commitment, Usage, simulate
from finops_lib.errors import ConfigError

OWNER, OTHER = "111", "222"


def usage(on_demand: list[list[float]], accounts: tuple[str, ...] = (), prices: tuple[float, ...] = ()) -> Usage:
    items = tuple("abcdefgh"[: len(on_demand)])
    return Usage(items, accounts or (OWNER,) * len(items), np.array(on_demand, dtype=float), prices)


def plan(
    cost: float, kind: str = "compute-plan", account: str = OWNER, shared: bool = True, **rates: float
) -> Commitment:
    return Commitment(f"{kind} of {account}", kind, account, cost, rates, shared)  # type: ignore[arg-type]


def test_without_commitments_every_hour_costs_what_it_costs_on_demand() -> None:
    after = simulate(usage([[10, 4], [0, 2]]), [])
    assert after.cost.tolist() == [10, 6]
    assert after.used.shape == (0, 2)


def test_a_plan_is_paid_for_in_the_hours_that_do_not_use_it() -> None:
    # 7 per hour at 0.7 cover 10: the first hour (12) leaves 2, the second (5) uses 3.5 and wastes 3.5.
    after = simulate(usage([[12, 5]]), [plan(7, a=0.7)])
    assert after.on_demand_rest.tolist() == [[2, 0]]
    assert after.used[0] == pytest.approx([7, 3.5])
    assert after.unused[0] == pytest.approx([0, 3.5])
    assert after.covered[0] == pytest.approx([10, 5])
    assert after.cost == pytest.approx([9, 7])


def test_the_highest_saving_is_taken_first() -> None:
    # 6 at the rate 0.6 of b would cover 10: all of b (8, for 4.8), and 1.2 / 0.8 = 1.5 of a.
    after = simulate(usage([[10], [8]]), [plan(6, a=0.8, b=0.6)])
    assert after.on_demand_rest[:, 0] == pytest.approx([8.5, 0])


def test_of_equal_savings_the_lowest_rate_is_taken_first() -> None:
    after = simulate(usage([[10], [10]], prices=(2.0, 0.5)), [plan(7, a=0.7, b=0.7)])
    assert after.on_demand_rest[:, 0] == pytest.approx([10, 0])


def test_the_owner_comes_before_a_higher_saving_of_another_account() -> None:
    after = simulate(usage([[10], [10]], accounts=(OWNER, OTHER)), [plan(8, a=0.8, b=0.5)])
    assert after.on_demand_rest[:, 0] == pytest.approx([0, 10])


def test_another_accounts_plan_leaves_the_owner_to_its_own_plan() -> None:
    # The first plan could pay for b as well, but b's owner has one: neither is left unused.
    first, second = plan(7, account=OWNER, a=0.7, b=0.7), plan(7, account=OTHER, a=0.7, b=0.7)
    after = simulate(usage([[10], [10]], accounts=(OWNER, OTHER)), [second, first])
    assert after.unused.sum() == pytest.approx(0)
    assert after.cost == pytest.approx([14])


def test_what_the_owner_does_not_need_goes_to_others_only_where_shared() -> None:
    hours = usage([[5], [5]], accounts=(OWNER, OTHER))
    shared, own = plan(7, a=0.7, b=0.7), plan(7, shared=False, a=0.7, b=0.7)
    assert simulate(hours, [shared]).cost == pytest.approx([7])
    assert simulate(hours, [own]).cost == pytest.approx([12])


def test_reservations_come_before_instance_plans_and_these_before_compute_plans() -> None:
    # The reservation pays for 4 of 10, the instance plan for 3, so the compute plan finds 3 and wastes the rest.
    tried = [plan(7, "compute-plan", a=0.7), plan(1.8, "instance-plan", a=0.6), plan(2, "reservation", a=0.5)]
    after = simulate(usage([[10]]), tried)
    assert after.covered[:, 0] == pytest.approx([3, 3, 4])
    assert after.used[:, 0] == pytest.approx([2.1, 1.8, 2])


def test_a_commitment_may_end_inside_the_hours() -> None:
    ending = Commitment("ends", "compute-plan", OWNER, np.array([7.0, 0.0]), {"a": 0.7})
    assert simulate(usage([[10, 10]]), [ending]).cost == pytest.approx([7, 10])


def test_a_refund_stays_and_nothing_pays_for_it() -> None:
    after = simulate(usage([[-3]]), [plan(7, a=0.7)])
    assert after.cost == pytest.approx([4])
    assert after.used.sum() == 0


def test_rightsizing_before_a_plan_saves_less_than_their_sum() -> None:
    # Vector 7: 100 a month, half of it rightsized away, then 30 % off what is left: 100 - 50 x 0.7 = 65, not 80.
    month = usage([[100]])
    smaller = month.scaled({"a": 0.5})
    after = simulate(smaller, [plan(35, a=0.7)])
    assert simulate(month, []).cost - after.cost == pytest.approx([65])


def test_rightsizing_under_a_plan_strands_it() -> None:
    # The plan pays for all 100 already; half the usage leaves half of it unused and saves nothing.
    month, bought = usage([[100]]), [plan(70, a=0.7)]
    after = simulate(month.scaled({"a": 0.5}), bought)
    assert after.cost == pytest.approx(simulate(month, bought).cost)
    assert after.unused == pytest.approx(np.array([[35]]))


def _one_hour(cost: list[float], accounts: list[str], plans: list[Commitment]) -> tuple[list[float], float]:
    """Draw down one hour as one would by hand: commitment by commitment, item by item."""
    rest, left = list(cost), [float(one.hourly_cost) for one in plans]
    for kind in ORDER:
        for own in (True, False):
            for number, one in enumerate(plans):
                if one.kind != kind:
                    continue
                for rate, item in sorted((rate, item) for item, rate in one.rates.items()):
                    row = "abcdefgh".index(item)
                    if (accounts[row] == one.account) is own:
                        spent = min(left[number], rest[row] * rate)
                        left[number] -= spent
                        rest[row] -= spent / rate
    paid = sum(float(one.hourly_cost) for one in plans)
    return rest, paid + sum(rest)


MONEY = st.integers(0, 400).map(lambda quarter: quarter / 4)
RATES = st.dictionaries(st.sampled_from("abc"), st.sampled_from([0.3, 0.5, 0.62, 0.8, 1.0]), min_size=1)
PLANS = st.lists(
    st.builds(
        lambda kind, account, cost, rates: Commitment("plan", kind, account, cost, rates),
        st.sampled_from(ORDER),
        st.sampled_from([OWNER, OTHER]),
        MONEY,
        RATES,
    ),
    max_size=4,
)


@given(st.lists(st.tuples(MONEY, MONEY, MONEY), min_size=1, max_size=5), PLANS)
def test_all_hours_at_once_are_each_hour_by_hand(hours: list[tuple[float, ...]], plans: list[Commitment]) -> None:
    accounts = [OWNER, OTHER, OWNER]
    after = simulate(usage([list(item) for item in zip(*hours, strict=True)], tuple(accounts)), plans)
    for number, hour in enumerate(hours):
        rest, cost = _one_hour(list(hour), accounts, plans)
        assert after.on_demand_rest[:, number] == pytest.approx(rest, abs=1e-9)
        assert after.cost[number] == pytest.approx(cost)


@given(st.lists(st.tuples(MONEY, MONEY, MONEY), min_size=1, max_size=5), PLANS)
def test_usage_is_covered_or_on_demand_and_money_is_used_or_not(
    hours: list[tuple[float, ...]], plans: list[Commitment]
) -> None:
    before = usage([list(item) for item in zip(*hours, strict=True)], (OWNER, OTHER, OWNER))
    after = simulate(before, plans)
    assert after.covered.sum(axis=0) + after.on_demand_rest.sum(axis=0) == pytest.approx(before.on_demand.sum(axis=0))
    assert (after.used <= after.committed + 1e-9).all()
    assert (after.on_demand_rest >= -1e-9).all()
    assert (after.covered >= after.used - 1e-9).all()


def test_usage_that_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ConfigError, match="shape"):
        Usage(("a", "b"), (OWNER, OWNER), np.zeros((1, 3)))
    with pytest.raises(ConfigError, match="'a' twice"):
        Usage(("a", "a"), (OWNER, OWNER), np.zeros((2, 3)))
    with pytest.raises(ConfigError, match="not finite"):
        usage([[float("nan")]])


def test_a_commitment_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"charges 1\.2 of the on-demand price of 'a'"):
        plan(1, a=1.2)
    with pytest.raises(ConfigError, match="negative cost"):
        plan(-1, a=0.5)
    with pytest.raises(ConfigError, match="has 3 hours, the usage 2"):
        simulate(usage([[1, 1]]), [Commitment("x", "reservation", OWNER, np.ones(3), {"a": 0.5})])
