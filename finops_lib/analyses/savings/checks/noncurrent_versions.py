"""Buckets that keep every version of every object for ever (A26).

A review without a number: how many bytes are of old versions only an inventory of the objects or Storage Lens knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import aspect, bill, inventory
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

# A month, in the currency of the bill.
LEAST_MONTHLY = Decimal(50)
_BUCKET = "aws-s3-bucket"


@rule(
    "noncurrent-versions",
    check="A26",
    providers=("aws",),
    needs=(bill(), inventory(_BUCKET), aspect(_BUCKET, "lifecycle"), aspect(_BUCKET, "versioning")),
    step="clean-up",
    grace_days=30,
)
def noncurrent_versions(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type(_BUCKET):
        attributes = found.described.attributes if found.described else {}
        # Versions that were made stay after versioning is suspended. A missing word is a look that was refused.
        if attributes.get("versioning") not in ("enabled", "suspended") or found.monthly_cost <= LEAST_MONTHLY:
            continue
        if attributes.get("lifecycle") is None or attributes.get("expires_old_versions") == "yes":
            continue
        yield recommend(
            "noncurrent-versions",
            found,
            action="add a lifecycle rule that deletes old versions",
            evidence=f"versioning is {attributes['versioning']} and no rule deletes old versions; "
            f"{found.monthly_cost:,.2f} a month",
            monthly_savings=Decimal(0),
            confidence=0.5,
            change="config",
            facts={"versioning": attributes["versioning"], "expires_old_versions": "no"},
        )
