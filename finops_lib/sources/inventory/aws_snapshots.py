"""EBS snapshots of the account itself, in the bill by their ARN."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.aws_kinds import dry_run, kind
from finops_lib.sources.inventory.aws_place import Place, tags_of, texts, utc

_TYPE = "aws-ebs-snapshot"


@kind(_TYPE, dry_run("ec2:DescribeSnapshots", "describe_snapshots", "snapshots and their age"))
def snapshots(place: Place) -> Iterator[Resource]:
    """Find the snapshots that the account owns; which images are made of them is an attribute of the images."""
    for snapshot in place.pages("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"]):
        tags = tags_of(snapshot)
        yield Resource(
            type=_TYPE,
            resource_id=place.arn("ec2", f"snapshot/{snapshot['SnapshotId']}"),
            account=place.account,
            region=place.region,
            name=tags.get("Name", ""),
            state=snapshot.get("State", "").lower(),
            created_at=utc(snapshot.get("StartTime")),
            attributes=texts(
                snapshot_id=snapshot["SnapshotId"],
                volume_id=snapshot.get("VolumeId"),
                # Of the volume; how much the snapshot itself stores only the bill knows.
                volume_size_gb=snapshot.get("VolumeSize"),
                storage_tier=snapshot.get("StorageTier"),
                encrypted=snapshot.get("Encrypted"),
                description=snapshot.get("Description"),
                backup_of=tags.get("aws:backup:source-resource"),
            ),
            tags=tags,
        )
