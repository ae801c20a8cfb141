"""Who knows less promises less: without metrics no recommendation appears and none gets surer (domain.md 11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analyses.savings import RULES, Estate, evaluations, find_in
from finops_lib.analyses.savings.estate import WEEK_HOURS
from finops_lib.analyses.savings.needs import Look
from finops_lib.analyses.savings.resources import Resource
from tests.analyses.savings.aws_estate import (
    BALANCER,
    BUCKET,
    DATABASE,
    IMAGE,
    INSTANCE,
    IO,
    OFFICE,
    SNAPSHOT,
    VOLUME,
    days_ago,
    estate,
    idle_machine,
    instance,
    io,
    look,
    measured,
    priced,
    resource,
    week,
)

_MACHINE = ("cpu", "network_in", "network_out")
METRICS: Mapping[str, tuple[str, ...]] = {
    INSTANCE: _MACHINE,
    VOLUME: IO,
    BALANCER: ("requests",),
    DATABASE: ("connections",),
    "aws-elasticache-cluster": ("requests",),
    "aws-redshift-cluster": ("connections",),
    "aws-opensearch-domain": ("requests",),
}


def volumes() -> Iterator[Resource]:
    free = {"state": "available", "seen": days_ago(0), "volume_type": "gp3", "size_gb": "1000"}
    disk = priced("volume", "EBS:VolumeUsage.gp3", "80", quantity_a_month="1000")
    yield resource(VOLUME, "vol-free", disk, **free)  # type: ignore[arg-type]
    yield resource(VOLUME, "vol-used-lately", disk, used=io(iops=9, throughput=1), **free)  # type: ignore[arg-type]
    kept = {"state": "in-use", "attached_to": "i-idle"}
    yield resource(VOLUME, "vol-cold", disk, used=io(iops=0, throughput=0), volume_type="gp3", size_gb="1000", **kept)
    for name, size, cost, used in (
        ("vol-gp2", "200", "20", io(iops=600, throughput=100)),
        ("vol-gp2-fast", "200", "20", io(iops=600, throughput=250)),
        ("vol-gp2-large", "2000", "200", io(iops=7000, throughput=300)),
    ):
        charged = priced("volume-gp2", "EBS:VolumeUsage.gp2", cost, quantity_a_month=size)
        yield resource(VOLUME, name, charged, used=used, volume_type="gp2", size_gb=size, **kept)
    fast = (priced("volume-io", "EBS:VolumeUsage.io2", "125"), priced("volume-iops", "EBS:VolumeP-IOPS.io2", "1300"))
    for name, iops in (("vol-io-slow", 5000), ("vol-io", 15000), ("vol-io-needed", 19000)):
        used = io(iops=iops, throughput=100)
        yield resource(VOLUME, name, *fast, used=used, volume_type="io2", size_gb="1000", iops="20000", **kept)


def others() -> Iterator[Resource]:
    yield instance("i-idle", used=idle_machine())
    yield replace(instance("i-office", used=idle_machine()), environment="dev")
    yield instance("i-busy", used=(measured("cpu", mean=40, p99_5=90, most=99), *idle_machine()[1:]))
    hours, use = priced("balancer-hours", "LoadBalancerUsage", "16"), priced("other", "LCUUsage", "4")
    for name, meters, requests in (
        ("lb-few", (hours, use), 0.2),
        ("lb-idle", (hours,), 9.0),
        ("lb", (hours, use), 9.0),
    ):
        used = (measured("requests", mean=requests),)
        yield resource(BALANCER, name, *meters, used=used, targets="2", healthy_targets="1")
    database = priced("database-hours", "InstanceUsage:db.m5.large", "200", quantity_a_month="730")
    for name, most in (("db-idle", 0.0), ("db", 7.0)):
        used = (measured("connections", mean=most, p99_5=most),)
        yield resource(DATABASE, name, database, used=used, state="available", engine="postgres")
    for number in (0, 1):
        used = (measured("connections", p99_5=float(number)),)
        yield resource(DATABASE, f"db-c{number}", database, used=used, state="available", cluster="c")
    cache = priced("cache-hours", "NodeUsage:cache.r6g.large", "150")
    yield resource("aws-elasticache-cluster", "cache", cache, used=(measured("requests"),))
    yield resource(BUCKET, "b", priced("bucket-standard", "TimedStorage-ByteHrs", "230"), lifecycle="no")
    yield resource(SNAPSHOT, "snap-1", priced("snapshot", "EBS:SnapshotUsage", "12"), created=days_ago(400))
    yield resource(IMAGE, "ami-1", snapshot_ids="snap-1", last_launched_at="2026-01-01T00:00:00")


def everything() -> Estate:
    types = (INSTANCE, VOLUME, SNAPSHOT, IMAGE, BALANCER, DATABASE, BUCKET)
    looks = [look(type_) for type_ in types] + [
        look(f"{t}/{metric}") for t, names in METRICS.items() for metric in names
    ]
    return estate(*volumes(), *others(), looks=tuple(looks), weeks=(week("i-office", OFFICE),))


def without(whole: Estate, lost: Set[str]) -> Estate:
    """Take metrics away as a refusal does: their rows, and the looks at them (`<type>/<metric>`)."""
    resources = {}
    for key, one in whole.resources.items():
        type_ = one.described.type if one.described else ""
        kept = {name: seen for name, seen in one.utilisation.items() if f"{type_}/{name}" not in lost}
        resources[key] = replace(one, utilisation=kept)
    looks = [replace(one, resources=None, needs="cloudwatch") if one.type in lost else one for one in whole.looks]
    weeks = whole.frames[WEEK_HOURS].with_columns(
        *(pl.lit(0).alias(f"{name}_hours") for name in _MACHINE if f"{INSTANCE}/{name}" in lost)
    )
    return replace(whole, resources=resources, looks=tuple(looks), frames={WEEK_HOURS: weeks})


def sureness(whole: Estate) -> dict[tuple[str, str], float]:
    return {(found.type, found.resource_id): found.confidence for found in find_in(whole)}


WHOLE = everything()
KNOWING = sureness(WHOLE)


def test_the_estate_has_something_for_every_rule_that_reads_metrics() -> None:
    read = {name for name in RULES.names() for need in RULES.get(name).needs if need.kind == "metrics"}
    # Rightsizing has an estate and properties of its own (tests/analyses/rightsizing).
    read = {name for name in read if not name.startswith("rightsize-")}
    aws = {name for name in read if RULES.get(name).providers == ("aws",) and RULES.get(name).check.startswith("A")}
    assert aws <= {rule for rule, _ in KNOWING}
    assert {"unattached-volume", "gp2-volume", "idle-load-balancer"} <= {rule for rule, _ in KNOWING}


@settings(max_examples=60, deadline=None)
@given(lost=st.sets(st.sampled_from([f"{type_}/{metric}" for type_, names in METRICS.items() for metric in names])))
def test_metrics_that_are_refused_make_no_recommendation_appear_or_surer(lost: set[str]) -> None:
    for one, sure in sureness(without(WHOLE, lost)).items():
        assert sure <= KNOWING.get(one, -1), one


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_one_resource_that_was_not_measured_makes_no_recommendation_appear_or_surer(data: st.DataObject) -> None:
    measured_ones = sorted(key for key, one in WHOLE.resources.items() if one.utilisation)
    key = data.draw(st.sampled_from(measured_ones))
    one = WHOLE.resources[key]
    lost = data.draw(st.sets(st.sampled_from(sorted(one.utilisation)), min_size=1))
    kept = {name: seen for name, seen in one.utilisation.items() if name not in lost}
    less = replace(WHOLE, resources={**WHOLE.resources, key: replace(one, utilisation=kept)})
    for found, sure in sureness(less).items():
        # That CloudWatch was asked and has no point of a volume is knowledge: nothing was attached to it.
        if not (found[0] == "unattached-volume" and not kept):
            assert sure <= KNOWING.get(found, -1), found


def test_no_saving_is_more_than_its_resource_costs() -> None:
    found = find_in(WHOLE)
    assert all(Decimal(0) <= one.monthly_savings <= one.current_monthly_cost for one in found)


def test_who_looked_at_nothing_is_told_what_it_needs() -> None:
    blind = replace(WHOLE, looks=())
    told = {one.rule: one for one in evaluations(blind) if one.provider == "aws"}
    assert (told["idle-ec2"].status, told["idle-ec2"].said) == ("not evaluated", "nobody looked")
    assert told["idle-ec2"].needs.startswith("inventory of aws-ec2-instance and cpu metrics of aws-ec2-instance")
    assert told["bucket-without-lifecycle"].needs == "inventory of aws-s3-bucket and the lifecycle of aws-s3-bucket"
    assert (told["unattached-volume"].status, told["unattached-volume"].proxies) == (
        "evaluated",
        "inventory of aws-ebs-volume and disk_write_ops metrics of aws-ebs-volume",
    )


def test_a_rule_for_several_clouds_asks_each_for_its_own() -> None:
    azure = replace(instance(), provider="azure")
    told = {(one.rule, one.provider): one.proxies for one in evaluations(replace(estate(instance(), azure), looks=()))}
    assert told["stopped-instance-disk", "aws"] == "inventory of aws-ec2-instance and inventory of aws-ebs-volume"
    assert told["stopped-instance-disk", "azure"] == ""


def test_a_rule_without_its_data_finds_nothing() -> None:
    blind = replace(WHOLE, looks=())
    rules = {one.type for one in find_in(blind)}
    assert rules == {"abandoned-bucket", "gp2-volume", "idle-load-balancer"}
    assert all(need.kind == "bill" for name in rules for need in RULES.get(name).needs)


def test_an_account_that_refuses_makes_a_check_one_in_part() -> None:
    refusing = Look("aws", "222", "eu-west-1", f"{INSTANCE}/cpu", None, "cloudwatch:GetMetricData", "not authorized")
    [told] = [one for one in evaluations(replace(WHOLE, looks=(*WHOLE.looks, refusing))) if one.rule == "idle-ec2"]
    assert (told.status, told.permission, told.accounts) == ("in part", "cloudwatch:GetMetricData", ("222",))


@pytest.mark.parametrize(
    ("resource_", "is_found"),
    [
        (instance("i-idle", used=idle_machine()), True),
        (instance("i-idle", used=idle_machine(), created=days_ago(13)), False),
        (instance("i-idle", used=idle_machine(), tags={"finops:keep-until": "2026-12-31"}), False),
        (instance("i-idle", used=idle_machine(), tags={"finops:keep-until": "2026-10-01"}), True),
        (instance("i-idle", used=idle_machine(), tags={"finops:keep-until": "until spring"}), False),
    ],
    ids=["old", "thirteen days", "kept", "kept until before", "a date that nobody can read"],
)
def test_the_young_and_the_kept_are_left_alone(resource_: Resource, is_found: bool) -> None:
    found = find_in(replace(WHOLE, resources=estate(resource_).resources))
    assert bool([one for one in found if one.type == "idle-ec2"]) is is_found
