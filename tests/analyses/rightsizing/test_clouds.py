"""Databases of RDS, machines of Google and of Azure: the same advice, each with its own peculiarities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.identity import key_of
from finops_lib.analyses.savings.resources import Resource
from tests.analyses.rightsizing.machines import (
    estate,
    found_in,
    hours_row,
    machine,
    price_row,
    quiet,
    shape,
    used,
)

GIB = 1024**3
RDS = {"ServiceName": "Amazon Relational Database Service", "platform": "0014", "tenancy": "multi-az"}
GCE = {"x_Provider": "gcp", "ServiceName": "Compute Engine", "platform": ""}
VM = {"x_Provider": "azure", "ServiceName": "Virtual Machines"}


def database(
    machine_type: str = "db.r6g.xlarge", *, free_gib: float = 20.0, connections: float = 50.0, **attributes: str
) -> Resource:
    """Give a database; db.r6g.xlarge has 32 GiB."""
    known = {
        "cpu": used("cpu"),
        "connections": used("connections", unit="count", level=connections),
        "memory_free": replace(used("memory_free", unit="bytes", level=free_gib * GIB), lowest=free_gib * GIB),
    }
    return machine(
        machine_type,
        resource_type="aws-rds-instance",
        type_attribute="instance_class",
        state="available",
        utilisation=known,
        attributes={"engine": "postgres"} | attributes,
        monthly=697.88,
    )


def of_database(one: Resource, machine_type: str = "db.r6g.xlarge", platform: str = "0014") -> Estate:
    changes = RDS | {"platform": platform}
    return estate(
        [one],
        hours=[hours_row(one, machine_type, 0.956, **changes)],
        prices=[price_row(machine_type, 0.956, 0.956, **changes)],
    )


def test_a_database_is_halved_by_its_own_rates_standby_included() -> None:
    [hit] = found_in(of_database(database()), "rightsize-rds")
    # Multi-AZ hours are billed at twice the price, so their half saves twice as much: 730 x 0.478 = 348.94
    assert (hit.target, hit.monthly_savings, hit.check) == ("db.r6g.large", Decimal("348.94"), "A18")
    # 32 - 20 free = 12 GiB of 80 % of 16 = 12.8
    assert hit.facts["memory P100"] == "P100 needs 12 of 12.8 GiB allowed"
    assert hit.facts["connections P99"] == "P99 needs 50 of 1.09e+03 sessions allowed"
    # network and disks of a database are not measured: 0.9 x grade B 0.9
    assert (hit.facts["not tested"], hit.confidence) == ("network, disk throughput, disk operations", 0.81)


@pytest.mark.parametrize(
    ("name", "one"),
    [
        # 32 - 19 = 13 GiB > 12.8
        ("needs its memory", database(free_gib=19.0)),
        # 16 GiB allow 16 x 2^30 / 12,582,880 = 1365 sessions, 80 % are 1092
        ("needs its sessions", database(connections=1100.0)),
        ("the replica of another one", database(replica_of="db-1")),
        ("member of an Aurora cluster", database(cluster="aurora-1")),
        ("counts its licences by core", database(engine="oracle-ee")),
        ("brings its own licence", database(license_model="bring-your-own-license")),
    ],
)
def test_a_database_that_needs_what_it_has_is_left_alone(name: str, one: Resource) -> None:
    assert found_in(of_database(one), "rightsize-rds") == [], name


def test_a_database_whose_memory_nobody_measures_gets_no_smaller() -> None:
    one = database()
    blind = replace(one, utilisation={name: m for name, m in one.utilisation.items() if name != "memory_free"})
    assert found_in(of_database(blind), "rightsize-rds") == []


def test_an_engine_with_a_licence_in_its_price_needs_the_price_of_the_class() -> None:
    # 0210 is no open engine: half the memory need not be half the price
    assert found_in(of_database(database(), platform="0210"), "rightsize-rds") == []


def gce(machine_type: str = "n2-standard-16", *, memory: float | None = 30.0, **attributes: str) -> Resource:
    return machine(
        machine_type,
        provider="gcp",
        resource_type="gcp-instance",
        utilisation=quiet(memory=memory),
        attributes=attributes,
        monthly=567.35,
    )


# n2 in us-central1: 0.031611 a core and 0.004237 a GiB, an hour, and 5 % off
_CORE, _GIB = 0.031611, 0.004237
_N2 = [
    price_row("n2", _CORE, _CORE * 0.95, **GCE | {"part": "cores"}),
    price_row("n2", _GIB, _GIB * 0.95, **GCE | {"part": "memory"}),
]


def of_gce(one: Resource, vcpus: int = 16, gib: int = 64, prices: list[Mapping[str, object]] | None = None) -> Estate:
    rows = []
    for part, size, price in (("cores", vcpus, _CORE), ("memory", gib, _GIB)):
        hours, cost = Decimal(720 * size), Decimal(str(price)) * 720 * size
        agreed = cost * Decimal("0.95")
        changes = GCE | {"part": part, "on_demand_hours": hours, "list_hours": hours, "list_cost": cost}
        money = {"effective_cost": agreed, "on_demand_effective_cost": agreed}
        rows.append(hours_row(one, "n2", 0.0, **changes | money))
    return estate([one], hours=rows, prices=_N2 if prices is None else prices)


def test_a_machine_of_google_costs_its_cores_and_its_memory() -> None:
    [hit] = found_in(of_gce(gce()), "rightsize-gce")
    # 30 % of 64 GiB = 19.2 fits into 80 % of the 32 of n2-standard-8; n2-highcpu-16 has 16, n2-highmem-4 32:
    # highmem-4 is 4 cores and 32 GiB, and 18 % of 16 = 2.88 vCPUs fit into 80 % of 4 = 3.2
    assert hit.target == "n2-highmem-4"
    # 12 cores and 32 GiB less: 730 x 0.95 x (12 x 0.031611 + 32 x 0.004237) = 357.10
    # now 0.95 x (16 x 0.031611 + 64 x 0.004237) = 0.738097
    assert float(hit.monthly_savings) == pytest.approx(730 * 0.95 * (12 * _CORE + 32 * _GIB))
    assert (hit.price_grade, str(hit.facts["price now an hour"])) == ("A", "0.738097")
    # nothing is known of network and disk limits: 0.9
    assert hit.confidence == 0.9


@pytest.mark.parametrize(
    "one",
    [
        gce(memory=None),
        gce(gke="true"),
        gce(group="//compute.googleapis.com/projects/1/zones/z/instanceGroupManagers/web"),
        gce(provisioning_model="spot"),
        gce(preemptible="true"),
        gce(local_ssds="1"),
        gce(accelerators="nvidia-tesla-t4:1"),
        gce(licences="sql-server-2022-standard"),
    ],
    ids=["memory unknown", "node", "group", "spot", "preemptible", "local SSD", "GPU", "SQL Server"],
)
def test_a_machine_of_google_that_cannot_be_judged_is_left_alone(one: Resource) -> None:
    assert found_in(of_gce(one), "rightsize-gce") == []


def test_a_custom_machine_is_read_from_its_name() -> None:
    found = shape("n2-custom-12-49152", provider="gcp", service="gce")
    assert (found.vcpus, found.memory_gib, found.family) == (12.0, 48.0, "n2-custom")
    assert shape("custom-4-8192", provider="gcp", service="gce").line == "n1"


def vm(
    machine_type: str = "Standard_D16s_v5", *, memory: float | None = 30.0, tags: Mapping[str, str] | None = None
) -> Resource:
    return machine(
        machine_type,
        provider="azure",
        resource_id="/subscriptions/111/vm-1",
        resource_type="azure-virtual-machine",
        utilisation=quiet(memory=memory),
        tags=tags,
        monthly=560.64,
    )


def of_vm(one: Resource, billed: str = "d16s_v5", prices: Mapping[str, float] | None = None) -> Estate:
    seen = {billed: 0.768} if prices is None else prices
    return estate(
        [one],
        hours=[hours_row(one, billed, 0.768, **VM)],
        prices=[price_row(name, price, price, **VM) for name, price in seen.items()],
    )


def test_a_machine_of_azure_is_found_by_its_size_in_any_spelling() -> None:
    [hit] = found_in(of_vm(vm()), "rightsize-azure-vm")
    # 18 % of 16 vCPUs = 2.88 > 80 % of 2; of 4: 3.2. Memory 19.2 of 64 > 80 % of 16: d8s_v5, 730 x 0.384 = 280.32
    assert (hit.target, hit.monthly_savings, hit.check) == ("Standard_D8s_v5", Decimal("280.32"), "Z18")


def test_premium_disks_and_the_temporary_disk_are_kept() -> None:
    cheaper = {"d16s_v5": 0.768, "d8_v5": 0.3, "d8ds_v5": 0.31, "d8as_v5": 0.344}
    [hit] = found_in(of_vm(vm(), prices=cheaper), "rightsize-azure-vm")
    # d8_v5 has no premium disks, and Azure resizes no size without a temporary disk into one with it
    assert hit.target == "Standard_D8as_v5"


def test_data_disks_limit_how_small_a_machine_of_azure_gets() -> None:
    one = vm("Standard_D4s_v5", memory=10.0)
    whole = of_vm(one, "d4s_v5", {"d4s_v5": 0.768})
    assert [hit.target for hit in found_in(whole, "rightsize-azure-vm")] == ["Standard_D2s_v5"]
    # d2s_v5 takes 4 data disks beside the one it boots from
    for disks, hits in ((5, 1), (6, 0)):
        attached = {
            key_of("azure", "111", f"disk-{number}"): replace(
                machine(
                    "",
                    provider="azure",
                    resource_id=f"disk-{number}",
                    resource_type="azure-disk",
                    attributes={"attached_to": one.id},
                ),
                meters={},
            )
            for number in range(disks)
        }
        with_disks = replace(whole, resources={**whole.resources, **attached})
        assert len(found_in(with_disks, "rightsize-azure-vm")) == hits


def test_burstable_sizes_of_azure_earn_what_no_name_says_so_none_is_advised() -> None:
    found = found_in(of_vm(vm(), prices={"d16s_v5": 0.768, "b8ms": 0.1}), "rightsize-azure-vm")
    assert [hit.target for hit in found] == ["Standard_D8s_v5"]


def test_an_old_size_becomes_a_new_one_of_the_same_size() -> None:
    one = vm("Standard_D16s_v3", memory=None)
    found = found_in(of_vm(one, "d16s_v3", {"d16s_v3": 0.768, "d16ds_v5": 0.7}), "rightsize-azure-vm")
    assert [hit.target for hit in found] == ["Standard_D16ds_v5"]


def test_a_rule_reads_its_own_provider_only() -> None:
    assert found_in(of_vm(vm()), "rightsize-ec2") == []
    assert found_in(of_gce(gce()), "rightsize-azure-vm") == []
