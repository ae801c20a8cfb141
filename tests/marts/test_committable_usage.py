"""Which usage can commitments pay for? Given charges, expected pools."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.marts.conftest import MemoryLake

M5 = {
    "ServiceName": "Amazon Elastic Compute Cloud",
    "SkuMeter": "EUW1-BoxUsage:m5.large",
    "PricingCategory": "Standard",
}
PLAN = {"CommitmentDiscountId": "sp-1", "PricingCategory": "Committed"}


def rows(lake: MemoryLake, columns: str) -> list[tuple[object, ...]]:
    lake.build()
    return [tuple(row.values()) for row in lake.rows(f"select {columns} from hourly_committable_usage order by all")]


def test_usage_of_one_hour_and_of_one_day_are_told_apart(lake: MemoryLake) -> None:
    hour = {"ChargePeriodStart": "2026-10-01 05:00", "ChargePeriodEnd": "2026-10-01 06:00"}
    lake.charge("2026-10-01", 2, **M5, **hour)
    lake.charge("2026-10-01", 3, **M5, **hour)
    lake.charge("2026-10-01", 7, **M5)
    lake.charge("2026-10-01", 90, days=31, **M5)
    # Seconds of an hour are an hour's.
    lake.charge("2026-10-01", 1, **M5, ChargePeriodStart="2026-10-01 05:10", ChargePeriodEnd="2026-10-01 05:20")
    assert rows(lake, "period_hours, strftime(hour, '%d %H'), on_demand_cost") == [
        (1, "01 05", Decimal(6)),
        (24, "01 00", Decimal(7)),
        (744, "01 00", Decimal(90)),
    ]


def test_what_no_commitment_pays_for_is_left_out(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 1, **M5)
    lake.charge("2026-10-01", 2, **{**M5, "PricingCategory": "Dynamic"})
    lake.charge("2026-10-01", 3, **{**M5, "SkuMeter": "DataTransfer-Out-Bytes"})
    lake.charge("2026-10-01", 4, **{**M5, "SkuMeter": "UnusedBox:m5.large"})
    lake.charge("2026-10-01", 5, **{**M5, "ServiceName": "Amazon Elastic MapReduce"})
    lake.charge("2026-10-01", 6, **M5, ChargeClass="Correction")
    lake.charge("2026-10-01", 7, **{**M5, "ChargeCategory": "Tax"})
    lake.charge("2026-10-01", 8, **PLAN, ChargeCategory="Purchase")
    assert rows(lake, "usage_class, family, on_demand_cost") == [("compute", "m5", Decimal(1))]


def test_covered_usage_whose_contracted_cost_is_nothing_is_worth_its_list_cost(lake: MemoryLake) -> None:
    # Vector 20, and as in the public FOCUS sample the effective cost is nothing as well.
    used = {**M5, **PLAN, "CommitmentDiscountStatus": "Used", "ContractedCost": "0", "ListCost": ".0464"}
    lake.charge("2026-10-01", 0, **used)
    lake.charge("2026-10-01", "0.03", **used)
    assert rows(lake, "use, on_demand_cost, effective_cost") == [
        ("covered", Decimal(".0464"), Decimal(".03")),
        ("covered, price unknown", Decimal(".0464"), Decimal(0)),
    ]


def test_covered_usage_without_any_price_claims_no_saving(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 3, **M5, CommitmentDiscountId="sp-1", ContractedCost=None, ListCost=None)
    assert rows(lake, "use, on_demand_cost, effective_cost") == [("covered", Decimal(3), Decimal(3))]


def test_on_demand_usage_is_worth_its_contracted_cost_and_a_free_tier_nothing(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 9, **M5, ContractedCost="8", ListCost="10")
    lake.charge("2026-10-02", 0, **M5, ContractedCost="0", ListCost="10")
    lake.charge("2026-10-03", 9, **M5, ContractedCost=None, ListCost="10")
    assert [cost for _, cost in rows(lake, "hour, on_demand_cost")] == [Decimal(8), Decimal(0), Decimal(10)]


def test_what_is_left_unused_is_kept_without_a_pool_and_replaces_nothing_on_demand(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 4, **PLAN, CommitmentDiscountStatus="Unused", ListCost="9", SkuMeter=None)
    assert rows(lake, "use, usage_class, on_demand_cost, list_cost, effective_cost") == [
        ("unused", "", Decimal(0), Decimal(0), Decimal(4))
    ]


@pytest.mark.parametrize(
    ("provider", "service", "meter", "pool"),
    [
        ("aws", "Amazon Elastic Compute Cloud", "USE1-DedicatedUsage:c6g.2xlarge", ("compute", "c6g", " dedicated")),
        ("aws", "Amazon Relational Database Service", "InstanceUsage:db.r6g.2xlarge", ("database", "db.r6g", "")),
        ("aws", "Amazon Relational Database Service", "USE1-Multi-AZUsage:db.m5.xl", ("database", "db.m5", "")),
        ("aws", "Amazon ElastiCache", "NodeUsage:cache.r6g.large", ("cache", "cache.r6g", "")),
        ("aws", "Amazon Redshift", "Node:ra3.4xlarge", ("warehouse", "ra3.4xlarge", "")),
        ("aws", "AWS Lambda", "Lambda-GB-Second", ("serverless", "lambda-gb-second", "")),
        ("azure", "Virtual Machines", "D96s v5", ("compute", "dsv5", "")),
        ("azure", "Virtual Machines", "E16-4as v4", ("compute", "easv4", "")),
        ("azure", "Virtual Machines", "D3 v2/DS3 v2", ("compute", "dsv2", "")),
        ("azure", "Azure SQL Database", "vCore", ("database", "vcore", "")),
        ("gcp", "Compute Engine", "N2 Instance Core running in Americas", ("compute", "n2", "")),
        ("gcp", "Compute Engine", "N2D AMD Instance Ram running in Belgium", ("compute", "n2d", "")),
        ("gcp", "Compute Engine", "Nvidia Tesla A100 GPU running in Americas", ("accelerator", "a100", "")),
    ],
)
def test_a_meter_belongs_to_the_pool_that_one_commitment_covers(
    lake: MemoryLake, provider: str, service: str, meter: str, pool: tuple[str, str, str]
) -> None:
    lake.charge("2026-10-01", 1, x_Provider=provider, ServiceName=service, SkuMeter=meter)
    assert rows(lake, "usage_class, family, platform") == [pool]


@pytest.mark.parametrize(
    ("provider", "service", "meter"),
    [
        ("azure", "Virtual Machines", "D96s v5 Spot"),
        ("azure", "Virtual Machines", "D2 v3 Low Priority"),
        ("azure", "Azure Cache for Redis", "C3 Cache Instance"),
        ("gcp", "Compute Engine", "Spot Preemptible N2 Instance Core running in Americas"),
        ("gcp", "Compute Engine", "Balanced PD Capacity"),
        ("gcp", "Compute Engine", "Licensing Fee for Windows Server 2019 Datacenter Edition (CPU cost)"),
        ("aws", "Amazon Elastic Compute Cloud", "EBS:VolumeUsage.gp3"),
    ],
)
def test_a_meter_that_no_commitment_covers_has_no_pool(
    lake: MemoryLake, provider: str, service: str, meter: str
) -> None:
    lake.charge("2026-10-01", 1, x_Provider=provider, ServiceName=service, SkuMeter=meter)
    assert rows(lake, "usage_class") == []


def test_without_a_usage_type_the_words_of_the_price_list_tell_the_pool(lake: MemoryLake) -> None:
    for words in (
        "$1.624 per On Demand Linux g5.4xlarge Instance Hour",
        "$0.188 per On Demand Windows m5.large Instance Hour",
        "$0.10 per GB-month of General Purpose SSD (gp2) provisioned storage",
    ):
        lake.charge("2026-10-01", 1, **{**M5, "SkuMeter": None}, ChargeDescription=words, ContractedUnitPrice="2")
    assert rows(lake, "family, platform, unit_price") == [("g5", "", Decimal(2)), ("m5", "windows", Decimal(2))]


def test_systems_with_prices_of_their_own_are_pools_of_their_own(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 1, **M5, x_Extra={"x_Operation": "RunInstances"})
    lake.charge("2026-10-01", 1, **M5, x_Extra={"x_Operation": "RunInstances:0002"})
    assert rows(lake, "platform") == [("",), ("0002",)]


@pytest.mark.parametrize(
    ("provider", "service", "meter", "unit_price"),
    [
        # A reservation of a family counts in large: 4.608 / 48, 0.192 / 2, 0.0464 / 0.5
        ("aws", "Amazon Elastic Compute Cloud", "BoxUsage:m5.24xlarge", ("4.608", "0.096")),
        ("aws", "Amazon Elastic Compute Cloud", "BoxUsage:m5.xlarge", ("0.192", "0.096")),
        ("aws", "Amazon Elastic Compute Cloud", "BoxUsage:t3.medium", ("0.0464", "0.0928")),
        # Accelerated sizes are reserved as they are.
        ("aws", "Amazon Elastic Compute Cloud", "BoxUsage:p4d.24xlarge", ("32.7726", "32.7726")),
        ("aws", "Amazon Redshift", "Node:ra3.4xlarge", ("3.26", "3.26")),
        # Two cores of 96, and an N size as it is
        ("azure", "Virtual Machines", "D96s v5", ("4.608", "0.096")),
        ("azure", "Virtual Machines", "NC24ads A100 v4", ("3.673", "3.673")),
        ("gcp", "Compute Engine", "Nvidia Tesla A100 GPU running in Americas", ("2.93", "2.93")),
        # Cores and memory have a price each, so there is no unit.
        ("gcp", "Compute Engine", "N2 Instance Core running in Americas", ("0.031", None)),
    ],
)
def test_a_reservation_is_counted_in_the_smallest_size_of_its_family(
    lake: MemoryLake, provider: str, service: str, meter: str, unit_price: tuple[str, str | None]
) -> None:
    priced, unit = unit_price
    lake.charge("2026-10-01", 1, x_Provider=provider, ServiceName=service, SkuMeter=meter, ContractedUnitPrice=priced)
    assert rows(lake, "unit_price") == [(Decimal(unit) if unit else None,)]
