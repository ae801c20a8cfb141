"""EC2 instances: what they are, whether they run, and since when they do not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.aws_kinds import Measure, dry_run, kind, summed
from finops_lib.sources.inventory.aws_place import Place, tags_of, texts, utc

TYPE = "aws-ec2-instance"
MEMORY = "memory"
# "User initiated (2026-05-01 06:00:00 GMT)"; moto writes UTC.
_STOPPED = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")
_SUMS = {
    "network_in": ("bytes/s", "NetworkIn"),
    "network_out": ("bytes/s", "NetworkOut"),
    # Of the volumes together; an instance store has other names, and only its own disks.
    "disk_read_bytes": ("bytes/s", "EBSReadBytes"),
    "disk_write_bytes": ("bytes/s", "EBSWriteBytes"),
    "disk_read_ops": ("ops/s", "EBSReadOps"),
    "disk_write_ops": ("ops/s", "EBSWriteOps"),
}


def _measures(instance: Resource) -> tuple[Measure, ...]:
    """Give all but the memory, which only the agent inside an instance knows (aws_memory.py)."""
    mine = (("InstanceId", instance.resource_id),)
    rates = (summed(metric, unit, "AWS/EC2", name, mine) for metric, (unit, name) in _SUMS.items())
    return (Measure("cpu", "percent", "AWS/EC2", "CPUUtilization", mine), *rates)


@kind(
    TYPE,
    dry_run("ec2:DescribeInstances", "describe_instances", "instances and their state"),
    measures=_measures,
    metrics=("cpu", MEMORY, *_SUMS),
)
def instances(place: Place) -> Iterator[Resource]:
    """Find all instances that were not terminated."""
    for reservation in place.pages("ec2", "describe_instances", "Reservations"):
        for instance in reservation.get("Instances", ()):
            if instance["State"]["Name"] != "terminated":
                yield _resource(place, instance)


def _resource(place: Place, instance: dict[str, Any]) -> Resource:
    tags = tags_of(instance)
    launched = utc(instance.get("LaunchTime"))
    state = instance["State"]["Name"].lower()
    return Resource(
        type=TYPE,
        resource_id=instance["InstanceId"],
        account=place.account,
        region=place.region,
        name=tags.get("Name", ""),
        state=state,
        state_since=launched if state == "running" else stopped_at(instance.get("StateTransitionReason", "")),
        created_at=_created_at(instance, launched),
        attributes=texts(
            instance_type=instance.get("InstanceType"),
            # AWS says nothing of the platform unless it is Windows.
            platform=(instance.get("Platform") or "linux").lower(),
            platform_details=instance.get("PlatformDetails"),
            architecture=instance.get("Architecture"),
            tenancy=instance.get("Placement", {}).get("Tenancy"),
            zone=instance.get("Placement", {}).get("AvailabilityZone"),
            lifecycle=instance.get("InstanceLifecycle") or "on-demand",
            launched_at=instance.get("LaunchTime"),
            state_reason=instance.get("StateTransitionReason"),
            autoscaling_group=tags.get("aws:autoscaling:groupName"),
            node_group=tags.get("eks:nodegroup-name"),
            ebs_optimized=instance.get("EbsOptimized"),
            ena_support=instance.get("EnaSupport"),
            hypervisor=instance.get("Hypervisor"),
            boot_mode=instance.get("CurrentInstanceBootMode") or instance.get("BootMode"),
            root_device_type=instance.get("RootDeviceType"),
            image_id=instance.get("ImageId"),
            vpc_id=instance.get("VpcId"),
            cores=instance.get("CpuOptions", {}).get("CoreCount"),
            threads_per_core=instance.get("CpuOptions", {}).get("ThreadsPerCore"),
            network_interfaces=len(instance.get("NetworkInterfaces", ())),
            volumes=[
                device["Ebs"]["VolumeId"] for device in instance.get("BlockDeviceMappings", ()) if "Ebs" in device
            ],
            detailed_monitoring=instance.get("Monitoring", {}).get("State") == "enabled",
            capacity_reservation_id=instance.get("CapacityReservationId"),
        ),
        tags=tags,
    )


def stopped_at(reason: str) -> datetime | None:
    """Read when an instance was stopped out of the reason that AWS gives, its only word about it."""
    found = _STOPPED.search(reason)
    return datetime.fromisoformat(found[1]) if found else None


def _created_at(instance: dict[str, Any], launched: datetime | None) -> datetime | None:
    """Say since when there is an instance: every start renews its launch time, but not that of its root volume."""
    root = instance.get("RootDeviceName")
    attached = (
        utc(device["Ebs"].get("AttachTime"))
        for device in instance.get("BlockDeviceMappings", ())
        if device.get("DeviceName") == root and "Ebs" in device
    )
    return min((moment for moment in (launched, *attached) if moment is not None), default=None)
