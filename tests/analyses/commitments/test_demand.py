"""Which usage may a commitment pay for, and what runs already?"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from finops_lib.analyses.commitments.demand import Demand, Pool, demands
from finops_lib.analyses.commitments.existing import kind_of, observed_offers, running
from finops_lib.analyses.commitments.waterfall import simulate
from finops_lib.errors import QualityError
from finops_lib.offers import CommitmentPolicy
from tests.analyses.commitments.frames import DAYS, HOURS, START, THROUGH, terms, together, unused, usage

M5 = Pool("aws", "compute", "us-east-1", "m5", "")
COVERED = {"use": "covered", "CommitmentDiscountId": "sp-1"}


def one(rows: pl.DataFrame, **values: object) -> Demand:
    [demand] = demands(rows, policy=CommitmentPolicy(), **values)  # type: ignore[arg-type]
    return demand


def test_usage_by_the_hour_is_added_up_and_usage_by_the_day_is_kept_apart() -> None:
    demand = one(together(usage(2), usage(3), usage(48, every=24)))
    assert demand.usage.on_demand.shape == (1, HOURS)
    assert (demand.usage.on_demand == 5).all()
    assert demand.by_day[M5] == pytest.approx(np.full(HOURS, 2.0))
    assert demand.hourly == demand.usage.items


def test_covered_usage_by_the_day_is_there_for_running_commitments_only() -> None:
    demand = one(together(usage(2), usage(24, every=24, rate=0.7, **COVERED)))
    assert demand.usage.on_demand.sum(axis=1).tolist() == [HOURS, 2 * HOURS]
    assert demand.hourly == demand.usage.items[1:]
    assert demand.by_day == {}


def test_a_look_back_begins_with_the_data_and_is_at_most_ninety_days() -> None:
    young = usage(1).with_columns(source_first_day=pl.lit(date(2026, 10, 22)))
    assert (one(young).days, one(usage(1)).days) == (10, DAYS)
    assert one(usage(1)).start == START
    assert one(usage(1)).data_through == THROUGH


def test_the_slowest_source_of_a_provider_says_how_far_all_is_known() -> None:
    late = usage(1, account_id="222").with_columns(data_through=pl.lit(THROUGH - timedelta(days=3)))
    demand = one(together(usage(1), late))
    assert demand.data_through == THROUGH - timedelta(days=3)
    # Of the earlier days before the look-back of the slower one there is nothing in these rows.
    assert demand.usage.on_demand[:, 72:].min() == 1


def test_a_charge_of_a_month_is_spread_over_its_hours_inside_the_look_back() -> None:
    month = usage(720, every=720).filter(pl.col("hour") == START)
    early = month.with_columns(hour=pl.lit(START - timedelta(hours=120)).cast(pl.Datetime("us")))
    demand = one(early)
    assert demand.by_day[M5].sum() == pytest.approx(600)
    assert demand.by_day[M5][:600].tolist() == [1] * 600


def test_usage_that_approved_actions_take_away_is_not_there() -> None:
    demand = one(together(usage(2), usage(48, every=24)), usage_left={M5: 0.25})
    assert (demand.usage.on_demand == 0.5).all()
    assert demand.by_day[M5].mean() == pytest.approx(0.5)


def test_covered_usage_without_a_price_is_nobodys() -> None:
    demand = one(together(usage(2), usage(9, rate=0, use="covered, price unknown", CommitmentDiscountId="sp-1")))
    assert demand.usage.on_demand.mean() == 2


def test_two_currencies_share_no_commitment() -> None:
    with pytest.raises(QualityError, match="EUR and USD"):
        list(demands(together(usage(1), usage(1, BillingCurrency="EUR")), policy=CommitmentPolicy()))


def test_a_lake_without_usage_has_no_demand() -> None:
    assert list(demands(usage(1).clear(), policy=CommitmentPolicy())) == []


@pytest.mark.parametrize(
    ("type_", "category", "kind"),
    [
        ("Compute Savings Plan", "Spend", "compute-plan"),
        ("SavingsPlan", "", "compute-plan"),
        ("EC2InstanceSavingsPlans", "Spend", "instance-plan"),
        ("EC2 Instance Savings Plan", "Spend", "instance-plan"),
        ("Reserved Instance", "Usage", "reservation"),
        ("Reservation", "Usage", "reservation"),
        ("Committed Use Discount", "Usage", "reservation"),
        ("Flexible committed use discount", "Spend", "compute-plan"),
        ("Savings plan reservation", "Spend", "reservation"),
        ("", "", "reservation"),
    ],
)
def test_a_commitment_is_of_the_kind_its_type_says(type_: str, category: str, kind: str) -> None:
    assert kind_of(type_, category) == kind


def test_a_running_commitment_costs_what_it_cost_last_week_at_the_prices_it_had() -> None:
    rows = together(usage(10, rate=0.7, **COVERED), unused(1, CommitmentDiscountId="sp-1"))
    demand = one(rows)
    [plan] = running(demand, rows, terms({}))
    assert (plan.kind, plan.account, plan.hourly_cost) == ("compute-plan", "payer", pytest.approx(8))
    assert list(plan.rates.values()) == [0.7]


def test_running_commitments_pay_for_what_the_bill_says_they_paid_for() -> None:
    rows = together(
        usage(10, rate=0.7, **COVERED),
        unused(1, CommitmentDiscountId="sp-1"),
        usage(0.5, account_id="222", family="c5"),
    )
    demand = one(rows)
    after = simulate(demand.usage, running(demand, rows, terms({})))
    # 7 of 8 are used by m5; the free 1 pays for the other family as well: 0.5 at 0.7.
    assert after.used.mean() == pytest.approx(7.35)
    assert after.on_demand_rest.sum() == pytest.approx(0)


def test_a_commitment_that_is_over_pays_for_nothing() -> None:
    ended = usage(10, rate=0.7, **COVERED).filter(pl.col("hour") < START + timedelta(days=78))
    assert running(one(ended), ended, terms({})) == ()


def test_a_commitment_of_three_days_is_not_spread_over_a_week() -> None:
    young = usage(10, rate=0.7, **COVERED).filter(pl.col("hour") >= START + timedelta(days=87))
    [plan] = running(one(young), young, terms({}))
    assert plan.hourly_cost == pytest.approx(7)


def test_a_reservation_pays_only_for_what_it_was_seen_to_pay_for() -> None:
    rows = together(usage(10, rate=0.6, **COVERED), usage(5, family="c5"))
    [reservation] = running(one(rows), rows, terms({"CommitmentDiscountType": "Reserved Instance"}))
    assert [item for item in reservation.rates if "c5" in item] == []


def test_spend_on_databases_alone_is_for_databases() -> None:
    database = {"usage_class": "database", "family": "cloud sql", "x_Provider": "gcp"}
    rows = together(usage(10, rate=0.75, **database, **COVERED), usage(5, x_Provider="gcp", family="n2"))
    spend = terms({"x_Provider": "gcp", "CommitmentDiscountType": "Committed use discount"})
    [commitment] = running(one(rows), rows, spend)
    assert commitment.kind == "reservation"
    assert [item for item in commitment.rates if "n2" in item] == []


def test_the_bill_shows_the_price_the_term_and_the_payment() -> None:
    rows = together(usage(10, rate=0.6, **COVERED), usage(10, rate=0.8, family="c5", **COVERED))
    year = {"paid_from": date(2026, 1, 1), "paid_through": date(2027, 1, 1)}
    found = observed_offers("aws", rows, terms({**year, "CommitmentDiscountType": "Reserved Instance"}))
    assert [(offer.family, offer.discount) for offer in found] == [
        ("c5", pytest.approx(0.2)),
        ("m5", pytest.approx(0.4)),
    ]
    assert {(offer.kind, offer.term_months, offer.payment, offer.is_observed) for offer in found} == {
        ("reservation", 12, "all-upfront", True)
    }


def test_a_stated_term_is_the_term() -> None:
    rows = usage(10, rate=0.6, **COVERED)
    [offer] = observed_offers("aws", rows, terms({"CommitmentDiscountName": "compute-3yr"}))
    assert (offer.term_months, offer.payment) == (36, "no-upfront")


def test_a_price_above_on_demand_is_no_offer() -> None:
    assert observed_offers("aws", usage(10, rate=1.1, **COVERED), terms({})) == ()
