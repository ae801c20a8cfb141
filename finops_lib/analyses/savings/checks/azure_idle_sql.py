"""Databases of Azure SQL to which nobody connected for two weeks (Z09).

A geo-replica has no sessions either, and is what a fail-over needs: it is left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory, metrics
from finops_lib.analyses.savings.observed import age_days, is_watched
from finops_lib.analyses.savings.resources import GRACE_DAYS, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

_TYPE = "azure-sql-database"


@rule(
    "azure-idle-sql",
    check="Z09",
    providers=("azure",),
    needs=(bill(), inventory(_TYPE), metrics(_TYPE, "connections")),
)
def azure_idle_sql(estate: Estate) -> Iterator[Recommendation]:
    databases = list(estate.of_type(_TYPE))
    # Replicas have the name of their original, on another server; which of the two is which, older rows do not say.
    same_name = Counter(one.id.lower().rpartition("/databases/")[2] for one in databases)
    for found in databases:
        attributes = found.described.attributes if found.described else {}
        name = found.id.lower().rpartition("/databases/")[2]
        # What is in a pool costs nothing of its own.
        if name == "master" or attributes.get("elastic_pool") or attributes.get("secondary_type"):
            continue
        if same_name[name] > 1 or age_days(found, estate.as_of) < GRACE_DAYS or found.monthly_cost <= 0:
            continue
        sessions = found.utilisation.get("connections")
        if not is_watched(sessions) or sessions.maximum > 0:
            continue
        yield recommend(
            "azure-idle-sql",
            found,
            action="export, then delete",
            evidence=f"not one session in {sessions.hours} hours",
            monthly_savings=found.monthly_cost,
            confidence=0.85,
            change="delete data",
            facts={
                "hours_watched": sessions.hours,
                "tier": attributes.get("tier", ""),
                "sku": attributes.get("sku", ""),
            },
        )
