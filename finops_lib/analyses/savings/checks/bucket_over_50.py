"""Buckets with more than 50 a month in the standard class and no rule that moves anything (A24): the usual screen.

It is a question and never a number: what a colder class saves depends on how large the objects are and how often they
are read, which the bill does not say. Where that is known, `bucket-tiering` has answered it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.checks.bucket_tiering import choose, moves_objects
from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.resources import Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.analyses.savings.tiering.buckets import CONFIDENCE, STANDARD
from finops_lib.findings import Recommendation

# A month, in the currency of the bill.
LEAST_COST = Decimal(50)
_TYPE = "aws-s3-bucket"


@rule(
    "bucket-over-50",
    check="A24",
    providers=("aws",),
    needs=(bill(), inventory(_TYPE)),
    step="tier",
    effort="Medium",
)
def bucket_over_50(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type(_TYPE):
        if not found.has_now(STANDARD) or moves_objects(found):
            continue
        cost = found.monthly_of(STANDARD)
        choice, _ = choose(found, estate)
        if cost <= LEAST_COST or choice is not None:
            continue
        yield recommend(
            "bucket-over-50",
            found,
            action="review: count its objects and what is read of them, then choose classes",
            evidence=f"{cost:,.0f} {found.currency} a month in the standard class; {_rules(found)}",
            monthly_savings=Decimal(0),
            confidence=CONFIDENCE["bill"],
            change="config",
            facts={"standard_monthly_cost": cost},
        )


def _rules(found: Resource) -> str:
    """Say what is known of the lifecycle rules."""
    known = found.described.attributes.get("lifecycle", "") if found.described else ""
    return {"no": "it has no lifecycle rule", "yes": "no rule moves anything"}.get(known, "its rules are not known")
