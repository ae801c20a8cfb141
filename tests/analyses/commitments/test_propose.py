"""What is proposed, at what level, and what is withheld?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analyses.commitments.demand import Pool
from finops_lib.analyses.commitments.proposals import Advice, Proposal
from finops_lib.analyses.commitments.propose import propose
from finops_lib.analyses.commitments.recommend import recommendations
from finops_lib.analyses.commitments.screen import screen
from finops_lib.analyses.commitments.waterfall import Commitment, Usage, simulate
from finops_lib.errors import QualityError
from finops_lib.offers import CommitmentPolicy, Offer
from tests.analyses.commitments.frames import DAYS, HOURS, by_hour, terms, together, unused, usage

# Nothing but the hours: no fall, no cap.
BARE = CommitmentPolicy(least_utilisation=0, most_coverage=1, fall_probability=0, tranches=4)
RESERVATION = Offer("aws", "reservation", "compute", 12, "no-upfront", 0.4, source="price list")
PLAN = Offer("aws", "compute-plan", "compute", 12, "no-upfront", 0.3, source="price list")
COVERED = {"use": "covered", "CommitmentDiscountId": "sp-1"}


def advice(rows: pl.DataFrame, *offers: Offer, policy: CommitmentPolicy = BARE, **values: object) -> Advice:
    return propose(rows, terms(), offers=offers, policy=policy, **values)  # type: ignore[arg-type]


def only(found: Advice) -> Proposal:
    [proposal] = found.proposals
    return proposal


def test_steady_usage_is_reserved_whole() -> None:
    proposal = only(advice(usage(10), RESERVATION))
    # 10 an hour for 6: 4 saved in each of 730 hours
    assert (proposal.hourly_commitment, proposal.saving_net) == (Decimal(6), Decimal(2920))
    assert (proposal.utilisation, proposal.coverage_before, proposal.coverage_after) == (1, 0, pytest.approx(1))
    assert (proposal.discount, proposal.break_even_utilisation) == (pytest.approx(0.4), pytest.approx(0.6))
    assert (proposal.on_demand_min, proposal.on_demand_mean, proposal.on_demand_max) == (10, 10, 10)
    assert (proposal.evidence_hours, proposal.lookback_days, proposal.data_grain) == (HOURS, DAYS, "hourly")
    assert proposal.payback_months == 0
    assert proposal.next_tranche == Decimal("1.5")
    assert proposal.caps == ()


def test_usage_that_comes_and_goes_is_committed_to_its_quantile() -> None:
    # Vector 1 at 0.4: the fourth of ten, 4; promised 4 x 0.6, saved in the nine hours that use it 4, in the last 2.
    proposal = only(advice(usage(by_hour([10, 10, 10, 8, 8, 6, 6, 4, 4, 2])), RESERVATION))
    assert proposal.optimum == Decimal("3.6")


def test_usage_by_the_day_gives_an_upper_bound_and_no_proposal() -> None:
    found = advice(usage(240, every=24), RESERVATION)
    assert found.proposals == ()
    [withheld] = found.withheld
    assert (withheld.on_demand_per_month, withheld.saving_at_most) == (Decimal(7300), Decimal(2920))
    assert "by the day only" in withheld.reason


def test_the_upper_bound_is_never_below_what_the_hours_save() -> None:
    # 20 in half of the hours: nothing is worth 0.6 that is used in 50 %; the days look like a steady 10.
    half = by_hour([20, 0])
    assert advice(usage(half), RESERVATION).proposals == ()
    assert advice(usage(half), RESERVATION).withheld[0].reason == "too little would be saved"
    assert advice(usage(240, every=24), RESERVATION).withheld[0].saving_at_most == Decimal(2920)


def test_without_a_price_nothing_is_proposed_and_the_reason_is_said() -> None:
    found = advice(usage(10))
    assert found.proposals == ()
    assert "commitment_offers.yaml" in found.withheld[0].reason
    assert found.withheld[0].saving_at_most is None


def test_a_price_of_the_bill_comes_before_a_configured_one() -> None:
    rows = together(usage(10), usage(5, rate=0.75, **COVERED))
    plan = terms({"CommitmentDiscountName": "our plan"})
    proposal = only(propose(rows, plan, offers=[PLAN], policy=BARE))
    assert (proposal.discount, proposal.is_observed_rate) == (pytest.approx(0.25), True)
    assert proposal.rate_source == "what our plan has cost on your bill"


def test_running_commitments_pay_first() -> None:
    # 7.5 an hour run already and cover 10 of 15: only the other 5 are promised, for 3.75.
    rows = together(usage(5), usage(10, rate=0.75, **COVERED))
    proposal = only(propose(rows, terms({}), offers=[], policy=BARE))
    assert proposal.hourly_commitment == Decimal("3.75")
    assert (proposal.coverage_before, proposal.coverage_after) == (pytest.approx(2 / 3), pytest.approx(1))
    # Of 11.25 together a quarter would be 2.8125.
    assert proposal.next_tranche == Decimal("2.8125")


def test_what_a_running_plan_leaves_unused_is_taken_before_anything_is_bought() -> None:
    rows = together(usage(5), usage(10, rate=0.75, **COVERED), unused(3.75, CommitmentDiscountId="sp-1"))
    found = propose(rows, terms({}), offers=[], policy=BARE)
    assert found.proposals == ()


def test_what_is_about_to_go_is_not_committed_to() -> None:
    pool = Pool("aws", "compute", "us-east-1", "m5", "")
    assert only(advice(usage(10), RESERVATION, usage_left={pool: 0.5})).hourly_commitment == Decimal(3)


def test_a_cap_on_coverage_says_what_it_costs() -> None:
    proposal = only(advice(usage(10), RESERVATION, policy=replace(BARE, most_coverage=0.85)))
    assert proposal.hourly_commitment == Decimal("5.1")
    assert proposal.coverage_after == pytest.approx(0.85)
    [cap] = proposal.caps
    # 1.5 an hour stay on demand, at 0.4 saved: 438 a month
    assert (cap.hourly_commitment, cap.monthly_saving_lost) == (Decimal("5.1"), pytest.approx(Decimal(438)))
    assert "85 %" in cap.cap


def test_a_cap_on_utilisation_holds_where_a_month_was_weak() -> None:
    # The last 30 days at 6 in place of 10: with the newest counting double, half of the weight is below 10.
    weak = usage(lambda hour: 6 if hour >= HOURS - 720 else 10)
    assert only(advice(weak, replace(RESERVATION, discount=0.55))).optimum == Decimal("4.5")
    proposal = only(advice(weak, replace(RESERVATION, discount=0.55), policy=replace(BARE, least_utilisation=0.95)))
    # 6 x 0.45 / 0.95
    assert proposal.hourly_commitment == Decimal("2.842")
    assert len(proposal.caps) == 1


def test_reservations_are_whole_units_where_the_bill_names_their_price() -> None:
    proposal = only(advice(usage(10, unit_price=0.96), RESERVATION))
    # 10.4 units: the eleventh is used in 42 % of every hour and must be in 60 %.
    assert (proposal.units, proposal.unit, proposal.hourly_commitment) == (10, 0.96, Decimal("5.76"))
    assert proposal.next_tranche == Decimal("1.728")


def test_the_other_unit_is_bought_where_it_pays() -> None:
    # 10.4 units at 70 % off: the eleventh is used 42 % and must be used 30 %.
    assert only(advice(usage(10, unit_price=0.96), replace(RESERVATION, discount=0.7))).units == 11


def test_interest_is_a_cost_and_no_part_of_the_offer() -> None:
    proposal = only(advice(usage(10), replace(RESERVATION, payment="all-upfront")))
    assert proposal.hourly_commitment == Decimal(6)
    # 1 - 0.6 x 12 x 0.0868593, see test_money_terms; 7,300 x 0.374613
    assert proposal.discount == pytest.approx(0.374613, abs=1e-6)
    assert proposal.saving_net == pytest.approx(Decimal("2734.67"), abs=Decimal("0.01"))
    assert proposal.payback_months == pytest.approx(7.2)


def test_a_discount_that_interest_eats_up_is_no_offer() -> None:
    assert advice(usage(10), replace(RESERVATION, discount=0.03, payment="all-upfront")).proposals == ()


def test_an_offer_for_longer_than_the_policy_allows_is_not_looked_at() -> None:
    three_years = replace(RESERVATION, term_months=36, discount=0.6)
    assert advice(usage(10), three_years).proposals == ()
    both = advice(usage(10), RESERVATION, three_years, policy=replace(BARE, longest_term_months=36)).proposals
    assert [(one.term_months, one.alternative, one.is_preferred) for one in both] == [
        (36, "specific", True),
        (12, "other terms", False),
    ]


def test_reservation_and_plan_for_the_same_usage_are_alternatives() -> None:
    found = advice(usage(10), RESERVATION, PLAN).proposals
    assert {one.conflict_group for one in found} == {"aws compute and serverless"}
    assert [(one.instrument, one.is_preferred, one.saving_net) for one in found] == [
        ("reservation", True, Decimal(2920)),
        ("compute-plan", False, Decimal(2190)),
    ]
    # One plan saves 730 less than the reservation.
    assert {one.one_plan_saves for one in found} == {Decimal(-730)}


def test_a_plan_is_put_on_top_of_reservations_for_what_they_do_not_know() -> None:
    rows = together(usage(10), usage(5, family="c5"))
    found = advice(rows, replace(RESERVATION, family="m5"), PLAN).proposals
    preferred = [one for one in found if one.is_preferred]
    assert [(one.instrument, one.alternative, one.hourly_commitment) for one in preferred] == [
        ("reservation", "specific", Decimal(6)),
        ("compute-plan", "specific", Decimal("3.5")),
    ]
    [other] = [one for one in found if not one.is_preferred]
    assert (other.alternative, other.hourly_commitment) == ("flexible", Decimal("10.5"))
    # 15 x 0.3 - (10 x 0.4 + 5 x 0.3) = -1 an hour
    assert other.one_plan_saves == Decimal(-730)


def test_a_reservation_stops_where_a_plan_for_the_rest_is_better() -> None:
    # m5 holds 4 always and 10 by day, c5 6 by night. By itself 10 of m5 are worth 45 % off, for half of the hours are
    # enough at 55 %: 10 x 0.45. But a plan at 40 % off is used day and night where the reservation above 4 is not.
    rows = together(usage(by_hour([10, 4])), usage(by_hour([0, 6]), family="c5"))
    offer = replace(RESERVATION, family="m5", discount=0.55)
    found = [one for one in advice(rows, offer, replace(PLAN, discount=0.4)).proposals if one.is_preferred]
    # 4 reserved at 0.45; then 6 are left in every hour, for 3.6 of the plan: 5.4 in place of 10.
    assert [(one.instrument, one.hourly_commitment) for one in found] == [
        ("compute-plan", pytest.approx(Decimal("3.6"), abs=Decimal("0.02"))),
        ("reservation", pytest.approx(Decimal("1.8"), abs=Decimal("0.02"))),
    ]
    assert sum(one.saving_net for one in found) == pytest.approx(Decimal("4.6") * 730, rel=Decimal("0.01"))
    [cap] = found[1].caps
    assert cap.cap == "a plan for the rest costs less than more of it"


def test_one_plan_is_preferred_where_families_take_turns() -> None:
    # m5 by day and c5 by night: each family is there in half of the hours, together always.
    rows = together(usage(by_hour([10, 0])), usage(by_hour([0, 10]), family="c5"))
    [proposal] = advice(rows, RESERVATION, PLAN).proposals
    assert (proposal.alternative, proposal.hourly_commitment) == ("flexible", Decimal(7))
    assert (proposal.is_preferred, proposal.one_plan_saves) == (True, None)


def test_pools_that_no_plan_covers_are_groups_of_their_own() -> None:
    database = {"usage_class": "database", "family": "db.r6g"}
    found = advice(
        together(usage(10), usage(10, **database)), RESERVATION, replace(RESERVATION, usage_class="database")
    )
    assert len({one.conflict_group for one in found.proposals}) == 2
    assert all(one.is_preferred for one in found.proposals)


def test_a_kind_that_does_not_pay_for_a_class_is_not_proposed() -> None:
    assert advice(usage(10, usage_class="database"), replace(PLAN, usage_class="database")).proposals == ()


def test_a_young_lake_gets_no_proposal() -> None:
    young = usage(10).with_columns(source_first_day=pl.lit(date(2026, 9, 15)))
    found = advice(young, RESERVATION)
    assert found.proposals == ()
    assert found.withheld[0].reason == "47 days by the hour are too few; 60 are needed"


def test_days_before_the_bill_came_by_the_hour_are_no_evidence() -> None:
    rows = usage(10)
    moment = rows["hour"][24 * 20]
    mixed = together(usage(240, every=24).filter(pl.col("hour") < moment), rows.filter(pl.col("hour") >= moment))
    proposal = only(advice(mixed, RESERVATION))
    # 70 of the 90 days; with the first 20 as empty hours it would look less steady than it is.
    assert (proposal.lookback_days, proposal.evidence_hours, proposal.utilisation) == (70, 1680, 1)


def test_what_a_commitment_covers_that_ends_is_promised_anew() -> None:
    rows = together(usage(5), usage(10, rate=0.75, **COVERED))
    proposal = only(propose(rows, terms({}), policy=BARE, ending=["sp-1"]))
    assert (proposal.hourly_commitment, proposal.coverage_before) == (Decimal("11.25"), 0)


def test_a_fall_of_usage_is_told_by_its_loss_and_its_regret() -> None:
    proposal = only(advice(usage(10), RESERVATION))
    # At 7 an hour 6 are paid for what 4.2 would have bought: 1.8 too much, and 1 saved all the same.
    assert proposal.regret_down_30 == pytest.approx(Decimal(1314))
    assert proposal.saving_down_30 == pytest.approx(Decimal(730))
    # With one in four futures a fifth lower, the tenth part of the weeks is one of those: 8 - 6.
    assert only(advice(usage(10), RESERVATION, policy=replace(BARE, fall_probability=0.25))).saving_p10 == Decimal(1460)


def test_the_curve_has_its_least_cost_at_the_optimum() -> None:
    proposal = only(advice(usage(by_hour([10, 10, 10, 8, 8, 6, 6, 4, 4, 2])), RESERVATION))
    least = min(proposal.curve, key=lambda point: point.monthly_cost)
    assert least.level == pytest.approx(float(proposal.optimum))
    assert proposal.curve[0].monthly_cost == pytest.approx(6.8 * 730)


def test_two_currencies_are_refused() -> None:
    with pytest.raises(QualityError, match="EUR and USD"):
        advice(together(usage(1), usage(1, BillingCurrency="EUR")))


def test_of_alternatives_only_one_enters_the_portfolio() -> None:
    found = recommendations(advice(usage(10), RESERVATION, PLAN).proposals)
    counted = [one for one in found if one.is_headline]
    assert [one.monthly_savings for one in counted] == [Decimal(2920)]
    assert {(one.step, one.type, one.check, one.risk) for one in found} == {
        ("commit", "commitment-purchase", "C01", "medium")
    }
    assert len({one.fingerprint for one in found}) == 2
    [one] = counted
    assert one.monthly_savings <= one.current_monthly_cost == Decimal(7300)
    assert (one.account, one.price_grade, one.facts["approvers"]) == ("111", "B", "2")
    assert "on demand 10.00 to 10.00, mean 10.00 USD an hour" in one.evidence


def test_a_proposal_that_may_lose_is_less_sure_and_a_high_risk() -> None:
    # Half of the weight is on 30 days of nothing but 1 an hour: they lose.
    rows = usage(lambda hour: 10 if hour < HOURS - 720 else 1)
    [one] = recommendations(advice(rows, replace(RESERVATION, discount=0.55)).proposals)
    assert (one.risk, one.confidence) == ("high", 0.42)


def test_the_screen_is_a_label_and_a_level_without_a_price() -> None:
    [steady, half] = screen(together(usage(10), usage(by_hour([20, 0]), family="c5")))
    # 10 in all hours; 20 in half of them is below 80 %, though it pays from a discount of 50 % on.
    assert (steady.steady, steady.passes, steady.grain) == (10, True, "hourly")
    assert (half.steady, half.passes, half.mean) == (0, False, 10)
    assert steady.label.startswith("screen")


def test_the_screen_hides_empty_hours_of_daily_data_and_says_its_grain() -> None:
    [found] = screen(usage(240, every=24))
    assert (found.steady, found.grain) == (10, "daily")


def test_the_screen_takes_the_level_that_exactly_eighty_percent_reach() -> None:
    [found] = screen(usage(by_hour([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])))
    # 3 to 10 are eight of ten hours.
    assert found.steady == 3


COSTS = st.lists(st.integers(0, 40), min_size=1, max_size=24)


@settings(max_examples=25, deadline=None)
@given(COSTS, st.sampled_from([0.15, 0.28, 0.4, 0.6, 0.72]))
def test_no_other_level_saves_more_than_the_proposal(costs: list[int], discount: float) -> None:
    found = advice(usage(by_hour([float(cost) for cost in costs])), replace(PLAN, discount=discount))
    hours = np.array([[float(costs[hour % len(costs)]) for hour in range(HOURS)]])
    weights = np.where(np.arange(HOURS) >= HOURS - 720, 2.0, 1.0)
    before = Usage(("m5",), ("111",), hours)

    def saving(level: float) -> float:
        after = simulate(before, [Commitment("new", "compute-plan", "", level, {"m5": 1 - discount})])
        return float(((hours[0] - after.cost) * weights).sum() / weights.sum()) * 730

    best = max(saving(level * (1 - discount)) for level in range(42))
    proposed = float(found.proposals[0].saving_net) if found.proposals else 0.0
    # Levels are sold in thousandths; below 25 a month nothing is proposed.
    assert proposed >= best - (1.0 if found.proposals else 25.0)
    assert proposed <= best + 0.01


def test_a_lake_without_usage_leads_to_nothing() -> None:
    nothing = usage(1).clear()
    assert propose(nothing, terms()) == Advice()
    assert screen(nothing) == ()
    assert recommendations(()) == ()
