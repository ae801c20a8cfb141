"""What would AWS say of the sample's volumes, snapshots, images and buckets?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from finops_lib.sample.curves import Calendar
from finops_lib.sample.inventory import busy
from finops_lib.sample.inventory.items import Holding, Item, ago, iso, until
from finops_lib.sample.resources import digest, resource_id

# Fleet of volumes -> the machines that have them; what is not here is attached to nothing.
_ATTACHED = {
    "aws-pay-disks": "aws-pay-web", "aws-dev-disks": "waste-aws-workbench", "waste-aws-gp2": "aws-pay-covered",
    "waste-aws-gp2-shared": "aws-shared-nodes", "aws-shared-magnetic": "aws-shared-erp",
    "waste-aws-queue-log": "aws-pay-web", "aws-pay-journal": "aws-pay-web", "waste-aws-cold-log": "aws-data-ingest",
    "waste-aws-stopped-disks": "aws-stopped-vm", "aws-search-swap": "aws-search-heap",
}  # fmt: skip
_PROFILES = {"waste-aws-queue-log": "slow", "aws-pay-journal": "fast", "waste-aws-cold-log": "still"}
_ALL_METRICS = {*_PROFILES, "waste-aws-gp2", "waste-aws-gp2-shared", "aws-search-swap"}
_IOPS = {"waste-aws-queue-log": 8_000, "aws-pay-journal": 20_000}
# Fleet of volumes -> days since they were detached.
_DETACHED = {"aws-search-swap": 3}
# Fleet of snapshots -> days since they were made; what is not here is as old as the bill says.
_MADE = {
    "waste-aws-snapshots": 430, "aws-shared-vault": 380, "waste-aws-golden": 400, "aws-pay-base": 380,
}  # fmt: skip
# Fleet of snapshots -> days since an image made of them was last launched.
_LAUNCHED = {"waste-aws-golden": 300, "aws-pay-base": 7}
_TIERED = "30 d to STANDARD_IA, incomplete uploads gone after 7 d"
# Fleet of buckets -> attributes that differ from those of a bucket that is well kept.
_BUCKETS = {
    "waste-aws-raw": {
        "lifecycle": "no", "lifecycle_rules": "", "aborts_incomplete_uploads": "no", "expires_old_versions": "no",
    },
    "waste-aws-dropzone": {"lifecycle_rules": "30 d to STANDARD_IA", "aborts_incomplete_uploads": "no"},
    "waste-aws-documents": {"versioning": "enabled"},
    "aws-search-media": {"versioning": "enabled", "expires_old_versions": "yes"},
    "aws-search-thumbs": {"lifecycle_rules": "gone after 3650 d, incomplete uploads gone after 7 d"},
}  # fmt: skip


def volume(one: Holding, machines: Mapping[tuple[str, int], Holding], calendar: Calendar) -> Item:
    """Give one volume, attached to a machine or to none."""
    type_ = one.meter.partition("VolumeUsage")[2].removeprefix(".") or "standard"
    size = max(round(one.monthly_quantity), 1)
    detached = ago(calendar, _DETACHED[one.fleet]) if one.fleet in _DETACHED else None
    is_detached = detached is not None and detached < until(calendar)
    holder = None if is_detached else _holder(one, machines)
    attributes = {"volume_type": type_, "size_gb": str(size), "encrypted": "yes", "multi_attach": "no"}
    attributes["zone"] = f"{one.account.region}{'abc'[one.slot % 3]}"
    if type_ in ("io1", "io2"):
        attributes["iops"] = str(_IOPS[one.fleet])
    elif type_ == "gp2":
        attributes["iops"] = str(min(max(3 * size, 100), 16_000))
    elif type_ == "gp3":
        attributes |= {"iops": "3000", "throughput_mbps": "125"}
    profile = busy.VOLUMES[_PROFILES.get(one.fleet, "healthy")]
    watched = profile if one.fleet in _ALL_METRICS else busy.of(profile, "disk_read_ops", "disk_write_ops")
    is_used = holder is not None and holder.stopped_at is None
    if holder is not None:
        attributes |= {"attached_to": holder.resource_id, "deleted_with_instance": "no"}
    return Item(
        "aws-ebs-volume",
        one.resource_id,
        one.account.id,
        one.account.region,
        one.tags.get("Name", ""),
        "available" if holder is None else "in-use",
        None if holder is None else one.created_at,
        one.created_at,
        attributes,
        one.tags,
        watched if is_used or is_detached else {},
        # CloudWatch has points of a volume only while a machine that runs has it.
        busy_until=detached,
    )


def _holder(one: Holding, machines: Mapping[tuple[str, int], Holding]) -> Holding | None:
    fleet = _ATTACHED.get(one.fleet, "")
    slots = sorted(slot for name, slot in machines if name == fleet)
    return machines[fleet, slots[one.slot % len(slots)]] if slots else None


def snapshot(one: Holding, calendar: Calendar) -> Item:
    """Give one snapshot."""
    made = ago(calendar, _MADE[one.fleet]) if one.fleet in _MADE else one.created_at
    name = one.resource_id.rpartition("/")[2]
    tags = one.tags
    attributes = {
        "snapshot_id": name,
        "volume_id": f"vol-{digest(name)[:17]}",
        "volume_size_gb": str(max(round(one.monthly_quantity), 1)),
        "storage_tier": "standard",
        "encrypted": "yes",
    }
    if one.fleet == "aws-shared-vault":
        source = f"arn:aws:ec2:{one.account.region}:{one.account.id}:volume/{attributes['volume_id']}"
        tags["aws:backup:source-resource"] = attributes["backup_of"] = source
        attributes["description"] = "This snapshot is created by the AWS Backup service."
    elif one.fleet in _LAUNCHED:
        attributes["description"] = f"Created by CreateImage for {_image_id(one)}"
    return Item(
        "aws-ebs-snapshot",
        one.resource_id,
        one.account.id,
        one.account.region,
        tags.get("Name", ""),
        "completed",
        created_at=made,
        attributes=attributes,
        tags=tags,
    )


def _image_id(one: Holding) -> str:
    return resource_id(one.account, "image", one.name)


def image(one: Holding, calendar: Calendar) -> Iterator[Item]:
    """Give the image that is made of a snapshot, where one is."""
    if one.fleet not in _LAUNCHED:
        return
    attributes = {
        "snapshot_ids": one.resource_id.rpartition("/")[2],
        "size_gb": str(max(round(one.monthly_quantity), 1)),
        "architecture": "x86_64",
        "platform_details": "Linux/UNIX",
        "public": "no",
        "last_launched_at": iso(min(ago(calendar, _LAUNCHED[one.fleet]), until(calendar))),
    }
    yield Item(
        "aws-ec2-image",
        _image_id(one),
        one.account.id,
        one.account.region,
        one.name,
        "available",
        created_at=ago(calendar, _MADE[one.fleet]),
        attributes=attributes,
        tags=one.tags,
    )


def bucket(one: Holding) -> Item:
    """Give one bucket with its lifecycle rules and what it stores."""
    attributes = {
        "lifecycle": "yes",
        "lifecycle_rules": _TIERED,
        "aborts_incomplete_uploads": "yes",
        "expires_old_versions": "no",
        "versioning": "never",
        **_BUCKETS.get(one.fleet, {}),
    }
    class_ = "GlacierStorage" if "Glacier" in one.meter else "StandardStorage"
    attributes[f"bytes_{class_}"] = f"{one.monthly_quantity * 1024**3:.0f}"
    return Item(
        "aws-s3-bucket",
        one.resource_id,
        one.account.id,
        one.account.region,
        one.resource_id,
        created_at=one.created_at,
        attributes={name: value for name, value in attributes.items() if value},
        tags=one.tags,
    )
