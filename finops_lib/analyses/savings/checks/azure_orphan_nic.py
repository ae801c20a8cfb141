"""Network interfaces that serve nothing (Z15). They are free: what is cleaned up is the list, so the saving is 0."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.checks.azure_unattached_public_ip import serves_nothing
from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.members import is_member
from finops_lib.analyses.savings.needs import inventory
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule(
    "azure-orphan-nic",
    check="Z15",
    providers=("azure",),
    needs=(inventory("azure-network-interface"),),
    effort="VeryLow",
)
def azure_orphan_nic(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type("azure-network-interface"):
        if not serves_nothing(found) or is_member(found):
            continue
        yield recommend(
            "azure-orphan-nic",
            found,
            action="delete",
            evidence="no machine and no private endpoint uses it; it is free, and in the way",
            monthly_savings=Decimal(0),
            # Azure does not say when it was made: the machine that it is for may be on its way.
            confidence=0.7,
        )
