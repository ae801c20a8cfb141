"""Public addresses that lead nowhere (Z04): to nothing at all, or to a network interface without a machine."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.members import is_member
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.observed import is_settled, sureness
from finops_lib.analyses.savings.resources import Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

# A network interface with one of these serves something that is no machine.
SERVES = ("attached_to", "private_endpoint", "private_link_service")


@rule(
    "azure-unattached-public-ip",
    check="Z04",
    providers=("azure",),
    needs=(bill(), inventory("azure-public-ip")),
    better_with=(inventory("azure-network-interface"),),
    effort="VeryLow",
)
def azure_unattached_public_ip(estate: Estate) -> Iterator[Recommendation]:
    idle_cards = {one.id.lower() for one in estate.of_type("azure-network-interface") if serves_nothing(one)}
    for found in estate.of_type("azure-public-ip"):
        # An address of a prefix is paid for with the prefix, and goes back to it.
        if found.described is None or found.described.attributes.get("prefix") or is_member(found):
            continue
        attributes = found.described.attributes
        card = attributes.get("attached_to", "").lower().partition("/ipconfigurations/")[0]
        if attributes.get("nat_gateway") or (card and card not in idle_cards):
            continue
        if found.monthly_cost <= 0 or not is_settled(found, estate.as_of):
            continue
        yield recommend(
            "azure-unattached-public-ip",
            found,
            action="release, unless somebody trusts this very address",
            evidence="on a network interface without a machine" if card else "attached to nothing",
            monthly_savings=found.monthly_cost,
            # The provider does not say since when; an address is held for the next machine at times.
            confidence=sureness(found, estate.as_of, 0.95),
            facts={"sku": attributes.get("sku", ""), "network_interface": card},
        )


def serves_nothing(card: Resource) -> bool:
    """Say whether neither a machine nor a private endpoint nor a hosted service uses a network interface."""
    attributes = card.described.attributes if card.described else {}
    return not any(attributes.get(name) for name in SERVES) and attributes.get("hosted_workloads", "0") == "0"
