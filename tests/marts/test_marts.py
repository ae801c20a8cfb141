"""Given rows, expected rows, mart by mart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.marts.conftest import MemoryLake


def test_a_day_adds_up_all_four_costs_and_keeps_credits_negative(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 10, BilledCost="12", ListCost="20", ContractedCost="15")
    lake.charge("2026-10-01", "-4")
    lake.build()
    # effective 10 - 4 = 6, billed 12 - 4 = 8, list 20 - 4 = 16, contracted 15 - 4 = 11
    [row] = lake.rows("select effective_cost, billed_cost, list_cost, contracted_cost, charges from daily_cost")
    assert list(row.values()) == [Decimal(6), Decimal(8), Decimal(16), Decimal(11), 2]


def test_two_currencies_are_never_added(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 10)
    lake.charge("2026-10-01", 10, BillingCurrency="EUR")
    lake.build()
    for mart in ("daily_cost", "monthly_cost"):
        rows = lake.rows(f"select BillingCurrency, effective_cost from {mart} order by 1")
        assert [tuple(row.values()) for row in rows] == [("EUR", Decimal(10)), ("USD", Decimal(10))]


def test_a_charge_without_a_sub_account_belongs_to_the_billing_account(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 10, SubAccountId=None, SubAccountName=None, BillingAccountName="the payer")
    lake.build()
    assert lake.rows("select account_id, account_name from daily_cost") == [
        {"account_id": "payer", "account_name": "the payer"}
    ]


def test_a_renamed_account_is_one_account(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 10, SubAccountName="old")
    lake.charge("2026-10-01", 10, SubAccountName="shop")
    lake.build()
    assert lake.rows("select account_name, charges from daily_cost") == [{"account_name": "shop", "charges": 2}]


def test_a_cost_that_is_not_known_stays_not_known(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 10, ContractedCost=None)
    lake.build()
    assert lake.rows("select contracted_cost from monthly_cost") == [{"contracted_cost": None}]


def test_a_month_adds_up_its_days(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", "0.000000000001")
    lake.charge("2026-10-31", "0.000000000002")
    lake.charge("2026-11-01", 7)
    lake.build()
    rows = lake.rows("select x_BillingMonth, effective_cost, charges from monthly_cost order by 1")
    assert [tuple(row.values()) for row in rows] == [
        (date(2026, 10, 1), Decimal("0.000000000003"), 2),
        (date(2026, 11, 1), Decimal(7), 1),
    ]


def test_only_charges_of_a_resource_are_resource_cost(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 3, ResourceId="vm-1", ResourceName="web", ConsumedQuantity="12", ConsumedUnit="Hours")
    lake.charge("2026-10-01", 4, ResourceId="vm-1", ResourceName="web", ConsumedQuantity="12", ConsumedUnit="Hours")
    lake.charge("2026-10-01", 5)
    lake.build()
    rows = lake.rows("select ResourceId, ResourceName, effective_cost, consumed_quantity from daily_resource_cost")
    assert [tuple(row.values()) for row in rows] == [("vm-1", "web", Decimal(7), Decimal(24))]


def test_a_commitment_shows_what_was_used_wasted_and_paid(lake: MemoryLake) -> None:
    plan = {"CommitmentDiscountId": "sp-1", "CommitmentDiscountType": "Savings Plan"}
    lake.charge("2026-10-01", 6, ListCost="10", CommitmentDiscountStatus="Used", BilledCost="0", **plan)
    lake.charge("2026-10-01", 4, CommitmentDiscountStatus="Unused", BilledCost="0", **plan)
    lake.charge("2026-10-01", 0, ChargeCategory="Purchase", BilledCost="10", **plan)
    lake.charge("2026-10-01", 99)
    lake.build()
    [row] = lake.rows("from commitment_usage")
    assert (row["used_effective_cost"], row["unused_effective_cost"]) == (Decimal(6), Decimal(4))
    assert (row["covered_list_cost"], row["purchased_billed_cost"]) == (Decimal(10), Decimal(10))


def test_coverage_is_measured_by_cost_without_tax_and_credit(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 30, x_Team="web")
    lake.charge("2026-10-01", 10)
    lake.charge("2026-10-01", 5, ChargeCategory="Tax")
    lake.charge("2026-10-01", "-5", ChargeCategory="Credit", x_Team="web")
    lake.build()
    [team] = lake.rows("select * from tag_coverage where dimension = 'team'")
    assert (team["effective_cost"], team["allocated_effective_cost"]) == (Decimal(40), Decimal(30))
    assert (team["charges"], team["allocated_charges"]) == (2, 1)
    [owner] = lake.rows("select allocated_effective_cost from tag_coverage where dimension = 'cost_center'")
    assert owner["allocated_effective_cost"] == 0


def test_only_the_current_load_speaks_about_quality(lake: MemoryLake) -> None:
    finding = {"x_Provider": "aws", "x_SourceId": "aws-payer", "x_BillingMonth": date(2026, 10, 1), "occurrences": 3}
    finding |= {"finding": "enum-case", "column_name": "ChargeCategory", "example": "usage"}
    lake.load(1, 1)
    lake.load(1, 1, load_number=2)
    lake.insert("load_findings", {"load_number": 1, **finding})
    lake.build()
    assert lake.rows("from data_quality") == []
    lake.insert("load_findings", {"load_number": 2, **finding})
    lake.build()
    [row] = lake.rows("from data_quality")
    assert (row["finding"], row["occurrences"], row["example"]) == ("enum-case", 3, "usage")


def test_a_slice_is_compared_with_its_current_load(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 10)
    lake.load(9, 90)
    lake.load(1, 10, load_number=2, rows_before=9, billed_before="90")
    lake.build()
    [row] = lake.rows("select charges, billed_cost, rows_loaded, billed_loaded, rows_before from slice_totals")
    assert list(row.values()) == [1, Decimal(10), 1, Decimal(10), 9]


def test_a_currency_that_the_lake_lost_is_seen_beside_its_load(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 10)
    lake.load(1, 10)
    lake.load(1, 5, BillingCurrency="EUR")
    lake.build()
    rows = lake.rows("select BillingCurrency, charges, rows_loaded from slice_totals order by 1")
    assert [tuple(row.values()) for row in rows] == [("EUR", 0, 1), ("USD", 1, 1)]


def days_of_usage(lake: MemoryLake, first: int, last: int, *, charges: int = 4) -> None:
    for day in range(first, last + 1):
        for _ in range(charges):
            lake.charge(f"2026-10-{day:02d}", 1)


def freshness(lake: MemoryLake) -> dict[str, object]:
    lake.build()
    [row] = lake.rows("from data_freshness")
    return row


def test_a_month_delivered_long_after_its_end_is_complete_to_its_last_day(lake: MemoryLake) -> None:
    days_of_usage(lake, 1, 31)
    lake.load(124, 124, delivered_at="2026-11-20")
    row = freshness(lake)
    assert (row["newest_day"], row["complete_through"], row["incomplete_days"]) == (
        date(2026, 10, 31),
        date(2026, 10, 31),
        0,
    )


def test_days_younger_than_the_providers_lag_are_incomplete(lake: MemoryLake) -> None:
    days_of_usage(lake, 1, 20)
    lake.load(80, 80, delivered_at="2026-10-20 09:00")
    # aws settles 2 days after a day's end: delivered on the 20th, so the 17th, over by the 18th, is the last
    row = freshness(lake)
    assert (row["complete_through"], row["incomplete_days"]) == (date(2026, 10, 17), 3)


def test_azure_needs_three_days(lake: MemoryLake) -> None:
    for day in range(1, 21):
        lake.charge(f"2026-10-{day:02d}", 1, x_Provider="azure", x_SourceId="azure-main")
    lake.load(20, 20, x_Provider="azure", x_SourceId="azure-main", delivered_at="2026-10-20 09:00")
    assert freshness(lake)["complete_through"] == date(2026, 10, 16)


@pytest.mark.parametrize(("charges", "complete_through"), [(1, 30), (2, 31)])
def test_a_last_day_with_less_than_half_the_usual_charges_is_incomplete(
    lake: MemoryLake, charges: int, complete_through: int
) -> None:
    days_of_usage(lake, 1, 30)
    days_of_usage(lake, 31, 31, charges=charges)
    lake.load(121, 121)
    # the median of the 14 days before is 4 charges: 1 is below half of it, 2 is not
    assert freshness(lake)["complete_through"] == date(2026, 10, complete_through)


def test_a_thin_day_in_the_middle_is_a_quiet_day_not_an_incomplete_one(lake: MemoryLake) -> None:
    days_of_usage(lake, 1, 10)
    days_of_usage(lake, 11, 11, charges=1)
    days_of_usage(lake, 12, 31)
    lake.load(121, 121)
    assert freshness(lake)["complete_through"] == date(2026, 10, 31)


def test_a_purchase_dated_ahead_does_not_make_a_source_look_fresh(lake: MemoryLake) -> None:
    days_of_usage(lake, 1, 20)
    lake.charge("2026-10-31", 900, ChargeCategory="Purchase")
    lake.load(81, 980)
    row = freshness(lake)
    assert (row["newest_day"], row["complete_through"], row["charges"]) == (date(2026, 10, 20), date(2026, 10, 20), 81)


def test_a_source_without_usage_is_judged_by_what_it_has(lake: MemoryLake) -> None:
    lake.charge("2026-10-05", 900, ChargeCategory="Purchase")
    lake.load(1, 900)
    assert freshness(lake)["newest_day"] == date(2026, 10, 5)


def test_a_first_delivery_on_its_own_day_has_no_complete_day_yet(lake: MemoryLake) -> None:
    days_of_usage(lake, 5, 5)
    lake.load(4, 4, delivered_at="2026-10-05 23:00")
    assert freshness(lake)["complete_through"] is None
