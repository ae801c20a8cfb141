"""Instances of Cloud SQL to which nobody connected for two weeks (G07).

Replicas are what a fail-over needs, and an instance that its owner stopped costs its storage only: both are left alone.
Where Google's own agents hold a connection the check stays silent; it finds less, never more.
"""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory, metrics
from finops_lib.analyses.savings.observed import age_days, is_watched
from finops_lib.analyses.savings.resources import GRACE_DAYS, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

_TYPE = "gcp-sql-instance"


@rule(
    "gcp-idle-cloud-sql",
    check="G07",
    providers=("gcp",),
    needs=(bill(), inventory(_TYPE), metrics(_TYPE, "connections")),
)
def gcp_idle_cloud_sql(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type(_TYPE):
        attributes = found.described.attributes if found.described else {}
        if attributes.get("replica_of") or attributes.get("activation_policy", "").lower() == "never":
            continue
        if age_days(found, estate.as_of) < GRACE_DAYS or found.monthly_cost <= 0:
            continue
        connections = found.utilisation.get("connections")
        if not is_watched(connections) or connections.maximum > 0:
            continue
        yield recommend(
            "gcp-idle-cloud-sql",
            found,
            action="export, then delete",
            evidence=f"{attributes.get('instance_type') or 'instance'}: no connection in {connections.hours} hours",
            monthly_savings=found.monthly_cost,
            confidence=0.9,
            change="delete data",
            facts={"hours_watched": connections.hours, "engine": attributes.get("engine", "")},
        )
