"""What would AWS say of the sample's resources? The types, ids and attributes of the inventory of a real account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from finops_lib.sample.curves import Calendar
from finops_lib.sample.inventory import busy
from finops_lib.sample.inventory.aws_storage import bucket, image, snapshot, volume
from finops_lib.sample.inventory.items import Holding, Item, iso
from finops_lib.sample.resources import digest, resource_id

STOPPED = frozenset({"aws-stopped-vm"})
_PROFILES = {
    "waste-aws-orders": "oversized", "waste-aws-relay": "idle", "waste-aws-workbench": "office",
    "aws-pay-standby": "idle", "aws-search-heap": "memory-bound", "aws-data-newcomer": "idle",
    "aws-shared-erp": "low", "aws-dev-burst": "pinned", "aws-pay-closing": "month-end", "aws-data-kept": "idle",
    "aws-data-spot": "low",
}  # fmt: skip
_ARM = ("c6g", "m6g", "r6g", "t4g")
_UNITS = {"large": 0.5, "xlarge": 1, "24xlarge": 24}
_RDS_GIB = 32


def items(holdings: list[Holding], calendar: Calendar) -> Iterator[Item]:
    """Give every resource of a kind that is looked at, once."""
    seen: set[str] = set()
    machines = {(one.fleet, one.slot): one for one in holdings if one.kind == "instance" and _is_machine(one)}
    for one in holdings:
        for item in _items(one, machines, calendar):
            if item.resource_id not in seen:
                seen.add(item.resource_id)
                yield item


def _items(one: Holding, machines: Mapping[tuple[str, int], Holding], calendar: Calendar) -> Iterator[Item]:
    if one.kind == "instance" and _is_machine(one):
        yield _instance(one)
    elif one.kind == "volume" and "VolumeUsage" in one.meter:
        yield volume(one, machines, calendar)
    elif one.kind == "snapshot":
        yield snapshot(one, calendar)
        yield from image(one, calendar)
    elif one.kind == "address":
        yield _address(one, machines)
    elif one.kind == "balancer" and one.meter == "LoadBalancerUsage":
        yield _balancer(one)
    elif one.kind == "nat" and one.meter == "NatGateway-Hours":
        yield _gateway(one)
    elif one.kind == "database" and one.meter.startswith("InstanceUsage:"):
        yield _database(one)
    elif one.kind == "bucket" and one.meter.startswith("TimedStorage"):
        yield bucket(one)


def _is_machine(one: Holding) -> bool:
    return one.meter.startswith(("BoxUsage:", "SpotUsage:")) and one.line.fleet.sku != "emr"


def _instance(one: Holding) -> Item:
    type_ = one.meter.partition(":")[2]
    family, _, size = type_.partition(".")
    cores = int(4 * (_UNITS[size] if size in _UNITS else float(size.removesuffix("xlarge"))))
    arm = family in _ARM
    is_sql = "-sql" in one.line.fleet.sku
    running = one.stopped_at is None
    attributes = {
        "instance_type": type_,
        "platform": "windows" if is_sql else "linux",
        "platform_details": "Windows with SQL Server Standard" if is_sql else "Linux/UNIX",
        "architecture": "arm64" if arm else "x86_64",
        "tenancy": "default",
        "zone": f"{one.account.region}{'abc'[one.slot % 3]}",
        "lifecycle": "spot" if one.meter.startswith("Spot") else "on-demand",
        "launched_at": iso(one.created_at),
        "ebs_optimized": "yes",
        "ena_support": "yes",
        "hypervisor": "xen",
        "boot_mode": "uefi" if arm else "legacy-bios",
        "root_device_type": "ebs",
        "image_id": f"ami-{digest(one.fleet)[:17]}",
        "vpc_id": _vpc(one),
        "cores": str(cores if arm else max(cores // 2, 1)),
        "threads_per_core": "1" if arm else "2",
        "network_interfaces": "1",
        "detailed_monitoring": "no",
    }
    tags = one.tags
    if one.is_member:
        node = "aws:eks:cluster-name" in tags
        attributes["autoscaling_group"] = one.line.fleet.name.removeprefix("aws-")
        tags["aws:autoscaling:groupName"] = attributes["autoscaling_group"]
        if node:
            attributes["node_group"] = tags["eks:nodegroup-name"] = f"{tags['aws:eks:cluster-name']}-nodes"
    elif "aws:eks:cluster-name" in tags:
        attributes["node_group"] = tags["eks:nodegroup-name"] = f"{tags['aws:eks:cluster-name']}-system"
    if one.stopped_at is not None:
        attributes["state_reason"] = f"User initiated ({one.stopped_at:%Y-%m-%d %H:%M:%S} GMT)"
    profile = busy.MACHINES["member" if one.is_member else _PROFILES.get(one.fleet, "healthy")]
    if one.fleet not in _PROFILES and not one.is_member and not one.line.fleet.waste:
        profile = busy.of(profile, "cpu", "memory")
    if one.line.fleet.name != one.fleet and one.fleet == "waste-aws-orders":
        profile = busy.doubled(profile)
    return Item(
        "aws-ec2-instance",
        one.resource_id,
        one.account.id,
        one.account.region,
        tags.get("Name", ""),
        "running" if running else "stopped",
        one.created_at if running else one.stopped_at,
        one.created_at,
        attributes,
        tags,
        profile if running else {},
        one.created_at,
    )


def _address(one: Holding, machines: Mapping[tuple[str, int], Holding]) -> Item:
    number = int(digest(one.resource_id)[:6], 16)
    allocation = one.resource_id.rpartition("/")[2]
    attributes = {
        "public_ip": f"52.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        "allocation_id": allocation,
    }
    used = "InUse" in one.meter
    if used:
        holder = machines.get(("aws-pay-web", one.slot)) or machines["aws-pay-web", 0]
        attributes |= {"attached_to": holder.resource_id, "network_interface_id": f"eni-{digest(allocation)[:17]}"}
    return Item(
        "aws-elastic-ip",
        one.resource_id,
        one.account.id,
        one.account.region,
        one.tags.get("Name", ""),
        "associated" if used else "unassociated",
        attributes=attributes,
        tags=one.tags,
    )


def _balancer(one: Holding) -> Item:
    used = not one.line.fleet.waste
    attributes = {
        "kind": "application",
        "scheme": "internet-facing",
        "vpc_id": _vpc(one),
        "target_groups": "1",
        "targets": "4" if used else "0",
        "healthy_targets": "4" if used else "0",
        "targets_of_unknown_health": "0",
    }
    return Item(
        "aws-load-balancer",
        one.resource_id,
        one.account.id,
        one.account.region,
        one.name,
        "active",
        created_at=one.created_at,
        attributes=attributes,
        tags=one.tags,
        busy=busy.REQUESTS if used else {},
    )


def _gateway(one: Holding) -> Item:
    attributes = {
        "nat_gateway_id": one.resource_id.rpartition("/")[2],
        "connectivity": "public",
        "vpc_id": _vpc(one),
        "subnet_id": f"subnet-{digest(one.resource_id)[:17]}",
    }
    return Item(
        "aws-nat-gateway",
        one.resource_id,
        one.account.id,
        one.account.region,
        one.tags.get("Name", ""),
        "available",
        created_at=one.created_at,
        attributes=attributes,
        tags=one.tags,
        busy=busy.STILL_NETWORK if one.line.fleet.waste else busy.NETWORK,
    )


def _database(one: Holding) -> Item:
    class_ = one.meter.partition(":")[2]
    size = class_.rpartition(".")[2].removesuffix("xlarge")
    memory = _RDS_GIB * float(size or 1)
    old = one.fleet == "aws-dev-rds" and one.slot == 0
    attributes = {
        "instance_class": class_,
        "engine": "postgres",
        "engine_version": "11.22" if old else "16.4",
        "license_model": "postgresql-license",
        "multi_az": "no",
        "storage_type": "gp3",
        "size_gb": "500",
        "iops": "3000",
        "throughput_mbps": "125",
        "backup_days": "7",
        "zone": f"{one.account.region}a",
    }
    replica_of = "pay-rds-01"
    if one.fleet == "aws-pay-replica":
        attributes["replica_of"] = replica_of
    if one.resource_id == resource_id(one.account, "database", replica_of):
        attributes["replicas"] = "pay-replica-01"
    profiles = {
        "waste-aws-catalog-db": "oversized", "waste-aws-legacy-db": "idle", "aws-pay-replica": "idle",
        "aws-dev-rds": "office",
    }  # fmt: skip
    measured = busy.database(profiles.get(one.fleet, "healthy"), memory)
    if one.line.fleet.name != one.fleet:
        # The smaller one needs the same memory of the half.
        used = busy.database("oversized", memory * 2)["memory_free"].low
        free = used - memory * 1024**3
        measured = busy.doubled(measured) | {"memory_free": busy.Busy(free, free * 1.02, "flat", 0.01)}
    return Item(
        "aws-rds-instance",
        one.resource_id,
        one.account.id,
        one.account.region,
        one.name,
        "available",
        created_at=one.created_at,
        attributes=attributes,
        tags=one.tags,
        busy=measured,
    )


def _vpc(one: Holding) -> str:
    return f"vpc-{digest(one.account.id)[:17]}"
