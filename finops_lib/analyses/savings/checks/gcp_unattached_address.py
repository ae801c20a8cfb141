"""Reserved external addresses that nothing uses (G04). Google charges those, and more than for one in use."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.members import is_member
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.observed import age_days
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

IDLE_DAYS = 15


@rule(
    "gcp-unattached-address",
    check="G04",
    providers=("gcp",),
    needs=(bill(), inventory("gcp-address")),
    effort="VeryLow",
)
def gcp_unattached_address(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type("gcp-address"):
        attributes = found.described.attributes if found.described else {}
        if attributes.get("attached_to") or attributes.get("address_type") != "external" or is_member(found):
            continue
        if age_days(found, estate.as_of) < IDLE_DAYS or found.monthly_cost <= 0:
            continue
        yield recommend(
            "gcp-unattached-address",
            found,
            action="release, unless somebody trusts this very address",
            evidence="reserved and used by nothing",
            monthly_savings=found.monthly_cost,
            confidence=0.9,
            facts={"address": attributes.get("address", ""), "network_tier": attributes.get("network_tier", "")},
        )
