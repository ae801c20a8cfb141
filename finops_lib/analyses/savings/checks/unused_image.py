"""Machine images that nobody starts (A08). An image costs what its snapshots cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.resources import Meter, Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

UNUSED_DAYS = 90
_IMAGE, _INSTANCE = "aws-ec2-image", "aws-ec2-instance"


@rule(
    "unused-image",
    check="A08",
    providers=("aws",),
    needs=(bill(), inventory(_IMAGE), inventory(_INSTANCE)),
    step="clean-up",
    grace_days=UNUSED_DAYS,
)
def unused_image(estate: Estate) -> Iterator[Recommendation]:
    started = {
        machine.described.attributes.get("image_id", "") for machine in estate.of_type(_INSTANCE) if machine.described
    }
    for image in estate.of_type(_IMAGE):
        known = image.described
        # Others may start one that is public.
        if known is None or image.id in started or known.attributes.get("public") == "yes":
            continue
        launched = known.attributes.get("last_launched_at", "")
        idle = (estate.as_of - datetime.fromisoformat(launched).date()).days if launched else known.age(estate.as_of)
        names = known.attributes.get("snapshot_ids", "").split(",")
        parts = [part for name in names if (part := estate.find("aws", image.account, name)) and part.meters]
        if idle < UNUSED_DAYS or not parts or not estate.has_looked(inventory(_INSTANCE), image):
            continue
        whole = _with_meters_of(image, parts)
        yield recommend(
            "unused-image",
            whole,
            action="deregister it and delete its snapshots, unless a launch template names it",
            evidence=f"{'last started' if launched else 'never started, made'} {idle} days ago, no instance is of it; "
            f"its snapshots cost {whole.monthly_cost:,.2f} a month",
            monthly_savings=whole.monthly_cost,
            confidence=0.6,
            change="delete data",
            facts={
                "days_unused": idle,
                "last_launched_at": launched or "never",
                "snapshots": ",".join(part.id for part in parts),
            },
        )


def _with_meters_of(image: Resource, snapshots: list[Resource]) -> Resource:
    """Give the image with what its snapshots are charged, and with their owner."""
    meters = {
        f"snapshot {number}": part.meters["snapshot"]
        for number, part in enumerate(snapshots)
        if "snapshot" in part.meters
    }
    first = snapshots[0]
    return replace(
        image,
        meters=dict[str, Meter](meters),
        team=image.team or first.team,
        environment=image.environment or first.environment,
        currency=first.currency,
        data_through=first.data_through,
        window_days=first.window_days,
    )
