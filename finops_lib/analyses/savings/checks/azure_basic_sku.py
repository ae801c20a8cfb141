"""Addresses and load balancers of the Basic SKU, which Azure retired on 30 September 2025 (Z16). A risk, no saving."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import inventory
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

_KINDS = {"azure-public-ip": "address", "azure-load-balancer": "load balancer"}


@rule(
    "azure-basic-sku",
    check="Z16",
    providers=("azure",),
    needs=tuple(inventory(kind) for kind in _KINDS),
    step="rightsize",
    effort="Medium",
)
def azure_basic_sku(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type(*_KINDS):
        if found.described is None or found.described.attributes.get("sku", "").lower() != "basic":
            continue
        yield recommend(
            "azure-basic-sku",
            found,
            action="replace by the Standard SKU",
            evidence=f"{_KINDS[found.described.type]} of the Basic SKU, which has no support any more",
            monthly_savings=Decimal(0),
            confidence=0.9,
            change="replace",
            target="Standard",
        )
