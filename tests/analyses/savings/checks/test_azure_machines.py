"""Azure's machines and disks: what is stopped, deallocated, unattached or dearer than it needs to be."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finops_lib.analyses.savings.resources import Resource, Utilisation
from tests.analyses.savings.described import GROUP, LONG_AGO, MONTH, days_ago, found, meter, resource, use

VM = f"{GROUP}/microsoft.compute/virtualmachines/web"
NIC = f"{GROUP}/microsoft.network/networkinterfaces/web-nic"


def machine(state: str, *, until: int = 0, id: str = VM, used: tuple[Utilisation, ...] = (), **more: str) -> Resource:
    return resource(
        "azure-virtual-machine", id, meter("instance-hours", "10", until=until), state=state, used=used, **more
    )


def disk(name: str = "data", *, sku: str = "Premium_LRS", **more: object) -> Resource:
    usual: dict[str, object] = {"state": "unattached", "since": days_ago(40), "size_gb": "512"}
    id = f"{GROUP}/microsoft.compute/disks/{name}"
    return resource("azure-disk", id, meter("volume", "3"), **{**usual, "sku": sku, **more})  # type: ignore[arg-type]


def test_a_machine_that_is_stopped_and_allocated_is_charged_for_nothing() -> None:
    [hit] = found("azure-vm-stopped-not-deallocated", machine("stopped"))
    # 10 a day x 365 / 12; since when it is stopped is not known: 0.9 x 0.8
    assert (hit.check, hit.resource_id, hit.monthly_savings) == ("Z01", VM, Decimal("304.166667"))
    assert (hit.confidence, hit.action) == (0.72, "deallocate, or delete with its disks")


@pytest.mark.parametrize(
    "other",
    [
        machine("running"),
        machine("deallocated"),
        # Its last hour is from a week ago: it has been deallocated since the look.
        machine("stopped", until=7),
        machine("stopped", scale_set=f"{GROUP}/microsoft.compute/virtualmachinescalesets/web"),
        machine("stopped", priority="Spot"),
        machine("stopped", id=f"{GROUP}/microsoft.compute/virtualmachines/aks-1".replace("/run/", "/mc_run/")),
        resource("azure-virtual-machine", VM, meter("instance-hours", "9"), state="stopped", created=days_ago(5)),
    ],
    ids=["running", "deallocated", "gone", "scale set", "spot", "cluster", "young"],
)  # fmt: skip
def test_a_machine_that_only_looks_like_it_is_left_alone(other: Resource) -> None:
    assert found("azure-vm-stopped-not-deallocated", other) == []


def test_a_deallocated_machine_saves_its_disks_and_addresses_and_no_compute() -> None:
    address = resource(
        "azure-public-ip",
        f"{GROUP}/microsoft.network/publicipaddresses/web",
        meter("address", "0.12"),
        attached_to=f"{NIC}/ipconfigurations/a",
    )
    off = resource("azure-virtual-machine", VM, meter("instance-hours", "10", days=60, until=40), state="deallocated")
    held = disk(state="reserved", attached_to=VM)
    card = resource("azure-network-interface", NIC, attached_to=VM)
    hits = {hit.resource_id: hit for hit in found("azure-vm-deallocated", off, held, card, address)}
    # The disk costs 91.25 a month, half of it as a snapshot at 0.33 of the price: 91.25 - 0.165 x 91.25
    assert {id.rpartition("/")[2]: hit.monthly_savings for id, hit in hits.items()} == {
        "data": Decimal("76.193750"),
        "web": Decimal("3.650000"),
    }
    # The bill shows the last hour of the machine, so since when it is off is known.
    assert (hits[held.id].facts["machine"], hits[held.id].confidence) == (VM, 0.8)


def test_a_machine_that_was_on_a_week_ago_keeps_its_disks() -> None:
    held = disk(state="reserved", attached_to=VM)
    assert found("azure-vm-deallocated", machine("deallocated", until=7), held) == []
    assert found("azure-vm-deallocated", machine("running"), held) == []


def test_an_unattached_disk_saves_what_a_snapshot_does_not_cost() -> None:
    [hit] = found("azure-unattached-disk", disk())
    # 3 a day = 91.25 a month; the snapshot: half of it used, at 0.33 of the price = 15.05625
    assert (hit.check, hit.monthly_savings, hit.price_grade) == ("Z03", Decimal("76.193750"), "C")
    assert (hit.confidence, hit.risk, hit.facts["days_unattached"]) == (0.9, "high", "40")


def test_a_snapshot_is_priced_from_the_own_bill_where_it_has_one() -> None:
    # 0.05 for one GB-month a day
    kept = resource("azure-snapshot", "snap", meter("snapshot", "0.05", quantity="1"), sku="Standard_LRS")
    [hit] = found("azure-unattached-disk", disk(), kept)
    # 91.25 - 0.5 x 512 GB x 0.05 = 78.45
    assert (hit.monthly_savings, hit.price_grade) == (Decimal("78.450000"), "A")


@pytest.mark.parametrize(
    "other",
    [
        disk(attached_to=VM, state="attached"),
        disk(state="activesas"),
        disk(state="reserved"),
        disk(site_recovery="true"),
        disk(since=days_ago(5)),
        disk(since=None, created=days_ago(5)),
        disk(tags={"kubernetes.io-created-for-pvc-name": "db"}),
        resource("azure-disk", "elsewhere", state="unattached"),
    ],
    ids=[
        "attached", "read through a link", "reserved", "site recovery", "just detached", "just made", "cluster",
        "not on this bill",
    ],
)  # fmt: skip
def test_a_disk_that_only_looks_unattached_is_left_alone(other: Resource) -> None:
    assert found("azure-unattached-disk", other) == []


def test_a_premium_snapshot_is_priced_from_the_own_standard_ones() -> None:
    premium = resource("azure-snapshot", "p", meter("snapshot", "1.2", quantity="10"), sku="Premium_LRS")
    [hit] = found("azure-premium-snapshot", premium)
    # 36.5 a month x (1 - 0.42)
    assert (hit.monthly_savings, hit.price_grade) == (Decimal("21.170000"), "D")
    standard = resource("azure-snapshot", "s", meter("snapshot", "0.6", quantity="10"), sku="Standard_ZRS")
    [hit] = found("azure-premium-snapshot", premium, standard)
    # 0.06 against 0.12 per GB: half of 36.5
    assert (hit.resource_id, hit.monthly_savings, hit.price_grade) == ("p", Decimal("18.250000"), "A")


def busy(operations: float, megabytes: float, *, hours: int = 720) -> tuple[Utilisation, ...]:
    return tuple(
        use(f"disk_{way}_{what}", hours=hours, mean=value / 2)
        for way in ("read", "write")
        for what, value in (("ops", operations), ("bytes", megabytes * 1e6))
    )


P30 = {"iops": "5000", "megabytes_per_s": "200", "size_gb": "1024", "state": "attached", "attached_to": VM}


def test_a_premium_disk_that_hardly_works_could_be_a_standard_one() -> None:
    held = disk(**P30)
    [hit] = found("azure-underused-premium-disk", machine("running", used=busy(200, 8)), held)
    # 91.25 a month x (1 - 0.57)
    assert (hit.target, hit.monthly_savings, hit.price_grade) == ("StandardSSD_LRS", Decimal("39.237500"), "D")
    other = disk("other", sku="StandardSSD_LRS", state="attached", size_gb="2048", since=None)
    [hit] = found("azure-underused-premium-disk", machine("running", used=busy(200, 8)), held, other)
    # The other one has twice the GB for the same money: half the price.
    assert (hit.monthly_savings, hit.price_grade) == (Decimal("45.625000"), "B")


@pytest.mark.parametrize(
    ("used", "held"),
    [
        # 5 % of 5,000 operations is 250, of 200 MB/s is 10.
        (busy(260, 8), P30),
        (busy(200, 11), P30),
        (busy(200, 8, hours=100), P30),
        ((), P30),
        (busy(200, 8), P30 | {"max_shares": "2"}),
        (busy(200, 8), P30 | {"iops": ""}),
        # 5 % of a P80 would be more than any standard SSD of this size can.
        (busy(600, 8), P30 | {"iops": "20000"}),
    ],
    ids=["operations", "bytes", "hardly watched", "not watched", "shared", "limits not known", "too much for it"],
)
def test_a_premium_disk_that_works_or_was_not_watched_stays(
    used: tuple[Utilisation, ...], held: dict[str, str]
) -> None:
    assert found("azure-underused-premium-disk", machine("running", used=used), disk(**held)) == []


def test_an_interface_without_a_machine_is_hygiene_and_saves_nothing() -> None:
    lost = resource("azure-network-interface", NIC, hosted_workloads="0")
    used = [
        resource("azure-network-interface", f"{NIC}-{name}", **{name: "something"})
        for name in ("attached_to", "private_endpoint", "private_link_service", "hosted_workloads")
    ]
    [hit] = found("azure-orphan-nic", lost, *used)
    assert (hit.check, hit.resource_id, hit.monthly_savings) == ("Z15", NIC, 0)
    node = resource("azure-network-interface", NIC.replace("/run/", "/mc_run/"))
    assert found("azure-orphan-nic", node) == []


def test_months_are_of_the_days_that_there_were() -> None:
    assert disk(created=LONG_AGO).monthly_cost == Decimal("91.25")
    assert resource("azure-disk", "d", meter("volume", "1")).monthly_cost == MONTH
