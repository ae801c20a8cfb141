"""App Service plans without a site (Z08). A plan is paid for by its instances, whatever runs on them."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.observed import is_settled, sureness
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

# Tiers that cost nothing while nothing runs.
_FREE_WHEN_EMPTY = ("free", "shared", "dynamic", "flexconsumption")


@rule("azure-empty-plan", check="Z08", providers=("azure",), needs=(bill(), inventory("azure-app-service-plan")))
def azure_empty_plan(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type("azure-app-service-plan"):
        if found.described is None or not is_settled(found, estate.as_of):
            continue
        attributes = found.described.attributes
        if attributes.get("sites") != "0" or attributes.get("tier", "").lower() in _FREE_WHEN_EMPTY:
            continue
        if found.monthly_cost <= 0:
            continue
        yield recommend(
            "azure-empty-plan",
            found,
            action="delete",
            evidence=f"{attributes.get('instances') or '?'} x {attributes.get('sku') or '?'} without a single site",
            monthly_savings=found.monthly_cost,
            confidence=sureness(found, estate.as_of, 0.95),
            facts={"sku": attributes.get("sku", ""), "instances": attributes.get("instances", "")},
        )
