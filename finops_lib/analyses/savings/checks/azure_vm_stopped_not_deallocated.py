"""Machines that were shut down from the inside (Z01): Azure bills the compute of all that is not deallocated."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.members import is_member, is_spot
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.observed import is_settled, sureness
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

_COMPUTE = ("instance-hours", "old-instance-hours")


@rule(
    "azure-vm-stopped-not-deallocated",
    check="Z01",
    providers=("azure",),
    needs=(bill(), inventory("azure-virtual-machine")),
    effort="VeryLow",
)
def azure_vm_stopped_not_deallocated(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type("azure-virtual-machine"):
        if found.described is None or found.described.state != "stopped" or is_member(found) or is_spot(found):
            continue
        # A machine that was stopped yesterday is on its last day's bill as a running one.
        if not any(found.has_now(kind) for kind in _COMPUTE) or not is_settled(found, estate.as_of):
            continue
        yield recommend(
            "azure-vm-stopped-not-deallocated",
            found,
            action="deallocate, or delete with its disks",
            evidence="stopped in the guest and not deallocated: its compute is charged as if it ran",
            # All of its own meters, licences included, end with the allocation; its disks are resources of their own.
            monthly_savings=found.monthly_cost,
            confidence=sureness(found, estate.as_of, 0.9),
            change="config",
            facts={
                "state": found.described.state,
                "instance_type": found.described.attributes.get("instance_type", ""),
            },
        )
