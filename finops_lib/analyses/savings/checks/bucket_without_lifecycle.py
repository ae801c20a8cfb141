"""Buckets without a lifecycle rule whose standard storage costs more than a trifle (A24).

A review without a number: what another storage class would save depends on who reads what, see storage tiering.
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
    "bucket-without-lifecycle",
    check="A24",
    providers=("aws",),
    needs=(bill(), inventory(_BUCKET), aspect(_BUCKET, "lifecycle")),
    step="tier",
)
def bucket_without_lifecycle(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type(_BUCKET):
        # Where the rules could not be read, the attribute is missing, which is not `no`.
        if found.described is None or found.described.attributes.get("lifecycle") != "no":
            continue
        if not found.has_now("bucket-standard") or found.monthly_of("bucket-standard") <= LEAST_MONTHLY:
            continue
        standard = found.monthly_of("bucket-standard")
        yield recommend(
            "bucket-without-lifecycle",
            found,
            action="decide how long its objects are needed and how often they are read",
            evidence=f"no lifecycle rule, {standard:,.2f} a month of standard storage",
            monthly_savings=Decimal(0),
            confidence=0.5,
            change="config",
            facts={"standard_monthly_cost": f"{standard:.2f}", "lifecycle": "no"},
        )
