"""Given rows, expected rows, mart by mart."""

from __future__ import annotations

from datetime import date, timedelta
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


def daily_deliveries(lake: MemoryLake, *, days: int, shares: dict[int, str], service: str = "Compute") -> None:
    """Deliver usage of 100 a day once a day, so far as it has arrived by then; whole from 10 days after it on."""
    first = date(2026, 10, 1)
    for delivery in range(days):
        delivered_on = first + timedelta(days=delivery)
        for day in range(delivery + 1):
            known = Decimal(shares.get(delivery - day, "1")) * 100
            if known:
                of_load = {"load_number": delivery + 1, "ServiceName": service}
                day_of = (first + timedelta(days=day)).isoformat()
                lake.service_day(day_of, str(known), delivered_on=delivered_on.isoformat(), **of_load)


def curve(lake: MemoryLake) -> dict[int, tuple[Decimal, int]]:
    lake.build()
    rows = lake.rows("select lag_days, completeness, days from completeness_curve")
    return {row["lag_days"]: (row["completeness"], row["days"]) for row in rows}  # type: ignore[misc]


def test_a_curve_says_how_full_a_day_is_so_many_days_after_it(lake: MemoryLake) -> None:
    # 20 deliveries: 1 to 10 October are known 10 days later. Nothing of a day is there on the day itself.
    daily_deliveries(lake, days=20, shares={0: "0", 1: "0.4", 2: "0.9"})
    found = curve(lake)
    assert found[0] == (Decimal(0), 9)  # the delivery of the 1st held nothing at all, so there is no such load
    assert (found[1], found[2], found[3]) == ((Decimal("0.4"), 10), (Decimal("0.9"), 10), (Decimal(1), 10))
    assert max(found) == 10


def test_a_curve_takes_the_middle_of_what_was_seen(lake: MemoryLake) -> None:
    for day, early in enumerate(("10", "60", "80", "100"), start=1):
        month = {"x_SourceId": f"payer-{day}"}
        lake.service_day(f"2026-10-{day:02d}", early, delivered_on=f"2026-10-{day + 1:02d}", **month)
        lake.service_day(f"2026-10-{day:02d}", "100", delivered_on=f"2026-10-{day + 12:02d}", load_number=2, **month)
    # the middle of 0.1, 0.6, 0.8 and 1 is 0.7; no delivery came 10 days after
    assert curve(lake) == {1: (Decimal("0.7"), 4)}


def test_a_price_that_is_corrected_later_makes_no_day_late(lake: MemoryLake) -> None:
    lake.service_day("2026-10-01", "100", delivered_on="2026-10-03")
    lake.service_day("2026-10-01", "100", delivered_on="2026-10-12", load_number=2)
    lake.service_day("2026-10-01", "400", delivered_on="2026-11-09", load_number=3)
    assert curve(lake) == {2: (Decimal(1), 1)}


def whole_lake(lake: MemoryLake) -> None:
    days_of_usage(lake, 1, 20)
    lake.load(80, 80, delivered_at="2026-10-20 09:00")


def test_a_source_whose_days_fill_fast_is_whole_sooner_than_usual(lake: MemoryLake) -> None:
    whole_lake(lake)
    daily_deliveries(lake, days=20, shares={0: "0.5", 1: "0.995"})
    row = freshness(lake)
    # whole one day after the day, which is when it is over: delivered on the 20th, so through the 19th
    assert (row["lag_days"], row["lag_is_learned"], row["complete_through"]) == (0, True, date(2026, 10, 19))


def test_a_source_whose_days_fill_slowly_is_whole_later_than_usual(lake: MemoryLake) -> None:
    whole_lake(lake)
    daily_deliveries(lake, days=20, shares={lag: "0.99" for lag in range(5)})
    row = freshness(lake)
    # 99 % until four days after a day, whole on the fifth: 20 - 5 = 15
    assert (row["lag_days"], row["complete_through"]) == (4, date(2026, 10, 15))


