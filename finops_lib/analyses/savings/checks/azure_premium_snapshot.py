"""Snapshots on premium storage (Z10). A snapshot is read once, if ever; standard storage keeps it as safely.

The price of standard storage is the customer's own where other snapshots are on it. Otherwise it is taken as 0.42 of
the premium price: 0.05 against 0.12 per GB and month at list prices of late 2026, not checked again since.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.resources import Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

STANDARD_SHARE = Decimal("0.42")


@rule(
    "azure-premium-snapshot",
    check="Z10",
    providers=("azure",),
    needs=(bill(), inventory("azure-snapshot")),
    step="rightsize",
)
def azure_premium_snapshot(estate: Estate) -> Iterator[Recommendation]:
    snapshots = [one for one in estate.of_type("azure-snapshot") if "snapshot" in one.meters]
    standard = _price([one for one in snapshots if _sku(one).startswith("standard_")])
    for found in snapshots:
        premium = _price([found])
        if not _sku(found).startswith("premium_") or premium is None or not found.has_now("snapshot"):
            continue
        # A standard price above the premium one is of something else, e.g. another currency of an old contract.
        is_own = standard is not None and standard < premium
        share = standard / premium if standard is not None and is_own else STANDARD_SHARE
        yield recommend(
            "azure-premium-snapshot",
            found,
            action="copy to standard storage, then delete this one",
            evidence=f"snapshot on premium storage; standard storage costs {share * 100:.0f} % of it",
            monthly_savings=found.monthly_of("snapshot") * (1 - share),
            confidence=0.9,
            change="replace",
            target="Standard_LRS",
            price_grade="A" if is_own else "D",
            facts={"standard_share": round(share, 4)},
        )


def _sku(snapshot: Resource) -> str:
    return snapshot.described.attributes.get("sku", "").lower() if snapshot.described else ""


def _price(snapshots: list[Resource]) -> Decimal | None:
    """Give what is paid per GB and month; None where nothing was billed."""
    quantity = sum((one.meters["snapshot"].quantity for one in snapshots), Decimal(0))
    cost = sum((one.meters["snapshot"].effective_cost for one in snapshots), Decimal(0))
    return cost / quantity if quantity > 0 and cost > 0 else None
