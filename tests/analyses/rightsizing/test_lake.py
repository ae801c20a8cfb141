"""From bill, inventory and hourly histograms in the lake to advice, through every query on the way."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from finops_lib.analyses.savings import find_savings
from finops_lib.findings import Recommendation
from finops_lib.runs.savings_frames import savings_frames
from tests.analyses.conftest import QueriedLake

LAST = date(2026, 12, 30)
# Percent, bytes/s and operations/s in every five minutes of 32 days.
LEVELS = {
    "cpu": ("percent", 6.0),
    "memory": ("percent", 30.0),
    "network_in": ("bytes/s", 1000.0),
    "network_out": ("bytes/s", 1000.0),
    "disk_read_bytes": ("bytes/s", 1000.0),
    "disk_write_bytes": ("bytes/s", 1000.0),
    "disk_read_ops": ("ops/s", 2.0),
    "disk_write_ops": ("ops/s", 2.0),
}
_EC2 = {"ServiceName": "Amazon Elastic Compute Cloud", "PricingUnit": "Hrs", "PricingQuantity": "24"}


def charge_month(lake: QueriedLake, resource_id: str, machine_type: str, an_hour: str) -> None:
    for back in range(31):
        day = LAST - timedelta(days=back)
        lake.charge(
            day.isoformat(),
            str(Decimal(an_hour) * 24),
            **_EC2,
            ResourceId=resource_id,
            SkuMeter=f"EUW1-BoxUsage:{machine_type}",
            x_Extra={"x_Operation": "RunInstances"},
            x_Team="shop",
        )


def describe(lake: QueriedLake, resource_id: str, machine_type: str, levels: dict[str, tuple[str, float]]) -> None:
    home = {
        "x_Provider": "aws",
        "x_SourceId": "aws-payer",
        "SubAccountId": "111",
        "RegionId": "eu-west-1",
        "resource_type": "aws-ec2-instance",
        "ResourceId": resource_id,
    }
    seen = {"first_seen": "2026-12-01 00:00:00", "last_seen": "2026-12-30 00:00:00", "state": "running"}
    attributes = {"instance_type": machine_type, "ena_support": "yes"}
    lake.insert("inventory", {**home, **seen, "created_at": "2025-01-01 00:00:00", "attributes": attributes})
    first = LAST - timedelta(days=31)
    for metric, (unit, level) in levels.items():
        values = {**home, "metric": metric, "unit": unit, "points": 12, "mean": level, "max": level}
        # 1.05 to the power of 141 is about 1000, to the power of 15 about 2
        place = {"percent": int(level), "bytes/s": 142, "ops/s": 15}[unit]
        names = ", ".join([*values, "hour", "bins", "counts"])
        marks = ", ".join(["?"] * len(values))
        hours = f"timestamp '{first}' + to_hours(range), [{place}], [12] from range(768)"
        lake.con.execute(f"insert into metrics ({names}) select {marks}, {hours}", list(values.values()))


def found_in(lake: QueriedLake) -> list[Recommendation]:
    lake.load(1, 1, x_BillingMonth=date(2026, 12, 1), delivered_at="2027-01-06 00:00:00")
    # Without a look nothing was looked at, and no rule that needs one is asked.
    look = {"x_Provider": "aws", "x_SourceId": "aws-payer", "SubAccountId": "111", "RegionId": "eu-west-1"}
    for seen in ("aws-ec2-instance", "aws-ec2-instance/cpu"):
        lake.insert("inventory_scopes", {**look, "resource_type": seen, "resources": 1, "needs": "", "said": ""})
    frames = savings_frames(lambda name: lake.query(name, as_of=LAST.isoformat()))
    return [hit for hit in find_savings(frames, as_of=LAST) if hit.type == "rightsize-ec2"]


def test_an_idle_machine_of_the_lake_is_advised(lake: QueriedLake) -> None:
    charge_month(lake, "i-1", "m5.xlarge", "0.214")
    charge_month(lake, "i-2", "m5.large", "0.107")
    charge_month(lake, "i-3", "t3.large", "0.0912")
    describe(lake, "i-1", "m5.xlarge", LEVELS)
    [hit] = found_in(lake)
    # t3.large is on the bill, and 6 % of 4 vCPUs all day are less than the 0.6 that it earns:
    # 730 x (0.214 - 0.0912) = 89.644
    assert (hit.resource_id, hit.target, hit.price_grade) == ("i-1", "t3.large", "A")
    assert float(hit.monthly_savings) == pytest.approx(89.644)
    # m5.large 730 x 0.107; t3.xlarge has twice the memory and price of t3.large: 730 x 0.0316
    assert hit.facts["alternatives"] == "m5.large (A) 78.11 a month; t3.xlarge (B) 23.07 a month"
    assert (hit.owner, hit.current_monthly_cost) == ("shop", Decimal("156.22"))


def test_a_machine_without_its_memory_gets_no_smaller(lake: QueriedLake) -> None:
    charge_month(lake, "i-1", "m5.xlarge", "0.214")
    describe(lake, "i-1", "m5.xlarge", {name: one for name, one in LEVELS.items() if name != "memory"})
    assert found_in(lake) == []


def test_a_bill_alone_says_nothing_about_sizes(lake: QueriedLake) -> None:
    charge_month(lake, "i-1", "m5.xlarge", "0.214")
    assert found_in(lake) == []
