"""Snapshots that are old and that neither an image nor a backup plan owns (A06).

Without an inventory age is the first appearance on the bill, so it is a lower bound, and who owns it is not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.identity import key_of
from finops_lib.analyses.savings.needs import inventory
from finops_lib.analyses.savings.resources import Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

OLD_DAYS = 90
VERY_OLD_DAYS = 365
_IMAGES = inventory("aws-ec2-image")
# What AWS Backup and Data Lifecycle Manager write on the snapshots that they will delete themselves.
_PLAN_TAGS = ("aws:backup:", "aws:dlm:", "dlm:managed")


@rule(
    "old-snapshot",
    check="A06",
    better_with=(inventory("aws-ebs-snapshot"), _IMAGES),
    step="clean-up",
)
def old_snapshot(estate: Estate) -> Iterator[Recommendation]:
    of_images = {
        key_of("aws", image.account, name)
        for image in estate.of_type("aws-ec2-image")
        for name in (image.described.attributes.get("snapshot_ids", "") if image.described else "").split(",")
    }
    for found in estate.with_meter("snapshot"):
        if not found.id or not found.has_now("snapshot") or _is_of_a_plan(found):
            continue
        if key_of(found.provider, found.account, found.id) in of_images:
            continue
        billed = (found.data_through - found.meters["snapshot"].first_day).days
        age = max(billed, found.described.age(estate.as_of)) if found.described else billed
        if age < OLD_DAYS:
            continue
        confidence = 0.5 if age >= VERY_OLD_DAYS else 0.3
        is_free = found.described is not None and estate.has_looked(_IMAGES, found)
        # Blocks that newer snapshots share stay on the bill, so all of it is the most that can be saved.
        yield recommend(
            "old-snapshot",
            found,
            action="delete with its chain" if is_free else "delete with its chain, if no backup plan owns it",
            evidence=f"{'made' if found.described else 'on the bill for'} {age} days{' ago' if found.described else ''}"
            f"{', no image and no backup plan has it' if is_free else ''}; blocks that others share stay",
            monthly_savings=found.monthly_of("snapshot"),
            confidence=confidence + 0.1 if is_free else confidence,
            change="delete data",
            facts={"age_days": age, "days_on_the_bill": billed, "least_saving": 0, "owner_known": is_free},
        )


def _is_of_a_plan(snapshot: Resource) -> bool:
    known = snapshot.described
    if known is None:
        return False
    return bool(known.attributes.get("backup_of")) or any(tag.lower().startswith(_PLAN_TAGS) for tag in known.tags)
