"""Buckets whose objects would be cheaper in a colder class (A24, domain.md 5), once the move is paid for.

Only where the number of objects is known; what the bill alone shows is a review (bucket_over_50.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory, metrics
from finops_lib.analyses.savings.observed import age_days
from finops_lib.analyses.savings.resources import SMALLEST, Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.analyses.savings.tiering import Choice, best_tier, priced
from finops_lib.analyses.savings.tiering.buckets import CONFIDENCE, Bucket, bucket_of
from finops_lib.findings import Recommendation

_TYPE = "aws-s3-bucket"
# Younger buckets still show what they will be.
SETTLED_DAYS = 90
# The list prices are in it; in another currency a bill must say its own.
_LIST_CURRENCY = "USD"


@rule(
    "bucket-tiering",
    check="A24",
    providers=("aws",),
    needs=(bill(), inventory(_TYPE)),
    better_with=(metrics(_TYPE, "downloaded"),),
    step="tier",
    effort="Medium",
)
def bucket_tiering(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type(_TYPE):
        choice, bucket = choose(found, estate)
        if choice is None or bucket is None or choice.tier is None:
            continue
        stored = bucket.stored
        yield recommend(
            "bucket-tiering",
            found,
            action=f"move what is older than 30 days to {choice.tier.name} by a lifecycle rule",
            evidence=f"{stored.gib:,.0f} GiB in {stored.objects:,} objects of {stored.mean_bytes / 1024:,.0f} KiB, "
            f"{100 * stored.retrieved_share:.1f} % read a month; the move pays for itself in "
            f"{choice.break_even_months:.1f} months",
            monthly_savings=choice.saving,
            confidence=CONFIDENCE[bucket.evidence],
            change="replace",
            target=choice.tier.name,
            one_time_cost=choice.once.quantize(SMALLEST),
            price_grade="C" if bucket.own_price else "D",
            facts={
                "gib": round(stored.gib, 1),
                "objects": stored.objects,
                "retrieved_share": stored.retrieved_share,
                "life_months": round(stored.life_months, 1),
                "break_even_months": round(choice.break_even_months or 0, 2),
                "net_of_12_months": round(choice.net, 2),
                "evidence": bucket.evidence,
                "against": "; ".join(f"{name}: {why}" for name, why in choice.against.items()),
            },
        )


def choose(found: Resource, estate: Estate) -> tuple[Choice | None, Bucket | None]:
    """Give the best class of a bucket; no choice where there is nothing to choose with, or its owner chose already."""
    attributes = found.described.attributes if found.described else {}
    # Rules that could not be read may be there.
    if "lifecycle" not in attributes or moves_objects(found) or age_days(found, estate.as_of) < SETTLED_DAYS:
        return None, None
    bucket = bucket_of(found)
    if bucket is None or (bucket.own_price is None and found.currency != _LIST_CURRENCY):
        return None, None
    tiers = priced(found.provider, bucket.own_price)
    choice = best_tier(
        bucket.stored, tiers, accepted_restore_hours=bucket.accepted_restore_hours, is_held=bucket.is_held
    )
    return choice, bucket


def moves_objects(found: Resource) -> bool:
    """Say whether a lifecycle rule moves objects to another class already."""
    return " to " in (found.described.attributes.get("lifecycle_rules", "") if found.described else "")
