"""Storage accounts of a kind without tiers, or with tiers of an older price list (Z11). A review without a number."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

_LEGACY = ("storage", "blobstorage")


@rule(
    "azure-legacy-storage",
    check="Z11",
    providers=("azure",),
    needs=(bill(), inventory("azure-storage-account")),
    step="tier",
    effort="VeryLow",
)
def azure_legacy_storage(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type("azure-storage-account"):
        kind = found.described.attributes.get("kind", "") if found.described else ""
        # One that this bill does not show is on another, in its own currency, or costs nothing.
        if kind.lower() not in _LEGACY or not found.meters:
            continue
        yield recommend(
            "azure-legacy-storage",
            found,
            action="upgrade in place to StorageV2, then choose tiers",
            evidence=f"account of the kind {kind}, which has no cold tier",
            monthly_savings=Decimal(0),
            confidence=0.9,
            change="config",
            target="StorageV2",
            facts={"kind": kind},
        )
