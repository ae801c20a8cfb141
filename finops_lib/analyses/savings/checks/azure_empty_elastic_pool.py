"""Elastic pools that hold no database (Z09)."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.observed import is_settled, sureness
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule(
    "azure-empty-elastic-pool",
    check="Z09",
    providers=("azure",),
    needs=(bill(), inventory("azure-sql-elastic-pool"), inventory("azure-sql-database")),
)
def azure_empty_elastic_pool(estate: Estate) -> Iterator[Recommendation]:
    used = {
        one.described.attributes.get("elastic_pool", "").lower()
        for one in estate.of_type("azure-sql-database")
        if one.described
    }
    for found in estate.of_type("azure-sql-elastic-pool"):
        if found.described is None or found.id.lower() in used or not is_settled(found, estate.as_of):
            continue
        if found.monthly_cost <= 0:
            continue
        attributes = found.described.attributes
        yield recommend(
            "azure-empty-elastic-pool",
            found,
            action="delete",
            evidence=f"{attributes.get('tier') or 'elastic'} pool of {attributes.get('capacity') or '?'}, empty",
            monthly_savings=found.monthly_cost,
            confidence=sureness(found, estate.as_of, 0.95),
            facts={"tier": attributes.get("tier", ""), "capacity": attributes.get("capacity", "")},
        )
