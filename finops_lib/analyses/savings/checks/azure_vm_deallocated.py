"""Disks and addresses of machines that are deallocated (Z02). The machine itself costs nothing any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.members import is_member
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.observed import age_days, sureness
from finops_lib.analyses.savings.resources import Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.analyses.savings.snapshot_price import own_snapshot_price, snapshot_cost
from finops_lib.findings import Recommendation

OFF_DAYS = 30
_COMPUTE = ("instance-hours", "old-instance-hours")


@rule(
    "azure-vm-deallocated",
    check="Z02",
    providers=("azure",),
    needs=(bill(), inventory("azure-virtual-machine"), inventory("azure-disk")),
    better_with=(inventory("azure-public-ip"), inventory("azure-network-interface")),
    step="clean-up",
)
def azure_vm_deallocated(estate: Estate) -> Iterator[Recommendation]:
    machines = {one.id.lower(): one for one in estate.of_type("azure-virtual-machine") if _is_off(one, estate)}
    # The bill shows the last hour of a machine; of one that never had any only the present state is known.
    sure = {id: 0.8 if _hours(one) else sureness(one, estate.as_of, 0.8) for id, one in machines.items()}
    snapshot_price = own_snapshot_price(estate, "azure")
    for disk in estate.of_type("azure-disk"):
        machine = machines.get(_attached_to(disk))
        if machine is None or disk.monthly_cost <= 0:
            continue
        snapshot = snapshot_cost(disk, snapshot_price)
        yield recommend(
            "azure-vm-deallocated",
            disk,
            action="snapshot, then delete with its machine",
            evidence=f"disk of {machine.label}, which is deallocated and had no hour of compute for {OFF_DAYS} days",
            monthly_savings=disk.monthly_cost - snapshot.monthly,
            confidence=sure[machine.id.lower()],
            change="delete data",
            price_grade=snapshot.price_grade,
            facts={"machine": machine.id, "snapshot_monthly_cost": snapshot.monthly},
        )
    cards = {one.id.lower(): machines.get(_attached_to(one)) for one in estate.of_type("azure-network-interface")}
    for address in estate.of_type("azure-public-ip"):
        machine = cards.get(_attached_to(address).partition("/ipconfigurations/")[0])
        if machine is None or address.monthly_cost <= 0:
            continue
        yield recommend(
            "azure-vm-deallocated",
            address,
            action="release, unless somebody trusts this very address",
            evidence=f"address of {machine.label}, which is deallocated and had no hour of compute for {OFF_DAYS} days",
            monthly_savings=address.monthly_cost,
            confidence=sure[machine.id.lower()],
            facts={"machine": machine.id},
        )


def _is_off(machine: Resource, estate: Estate) -> bool:
    """Say whether a machine is deallocated, and has been for a month as far as the bill shows."""
    if machine.described is None or machine.described.state != "deallocated" or is_member(machine):
        return False
    hours = _hours(machine)
    off = (estate.as_of - max(hours)).days if hours else age_days(machine, estate.as_of)
    return off >= OFF_DAYS


def _hours(machine: Resource) -> list[date]:
    """Give the last days on which its compute was charged."""
    return [machine.meters[kind].last_day for kind in _COMPUTE if kind in machine.meters]


def _attached_to(resource: Resource) -> str:
    return resource.described.attributes.get("attached_to", "").lower() if resource.described else ""
