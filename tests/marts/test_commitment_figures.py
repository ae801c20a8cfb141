"""What the figures about commitments answer, worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from finops_lib.marts.figures import figure_names
from tests.marts.conftest import MemoryLake
from tests.marts.test_figures import figure

MINE = [name for name in figure_names() if name.startswith("commitments_")]
M5 = {"ServiceName": "Amazon Elastic Compute Cloud", "SkuMeter": "BoxUsage:m5.large", "PricingCategory": "Standard"}
USED = {"CommitmentDiscountId": "sp-1", "CommitmentDiscountStatus": "Used", "PricingCategory": "Committed"}
UNUSED = {"CommitmentDiscountId": "sp-1", "CommitmentDiscountStatus": "Unused"}


def at(hour: str) -> dict[str, str]:
    day, clock = hour.split(" ")
    return {"ChargePeriodStart": hour, "ChargePeriodEnd": f"{day} {int(clock[:2]) + 1:02}:00"}


@pytest.mark.parametrize("name", MINE)
def test_an_empty_lake_gives_no_row_and_no_error(lake: MemoryLake, name: str) -> None:
    assert figure(lake, name) == []


@pytest.mark.parametrize("name", MINE)
def test_no_figure_sees_past_the_last_included_day_or_another_currency(lake: MemoryLake, name: str) -> None:
    lake.charge("2026-10-19", 1, ServiceName="something else")
    for values in ({}, {"BillingCurrency": "EUR"}):
        day = "2026-10-19" if values else "2026-10-21"
        lake.charge(day, 5, **{**M5, **USED, **values})
    lake.load(1, 1)
    assert figure(lake, name) == []


def test_hours_and_days_of_a_pool_are_told_apart(lake: MemoryLake) -> None:
    lake.charge("2026-10-19", 2, **M5, **at("2026-10-19 05:00"))
    lake.charge("2026-10-19", 3, **M5, **at("2026-10-19 05:00"))
    lake.charge("2026-10-19", 24, **M5)
    lake.load(1, 1)
    rows = [
        (row["period_hours"], str(row["hour"])[11:13], row["on_demand_cost"])
        for row in figure(lake, "commitments_hours")
    ]
    assert rows == [(24, "00", Decimal(24)), (1, "05", Decimal(5))]


def test_hours_go_back_ninety_days(lake: MemoryLake) -> None:
    # 20 October is the last day, so 23 July is the first of 90.
    lake.charge("2026-07-22", 1, **M5)
    lake.charge("2026-07-23", 2, **M5)
    lake.charge("2026-10-20", 3, **M5)
    lake.load(1, 1)
    assert [row["on_demand_cost"] for row in figure(lake, "commitments_hours")] == [Decimal(2), Decimal(3)]


def test_each_day_of_a_commitment_says_what_was_used(lake: MemoryLake) -> None:
    lake.charge("2026-10-18", 6, ContractedCost="9", **M5 | USED)
    lake.charge("2026-10-18", 2, **UNUSED)
    lake.charge("2026-10-19", 7, ContractedCost="10", **M5 | USED | at("2026-10-19 05:00"))
    lake.charge("2026-10-19", 99, **M5)
    lake.load(1, 1)
    rows = [
        (
            row["day"].day,
            row["is_hourly"],
            row["used_effective_cost"],
            row["unused_effective_cost"],
            row["covered_on_demand_cost"],
        )
        for row in figure(lake, "commitments_days")
    ]
    assert rows == [(18, False, 6, 2, 9), (19, True, 7, 0, 10)]


def test_a_month_compares_what_is_covered_with_what_could_be(lake: MemoryLake) -> None:
    lake.charge("2026-10-18", 6, ContractedCost="9", ListCost="12", **M5 | USED)
    lake.charge("2026-10-18", 2, **UNUSED)
    lake.charge("2026-10-18", 4, ContractedCost="5", ListCost="8", **M5 | at("2026-10-18 01:00"))
    lake.charge("2026-10-18", 50, ServiceName="Amazon Simple Storage Service", SkuMeter="TimedStorage")
    lake.charge("2026-09-18", 1, **M5)
    lake.load(1, 1)
    september, october = figure(lake, "commitments_months")
    assert (september["month"], september["eligible_on_demand_cost"]) == (date(2026, 9, 1), Decimal(1))
    assert (october["used_effective_cost"], october["unused_effective_cost"]) == (Decimal(6), Decimal(2))
    assert (october["covered_on_demand_cost"], october["eligible_on_demand_cost"]) == (Decimal(9), Decimal(5))
    assert (october["on_demand_effective_cost"], october["hourly_on_demand_cost"]) == (Decimal(4), Decimal(5))
    assert october["list_cost"] == Decimal(20)


def test_the_newest_purchase_and_the_last_thirty_days_say_what_a_commitment_is(lake: MemoryLake) -> None:
    lake.charge("2026-08-01", 1, ServiceName="something else")
    for month in ("2026-09", "2026-10"):
        lake.charge(
            f"{month}-01", 0, days=30, ChargeCategory="Purchase", CommitmentDiscountId="sp-1", SubAccountId="payer"
        )
    for day in ("2026-09-10", "2026-10-19", "2026-10-20"):
        lake.charge(day, 6, ContractedCost="9", **M5 | USED)
        lake.charge(day, 1, **UNUSED)
    lake.load(1, 1)
    [row] = figure(lake, "commitments_terms")
    assert (row["first_day"], row["last_day"], row["recent_days"]) == (date(2026, 9, 10), date(2026, 10, 20), 2)
    assert (row["paid_from"], row["paid_through"]) == (date(2026, 10, 1), date(2026, 10, 31))
    assert (row["used_effective_cost"], row["unused_effective_cost"], row["covered_on_demand_cost"]) == (12, 2, 18)
    assert row["source_first_day"] == date(2026, 8, 1)
