"""Google's machines, disks, addresses, images, databases and rules: what is idle, detached, old or unused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finops_lib.analyses.savings.checks.gcp_idle_vm import virtual_cpus
from finops_lib.analyses.savings.resources import Resource
from tests.analyses.savings.described import days_ago, found, meter, resource, use

NAMES = "//compute.googleapis.com/projects/shop"
WEB = f"{NAMES}/zones/europe-west1-b/instances/web"


def machine(
    *,
    cpu: float = 0.2,
    cpu_p99: float = 1,
    received: float = 900,
    sent: float = 400,
    hours: int = 720,
    state: str = "running",
    **more: object,
) -> Resource:
    used = (
        use("cpu", hours=hours, mean=cpu, p99=cpu_p99),
        use("network_in", hours=hours, mean=100, p95=received),
        use("network_out", hours=hours, mean=100, p95=sent),
    )
    usual: dict[str, object] = {"instance_type": "n2-standard-4", "full_name": WEB}
    hours_and_memory = meter("instance-hours", "3"), meter("other", "2")
    return resource("gcp-instance", WEB, *hours_and_memory, state=state, used=used, **{**usual, **more})  # type: ignore[arg-type]


def test_a_machine_that_computes_and_sends_next_to_nothing_is_idle() -> None:
    [hit] = found("gcp-idle-vm", machine())
    # Cores and memory: 5 a day x 365 / 12
    assert (hit.check, hit.monthly_savings, hit.confidence) == ("G01", Decimal("152.083333"), 0.85)
    # 0.2 % of 4 CPUs
    assert hit.evidence.startswith("0.008 of 4 CPUs used in 720 hours")


@pytest.mark.parametrize(
    "other",
    [
        # 0.03 of 4 CPUs is 0.75 %.
        machine(cpu=0.8),
        machine(cpu_p99=2),
        machine(received=2100),
        machine(sent=1100),
        machine(hours=200),
        machine(state="terminated"),
        machine(gke="true"),
        machine(group=f"{NAMES}/zones/europe-west1-b/instanceGroupManagers/web"),
        machine(tags={"goog-dataflow-job-id": "1"}),
        machine(provisioning_model="spot"),
        machine(accelerators="nvidia-l4:1"),
        machine(local_ssds="2"),
        machine(created=days_ago(10)),
        machine(instance_type="a-new-one"),
        resource("gcp-instance", WEB, meter("instance-hours", "3"), state="running", instance_type="n2-standard-4"),
    ],
    ids=[
        "computes", "computes at times", "receives", "sends", "hardly watched", "stopped", "cluster", "group",
        "dataflow", "spot", "accelerator", "local disk", "young", "size not known", "not watched",
    ],
)  # fmt: skip
def test_a_machine_that_only_looks_idle_is_left_alone(other: Resource) -> None:
    assert found("gcp-idle-vm", other) == []


@pytest.mark.parametrize(
    ("name", "cpus"),
    [
        ("n2-standard-4", 4),
        ("c3-highcpu-176", 176),
        ("n1-megamem-96", 96),
        ("c3-standard-8-lssd", 8),
        ("custom-6-20480", 6),
        ("n2-custom-2-4096", 2),
        ("e2-custom-medium-1-4096", 1),
        ("e2-small", 2),
        ("f1-micro", 1),
        ("strange", None),
    ],
)
def test_a_machine_type_says_its_cpus(name: str, cpus: float | None) -> None:
    assert virtual_cpus(name) == cpus


def disk(**more: object) -> Resource:
    usual: dict[str, object] = {"size_gb": "500", "disk_type": "pd-balanced", "state": "ready"}
    full = f"{NAMES}/zones/europe-west1-b/disks/d"
    return resource("gcp-disk", full, meter("volume", "2"), **{**usual, "full_name": full, **more})  # type: ignore[arg-type]


def test_a_blank_disk_is_deleted_and_a_used_one_snapshotted_first() -> None:
    blank = disk()
    used = disk(since=days_ago(20), last_attached_at="2026-01-01T00:00:00Z", last_detached_at="2026-10-10T00:00:00Z")
    copied = disk(source=f"{NAMES}/global/images/golden")
    # 2 a day = 60.8333 a month; a snapshot of half of it at 0.26 of the price: 60.8333 x 0.87
    for given, rule, saving in (
        (blank, "gcp-blank-disk", "60.833333"),
        (used, "gcp-detached-disk", "52.925000"),
        (copied, "gcp-detached-disk", "52.925000"),
    ):
        [hit] = [*found("gcp-blank-disk", given), *found("gcp-detached-disk", given)]
        assert (hit.type, hit.monthly_savings) == (rule, Decimal(saving))


@pytest.mark.parametrize(
    "other",
    [
        disk(attached_to=WEB),
        disk(gke="true"),
        disk(created=days_ago(14)),
        disk(since=days_ago(14), last_detached_at="2026-10-16T00:00:00Z"),
    ],
    ids=["attached", "cluster", "just made", "just detached"],
)
def test_a_disk_in_use_or_of_a_cluster_or_of_these_days_stays(other: Resource) -> None:
    assert [*found("gcp-blank-disk", other), *found("gcp-detached-disk", other)] == []


def address(**more: object) -> Resource:
    usual: dict[str, object] = {"state": "reserved", "address_type": "external", "address": "192.0.2.1"}
    return resource("gcp-address", f"{NAMES}/regions/r/addresses/a", meter("idle-address", "0.24"), **{**usual, **more})  # type: ignore[arg-type]


def test_a_reserved_address_that_nothing_uses() -> None:
    [hit] = found("gcp-unattached-address", address())
    assert (hit.check, hit.monthly_savings) == ("G04", Decimal("7.300000"))
    others = (address(attached_to=WEB), address(address_type="internal"), address(created=days_ago(14)))
    assert [found("gcp-unattached-address", other) for other in others] == [[], [], []]


def image(name: str, days_old: int = 100, **more: str) -> Resource:
    full = f"{NAMES}/global/images/{name}"
    return resource("gcp-image", full, meter("image", "0.5"), created=days_ago(days_old), full_name=full, **more)


def test_an_image_of_which_nothing_was_made_is_a_question() -> None:
    old, new, lone = image("old", family="golden"), image("new", 20, family="golden"), image("lone")
    used, parent, young = image("used"), image("parent"), image("young", 10)
    made = disk(source=used.id, attached_to=WEB)
    child = image("child", 10, source=parent.id)
    stale = image("stale", 200, family="forgotten")
    hits = found("gcp-unused-image", old, new, lone, used, parent, young, made, child, stale)
    # The newest of a family is what a template may name, until nothing was made of it for three months.
    assert {(hit.resource_name, hit.confidence) for hit in hits} == {("old", 0.6), ("lone", 0.4), ("stale", 0.4)}


def stopped(days: int | None, **more: str) -> Resource:
    since = None if days is None else days_ago(days)
    return resource("gcp-instance", WEB, state="terminated", since=since, full_name=WEB, **more)


def test_disks_and_addresses_of_a_machine_that_was_stopped_a_month_ago() -> None:
    hits = found("gcp-stopped-vm-disks", stopped(45), disk(attached_to=WEB), address(attached_to=WEB))
    # The disk as above, the address whole.
    assert {hit.resource_name: str(hit.monthly_savings) for hit in hits} == {"d": "52.925000", "a": "7.300000"}
    assert {hit.facts["days_stopped"] for hit in hits} == {"45"}


@pytest.mark.parametrize(
    ("owner", "attached_to"),
    [
        (stopped(20), WEB),
        (stopped(None), WEB),
        (machine(), WEB),
        (stopped(45), f"{WEB},{NAMES}/other"),
        (stopped(45), ""),
    ],
    ids=["not for long", "since when is not known", "running", "shared with one that runs", "not attached"],
)
def test_disks_of_a_machine_that_may_start_again_stay(owner: Resource, attached_to: str) -> None:
    assert found("gcp-stopped-vm-disks", owner, disk(attached_to=attached_to)) == []


def database(*, connections: float = 0, hours: int = 720, **more: str) -> Resource:
    watched = (use("connections", hours=hours, mean=0, p99=connections),)
    id = "//cloudsql.googleapis.com/projects/shop/instances/orders"
    return resource("gcp-sql-instance", id, meter("database-hours", "4"), used=watched, state="runnable", **more)


def test_a_database_without_a_connection() -> None:
    [hit] = found("gcp-idle-cloud-sql", database(instance_type="db-custom-2-8192"))
    assert (hit.check, hit.evidence) == ("G07", "db-custom-2-8192: no connection in 720 hours")
    others = (
        database(connections=1),
        database(hours=100),
        database(replica_of="shop:main"),
        database(activation_policy="NEVER"),
    )
    assert [found("gcp-idle-cloud-sql", other) for other in others] == [[], [], [], []]


def snapshot(name: str, days_old: int, source: str = "gone", **more: str) -> Resource:
    return resource(
        "gcp-snapshot", name, meter("snapshot", "1"), created=days_ago(days_old), source=f"{NAMES}/{source}", **more
    )


def test_a_snapshot_is_old_unless_it_is_the_backup_of_a_disk() -> None:
    live = disk(full_name=f"{NAMES}/live", attached_to=WEB)
    hits = found(
        "gcp-old-snapshot",
        live,
        snapshot("older", 400, "live"),
        snapshot("backup", 120, "live"),
        snapshot("orphan", 120),
        snapshot("recent", 60),
        snapshot("kept", 120, schedule="daily"),
        snapshot("endless", 400, schedule="daily"),
    )
    assert {(hit.resource_id, hit.confidence) for hit in hits} == {("older", 0.5), ("orphan", 0.3), ("endless", 0.5)}
    assert [hit.action for hit in hits if hit.resource_id == "endless"] == [
        "give the schedule a retention, and delete what is older"
    ]


def test_a_forwarding_rule_through_which_nothing_passes() -> None:
    hours, bytes_ = meter("balancer-hours", "0.6"), meter("other", "0.2")
    idle = resource("gcp-forwarding-rule", "idle", hours, target=f"{NAMES}/global/targetHttpProxies/shop")
    [hit] = found("gcp-idle-forwarding-rule", idle, resource("gcp-forwarding-rule", "used", hours, bytes_))
    assert (hit.check, hit.resource_id, hit.confidence) == ("G11", "idle", 0.85)
    assert hit.evidence == "charged on 30 of the last 30 days without a byte, leads to shop"
    cluster = resource("gcp-forwarding-rule", "c", hours, tags={"goog-gke-node": ""})
    assert found("gcp-idle-forwarding-rule", cluster) == []
