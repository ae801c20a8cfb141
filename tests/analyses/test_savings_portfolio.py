"""What recommendations are worth together: chains, alternatives, commitments on what is left, and never too much."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analyses.savings import portfolio
from finops_lib.analyses.savings.chain import STEPS
from finops_lib.analyses.savings.scoring import EFFORT_HOURS, label_of, score, worst_risk
from finops_lib.findings import Recommendation
from tests.analyses.advice import advice


def plan(saving: str, cost: str, **values: object) -> Recommendation:
    return advice(saving, cost, **{"resource": "", "type": "savings-plan", "step": "commit", **values})


def added(total: object) -> list[tuple[str, Decimal]]:
    return [(r.step, r.monthly_savings) for r in total.counted]  # type: ignore[attr-defined]


def test_rightsizing_by_half_and_then_a_plan_at_30_percent_save_65_of_100() -> None:
    total = portfolio([plan("30", "100"), advice("50")])
    # 100 - 100 x 0.5 x 0.7; the naive sum is 80. The plan is for the 50 that are left: 15.
    assert added(total) == [("rightsize", 50), ("commit", 15)]
    assert (total.high, total.base, total.gross, total.addressable) == (65, 65, 80, 100)


def test_the_same_on_one_resource() -> None:
    total = portfolio([advice("30", step="commit", type="reserve"), advice("50")])
    assert added(total) == [("rightsize", 50), ("commit", 15)]


def test_a_chain_takes_from_what_is_left_and_termination_leaves_nothing() -> None:
    off, small = advice("60", step="schedule", type="office-hours", confidence=0.9), advice("50", confidence=0.8)
    total = portfolio([small, off])
    # 60, then half of the 40 that are left: 20; expected 60 x 0.9 + 20 x 0.8
    assert (added(total), total.base) == ([("schedule", 60), ("rightsize", 20)], Decimal("70.0"))
    gone = advice("100", step="terminate", type="idle-instance", confidence=0.9)
    total = portfolio([small, off, gone])
    # Expected 90 alone against 70 of the other two.
    assert added(total) == [("terminate", 100)]
    assert total.left_out == (off, small)
    unsure = advice("100", step="terminate", type="idle-instance", confidence=0.5)
    assert portfolio([small, off, unsure]).left_out == (unsure,)


def test_a_saving_on_meters_of_its_own_is_not_lessened_but_capped_by_the_cost() -> None:
    disks = advice("30", "100", step="clean-up", type="disk", shrinks_with="own")
    assert portfolio([advice("50"), disks]).high == 80
    # 90 + 30 is more than the 100 that all of it costs.
    assert portfolio([advice("90"), disks]).high == 100


def test_a_share_of_a_part_of_the_cost_falls_with_that_part() -> None:
    of_80 = {"acted_on_monthly_cost": "80"}
    total = portfolio([advice("40", facts=of_80), advice("20", step="licence", type="licence", facts=of_80)])
    # 40 of 80 are gone, so half of the 20 is left.
    assert total.high == 50


def test_two_targets_for_one_resource_are_alternatives() -> None:
    bold, careful = advice("60", target="small", confidence=0.5), advice("40", target="medium", confidence=0.9)
    total = portfolio([bold, careful])
    assert (total.counted, total.left_out) == ((careful,), (bold,))


def test_two_ways_to_commit_to_one_pool_are_alternatives() -> None:
    compute = {"pool": "compute"}
    reserved = plan("40", "100", type="reserved", resource="ri", facts=compute)
    flexible = plan("30", "100", resource="sp", facts=compute)
    assert portfolio([reserved, flexible]).counted == (reserved,)


def test_an_action_lessens_the_commitment_of_its_own_pool_and_place_only() -> None:
    database = plan("20", "100", type="reserve-db", facts={"pool": "databases"})
    far = plan("10", "100", type="far", region="far")
    small = advice("50", facts={"pool": "compute"}, region="near")
    total = portfolio([database, far, small])
    assert total.high == 50 + 20 + 10
    # The database pool's 100 and far's 100 are beyond the machine's own 100.
    assert total.addressable == 300
    volume = advice("50", step="tier", type="tier", resource="vol-1")
    assert portfolio([plan("30", "100"), volume]).high == 80


def test_a_simulator_may_say_what_a_commitment_still_saves() -> None:
    asked: list[Decimal] = []

    def simulated(commitment: Recommendation, removed: Decimal) -> Decimal:
        asked.append(removed)
        return Decimal(12)

    assert portfolio([plan("30", "100"), advice("50")], commitment_saving=simulated).high == 62
    assert asked == [50]


def test_what_it_costs_to_get_there_and_who_never_does_it_decide_between_alternatives() -> None:
    dear = advice("60", target="a", one_time_cost=Decimal(600))
    cheap = advice("20", target="b", type="other")
    # In a year 60 x 12 - 600 = 120 against 240.
    assert portfolio([dear, cheap]).counted == (cheap,)
    total = portfolio([dear, cheap], p_accept={"other": 0.25})
    # 120 against 240 x 0.25
    assert (total.counted, total.one_time_cost) == ((dear,), 600)
    # It never pays within the year.
    assert portfolio([advice("10", one_time_cost=Decimal(200))]).counted == ()


def test_guesses_are_shown_and_in_no_sum_and_list_prices_are_not_sure() -> None:
    guess, listed = advice("50", is_headline=False), advice("10", resource="i-2", price_grade="D")
    total = portfolio([guess, listed])
    assert (total.guesses, total.low, total.base, total.gross) == ((guess,), 0, 10, 10)


def test_the_score_is_money_per_hour_and_risk_holds_the_label_back() -> None:
    one = advice("100", confidence=0.5, one_time_cost=Decimal(200), effort="Medium")
    # (1200 - 200) x 0.5 / 8 hours
    assert score(one) == Decimal("62.5")
    assert set(EFFORT_HOURS) == {"VeryLow", "Low", "Medium", "High", "VeryHigh"}
    labels = [label_of(Decimal(amount), "low") for amount in (1000, 500, 100, 99)]
    assert labels == ["critical", "high", "medium", "low"]
    assert [label_of(Decimal(5000), risk) for risk in ("low", "medium", "high")] == ["critical", "high", "medium"]
    assert (worst_risk("low", "high", "medium"), worst_risk()) == ("high", "low")


_money = st.decimals(min_value=0, max_value=10_000, places=6)
_set = st.lists(
    st.builds(
        advice,
        _money.map(str),
        _money.map(str),
        resource=st.sampled_from(["i-1", "i-2", "i-3", ""]),
        account=st.sampled_from(["111", "222", ""]),
        region=st.sampled_from(["", "near", "far"]),
        type=st.sampled_from(["a", "b", "c"]),
        target=st.sampled_from(["", "x", "y"]),
        step=st.sampled_from(STEPS),
        shrinks_with=st.sampled_from(["cost", "own"]),
        confidence=st.sampled_from([0.0, 0.3, 0.75, 1.0]),
        one_time_cost=_money,
        price_grade=st.sampled_from(["", "A", "D"]),
        facts=st.sampled_from([{}, {"pool": "p"}, {"pool": "q"}, {"acted_on_monthly_cost": "10"}]),
    ),
    max_size=12,
)


@given(_set)
def test_net_is_never_more_than_gross_or_than_what_the_resources_cost(found: list[Recommendation]) -> None:
    total = portfolio(found)
    assert 0 <= total.low <= total.base <= total.high <= total.gross
    assert total.high <= total.addressable
    per_resource: dict[tuple[str, str, str], Decimal] = {}
    for one in total.counted:
        if one.step != "commit" and one.resource_id:
            key = (one.provider, one.account, one.resource_id)
            per_resource[key] = per_resource.get(key, Decimal(0)) + one.monthly_savings
    for key, saved in per_resource.items():
        assert saved <= max(r.current_monthly_cost for r in found if (r.provider, r.account, r.resource_id) == key)
    # Everything found is somewhere, once.
    parts = (total.counted, total.left_out, total.reviews, total.guesses)
    assert sum(map(len, parts)) == len(found)


@given(_set, st.randoms(use_true_random=False))
def test_the_order_in_which_they_are_found_does_not_matter(found: list[Recommendation], chance: object) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = portfolio(found), portfolio(shuffled)
    assert (first.low, first.base, first.high) == (second.low, second.base, second.high)


def test_nothing_is_worth_nothing() -> None:
    total = portfolio([])
    assert (total.low, total.high, total.addressable, total.counted) == (0, 0, 0, ())


@pytest.mark.parametrize("cost", ["0", "-5"])
def test_what_costs_nothing_saves_nothing(cost: str) -> None:
    assert portfolio([advice("50", cost)]).high == 0
