"""Premium disks of machines that hardly read or write (Z14): standard SSD would do.

Azure is asked for what a machine moves, not for single disks. A disk does no more than its machine, so a machine below
5 % of one disk's limits is below it on that disk. What standard SSD costs is the customer's own price per GB where the
bill has some; otherwise 0.57 of premium, the dearest of the sizes at list prices of late 2026, not checked again since.
Standard SSD also charges operations: 5 % of a premium disk's are cents.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.members import is_member
from finops_lib.analyses.savings.needs import bill, inventory, metrics
from finops_lib.analyses.savings.observed import age_days, is_watched
from finops_lib.analyses.savings.resources import GRACE_DAYS, Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

USED_SHARE = 0.05
STANDARD_SHARE = Decimal("0.57")
# What every size of standard SSD gives.
STANDARD_OPERATIONS, STANDARD_MEGABYTES = 500, 60
_MACHINE = "azure-virtual-machine"
_OPERATIONS, _BYTES = ("disk_read_ops", "disk_write_ops"), ("disk_read_bytes", "disk_write_bytes")


@rule(
    "azure-underused-premium-disk",
    check="Z14",
    providers=("azure",),
    needs=(
        bill(),
        inventory("azure-disk"),
        inventory(_MACHINE),
        *(metrics(_MACHINE, metric) for metric in (*_OPERATIONS, *_BYTES)),
    ),
    step="rightsize",
)
def azure_underused_premium_disk(estate: Estate) -> Iterator[Recommendation]:
    disks = list(estate.of_type("azure-disk"))
    standard = _price_per_gb([one for one in disks if _attribute(one, "sku").lower().startswith("standardssd_")])
    machines = {one.id.lower(): one for one in estate.of_type(_MACHINE)}
    for found in disks:
        machine = machines.get(_attribute(found, "attached_to").lower())
        if machine is None or not _attribute(found, "sku").lower().startswith("premium_") or is_member(machine):
            continue
        if _attribute(found, "max_shares") not in ("", "1") or age_days(found, estate.as_of) < GRACE_DAYS:
            continue
        operations, megabytes = _busiest(machine, _OPERATIONS), _busiest(machine, _BYTES)
        if operations is None or megabytes is None or found.monthly_cost <= 0:
            continue
        megabytes /= 1e6
        most = _number(found, "iops"), _number(found, "megabytes_per_s")
        if operations > min(USED_SHARE * most[0], STANDARD_OPERATIONS):
            continue
        if megabytes > min(USED_SHARE * most[1], STANDARD_MEGABYTES):
            continue
        premium = _price_per_gb([found])
        is_own = standard is not None and premium is not None and standard < premium
        share = standard / premium if is_own and standard and premium else STANDARD_SHARE
        yield recommend(
            "azure-underused-premium-disk",
            found,
            action="change the type to standard SSD",
            evidence=f"{machine.label} does {operations:,.0f} operations/s and {megabytes:,.1f} MB/s at its busiest, "
            f"the disk can {most[0]:,.0f} and {most[1]:,.0f}",
            monthly_savings=found.monthly_cost * (1 - share),
            confidence=0.7,
            change="resize",
            target=_attribute(found, "sku").replace("Premium", "StandardSSD").replace("V2", ""),
            # Sizes have steps, so even the own price is that of other sizes.
            price_grade="B" if is_own else "D",
            facts={"operations_per_s": round(operations, 1), "megabytes_per_s": round(megabytes, 2)},
        )


def _busiest(machine: Resource, names: tuple[str, ...]) -> float | None:
    """Give the sum of the busiest reading and writing (p99.5) of a machine; None where it was not watched."""
    watched = [machine.utilisation.get(name) for name in names]
    peaks = [use.p99_5 for use in watched if is_watched(use)]
    return sum(peaks) if len(peaks) == len(names) else None


def _price_per_gb(disks: list[Resource]) -> Decimal | None:
    size = sum((Decimal(_attribute(one, "size_gb") or 0) for one in disks if one.monthly_cost > 0), Decimal(0))
    cost = sum((one.monthly_cost for one in disks), Decimal(0))
    return cost / size if size > 0 else None


def _attribute(resource: Resource, name: str) -> str:
    return resource.described.attributes.get(name, "") if resource.described else ""


def _number(resource: Resource, name: str) -> float:
    return float(_attribute(resource, name) or 0)
