"""Volumes, snapshots and images of AWS: what is unattached, too fast, too slow or forgotten."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from finops_lib.analyses.savings.resources import Resource
from finops_lib.analyses.savings.volume_speed import Gp3Prices, Speed, gp2_speed
from tests.analyses.savings.aws_estate import (
    BUCKET,
    IMAGE,
    SNAPSHOT,
    VOLUME,
    days_ago,
    found,
    instance,
    io,
    look,
    measured,
    priced,
    resource,
)

LOOKED = (look(VOLUME), look(f"{VOLUME}/disk_write_ops"))
LIST = Gp3Prices(Decimal("0.08"), Decimal("0.005"), Decimal("0.04"), "A")


def volume(
    name: str = "vol-1", *, kind: str = "volume", monthly: str = "80", size: str = "1000", **more: Any
) -> Resource:
    type_ = more.pop("volume_type", "gp3")
    charged = priced(kind, f"EBS:VolumeUsage.{type_}", monthly, quantity_a_month=size)
    usual = {"state": "in-use", "volume_type": type_, "size_gb": size}
    return resource(VOLUME, name, charged, *more.pop("meters", ()), **{**usual, **more})


def free(**more: Any) -> Resource:
    return volume(**{"state": "available", "seen": days_ago(0), **more})


def test_a_volume_without_a_point_of_use_is_free_since_the_window_began() -> None:
    [hit] = found("unattached-volume", free(), looks=LOOKED)
    # 1,000 GB at 80; of a snapshot half is assumed, at 0.625 of the price per GB: 80 - 0.5 x 0.625 x 80 = 55
    assert (hit.monthly_savings, hit.confidence, hit.risk) == (Decimal(55), 0.85, "high")
    assert (hit.check, hit.facts["days_unattached"], hit.facts["snapshot_monthly_cost"]) == ("A01", "32", "25.00")


def test_a_volume_that_the_lake_saw_free_for_a_month_is_surer() -> None:
    [hit] = found("unattached-volume", free(since=days_ago(40)))
    assert (hit.confidence, hit.facts["days_unattached"]) == (0.95, "40")


def test_the_own_price_of_a_snapshot_is_taken_where_the_bill_has_one() -> None:
    # 100 GB for 4 a month: 0.04 a GB; half of 1,000 GB: 20
    snapshot = resource(SNAPSHOT, "snap-1", priced("snapshot", "EBS:SnapshotUsage", "4", quantity_a_month="100"))
    [hit] = found("unattached-volume", free(), snapshot, looks=LOOKED)
    assert (hit.monthly_savings, hit.price_grade) == (Decimal(60), "A")


def test_a_volume_that_costs_less_than_its_snapshot_is_kept() -> None:
    # sc1 at 0.015 a GB, half of a snapshot at 0.05: 15 against 25
    assert found("unattached-volume", free(volume_type="sc1", monthly="15"), looks=LOOKED) == []


@pytest.mark.parametrize(
    ("other", "looks"),
    [
        (free(used=(measured("disk_write_ops", mean=3),)), LOOKED),
        (free(), (look(VOLUME),)),
        (free(), (look(VOLUME), look(f"{VOLUME}/disk_write_ops", needs="cloudwatch:GetMetricData"))),
        (free(since=days_ago(3), seen=days_ago(90)), (look(VOLUME),)),
        (free(created=days_ago(20)), LOOKED),
        (volume(attached_to="i-1"), LOOKED),
    ],
    ids=["used this month", "no metrics", "metrics refused", "free for three days", "young", "attached"],
)
def test_a_volume_that_was_used_lately_or_may_have_been_is_left_alone(other: Resource, looks: tuple[Any, ...]) -> None:
    assert found("unattached-volume", other, looks=looks) == []


def test_the_disk_of_a_machine_that_stopped_is_saved_and_not_the_machine() -> None:
    stopped = instance("i-9", priced("instance-hours", "BoxUsage:m5.large", "0", days=60, until=45), state="stopped")
    off = instance("i-9", *stopped.meters.values(), state="stopped", since=days_ago(44))
    address = resource("aws-elastic-ip", "eipalloc-1", priced("address", "PublicIPv4:InUseAddress", "3.65"),
                       state="associated", attached_to="i-9")  # fmt: skip
    hits = found("stopped-instance-disk", off, volume(attached_to="i-9"), address)
    # the disk less its snapshot (80 - 25), and the whole address
    assert {hit.resource_id: hit.monthly_savings for hit in hits} == {
        "vol-1": Decimal(55),
        "eipalloc-1": Decimal("3.65"),
    }
    assert {(hit.confidence, hit.facts["machine"], hit.facts["days_stopped"]) for hit in hits} == {(0.85, "i-9", "44")}


@pytest.mark.parametrize(
    "machine",
    [
        instance("i-9"),
        instance("i-9", state="stopped", since=days_ago(10)),
        # Switched off every evening: the look came in the night, and the bill has hours of the last day.
        instance("i-9", priced("instance-hours", "BoxUsage:m5.large", "9"), state="stopped", since=days_ago(40)),
        instance("i-9", state="stopped", since=days_ago(44), autoscaling_group="web"),
    ],
    ids=["runs", "lately", "every evening", "group"],
)  # fmt: skip
def test_the_disk_of_a_machine_that_may_run_again_is_left_alone(machine: Resource) -> None:
    assert found("stopped-instance-disk", machine, volume(attached_to="i-9")) == []


# domain.md 11, vectors 8 and 9, at the prices they name.
@pytest.mark.parametrize(
    ("size", "iops", "throughput", "cost"),
    [(200, 600, 125, "16"), (200, 600, 250, "21"), (334, 1002, 250, "31.72"), (2000, 6000, 250, "180")],
)
def test_gp3_is_priced_by_size_iops_and_throughput(size: int, iops: int, throughput: int, cost: str) -> None:
    assert LIST.monthly(Decimal(size), Speed(Decimal(iops), Decimal(throughput))) == Decimal(cost)


def gp2(size: str, monthly: str, *used: Any) -> Resource:
    return volume(kind="volume-gp2", monthly=monthly, size=size, volume_type="gp2", used=used)


def test_gp3_takes_the_throughput_that_was_observed() -> None:
    [hit] = found("gp2-volume", gp2("200", "20", *io(iops=600, throughput=125)))
    # vector 8: 20.00 -> 16.00
    assert (hit.monthly_savings, hit.target, hit.confidence, hit.price_grade) == (4, "gp3", 0.9, "B")
    assert (hit.facts["iops"], hit.facts["throughput_mbps"], hit.facts["speed_from"]) == ("600", "125", "metrics")


@pytest.mark.parametrize("used", [io(iops=600, throughput=250), ()], ids=["250 MB/s were seen", "nobody looked"])
def test_gp3_that_would_cost_more_is_not_recommended(used: tuple[Any, ...]) -> None:
    # vector 8: 20.00 -> 21.00 where it needs 250 MB/s; without metrics it may
    assert found("gp2-volume", gp2("200", "20", *used)) == []


def test_without_metrics_gp3_is_as_fast_as_gp2_can_be() -> None:
    [hit] = found("gp2-volume", gp2("334", "33.40"))
    # vector 9: 33.40 -> 31.72
    assert (hit.monthly_savings, hit.confidence) == (Decimal("1.68"), 0.75)
    assert (gp2_speed(Decimal(100)), gp2_speed(Decimal(2000))) == (
        Speed(Decimal(3000), Decimal(125)),
        Speed(Decimal(6000), Decimal(250)),
    )


def test_the_own_price_of_gp3_comes_before_a_share() -> None:
    other = volume("vol-2", monthly="70", size="1000")
    [hit] = found("gp2-volume", gp2("200", "20", *io(iops=600, throughput=125)), other)
    # 0.07 a GB: 20 - 14
    assert (hit.monthly_savings, hit.price_grade) == (6, "A")


def io2(bought: str, *used: Any) -> Resource:
    speed = priced("volume-iops", "EBS:VolumeP-IOPS.io2", "1300", quantity_a_month=bought)
    return volume(
        kind="volume-io", monthly="125", size="1000", volume_type="io2", iops=bought, meters=(speed,), used=used
    )


def test_an_io_volume_that_gp3_can_carry_becomes_one() -> None:
    [hit] = found("io-volume-overprovisioned", io2("20000", *io(iops=5000, throughput=100)))
    # with a fifth of headroom 6,000 IOPS and 120 MB/s; a GB of gp3 at 0.64 x 0.125 = 0.08, an IOPS at 0.0048:
    # 80 + 3,000 x 0.0048 = 94.40, of 1,425
    assert (hit.monthly_savings, hit.target, hit.check) == (Decimal("1330.6"), "gp3", "A04")
    assert (hit.facts["provisioned_iops"], hit.facts["iops_p99"]) == ("20000", "5000")


def test_an_io_volume_that_is_too_fast_for_gp3_keeps_its_type_with_fewer_iops() -> None:
    [hit] = found("io-volume-overprovisioned", io2("20000", *io(iops=15000, throughput=100)))
    # 18,000 of 20,000 IOPS: a tenth of 1,300
    assert (hit.monthly_savings, hit.target) == (130, "io2 with 18000 IOPS")


@pytest.mark.parametrize("used", [io(iops=17000, throughput=100), ()], ids=["needed", "no metrics"])
def test_an_io_volume_that_needs_its_speed_or_may_is_left_alone(used: tuple[Any, ...]) -> None:
    assert found("io-volume-overprovisioned", io2("20000", *used)) == []


def test_a_volume_on_which_nothing_happens_can_be_cold() -> None:
    [hit] = found("low-io-volume", volume(attached_to="i-1", used=io(iops=0, throughput=0)))
    # sc1 at 0.015 / 0.08 of the price: 80 - 15
    assert (hit.monthly_savings, hit.target, hit.facts["ops_a_day"]) == (65, "sc1", "0")


@pytest.mark.parametrize(
    "other",
    [
        # 0.01 operations a second are 864 a day.
        volume(used=io(iops=0.02, throughput=0)),
        volume(used=io(iops=0, throughput=0), deleted_with_instance="yes"),
        volume(used=io(iops=0, throughput=0), size="100", monthly="8"),
        volume(used=io(iops=0, throughput=0)[:1]),
        volume(used=io(iops=0, throughput=0), state="available"),
    ],
    ids=["864 a day", "root", "small", "only reads seen", "unattached"],
)
def test_a_volume_that_works_or_cannot_be_cold_is_left_alone(other: Resource) -> None:
    assert found("low-io-volume", other) == []


def snapshot(name: str = "snap-1", *, days: int = 30, made: int = 400, **more: Any) -> Resource:
    return resource(
        SNAPSHOT, name, priced("snapshot", "EBS:SnapshotUsage", "12", days=days), created=days_ago(made), **more
    )


def test_a_snapshot_is_as_old_as_it_says_and_free_where_nothing_owns_it() -> None:
    [hit] = found("old-snapshot", snapshot(), looks=(look(IMAGE),))
    # on the bill for a month only, made 400 days ago
    assert (hit.monthly_savings, hit.confidence, hit.facts["age_days"]) == (12, 0.6, "400")
    [unsure] = found("old-snapshot", snapshot())
    assert unsure.confidence == 0.5


@pytest.mark.parametrize(
    "owned",
    [
        (snapshot(backup_of="vol-7"),),
        (snapshot(tags={"aws:backup:source-resource": "vol-7"}),),
        (snapshot(tags={"aws:dlm:lifecycle-policy-id": "policy-1"}),),
        (snapshot(), resource(IMAGE, "ami-1", snapshot_ids="snap-0,snap-1")),
        (snapshot(made=80),),
    ],
    ids=["backup", "backup tag", "lifecycle manager", "image", "young"],
)
def test_a_snapshot_that_somebody_owns_is_left_alone(owned: tuple[Resource, ...]) -> None:
    assert found("old-snapshot", *owned, looks=(look(IMAGE),)) == []


def image(**more: Any) -> Resource:
    launched = more.pop("last_launched_at", "2026-01-01T00:00:00")
    return resource(IMAGE, "ami-1", state="available", snapshot_ids="snap-1,snap-2", last_launched_at=launched, **more)


def test_an_image_costs_what_its_snapshots_cost() -> None:
    looks = (look("aws-ec2-instance"),)
    [hit] = found("unused-image", image(), snapshot(), snapshot("snap-2"), looks=looks)
    # two snapshots of 12
    assert (hit.resource_id, hit.monthly_savings, hit.current_monthly_cost, hit.owner) == ("ami-1", 24, 24, "shop")
    # from 1 January to 30 October
    assert hit.facts["days_unused"] == "302"


@pytest.mark.parametrize(
    ("other", "looks"),
    [
        ((image(last_launched_at="2026-10-20T00:00:00"), snapshot()), ("aws-ec2-instance",)),
        ((image(), snapshot(), instance(image_id="ami-1")), ("aws-ec2-instance",)),
        ((image(public="yes"), snapshot()), ("aws-ec2-instance",)),
        ((image(), snapshot()), (BUCKET,)),
    ],
    ids=["last week", "runs", "public", "nobody looked for machines"],
)
def test_an_image_that_somebody_starts_or_may_is_left_alone(
    other: tuple[Resource, ...], looks: tuple[str, ...]
) -> None:
    assert found("unused-image", *other, looks=tuple(map(look, looks))) == []
