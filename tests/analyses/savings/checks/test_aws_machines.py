"""Machines, databases and caches of AWS: idle, on at night, of an old generation, or on x86 where Arm would do."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from finops_lib.analyses.savings.hour_prices import InstanceType, type_of
from finops_lib.analyses.savings.machines import left_alone
from finops_lib.analyses.savings.resources import Meter, Resource
from tests.analyses.savings.aws_estate import (
    DATABASE,
    OFFICE,
    found,
    idle_machine,
    instance,
    measured,
    priced,
    resource,
    week,
)


def covered(hours: Meter, share: str) -> Meter:
    """Let a commitment pay for a share of the hours."""
    part = Decimal(share)
    return replace(
        hours,
        committed_quantity=hours.quantity * part,
        committed_effective_cost=hours.effective_cost * part,
    )


M5 = priced("instance-hours", "USE1-BoxUsage:m5.xlarge", "100", quantity_a_month="730")


def test_a_machine_that_does_nothing_saves_its_hours_and_nothing_else() -> None:
    transfer = priced("other", "DataTransfer-Out-Bytes", "7")
    [hit] = found("idle-ec2", instance("i-1", M5, transfer, used=idle_machine(), instance_type="m5.xlarge"))
    assert (hit.check, hit.step, hit.confidence) == ("A14", "terminate", 0.9)
    assert (hit.monthly_savings, hit.current_monthly_cost) == (100, 107)
    # 20 bytes a second, both ways
    assert (hit.facts["cpu_peak_percent"], hit.facts["network_bytes_a_day"]) == ("2.00", "1728000")


def test_hours_that_a_commitment_pays_for_save_nothing() -> None:
    [half] = found("idle-ec2", instance("i-1", covered(M5, "0.5"), used=idle_machine()))
    [whole] = found("idle-ec2", instance("i-1", covered(M5, "1"), used=idle_machine()))
    assert (half.monthly_savings, whole.monthly_savings) == (50, 0)
    assert "a commitment pays for it" in whole.evidence


@pytest.mark.parametrize(
    "machine",
    [
        instance(used=(measured("cpu", mean=0.5, p99_5=1, most=60.0), *idle_machine()[1:])),
        instance(used=(idle_machine()[0], measured("network_in", mean=70), measured("network_out", mean=9))),
        instance(used=idle_machine()[:2]),
        instance(used=idle_machine(hours=13 * 24)),
        instance(used=idle_machine(coverage=0.7)),
        instance(used=idle_machine(), autoscaling_group="web"),
        instance(used=idle_machine(), tags={"aws:eks:cluster-name": "main"}),
        instance(used=idle_machine(), lifecycle="spot"),
        instance(used=idle_machine(), tags={"dr": "standby"}),
        instance(used=idle_machine(), platform_details="Windows with SQL Server Standard"),
        instance(used=idle_machine(), tenancy="host"),
        instance(used=idle_machine(), state="stopped"),
    ],
    ids=[
        "month end", "traffic", "traffic not seen", "13 days", "gaps", "group", "node", "spot", "standby", "licence",
        "own host", "stopped",
    ],
)  # fmt: skip
def test_a_machine_that_works_or_belongs_to_others_is_left_alone(machine: Resource) -> None:
    assert found("idle-ec2", machine) == []


def test_a_machine_without_inventory_says_why_it_is_left_alone() -> None:
    assert left_alone(replace(instance(), described=None)) == "not in the inventory"


DEV = replace(instance("i-1", M5, used=idle_machine()), environment="dev")


def test_office_hours_save_64_percent_of_the_compute_and_no_disk() -> None:
    transfer = priced("other", "DataTransfer-Out-Bytes", "7")
    machine = replace(DEV, meters={"instance-hours": M5, "other": transfer})
    [hit] = found("off-hours-schedule", machine, weeks=(week("i-1", OFFICE),))
    # vector 18: 108 of 168 hours, 64.3 % of 100
    assert (hit.monthly_savings, hit.step, hit.target) == (Decimal("64.285714"), "schedule", "12 x 5")
    # busy from 08:00 to 18:00: twelve hours could begin from 06:00 to 08:00, and the middle is 07:00
    assert (hit.facts["starts_at_utc"], hit.facts["busy_hours_a_week"]) == ("7", "50")


def test_hours_across_midnight_and_the_weekend_are_found() -> None:
    # Monday to Friday from 20:00 to 05:00, so Saturday's early hours are of Friday.
    night = {day: (*range(20, 24), *(range(5) if day else ())) for day in range(5)} | {5: range(5)}
    [hit] = found("off-hours-schedule", DEV, weeks=(week("i-1", night),))  # type: ignore[arg-type]
    assert hit.action.startswith("run it from Monday to Friday, 19:00 to 07:00 UTC")


def test_a_schedule_saves_nothing_of_what_a_commitment_pays_for() -> None:
    machine = replace(DEV, meters={"instance-hours": covered(M5, "0.5")})
    [hit] = found("off-hours-schedule", machine, weeks=(week("i-1", OFFICE),))
    # 64.3 % of the other half
    assert (hit.monthly_savings, hit.facts["committed_monthly_cost"]) == (Decimal("32.142857"), "50.00")


@pytest.mark.parametrize(
    ("machine", "row"),
    [
        (DEV, week("i-1", {**OFFICE, 6: range(3, 4)})),
        (DEV, week("i-1", {day: range(4, 20) for day in range(5)})),
        (DEV, week("i-1", {})),
        (DEV, week("i-1", OFFICE, unseen=6)),
        (DEV, {**week("i-1", OFFICE), "network_in_hours": 0}),
        (replace(DEV, environment="prod"), week("i-1", OFFICE)),
        (replace(DEV, environment=""), week("i-1", OFFICE)),
        (replace(DEV, utilisation={}), week("i-1", OFFICE)),
        (
            replace(DEV, meters={"instance-hours": priced("instance-hours", "m5", "40", quantity_a_month="260")}),
            week("i-1", OFFICE),
        ),
    ],
    ids=[
        "sunday job", "16 hours a day", "idle", "sundays not seen", "traffic not seen", "production", "not tagged",
        "no metrics", "switched off already",
    ],
)  # fmt: skip
def test_a_machine_that_is_needed_or_may_be_gets_no_schedule(machine: Resource, row: dict[str, Any]) -> None:
    assert found("off-hours-schedule", machine, weeks=(row,)) == []


def database(name: str = "db-1", *, connections: float | None = 0, **more: Any) -> Resource:
    hours = more.pop("hours", priced("database-hours", "InstanceUsage:db.m5.large", "200", quantity_a_month="730"))
    storage = priced("database-storage", "RDS:GP3-Storage", "40")
    used = () if connections is None else (measured("connections", mean=connections / 9, p99_5=connections),)
    usual = {"state": "available", "engine": "oracle-se2", "used": used}
    return resource(DATABASE, f"arn:aws:rds:us-east-1:111:db:{name}", hours, storage, **{**usual, **more})


def test_a_database_without_a_connection_saves_its_hours_and_half_of_its_storage() -> None:
    [hit] = found("idle-rds", database())
    # 200 + 40 / 2, for a last snapshot is kept
    assert (hit.monthly_savings, hit.check, hit.risk) == (220, "A17", "high")


@pytest.mark.parametrize(
    "others",
    [
        (database(connections=1),),
        (database(connections=None),),
        (database(replica_of="db-0"),),
        (database(replicas="db-2"),),
        (database(state="stopped"),),
        (database(cluster="c"), database("db-2", cluster="c", connections=4)),
        (database(cluster="c"), database("db-2", cluster="c", connections=None)),
    ],
    ids=["used", "no metrics", "replica", "primary", "stopped", "cluster", "cluster not seen"],
)
def test_a_database_that_is_used_or_waits_for_another_is_left_alone(others: tuple[Resource, ...]) -> None:
    assert found("idle-rds", *others) == []


def test_a_cluster_is_idle_as_a_whole() -> None:
    assert len(found("idle-rds", database(cluster="c"), database("db-2", cluster="c"))) == 2


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("USE1-BoxUsage:m5.2xlarge", "m5.2xlarge"),
        ("Multi-AZUsage:db.r6g.large", "db.r6g.large"),
        ("$0.192 per On Demand Linux m5.xlarge Instance Hour", "m5.xlarge"),
        ("NodeUsage:cache.t3.micro", "cache.t3.micro"),
        ("NatGateway-Hours", None),
    ],
)
def test_a_meter_names_its_instance_type(name: str, type_: str | None) -> None:
    read = type_of(priced("x", name, "1"))
    assert (read.name if read else None) == type_
    assert InstanceType("m5", "12xlarge").weight == 12 * InstanceType("m5", "large").weight * 2


def hours(type_: str, price: str, *, kind: str = "instance-hours", usage: str = "BoxUsage") -> Meter:
    cost = str(Decimal(price) * 730)
    return priced(kind, f"USE1-{usage}:{type_}", cost, quantity_a_month="730")


OLD = instance("i-old", hours("m4.xlarge", "0.2", kind="old-instance-hours"))


def test_a_past_generation_is_priced_by_what_the_customer_pays_for_the_next() -> None:
    [hit] = found("previous-generation", OLD, instance("i-new", hours("m5.xlarge", "0.19")))
    # 730 x 0.01
    assert (hit.monthly_savings.quantize(Decimal("0.01")), hit.target, hit.price_grade) == (
        Decimal("7.30"),
        "m5.xlarge",
        "A",
    )


def test_another_size_of_the_next_generation_gives_its_price_by_size() -> None:
    # 0.36 for twice the size: 0.18, so 730 x 0.02
    [hit] = found("previous-generation", OLD, instance("i-new", hours("m5.2xlarge", "0.36")))
    assert (round(hit.monthly_savings, 2), hit.price_grade, hit.confidence) == (Decimal("14.60"), "B", 0.7)


def test_without_a_price_of_the_next_generation_there_is_a_review_and_no_number() -> None:
    windows = instance("i-new", hours("m5.xlarge", "0.19"), platform_details="Windows")
    elsewhere = replace(instance("i-eu", hours("m5.xlarge", "0.19")), region="eu-west-1")
    [hit] = found("previous-generation", OLD, windows, elsewhere)
    assert (hit.monthly_savings, hit.target, hit.action) == (0, "m5.xlarge", "price the current generation")


def test_a_next_generation_that_costs_more_is_no_saving() -> None:
    assert found("previous-generation", OLD, instance("i-new", hours("m5.xlarge", "0.21"))) == []


def test_a_spot_machine_of_a_past_generation_is_left_alone() -> None:
    assert found("previous-generation", replace_state(OLD, lifecycle="spot")) == []


def replace_state(machine: Resource, **attributes: str) -> Resource:
    assert machine.described is not None
    return replace(machine, described=replace(machine.described, attributes=attributes))


X86 = hours("c5.xlarge", "0.17")
PORTABLE = {"finops:portable": "arm64"}


def test_a_machine_that_its_owner_calls_portable_is_priced_on_arm() -> None:
    arm = instance("i-arm", hours("c6g.xlarge", "0.136"))
    [hit] = found("graviton-eligible", instance("i-1", X86, tags=PORTABLE), arm)
    # 730 x 0.034
    assert (round(hit.monthly_savings, 2), hit.target) == (Decimal("24.82"), "c6g.xlarge")


def test_a_managed_database_of_an_open_engine_is_portable_and_reviewed_without_a_price() -> None:
    meter = hours("db.m5.xlarge", "0.342", kind="database-hours", usage="InstanceUsage")
    [hit] = found("graviton-eligible", database(hours=meter, engine="postgres"))
    assert (hit.monthly_savings, hit.target) == (0, "db.m6g.xlarge")


@pytest.mark.parametrize(
    "machine",
    [
        instance("i-1", X86),
        instance("i-1", X86, tags=PORTABLE, platform="windows"),
        instance("i-1", X86, tags=PORTABLE, autoscaling_group="web"),
        instance("i-1", hours("c6g.xlarge", "0.136"), tags=PORTABLE),
        database(hours=hours("db.m5.xlarge", "0.3", kind="database-hours", usage="InstanceUsage")),
        replace(instance("i-1", X86), described=None),
    ],
    ids=["not declared", "windows", "group", "arm already", "closed engine", "no inventory"],
)
def test_what_may_not_run_on_arm_is_left_alone(machine: Resource) -> None:
    arm = instance("i-arm", hours("c6g.xlarge", "0.1"))
    assert [hit for hit in found("graviton-eligible", machine, arm) if hit.resource_id != "i-arm"] == []


def test_a_cache_that_nobody_asks_is_idle_once_its_metrics_are_there() -> None:
    charged = priced("cache-hours", "NodeUsage:cache.r6g.large", "150")
    seen = (measured("requests"),)
    [hit] = found("idle-cache-or-warehouse", resource("aws-elasticache-cluster", "c-1", charged, used=seen))
    assert (hit.monthly_savings, hit.check) == (150, "A20")
    assert found("idle-cache-or-warehouse", resource("aws-elasticache-cluster", "c-1", charged)) == []
