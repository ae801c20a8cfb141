"""Load balancers and application gateways with nothing behind them (Z05). A Basic load balancer costs nothing."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.members import is_member
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.observed import is_settled, sureness
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

_KINDS = {"azure-load-balancer": "load balancer", "azure-application-gateway": "application gateway"}


@rule(
    "azure-idle-balancer",
    check="Z05",
    providers=("azure",),
    needs=(bill(), *(inventory(kind) for kind in _KINDS)),
)
def azure_idle_balancer(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type(*_KINDS):
        if found.described is None or is_member(found) or not is_settled(found, estate.as_of):
            continue
        attributes = found.described.attributes
        # Not counted is not empty.
        if attributes.get("backends") != "0" or attributes.get("sku", "").lower() == "basic":
            continue
        if found.monthly_cost <= 0:
            continue
        kind = _KINDS[found.described.type]
        yield recommend(
            "azure-idle-balancer",
            found,
            # A gateway may do nothing but redirect, for which it needs nothing behind it.
            action="check that it does not redirect only, then delete"
            if found.described.type == "azure-application-gateway"
            else "delete with its addresses",
            evidence=f"{kind} with {attributes.get('backend_pools', '0')} pool(s) and no machine in any of them",
            monthly_savings=found.monthly_cost,
            confidence=sureness(found, estate.as_of, 0.9),
            facts={"sku": attributes.get("sku", ""), "pools": attributes.get("backend_pools", "0")},
        )
