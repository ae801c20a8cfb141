"""VPN and ExpressRoute gateways without a connection (Z07).

Single users who dial in are no connection of Azure's: a gateway that moved any data on the bill is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.observed import is_settled, sureness
from finops_lib.analyses.savings.resources import is_idle, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

_ENDS = ("attached_to", "peer_gateway")


@rule(
    "azure-gateway-without-connections",
    check="Z07",
    providers=("azure",),
    needs=(bill(), inventory("azure-network-gateway"), inventory("azure-gateway-connection")),
)
def azure_gateway_without_connections(estate: Estate) -> Iterator[Recommendation]:
    connections = [one.described.attributes for one in estate.of_type("azure-gateway-connection") if one.described]
    connected = {attributes.get(end, "").lower() for attributes in connections for end in _ENDS}
    for found in estate.of_type("azure-network-gateway"):
        if found.described is None or found.id.lower() in connected or not is_settled(found, estate.as_of):
            continue
        if found.monthly_cost <= 0 or ("vpn-hours" in found.meters and not is_idle(found, "vpn-hours")):
            continue
        attributes = found.described.attributes
        yield recommend(
            "azure-gateway-without-connections",
            found,
            action="ask who dials in through it, else delete",
            evidence=f"{attributes.get('gateway_type') or 'network'} gateway {attributes.get('sku', '')} "
            "to which nothing is connected",
            monthly_savings=found.monthly_cost,
            confidence=sureness(found, estate.as_of, 0.85),
            facts={"sku": attributes.get("sku", ""), "gateway_type": attributes.get("gateway_type", "")},
        )
