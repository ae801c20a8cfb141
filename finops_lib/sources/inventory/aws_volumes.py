"""EBS volumes: size, what was bought of speed, and what they are attached to.

When a volume was detached AWS does not say; the lake's own inventory over time does.
"""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.aws_kinds import Measure, dry_run, kind, summed
from finops_lib.sources.inventory.aws_place import Place, tags_of, texts, utc

_TYPE = "aws-ebs-volume"
_SUMS = {
    "disk_read_bytes": ("bytes/s", "VolumeReadBytes"),
    "disk_write_bytes": ("bytes/s", "VolumeWriteBytes"),
    "disk_read_ops": ("ops/s", "VolumeReadOps"),
    "disk_write_ops": ("ops/s", "VolumeWriteOps"),
}


def _measures(volume: Resource) -> tuple[Measure, ...]:
    mine = (("VolumeId", volume.resource_id),)
    return tuple(summed(metric, unit, "AWS/EBS", name, mine) for metric, (unit, name) in _SUMS.items())


@kind(
    _TYPE,
    dry_run("ec2:DescribeVolumes", "describe_volumes", "volumes and what they are attached to"),
    measures=_measures,
    metrics=tuple(_SUMS),
)
def volumes(place: Place) -> Iterator[Resource]:
    """Find all volumes."""
    for volume in place.pages("ec2", "describe_volumes", "Volumes"):
        tags = tags_of(volume)
        attached = [item for item in volume.get("Attachments", ()) if item.get("State") != "detached"]
        yield Resource(
            type=_TYPE,
            resource_id=volume["VolumeId"],
            account=place.account,
            region=place.region,
            name=tags.get("Name", ""),
            state=volume.get("State", "").lower(),
            state_since=utc(min((item["AttachTime"] for item in attached if item.get("AttachTime")), default=None)),
            created_at=utc(volume.get("CreateTime")),
            attributes=texts(
                volume_type=volume.get("VolumeType"),
                size_gb=volume.get("Size"),
                iops=volume.get("Iops"),
                throughput_mbps=volume.get("Throughput"),
                attached_to=[item["InstanceId"] for item in attached if item.get("InstanceId")],
                deleted_with_instance=any(item.get("DeleteOnTermination") for item in attached) if attached else None,
                encrypted=volume.get("Encrypted"),
                multi_attach=volume.get("MultiAttachEnabled"),
                snapshot_id=volume.get("SnapshotId"),
                zone=volume.get("AvailabilityZone"),
            ),
            tags=tags,
        )
