"""Databases to which nobody connects (A17). A stopped one starts again after a week, so it is to be deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.machines import observed
from finops_lib.analyses.savings.needs import bill, inventory, metrics
from finops_lib.analyses.savings.resources import GRACE_DAYS, Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

_DATABASE = "aws-rds-instance"
# What is kept as a last snapshot: half of the storage, at about the same price per GB.
KEPT_SHARE = Decimal("0.5")


@rule(
    "idle-rds",
    check="A17",
    providers=("aws",),
    needs=(bill(), inventory(_DATABASE), metrics(_DATABASE, "connections")),
    step="terminate",
    effort="Medium",
    grace_days=GRACE_DAYS,
)
def idle_rds(estate: Estate) -> Iterator[Recommendation]:
    clusters: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for database in estate.of_type(_DATABASE):
        if database.described is not None and database.described.attributes.get("cluster"):
            clusters[database.account, database.described.attributes["cluster"]].append(database)
    for found in estate.of_type(_DATABASE):
        known = found.described
        if known is None or known.state != "available" or not found.has_now("database-hours"):
            continue
        # A replica waits for its primary to fail; the whole of a cluster is idle, or none of it.
        members = clusters.get((found.account, known.attributes.get("cluster", "")), [found])
        if known.attributes.get("replica_of") or known.attributes.get("replicas") or not all(map(_is_idle, members)):
            continue
        storage = found.monthly_of("database-storage") if "database-storage" in found.meters else Decimal(0)
        [seen] = observed(found, "connections") or [None]
        if seen is None:
            continue
        yield recommend(
            "idle-rds",
            found,
            action="take a last snapshot, then delete",
            evidence=f"not one connection in {seen.hours // 24} days",
            monthly_savings=found.on_demand_of("database-hours") + storage * (1 - KEPT_SHARE),
            confidence=0.9,
            change="delete data",
            facts={
                "connections_most": f"{seen.maximum:.0f}",
                "hours_observed": seen.hours,
                "coverage": f"{seen.coverage:.2f}",
                "engine": known.attributes.get("engine", ""),
                "instance_class": known.attributes.get("instance_class", ""),
                "storage_monthly_cost": f"{storage:.2f}",
            },
        )


def _is_idle(database: Resource) -> bool:
    seen = observed(database, "connections")
    return seen is not None and seen[0].maximum == 0
