"""Machine images (AMIs) of the account itself; they cost what their snapshots cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.aws_kinds import dry_run, kind
from finops_lib.sources.inventory.aws_place import Place, tags_of, texts, utc

_TYPE = "aws-ec2-image"


@kind(_TYPE, dry_run("ec2:DescribeImages", "describe_images", "images and the snapshots they hold"))
def images(place: Place) -> Iterator[Resource]:
    """Find the images that the account owns."""
    for image in place.pages("ec2", "describe_images", "Images", Owners=["self"]):
        devices = image.get("BlockDeviceMappings", ())
        yield Resource(
            type=_TYPE,
            resource_id=image["ImageId"],
            account=place.account,
            region=place.region,
            name=image.get("Name", ""),
            state=image.get("State", "").lower(),
            created_at=_moment(image.get("CreationDate")),
            attributes=texts(
                snapshot_ids=[
                    device["Ebs"]["SnapshotId"] for device in devices if device.get("Ebs", {}).get("SnapshotId")
                ],
                size_gb=sum(device.get("Ebs", {}).get("VolumeSize", 0) for device in devices),
                architecture=image.get("Architecture"),
                platform_details=image.get("PlatformDetails"),
                public=image.get("Public"),
                last_launched_at=_moment(image.get("LastLaunchedTime")),
                deprecated_at=_moment(image.get("DeprecationTime")),
            ),
            tags=tags_of(image),
        )


def _moment(text: str | None) -> datetime | None:
    return utc(datetime.fromisoformat(text)) if text else None
