"""What AWS itself advises: Cost Optimization Hub, which collects from Compute Optimizer and Cost Explorer.

One row per piece of advice, not per resource: what it is about is in `advised_resource`. The Hub is one for all
regions, and lives in us-east-1. Each account is asked for its own advice, so that a look covers what it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from finops_lib.sources.collectors import Permission
from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.aws_kinds import Need, kind
from finops_lib.sources.inventory.aws_place import Place, texts, utc
from finops_lib.sources.inventory.looks import NotAllowed

_TYPE = "aws-advice"
_SERVICE, _HOME = "cost-optimization-hub", "us-east-1"
_LIST = f"{_SERVICE}:ListRecommendations"
_SOURCES = {"ComputeOptimizer": "AWS Compute Optimizer", "CostExplorer": "AWS Cost Explorer"}


def _ask(place: Place) -> object:
    here = _hub(place)
    try:
        return here.ask(_SERVICE, "list_recommendations", maxResults=1)
    finally:
        here.close()


@kind(_TYPE, Need(Permission(_LIST, "AWS's own advice (Cost Optimization Hub)"), _ask), everywhere=True)
def advice(place: Place) -> Iterator[Resource]:
    """Find all that AWS advises this account."""
    here = _hub(place)
    try:
        # Of several pieces of advice about one resource all are wanted: which one counts is decided by our own prices.
        for item in here.pages(
            _SERVICE,
            "list_recommendations",
            "items",
            filter={"accountIds": [place.account]},
            includeAllRecommendations=True,
        ):
            yield _resource(place, item)
    finally:
        here.close()


def _hub(place: Place) -> Place:
    if place.partition != "aws":
        raise NotAllowed(_LIST, f"there is no Cost Optimization Hub in the partition {place.partition}")
    return place.elsewhere(_HOME)


def _resource(place: Place, item: dict[str, Any]) -> Resource:
    source = str(item.get("source", ""))
    return Resource(
        type=_TYPE,
        resource_id=item["recommendationId"],
        account=place.account,
        region=item.get("region", ""),
        name=item.get("currentResourceSummary", ""),
        attributes=texts(
            service=_SOURCES.get(source, source),
            advised_resource=item.get("resourceArn") or item.get("resourceId"),
            resource_kind=item.get("currentResourceType"),
            action=item.get("actionType"),
            current=item.get("currentResourceSummary"),
            target=item.get("recommendedResourceSummary"),
            monthly_saving=item.get("estimatedMonthlySavings"),
            monthly_cost=item.get("estimatedMonthlyCost"),
            currency=item.get("currencyCode"),
            lookback_days=item.get("recommendationLookbackPeriodInDays"),
            effort=item.get("implementationEffort"),
            restart_needed=item.get("restartNeeded"),
            can_be_taken_back=item.get("rollbackPossible"),
            refreshed_at=utc(item.get("lastRefreshTimestamp")),
        ),
        tags={tag["key"]: tag.get("value", "") for tag in item.get("tags") or ()},
    )
