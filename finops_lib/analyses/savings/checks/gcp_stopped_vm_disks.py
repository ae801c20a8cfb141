"""Disks and addresses of machines that have been stopped for a month (G06). The machine itself costs nothing."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.members import is_member
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.observed import days_so
from finops_lib.analyses.savings.resources import Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.analyses.savings.snapshot_price import own_snapshot_price, snapshot_cost
from finops_lib.findings import Recommendation

STOPPED_DAYS = 30
_STOPPED = ("terminated", "stopped", "suspended")


@rule(
    "gcp-stopped-vm-disks",
    check="G06",
    providers=("gcp",),
    needs=(bill(), inventory("gcp-instance"), inventory("gcp-disk")),
    better_with=(inventory("gcp-address"),),
    step="clean-up",
)
def gcp_stopped_vm_disks(estate: Estate) -> Iterator[Recommendation]:
    stopped: dict[str, tuple[Resource, int]] = {}
    for machine in estate.of_type("gcp-instance"):
        days = days_so(machine, estate.as_of)
        if machine.described is None or machine.described.state not in _STOPPED or is_member(machine):
            continue
        # A machine without a date may have been stopped this morning.
        if days is not None and days >= STOPPED_DAYS:
            stopped[machine.described.attributes.get("full_name", machine.id)] = (machine, days)
    snapshot_price = own_snapshot_price(estate, "gcp")
    for found in estate.of_type("gcp-disk", "gcp-address"):
        users = (found.described.attributes.get("attached_to", "") if found.described else "").split(",")
        # A disk that several machines share is in use while one of them runs.
        if found.described is None or found.monthly_cost <= 0 or not all(user in stopped for user in users):
            continue
        machine, days = min((stopped[user] for user in users), key=lambda held: held[1])
        is_disk = found.described.type == "gcp-disk"
        snapshot = snapshot_cost(found, snapshot_price) if is_disk else None
        yield recommend(
            "gcp-stopped-vm-disks",
            found,
            action="snapshot, then delete" if is_disk else "release",
            evidence=f"{machine.label} has been stopped for {days} days, its {'disk' if is_disk else 'address'} "
            "is still charged",
            monthly_savings=found.monthly_cost - (snapshot.monthly if snapshot else 0),
            confidence=0.8,
            change="delete data" if is_disk else "delete",
            price_grade=snapshot.price_grade if snapshot else "",
            facts={"machine": machine.label, "days_stopped": days},
        )
