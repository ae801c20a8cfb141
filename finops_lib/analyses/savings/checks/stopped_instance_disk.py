"""Disks that go on costing after their machine stopped (A02, Z02, G06).

A bill does not say what a disk is attached to. Owners name a disk after its machine, and the consoles do it for them
(Azure `vm_OsDisk_1`, Google's boot disk has the very name); without such a name we stay silent.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

STOPPED_DAYS = 30
MACHINES = ("instance-hours", "old-instance-hours")
DISKS = ("volume", "volume-gp2", "volume-magnetic")
# What is put behind a machine's name to name its disk.
_DISK_WORDS = re.compile(
    r"[-_ ]?(os|data|root|boot)?[-_ ]?(disk|volume|vol|lun|pd|ebs)s?[-_ ]?[0-9a-f]*$|[-_ ](os|data|root|boot)$"
)


@rule("stopped-instance-disk", check="A02", step="clean-up")
def stopped_instance_disk(estate: Estate) -> Iterator[Recommendation]:
    machines: dict[tuple[str, str, str], list[Resource]] = defaultdict(list)
    found = list(estate.with_meter(*MACHINES, *DISKS))
    for resource in found:
        if any(kind in resource.meters for kind in MACHINES):
            machines[resource.provider, resource.account, _stem(resource)].append(resource)
    for disk in found:
        kind = next((kind for kind in DISKS if disk.has_now(kind)), "")
        named_alike = machines.get((disk.provider, disk.account, _stem(disk)), [])
        if not kind or not disk.id or not named_alike or disk in named_alike:
            continue
        last_hour = max(m.meters[kind].last_day for m in named_alike for kind in MACHINES if kind in m.meters)
        stopped = (disk.data_through - last_hour).days
        if stopped < STOPPED_DAYS or disk.meters[kind].first_day > last_hour:
            continue
        yield recommend(
            "stopped-instance-disk",
            disk,
            action="snapshot, then delete",
            evidence=f"{named_alike[0].label} stopped {stopped} days ago, the disk is still charged",
            monthly_savings=disk.monthly_cost,
            confidence=0.6,
            change="delete data",
        )


def _stem(resource: Resource) -> str:
    """Give the name that a machine and its disks share."""
    name = re.split(r"[/:]", resource.label)[-1].lower()
    return _DISK_WORDS.sub("", name)
