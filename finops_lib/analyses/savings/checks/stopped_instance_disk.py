"""Disks and addresses that go on costing after their machine stopped (A02, Z02, G06).

A machine that stopped costs nothing itself, so only they are counted. The inventory says what a disk is attached to;
a bill does not. There, owners name a disk after its machine, and the consoles do it for them (Azure `vm_OsDisk_1`,
Google's boot disk has the very name); without such a name we stay silent.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.kept_copy import kept_copy
from finops_lib.analyses.savings.machines import MACHINE_HOURS, left_alone
from finops_lib.analyses.savings.needs import inventory
from finops_lib.analyses.savings.own_prices import own_prices
from finops_lib.analyses.savings.resources import Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

STOPPED_DAYS = 30
DISKS = ("volume", "volume-gp2", "volume-io", "volume-magnetic")
ADDRESSES = ("address",)
# What is put behind a machine's name to name its disk.
_DISK_WORDS = re.compile(
    r"[-_ ]?(os|data|root|boot)?[-_ ]?(disk|volume|vol|lun|pd|ebs)s?[-_ ]?[0-9a-f]*$|[-_ ](os|data|root|boot)$"
)


@rule(
    "stopped-instance-disk",
    check="A02",
    better_with=(inventory("aws-ec2-instance"), inventory("aws-ebs-volume")),
    step="clean-up",
)
def stopped_instance_disk(estate: Estate) -> Iterator[Recommendation]:
    named = _machines_by_name(estate)
    prices = own_prices(estate, "snapshot")
    for disk in estate.with_meter(*DISKS, *ADDRESSES):
        kind = next((kind for kind in (*DISKS, *ADDRESSES) if disk.has_now(kind)), "")
        if not kind or not disk.id:
            continue
        if disk.described is not None and disk.provider == "aws":
            machine, days = _attached_to(estate, disk)
        elif kind in DISKS:
            machine, days = _named_alike(named, disk, kind)
        else:
            continue
        if machine is None:
            continue
        is_address = kind in ADDRESSES
        what = "address" if is_address else "disk"
        is_known = machine.described is not None and disk.described is not None and disk.provider == "aws"
        kept = kept_copy(disk, kind, prices).monthly if is_known and not is_address else Decimal(0)
        if kept >= disk.monthly_cost:
            continue
        yield recommend(
            "stopped-instance-disk",
            disk,
            action="release" if is_address else "snapshot, then delete",
            evidence=f"{machine.label} stopped {days} days ago, the {what} is still charged",
            monthly_savings=disk.monthly_cost - kept,
            confidence=0.85 if is_known else 0.6,
            change="config" if is_address else "delete data",
            facts={"machine": machine.id, "days_stopped": days, "snapshot_monthly_cost": f"{kept:.2f}"},
        )


def _attached_to(estate: Estate, disk: Resource) -> tuple[Resource | None, int]:
    """Give the machine that the inventory says has the disk, where it stopped long ago, and for how many days."""
    names = disk.described.attributes.get("attached_to", "").split(",") if disk.described else []
    machines = [estate.find(disk.provider, disk.account, name) for name in names if name]
    days = [_days_stopped(machine, estate) for machine in machines if machine is not None]
    # A disk of two machines is in use as long as one of them is.
    if not machines or len(days) < len(machines) or min(days) < STOPPED_DAYS:
        return None, 0
    return machines[0], min(days)


def _days_stopped(machine: Resource, estate: Estate) -> int:
    known = machine.described
    if known is None or known.state != "stopped" or left_alone(machine) not in ("", "bound to a licence"):
        return 0
    billed = [machine.meters[kind].last_day for kind in MACHINE_HOURS if kind in machine.meters]
    # Hours on the bill mean that it ran: what is stopped every evening is no machine that stopped.
    idle = [(machine.data_through - max(billed)).days] if billed else []
    said = known.days_in_state(estate.as_of)
    return min([*idle, said] if said is not None else idle, default=known.days_seen_so(estate.as_of))


def _machines_by_name(estate: Estate) -> dict[tuple[str, str, str], list[Resource]]:
    machines: dict[tuple[str, str, str], list[Resource]] = defaultdict(list)
    for machine in estate.with_meter(*MACHINE_HOURS):
        machines[machine.provider, machine.account, _stem(machine)].append(machine)
    return machines


def _named_alike(
    machines: dict[tuple[str, str, str], list[Resource]], disk: Resource, kind: str
) -> tuple[Resource | None, int]:
    """Give the machine that the disk is named for, where it stopped long ago, and for how many days."""
    named_alike = machines.get((disk.provider, disk.account, _stem(disk)), [])
    if not named_alike or disk in named_alike:
        return None, 0
    last_hour = max(m.meters[kind].last_day for m in named_alike for kind in MACHINE_HOURS if kind in m.meters)
    stopped = (disk.data_through - last_hour).days
    if stopped < STOPPED_DAYS or disk.meters[kind].first_day > last_hour:
        return None, 0
    return named_alike[0], stopped


def _stem(resource: Resource) -> str:
    """Give the name that a machine and its disks share."""
    name = re.split(r"[/:]", resource.label)[-1].lower()
    return _DISK_WORDS.sub("", name)
