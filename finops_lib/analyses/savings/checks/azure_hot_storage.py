"""Storage accounts with more than 50 a month in the hot tier that hardly anybody reads or writes (Z11): a question.

Azure's inventory says neither how many blobs there are nor whether a rule moves them, so there is no number. What is
asked is where the bill shows next to no requests: hot data has some.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.checks.bucket_over_50 import LEAST_COST
from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.resources import NEXT_TO_NOTHING, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.analyses.savings.tiering.buckets import CONFIDENCE
from finops_lib.findings import Recommendation

_TYPE = "azure-storage-account"
_HOT, _COLDER, _REQUESTS = "storage-standard", "storage-colder", ("storage-reads", "storage-writes")


@rule(
    "azure-hot-storage",
    check="Z11",
    providers=("azure",),
    needs=(bill(), inventory(_TYPE)),
    step="tier",
    effort="Medium",
)
def azure_hot_storage(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type(_TYPE):
        # Somebody who has a colder tier thought of it.
        if not found.has_now(_HOT) or _COLDER in found.meters or found.monthly_of(_HOT) <= LEAST_COST:
            continue
        cost = found.monthly_of(_HOT)
        requests = sum((found.monthly_of(kind) for kind in _REQUESTS if kind in found.meters), Decimal(0))
        if requests > NEXT_TO_NOTHING * cost:
            continue
        yield recommend(
            "azure-hot-storage",
            found,
            action="review: count its blobs and what is read of them, then choose tiers",
            evidence=f"{cost:,.0f} {found.currency} a month in the hot tier, and {requests:,.2f} for requests",
            monthly_savings=Decimal(0),
            confidence=CONFIDENCE["bill"],
            change="config",
            facts={"hot_monthly_cost": cost},
        )
