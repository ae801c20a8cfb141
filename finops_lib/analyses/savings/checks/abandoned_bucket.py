"""Buckets from which nobody reads and into which nobody writes (A27): the archive keeps them for a part of the cost."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import inventory
from finops_lib.analyses.savings.own_prices import own_prices
from finops_lib.analyses.savings.resources import Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

# Requests of a week that a monitor or an audit makes (domain.md 4, A27), and what they cost at most a month.
FEW_WRITES, FEW_READS = 100, 2000
TRIFLE = Decimal("0.05")
# What goes out of it, over what it stores.
LITTLE_ELSE = Decimal("0.01")
LEAST_MONTHLY = Decimal(5)
# Glacier Flexible over Standard, per GB at list prices of late 2026: 0.0036 against 0.023. Not checked again since.
ARCHIVE_SHARE = Decimal("0.1565")
_STANDARD, _STORAGE = "bucket-standard", ("bucket-standard", "bucket-infrequent", "bucket-archive")
_REQUESTS = {"bucket-writes": FEW_WRITES, "bucket-reads": FEW_READS}


@rule(
    "abandoned-bucket",
    check="A27",
    providers=("aws",),
    better_with=(inventory("aws-s3-bucket"),),
    step="tier",
    effort="Medium",
    grace_days=30,
)
def abandoned_bucket(estate: Estate) -> Iterator[Recommendation]:
    archive = own_prices(estate, "bucket-archive")
    for found in estate.with_meter(_STANDARD):
        if not found.id or not found.has_now(_STANDARD) or found.monthly_of(_STANDARD) < LEAST_MONTHLY:
            continue
        if found.days < found.window_days or not _is_left_alone(found):
            continue
        writes, reads = _weekly(found, "bucket-writes"), _weekly(found, "bucket-reads")
        standard, size = found.monthly_of(_STANDARD), _gigabytes(found)
        own = archive.get(found.region)
        after = size * own if own is not None and size > 0 else ARCHIVE_SHARE * standard
        if after >= standard:
            continue
        yield recommend(
            "abandoned-bucket",
            found,
            action="ask for its owner, then move it to the archive or delete it",
            evidence=f"{writes:.0f} writes and {reads:.0f} reads a week in {found.days} days; "
            f"the archive would cost {after:,.2f} a month, not {standard:,.2f}",
            monthly_savings=standard - after,
            confidence=0.5,
            change="replace",
            target="GLACIER",
            price_grade="A" if own is not None else "B",
            facts={
                "writes_a_week": f"{writes:.0f}",
                "reads_a_week": f"{reads:.0f}",
                "standard_monthly_cost": f"{standard:.2f}",
                "archive_monthly_cost": f"{after:.2f}",
            },
        )


def _is_left_alone(bucket: Resource) -> bool:
    for kind, few in _REQUESTS.items():
        # Some bills count requests in thousands, so what they cost has to be a trifle as well.
        if kind in bucket.meters and (_weekly(bucket, kind) > few or bucket.monthly_of(kind) > TRIFLE):
            return False
    stored = sum((bucket.monthly_of(kind) for kind in _STORAGE if kind in bucket.meters), Decimal(0))
    return bucket.monthly_cost - stored <= LITTLE_ELSE * stored


def _weekly(bucket: Resource, kind: str) -> Decimal:
    return bucket.meters[kind].quantity * 7 / bucket.days if kind in bucket.meters else Decimal(0)


def _gigabytes(bucket: Resource) -> Decimal:
    """Give how much of it is standard storage, as the inventory says; 0 = not known."""
    stored = bucket.described.attributes.get("bytes_StandardStorage", "") if bucket.described else ""
    return Decimal(stored) / 1024**3 if stored.isdigit() else Decimal(0)