def test_a_week_of_days_is_the_least_to_learn_from(lake: MemoryLake) -> None:
    whole_lake(lake)
    daily_deliveries(lake, days=16, shares={})
    row = freshness(lake)
    # 16 deliveries settle 6 days: 1 to 6 October
    assert (row["lag_days"], row["lag_is_learned"], row["complete_through"]) == (2, False, date(2026, 10, 17))


@pytest.mark.parametrize(("cost", "lag_days"), [("0.2", 0), ("0.25", 2)])
def test_only_services_above_a_twentieth_of_a_source_hold_it_back(lake: MemoryLake, cost: str, lag_days: int) -> None:
    whole_lake(lake)
    daily_deliveries(lake, days=20, shares={})
    for day in range(1, 21):
        lake.charge(f"2026-10-{day:02d}", cost, ServiceName="Unlearned")
    # 4 a day of Compute: 0.2 is 4.76 % of 4.2, 0.25 is 5.88 % of 4.25
    assert freshness(lake)["lag_days"] == lag_days


def test_a_source_is_stale_a_day_after_its_usual_gap(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 1)
    moments = ("10-01 06:00", "10-04 06:00", "10-07 06:00", "10-14 06:00")
    for number, moment in enumerate(moments, start=1):
        lake.load(1, 1, load_number=number, delivered_at=f"2026-{moment}", loaded_at=f"2026-{moment}")
    # gaps of 72, 72 and 168 hours: the middle is 72, and a day more
    row = freshness(lake)
    assert (row["usual_gap_hours"], row["stale_after_hours"]) == (72, 96)


def test_months_that_were_loaded_at_once_teach_no_rhythm(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 1)
    for number in range(1, 7):
        month = {"x_BillingMonth": date(2026, number, 1), "delivered_at": f"2026-{number + 1:02d}-05"}
        lake.load(1, 1, load_number=number, **month)
    # as long as nothing is known, a source is due every day
    assert (freshness(lake)["usual_gap_hours"], freshness(lake)["stale_after_hours"]) == (None, 48)


def change(lake: MemoryLake, number: int, part: str, money: str, **values: object) -> None:
    row = {"x_Provider": "aws", "x_SourceId": "aws-payer", "x_BillingMonth": date(2026, 10, 1), "charges": 1}
    row |= {"BillingCurrency": "USD", "ServiceName": "Compute", "rows_change": 0, "billed_moved": 0}
    row |= {"billed_change": money, "effective_change": money, "effective_moved": 0, "load_number": number}
    lake.insert("load_changes", {**row, "part": part, **values})


def restated(lake: MemoryLake) -> dict[object, object]:
    lake.build()
    rows = lake.rows("select part, billed_cost_change from monthly_restatements")
    return {row["part"]: row["billed_cost_change"] for row in rows}


def test_a_month_is_reported_when_it_has_settled_and_restated_by_what_came_later(lake: MemoryLake) -> None:
    lake.load(1, 10, load_number=1, delivered_at="2026-11-01")
    lake.load(1, 12, load_number=2, delivered_at="2026-11-04")
    change(lake, 2, "late usage", "2")
    lake.load(1, 15, load_number=3, delivered_at="2026-11-20")
    change(lake, 3, "late usage", "4")
    change(lake, 3, "re-rated", "-1")
    lake.load(1, 18, load_number=4, delivered_at="2026-12-20")
    change(lake, 4, "late usage", "3")
    # until 4 November, three days after its end, the month grew; since then 4 + 3 came late
    assert restated(lake) == {"late usage": Decimal(7), "re-rated": Decimal(-1)}
    [row] = lake.rows("select billed_cost_change from monthly_restatements where part = 're-rated'")
    assert row["billed_cost_change"] == Decimal(-1)


def test_a_change_of_before_the_parts_were_kept_is_not_told_apart(lake: MemoryLake) -> None:
    lake.load(1, 10)
    lake.load(1, 13, load_number=2)
    assert restated(lake) == {"not told apart": Decimal(3)}
