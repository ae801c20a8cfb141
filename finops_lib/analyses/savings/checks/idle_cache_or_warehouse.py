"""Caches, warehouses and search domains that nobody asks anything (A20)."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.machines import observed
from finops_lib.analyses.savings.needs import bill, metrics
from finops_lib.analyses.savings.resources import GRACE_DAYS, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

# Type of the inventory -> its meter, and the metric that counts who asks.
_KINDS = {
    "aws-elasticache-cluster": ("cache-hours", "requests"),
    "aws-redshift-cluster": ("warehouse-hours", "connections"),
    "aws-opensearch-domain": ("search-hours", "requests"),
}


@rule(
    "idle-cache-or-warehouse",
    check="A20",
    providers=("aws",),
    needs=(bill(), *(metrics(type_, metric) for type_, (_, metric) in _KINDS.items())),
    step="terminate",
    effort="Medium",
    grace_days=GRACE_DAYS,
)
def idle_cache_or_warehouse(estate: Estate) -> Iterator[Recommendation]:
    for type_, (kind, metric) in _KINDS.items():
        for found in estate.of_type(type_):
            seen = observed(found, metric)
            if seen is None or seen[0].maximum > 0 or not found.has_now(kind):
                continue
            yield recommend(
                "idle-cache-or-warehouse",
                found,
                action="take a last snapshot, then delete",
                evidence=f"not one of its {metric} in {seen[0].hours // 24} days",
                monthly_savings=found.on_demand_of(kind),
                confidence=0.85,
                change="delete data",
                facts={f"{metric}_most": "0", "hours_observed": seen[0].hours, "coverage": f"{seen[0].coverage:.2f}"},
            )
