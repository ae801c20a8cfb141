"""Savings: what each rule says about a resource, what it stays silent about, and what all of it is worth together."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

from finops_lib.analyses.savings import (
    MIN_MONTHLY,
    READS,
    RULES,
    Estate,
    do_first,
    estate_of,
    find_savings,
    portfolio,
    still_open,
)
from finops_lib.analyses.savings.needs import Look, bill, evaluate, inventory, metrics
from finops_lib.errors import ConfigError, QualityError
from finops_lib.findings import KeptRecommendation, Recommendation
from finops_lib.runs.parameters import read_parameters
from tests.analyses.conftest import QueriedLake
from tests.conftest import PROJECT

AS_OF = date(2026, 10, 30)
FRAMES = READS


@pytest.fixture
def empty(lake: QueriedLake) -> dict[str, pl.DataFrame]:
    return {name: lake.query(name, as_of=AS_OF.isoformat()) for name in FRAMES}


def charge_daily(lake: QueriedLake, meter: str, cost: str, *, days: int = 30, until: int = 0, **values: object) -> None:
    """Charge a meter on `days` days, the last of them `until` days before 30 October."""
    last = AS_OF - timedelta(days=until)
    usual = {"ResourceId": "r-1", "SkuMeter": meter, "ConsumedQuantity": "24", "x_Team": "shop", "ListCost": cost}
    for back in range(days):
        day = last - timedelta(days=back)
        lake.charge(day.isoformat(), cost, **{**usual, **values})


def of_commitments(months: pl.DataFrame) -> Estate:
    return Estate(AS_OF, "USD", {}, frames={"savings_commitments": months})


def found_in(lake: QueriedLake, **options: object) -> list[Recommendation]:
    # Delivered a week later, so every day is complete.
    lake.load(1, 1, delivered_at="2026-11-06 00:00:00")
    frames = {name: lake.query(name, as_of=AS_OF.isoformat()) for name in FRAMES}
    return find_savings(frames, as_of=AS_OF, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", RULES.names())
def test_every_rule_is_silent_on_an_empty_estate(name: str, empty: dict[str, pl.DataFrame]) -> None:
    rule = RULES.get(name)
    assert (rule.name, bool(rule.check), bool(rule.needs)) == (name, True, True)
    assert list(rule.recommendations(estate_of(empty, as_of=AS_OF))) == []


def test_a_missing_frame_of_the_bill_is_named(empty: dict[str, pl.DataFrame]) -> None:
    del empty["savings_commitments"]
    with pytest.raises(ConfigError, match=r"savings read savings_commitments.*run\.query\('savings_commitments'\)"):
        find_savings(empty, as_of=AS_OF)


def test_rows_from_after_the_last_included_day_are_refused(lake: QueriedLake) -> None:
    charge_daily(lake, "PublicIPv4:IdleAddress", "0.12")
    lake.load(1, 1, delivered_at="2026-11-06 00:00:00")
    frames = {name: lake.query(name, as_of=AS_OF.isoformat()) for name in FRAMES}
    with pytest.raises(QualityError, match="through 2026-10-30, the last included day is 2026-10-29"):
        find_savings(frames, as_of=AS_OF - timedelta(days=1))


# The usage types are AWS's own, with and without the region in front; Azure and Google name their meters differently.
@pytest.mark.parametrize(
    ("meter", "type_"),
    [
        ("USE1-PublicIPv4:IdleAddress", "idle-public-ipv4"),
        ("ElasticIP:IdleAddress", "idle-public-ipv4"),
        ("Static Ip Charge", "idle-public-ipv4"),
        ("EUW1-NatGateway-Hours", "idle-nat-gateway"),
        ("Cloud Nat Gateway: Uptime", "idle-nat-gateway"),
        ("USE1-VPN-Usage-Hours:ipsec.1", "idle-vpn"),
        ("VpnGw2", "idle-vpn"),
        ("USE1-VpcEndpoint-Hours", "idle-vpc-endpoint"),
        ("USE1-LoadBalancerUsage", "idle-load-balancer"),
        ("USE1-TransitGateway-Hours", "idle-transit-attachment"),
        ("Cloud Load Balancer Forwarding Rule Minimum", "idle-load-balancer"),
        ("USE1-UnusedBox:m5.xlarge", "idle-capacity-reservation"),
        ("USE1-ExtendedSupport:Yr1-Yr2:PostgreSQL11", "extended-support"),
        ("EBS:VolumeUsage", "unattached-volume"),
        ("USE1-EBS:VolumeUsage.gp2", "gp2-volume"),
    ],
)
def test_a_meter_of_the_provider_is_understood(lake: QueriedLake, meter: str, type_: str) -> None:
    charge_daily(lake, meter, "1.2")
    [hit] = found_in(lake)
    assert (hit.type, hit.resource_id, hit.owner) == (type_, "r-1", "shop")
    # 1.2 a day x 365 / 12 = 36.5 a month
    assert hit.current_monthly_cost == Decimal("36.5")
    assert 0 < hit.monthly_savings <= hit.current_monthly_cost


@pytest.mark.parametrize(
    ("hours", "use"),
    [
        ("NatGateway-Hours", "NatGateway-Bytes"),
        ("VPN-Usage-Hours:ipsec.1", "DataTransfer-Out-Bytes"),
        ("VpcEndpoint-Hours", "VpcEndpoint-Bytes"),
        ("LoadBalancerUsage", "LCUUsage"),
        ("TransitGateway-Hours", "TransitGateway-Bytes"),
        ("EBS:VolumeUsage", "EBS:VolumeIOUsage"),
    ],
)
def test_what_is_used_gets_no_advice(lake: QueriedLake, hours: str, use: str) -> None:
    charge_daily(lake, hours, "1.2")
    charge_daily(lake, use, "0.4", days=3)
    assert found_in(lake) == []


def test_an_azure_id_in_two_letter_cases_is_one_resource(lake: QueriedLake) -> None:
    charge_daily(lake, "VpnGw2", "11", x_Provider="azure", ResourceId="/RG-Run/gateway")
    charge_daily(lake, "VPN Data Transfer Out", "3", x_Provider="azure", ResourceId="/rg-run/Gateway")
    lake.load(1, 1, x_Provider="azure", delivered_at="2026-11-06 00:00:00")
    assert found_in(lake) == []


def test_use_that_a_commitment_pays_for_is_use(lake: QueriedLake) -> None:
    charge_daily(lake, "LoadBalancerUsage", "1.2")
    charge_daily(lake, "LCUUsage", "0", days=5, ListCost="3")
    assert found_in(lake) == []


def test_a_resource_younger_than_two_weeks_or_gone_already_gets_no_advice(lake: QueriedLake) -> None:
    charge_daily(lake, "NatGateway-Hours", "1", days=13, ResourceId="young")
    charge_daily(lake, "NatGateway-Hours", "1", days=20, until=5, ResourceId="gone")
    charge_daily(lake, "NatGateway-Hours", "1", ResourceId=None)
    assert found_in(lake) == []


def test_a_description_serves_where_a_bill_has_no_meter(lake: QueriedLake) -> None:
    charge_daily(lake, "", "0.12", SkuMeter=None, ChargeDescription="$0.005 per Idle public IPv4 address per hour")
    assert [r.type for r in found_in(lake)] == ["idle-public-ipv4"]


def test_money_is_a_month_of_the_days_that_the_resource_exists(lake: QueriedLake) -> None:
    charge_daily(lake, "PublicIPv4:IdleAddress", "0.12", days=20)
    charge_daily(lake, "AmazonS3", "1", days=60, ResourceId="other")
    [hit] = found_in(lake)
    # seen for 20 days at 0.12: 0.12 x 365 / 12 = 3.65 a month, not 20 days of it
    assert (hit.monthly_savings, hit.confidence) == (Decimal("3.65"), 0.95)


def test_advice_without_an_owner_is_less_sure(lake: QueriedLake) -> None:
    charge_daily(lake, "PublicIPv4:IdleAddress", "0.12", x_Team=None)
    [hit] = found_in(lake)
    assert (hit.owner, hit.confidence) == ("", 0.855)


def test_a_snapshot_is_old_by_its_first_appearance(lake: QueriedLake) -> None:
    charge_daily(lake, "EBS:SnapshotUsage", "1", days=80, ResourceId="young")
    charge_daily(lake, "EBS:SnapshotUsage", "1", days=120, ResourceId="old")
    [hit] = found_in(lake)
    assert (hit.resource_id, hit.confidence) == ("old", 0.3)
    assert "on the bill for 119 days" in hit.evidence


def test_a_disk_goes_on_after_the_machine_it_is_named_for(lake: QueriedLake) -> None:
    vm = {
        "ServiceName": "Virtual Machines",
        "PricingUnit": "1 Hour",
        "ResourceId": "/vm/web-1",
        "ResourceName": "web-1",
    }
    charge_daily(lake, "D8s v5", "9", days=20, until=40, **vm)
    disk = "Premium SSD Managed Disks - P20 LRS Disk"
    for name in ("web-1_OsDisk_1", "db-7-disk"):
        charge_daily(lake, "P20 LRS Disk", "2", days=60, ResourceId=name, ResourceName=name, ChargeDescription=disk)
    [hit] = found_in(lake)
    assert (hit.type, hit.resource_id) == ("stopped-instance-disk", "web-1_OsDisk_1")
    assert hit.evidence == "web-1 stopped 40 days ago, the disk is still charged"


def test_a_running_machine_keeps_its_disk(lake: QueriedLake) -> None:
    charge_daily(lake, "BoxUsage:m5.large", "2", days=60, ResourceId="i-1", ResourceName="web-1")
    charge_daily(lake, "EBS:VolumeUsage.gp3", "2", days=60, ResourceId="vol-1", ResourceName="web-1-data")
    assert found_in(lake) == []


def test_a_previous_generation_is_a_review_without_a_number(lake: QueriedLake) -> None:
    charge_daily(lake, "USE1-BoxUsage:m4.2xlarge", "9.6", ResourceId="i-1")
    charge_daily(lake, "USE1-BoxUsage:m6i.2xlarge", "9.6", ResourceId="i-2")
    [hit] = found_in(lake, min_monthly=50)
    assert (hit.type, hit.resource_id, hit.monthly_savings, hit.current_monthly_cost) == (
        "previous-generation", "i-1", 0, 292,
    )  # fmt: skip
    assert portfolio([hit]).reviews == (hit,)


def test_an_unused_commitment_states_its_waste(lake: QueriedLake) -> None:
    for status, cost in (("Used", "80"), ("Unused", "20")):
        values = {"CommitmentDiscountId": "sp-1", "CommitmentDiscountStatus": status, "CommitmentDiscountType": "Plan"}
        lake.charge("2026-09-10", cost, **values)
    charge_daily(lake, "BoxUsage:m5.large", "1")
    [hit] = found_in(lake)
    # September has 30 days: 20 x 365 / 12 / 30
    assert (hit.resource_id, hit.monthly_savings) == ("sp-1", Decimal("20.277778"))
    assert hit.evidence == "20 % unused in 2026-09; Plan"


def charge_commitment(lake: QueriedLake, day: str, unused: str) -> None:
    for status, cost in (("Used", "80"), ("Unused", unused)):
        lake.charge(day, cost, CommitmentDiscountId="sp-1", CommitmentDiscountStatus=status)


def test_a_month_of_a_commitment_is_over_with_its_last_day(lake: QueriedLake) -> None:
    charge_commitment(lake, "2026-09-10", "20")
    charge_commitment(lake, "2026-10-10", "80")
    lake.charge("2026-11-05", 1)
    lake.load(1, 1, delivered_at="2026-11-20 00:00:00")
    said = {}
    for day in ("2026-10-30", "2026-10-31"):
        frame = lake.query("savings_commitments", as_of=day)
        [hit] = RULES.get("unused-commitment").find(of_commitments(frame))
        said[day] = hit.evidence[:23]
    assert said == {"2026-10-30": "20 % unused in 2026-09;", "2026-10-31": "50 % unused in 2026-10;"}


def test_a_month_is_judged_on_its_last_included_day() -> None:
    row = {
        "x_Provider": "aws",
        "CommitmentDiscountId": "sp-1",
        "CommitmentDiscountName": None,
        "CommitmentDiscountType": None,
        "x_BillingMonth": date(2026, 10, 1),
        "BillingCurrency": "USD",
        "used_effective_cost": Decimal(80),
        "unused_effective_cost": Decimal(20),
    }
    find = RULES.get("unused-commitment").find
    assert list(find(of_commitments(pl.DataFrame([{**row, "data_through": date(2026, 10, 30)}])))) == []
    [hit] = find(of_commitments(pl.DataFrame([{**row, "data_through": date(2026, 10, 31)}])))
    # October has 31 days: 20 x 365 / 12 / 31
    assert hit.monthly_savings == Decimal("19.623656")


def test_no_saving_carries_the_digits_of_a_division(lake: QueriedLake) -> None:
    charge_daily(lake, "EBS:VolumeUsage.gp2", "1.23", ResourceId="vol-1", ConsumedQuantity="17", PricingUnit="GB-Mo")
    found = found_in(lake)
    assert found
    assert all(r.monthly_savings.as_tuple().exponent >= -6 for r in found)  # type: ignore[operator]


def test_the_overview_and_the_savings_page_leave_out_the_same(lake: QueriedLake) -> None:
    charge_daily(lake, "PublicIPv4:IdleAddress", "0.01")
    assert found_in(lake) == []
    pages = {name: json.loads((PROJECT / f"notebooks/{name}.ipynb").read_text()) for name in ("overview", "savings")}
    [least] = [p.default for p in read_parameters(pages["savings"]) if p.name == "min_monthly"]
    assert Decimal(str(least)) == MIN_MONTHLY
    assert "min_monthly" not in json.dumps(pages["overview"])


def test_small_savings_are_left_out_on_request(lake: QueriedLake) -> None:
    charge_daily(lake, "PublicIPv4:IdleAddress", "0.12")
    assert found_in(lake, min_monthly=5) == []


def advice(resource: str, saving: str, confidence: float, **values: object) -> Recommendation:
    usual: dict[str, object] = {
        "type": "rule",
        "provider": "aws",
        "account": "111",
        "resource_id": resource,
        "action": "delete",
        "evidence": "",
        "monthly_savings": Decimal(saving),
        "current_monthly_cost": Decimal(100),
        "currency": "USD",
        "confidence": confidence,
        "priority": "low",
        "owner": "",
    }
    return Recommendation(**{**usual, **values})  # type: ignore[arg-type]


def test_a_resource_is_counted_once_with_its_largest_expected_saving() -> None:
    delete, shrink = advice("vol-1", "100", 0.5), advice("vol-1", "40", 0.8, type="other")
    other, review = advice("vol-2", "10", 0.9), advice("i-1", "0", 0.5)
    total = portfolio([shrink, delete, other, review])
    assert total.counted == (delete, other)
    assert total.left_out == (shrink,)
    assert total.reviews == (review,)
    # low: only 0.9 is sure: 9; base: 100 x 0.5 + 10 x 0.9; high: 100 + 10; gross: 100 + 40 + 10
    assert (total.low, total.base, total.high, total.gross) == (9, 59, 110, 150)


def test_charges_without_a_resource_are_not_taken_for_one_resource() -> None:
    total = portfolio([advice("", "5", 0.9, type="a"), advice("", "7", 0.9, type="b")])
    assert total.high == 12


def test_two_currencies_never_meet_in_one_portfolio() -> None:
    with pytest.raises(QualityError, match="EUR and USD"):
        portfolio([advice("a", "1", 1), advice("b", "1", 1, currency="EUR")])
    assert portfolio([]).base == 0


def test_what_lacks_its_data_is_not_evaluated_and_says_what_would_help() -> None:
    looks = (
        Look("aws", "1", "eu-west-1", "aws-ebs-volume", None, "ec2:DescribeVolumes", "UnauthorizedOperation"),
        Look("aws", "2", "eu-west-1", "aws-ebs-volume", 4, "", ""),
        Look("aws", "1", "eu-west-1", "aws-rds-instance", None, "rds:DescribeDBInstances", "AccessDenied"),
    )
    need = (inventory("aws-ebs-volume"),)
    part = evaluate("one", "A00", "aws", need, (), looks)
    assert (part.status, part.accounts, part.permission) == ("in part", ("1",), "ec2:DescribeVolumes")
    none = evaluate("one", "A00", "aws", (inventory("aws-rds-instance"),), (), looks)
    assert (none.status, none.permission) == ("not evaluated", "rds:DescribeDBInstances")
    assert evaluate("one", "A00", "aws", (bill(),), (), ()).status == "evaluated"
    assert evaluate("one", "A00", "aws", (metrics("aws-ec2-instance", "cpu"),), (), ()).said == "nobody looked"


def test_what_somebody_decided_is_not_asked_again() -> None:
    taken, left = advice("a", "5", 0.9), advice("b", "7", 0.9)
    day = date(2026, 10, 30)
    kept = [KeptRecommendation("1", taken, "rejected", 1, "ann", day, day)]
    assert still_open([taken, left], kept) == [left]
    assert still_open([taken, left], [replace(kept[0], status="approved")]) == [taken, left]


def test_what_brings_most_for_the_work_stands_first_and_high_risk_last() -> None:
    # 12 x 100 x 0.5 / 8 h = 75, 12 x 20 x 1 / 2 h = 120
    large = replace(advice("a", "100", 0.5), effort="Medium", risk="low")
    quick = replace(advice("b", "20", 1.0), effort="Low", risk="low")
    risky = replace(advice("c", "900", 1.0), effort="VeryLow", risk="high")
    ranked = do_first([risky, large, quick])
    assert [(one.recommendation.resource_id, one.per_hour) for one in ranked[:2]] == [("b", 120), ("a", 75)]
    assert ranked[2].recommendation is risky
