"""NAT gateways that no subnet uses (Z06): nothing can pass through them."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.members import is_member
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.observed import is_settled, sureness
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("azure-nat-without-subnet", check="Z06", providers=("azure",), needs=(bill(), inventory("azure-nat-gateway")))
def azure_nat_without_subnet(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type("azure-nat-gateway"):
        if found.described is None or is_member(found) or not is_settled(found, estate.as_of):
            continue
        # Resource Graph leaves the list out where no subnet was ever named.
        if found.described.attributes.get("subnets", "0") != "0" or found.monthly_cost <= 0:
            continue
        yield recommend(
            "azure-nat-without-subnet",
            found,
            action="delete, and release its addresses",
            evidence="no subnet uses it",
            monthly_savings=found.monthly_cost,
            confidence=sureness(found, estate.as_of, 0.95),
            facts={"addresses": found.described.attributes.get("public_ips", "0")},
        )
