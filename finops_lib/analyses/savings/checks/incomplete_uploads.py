"""Buckets in which uploads that were broken off stay for ever (A25).

A review without a number: how many bytes those are only Storage Lens knows. The rule that ends them costs nothing.
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
    "incomplete-uploads",
    check="A25",
    providers=("aws",),
    needs=(bill(), inventory(_BUCKET), aspect(_BUCKET, "lifecycle")),
    step="clean-up",
    effort="VeryLow",
    grace_days=7,
)
def incomplete_uploads(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type(_BUCKET):
        if found.described is None or found.described.attributes.get("aborts_incomplete_uploads") != "no":
            continue
        # Into which nothing is written, no upload breaks off.
        if not found.has_now("bucket-writes") or found.monthly_cost <= LEAST_MONTHLY:
            continue
        writes = found.monthly_of("bucket-writes")
        yield recommend(
            "incomplete-uploads",
            found,
            action="add a lifecycle rule that ends uploads after 7 days",
            evidence=f"no rule ends uploads that were broken off; {writes:,.2f} a month of writes",
            monthly_savings=Decimal(0),
            confidence=0.5,
            change="config",
            facts={
                "aborts_incomplete_uploads": "no",
                "writes_monthly_cost": f"{writes:.2f}",
            },
        )
