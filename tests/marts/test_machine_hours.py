"""daily_machine_hours and what is asked of it: as what each machine ran, for how long, and what an hour cost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.analyses.conftest import QueriedLake
from tests.analyses.conftest import lake as lake

LAST = date(2026, 10, 30)
EC2 = {
    "ServiceName": "Amazon Elastic Compute Cloud",
    "PricingUnit": "Hrs",
    "PricingQuantity": "24",
    "ResourceId": "i-1",
}
RDS = EC2 | {"ServiceName": "Amazon Relational Database Service", "ResourceId": "db-1"}
AZURE = {"x_Provider": "azure", "x_SourceId": "az", "ServiceName": "Virtual Machines", "ResourceId": "/S/VM"}
GCP = {"x_Provider": "gcp", "x_SourceId": "g", "ServiceName": "Compute Engine", "ResourceId": "//compute/1"}


def hours(lake: QueriedLake, **values: object) -> dict[str, object]:
    """Charge a day and give its row of the mart."""
    lake.charge(LAST.isoformat(), "4.8", **values)
    lake.build()
    [row] = lake.rows("select * from daily_machine_hours")
    return row


def ec2(meter: str, operation: str = "RunInstances") -> dict[str, object]:
    return EC2 | {"SkuMeter": meter, "x_Extra": {"x_Operation": operation}}


def rds(meter: str, engine: str) -> dict[str, object]:
    return RDS | {"SkuMeter": meter, "x_Extra": {"x_Operation": f"CreateDBInstance:{engine}"}}


def vm(meter: str, **extra: str) -> dict[str, object]:
    return AZURE | {"SkuMeter": meter, "PricingQuantity": "24", "PricingUnit": "1 Hour", "x_Extra": extra}


def described(words: str) -> dict[str, object]:
    """FOCUS before 1.1 has neither meter nor operation."""
    return EC2 | {"ChargeDescription": words}


@pytest.mark.parametrize(
    ("charged", "machine_type", "platform", "tenancy", "pricing"),
    [
        (ec2("EUW1-BoxUsage:m5.xlarge"), "m5.xlarge", "linux", "shared", "on-demand"),
        (ec2("BoxUsage:m5.xlarge", "RunInstances:0002"), "m5.xlarge", "windows", "shared", "on-demand"),
        (ec2("BoxUsage:m5.xlarge", "RunInstances:0010"), "m5.xlarge", "rhel", "shared", "on-demand"),
        (ec2("BoxUsage:m5.xlarge", "RunInstances:0006"), "m5.xlarge", "sql-server", "shared", "on-demand"),
        (ec2("DedicatedUsage:m5.xlarge"), "m5.xlarge", "linux", "dedicated", "on-demand"),
        (ec2("SpotUsage:c7i-flex.large", "RunInstances:SV001"), "c7i-flex.large", "linux", "shared", "spot"),
        (described("$0.096 per On Demand Linux m5.large Instance Hour"), "m5.large", "linux", "shared", "on-demand"),
        (
            described("$0.188 per On Demand Windows m5.large Instance Hour"),
            "m5.large",
            "windows",
            "shared",
            "on-demand",
        ),
        (rds("EUW1-InstanceUsage:db.r6g.large", "0014"), "db.r6g.large", "0014", "shared", "on-demand"),
        (rds("Multi-AZUsage:db.m5.large", "0002"), "db.m5.large", "0002", "multi-az", "on-demand"),
        (vm("D4s v5"), "d4s_v5", "linux", "shared", "on-demand"),
        (vm("B2ms"), "b2ms", "linux", "shared", "on-demand"),
        (vm("D2 v3/D2s v3"), "d2s_v3", "linux", "shared", "on-demand"),
        (vm("D2 v3/D2s v3", x_SkuDetails='{"ServiceType":"Standard_D2_v3"}'), "d2_v3", "linux", "shared", "on-demand"),
        (vm("D4s v5", x_SkuMeterSubcategory="Dsv5 Series Windows"), "d4s_v5", "windows", "shared", "on-demand"),
        (vm("D4s v5 Spot"), "d4s_v5", "linux", "shared", "spot"),
    ],
)
def test_a_machine_is_read_from_its_meter(
    lake: QueriedLake, charged: dict[str, object], machine_type: str, platform: str, tenancy: str, pricing: str
) -> None:
    row = hours(lake, **charged)
    names = ("machine_type", "platform", "tenancy", "pricing")
    assert tuple(row[name] for name in names) == (machine_type, platform, tenancy, pricing)
    assert (row["quantity"], row["part"], row["effective_cost"]) == (24, "machine", Decimal("4.8"))


@pytest.mark.parametrize(
    ("meter", "part", "machine_type"),
    [
        ("N2 Instance Core running in Americas", "cores", "n2"),
        ("N2 Instance Ram running in Americas", "memory", "n2"),
        ("N2D AMD Instance Core running in Frankfurt", "cores", "n2d"),
        ("N1 Predefined Instance Core running in Americas", "cores", "n1"),
        ("Custom Instance Core running in Americas", "cores", "n1-custom"),
        ("N2 Custom Instance Ram running in Americas", "memory", "n2-custom"),
    ],
)
def test_a_machine_of_google_is_its_cores_and_its_memory(
    lake: QueriedLake, meter: str, part: str, machine_type: str
) -> None:
    # The export counts use in seconds; priced it is by the hour.
    units = {"ConsumedUnit": "seconds", "ConsumedQuantity": "345600", "PricingQuantity": "96", "PricingUnit": "hour"}
    row = hours(lake, **GCP, **units, SkuMeter=meter)
    assert (row["part"], row["machine_type"], row["quantity"]) == (part, machine_type, 96)


def test_blocks_of_hours_are_hours(lake: QueriedLake) -> None:
    row = hours(lake, **AZURE, SkuMeter="D4s v5", PricingQuantity="2.4", PricingUnit="10 Hours")
    assert (row["quantity"], row["ResourceId"]) == (24, "/s/vm")


@pytest.mark.parametrize(
    "not_a_machine",
    [
        EC2 | {"ServiceName": "Amazon Elastic MapReduce", "SkuMeter": "BoxUsage:m5.xlarge"},
        EC2 | {"SkuMeter": "EBS:VolumeUsage.gp3"},
        EC2 | {"SkuMeter": "UnusedBox:m5.xlarge"},
        RDS | {"SkuMeter": "ExtendedSupport:Yr1-Yr2:PostgreSQL11"},
        EC2 | {"SkuMeter": "BoxUsage:m5.xlarge", "CommitmentDiscountId": "sp", "CommitmentDiscountStatus": "Unused"},
        EC2 | {"SkuMeter": "BoxUsage:m5.xlarge", "ChargeClass": "Correction"},
        EC2 | {"SkuMeter": "BoxUsage:m5.xlarge", "ChargeCategory": "Tax"},
    ],
)
def test_what_is_no_hour_of_a_machine_is_left_out(lake: QueriedLake, not_a_machine: dict[str, str]) -> None:
    lake.charge(LAST.isoformat(), "4.8", **not_a_machine)
    lake.build()
    assert lake.rows("select * from daily_machine_hours") == []


def _month(lake: QueriedLake, cost: str, **values: object) -> None:
    for back in range(30):
        lake.charge((LAST - timedelta(days=back)).isoformat(), cost, **values)


def test_hours_are_told_apart_by_who_pays_for_them(lake: QueriedLake) -> None:
    machine = EC2 | {
        "SkuMeter": "BoxUsage:m5.xlarge",
        "PricingQuantity": "12",
        "x_Extra": {"x_Operation": "RunInstances"},
    }
    _month(lake, "2.304", **machine)
    covered = {"CommitmentDiscountId": "sp", "CommitmentDiscountStatus": "Used", "EffectiveCost": "1.5"}
    _month(lake, "2.304", **machine, **covered)
    lake.load(1, 1, delivered_at="2026-11-06 00:00:00")
    [row] = lake.query("savings_machine_hours", as_of=LAST.isoformat()).to_dicts()
    # 30 days x 12 hours each; 30 x 2.304 = 69.12 on demand, and 30 x 1.5 = 45 covered
    assert (row["on_demand_hours"], row["committed_hours"], row["spot_hours"]) == (360, 360, 0)
    assert (row["on_demand_effective_cost"], row["effective_cost"]) == (Decimal("69.12"), Decimal("114.12"))
    assert (row["machine_type"], row["platform"], row["window_days"]) == ("m5.xlarge", "linux", 30)


def test_an_hour_costs_what_was_paid_for_all_of_them(lake: QueriedLake) -> None:
    machine = EC2 | {"SkuMeter": "BoxUsage:m5.xlarge", "x_Extra": {"x_Operation": "RunInstances"}}
    _month(lake, "4.608", **machine, ContractedCost="4.3776")
    # a plan that says 0 for what was agreed knows it not; and its list price is one more that is known
    covered = {"CommitmentDiscountId": "sp", "CommitmentDiscountStatus": "Used", "ContractedCost": "0"}
    _month(lake, "4.608", **machine, **covered)
    lake.load(1, 1, delivered_at="2026-11-06 00:00:00")
    [row] = lake.query("savings_unit_prices", as_of=LAST.isoformat()).to_dicts()
    # 4.608 / 24 = 0.192 at list, 4.3776 / 24 = 0.1824 as agreed
    assert (row["machine_type"], row["hours"]) == ("m5.xlarge", 1440)
    assert row["list_unit_price"] == pytest.approx(0.192)
    assert row["contracted_unit_price"] == pytest.approx(0.1824)


def test_prices_are_those_of_the_last_35_days(lake: QueriedLake) -> None:
    machine = EC2 | {"SkuMeter": "BoxUsage:m5.xlarge", "x_Extra": {"x_Operation": "RunInstances"}}
    lake.charge((LAST - timedelta(days=35)).isoformat(), "48", **machine)
    lake.charge((LAST - timedelta(days=34)).isoformat(), "4.8", **machine)
    lake.load(1, 1, delivered_at="2026-11-06 00:00:00")
    [row] = lake.query("savings_unit_prices", as_of=LAST.isoformat()).to_dicts()
    assert row["list_unit_price"] == pytest.approx(0.2)


def test_spot_hours_make_no_price(lake: QueriedLake) -> None:
    _month(lake, "1.2", **EC2, SkuMeter="SpotUsage:m5.xlarge", PricingCategory="Dynamic")
    lake.load(1, 1, delivered_at="2026-11-06 00:00:00")
    assert lake.query("savings_unit_prices", as_of=LAST.isoformat()).height == 0


def test_hours_of_a_busy_machine_are_not_fetched(lake: QueriedLake) -> None:
    for name, level, kind in (
        ("i-quiet", 5.0, "t3.large"),
        ("i-busy", 60.0, "t3.large"),
        ("i-big", 5.0, "m5.24xlarge"),
    ):
        lake.insert(
            "inventory",
            {
                "x_Provider": "aws",
                "x_SourceId": "aws-payer",
                "SubAccountId": "111",
                "RegionId": "eu-west-1",
                "resource_type": "aws-ec2-instance",
                "ResourceId": name,
                "attributes": {"instance_type": kind},
                "first_seen": "2026-10-01 00:00:00",
                "last_seen": "2026-10-30 00:00:00",
            },
        )
        for hour in (1, 0):
            lake.insert(
                "metrics",
                {
                    "x_Provider": "aws",
                    "x_SourceId": "aws-payer",
                    "SubAccountId": "111",
                    "RegionId": "eu-west-1",
                    "resource_type": "aws-ec2-instance",
                    "ResourceId": name,
                    "metric": "cpu",
                    "unit": "percent",
                    "hour": f"2026-10-30 0{hour}:00:00",
                    "points": 12,
                    "mean": level + hour,
                    "max": level + hour,
                    "bins": [int(level)],
                    "counts": [12],
                },
            )
    [row] = lake.query("savings_hourly_cpu", as_of=LAST.isoformat()).to_dicts()
    assert (row["ResourceId"], row["means"]) == ("i-quiet", [5.0, 6.0])
