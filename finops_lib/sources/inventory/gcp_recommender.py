"""What Google itself advises: the Recommender, by REST.

One row per piece of advice, not per resource: what it is about is in `advised_resource`, under the name that
`full_name` gives it. The Recommender answers for one kind of advice in one place, so it is asked where the project has
resources; a place where it has none has no advice either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from finops_lib.sources.collectors import Permission
from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.gcp_clients import GcpOptions, token_for
from finops_lib.sources.inventory.gcp_compute import time
from finops_lib.sources.inventory.looks import NotAllowed
from finops_lib.sources.inventory.rest import Refused, Rest, opened

TYPE = "gcp-advice"
_SERVICE = "recommender.googleapis.com"
_PAGE = "500"
_REGION = re.compile(r"^[a-z]+-[a-z]+\d+$")
_MONTH_S = Decimal(365 * 86_400) / 12


@dataclass(frozen=True, slots=True)
class Recommender:
    """One kind of advice.

    Args:
        id: as Google names it; `where`: the kind of place that is asked for it.
        permission: without its beginning and end, `recommender.` and `Recommendations.list`.
    """

    id: str
    where: tuple[Literal["zone", "region", "global"], ...]
    permission: str

    @property
    def needs(self) -> str:
        return f"recommender.{self.permission}Recommendations.list"


RECOMMENDERS = (
    Recommender("google.compute.instance.IdleResourceRecommender", ("zone",), "computeInstanceIdleResource"),
    Recommender("google.compute.instance.MachineTypeRecommender", ("zone",), "computeInstanceMachineType"),
    Recommender("google.compute.disk.IdleResourceRecommender", ("zone", "region"), "computeDiskIdleResource"),
    Recommender("google.compute.address.IdleResourceRecommender", ("region", "global"), "computeAddressIdleResource"),
    Recommender("google.compute.image.IdleResourceRecommender", ("global",), "computeImageIdleResource"),
    Recommender("google.cloudsql.instance.IdleRecommender", ("region",), "cloudsqlIdleInstance"),
    Recommender("google.cloudsql.instance.OverprovisionedRecommender", ("region",), "cloudsqlOverprovisionedInstance"),
    Recommender("google.compute.commitment.UsageCommitmentRecommender", ("region",), "usageCommitment"),
    Recommender(
        "google.resourcemanager.projectUtilization.Recommender", ("global",), "resourcemanagerProjectUtilization"
    ),
)
PERMISSIONS = tuple(
    Permission(one.needs, "Google's own advice; in the role Recommender Viewer") for one in RECOMMENDERS
)


def places_of(resources: Iterable[Resource]) -> Mapping[str, tuple[str, ...]]:
    """Give the zones and regions where a project has resources."""
    there = list(resources)
    zones = sorted({zone for one in there if (zone := one.attributes.get("zone"))})
    regions = sorted({one.region for one in there if _REGION.match(one.region)})
    return {"zone": tuple(zones), "region": tuple(regions), "global": ("global",)}


def resources(options: GcpOptions, project: str, places: Mapping[str, tuple[str, ...]]) -> Iterator[Resource]:
    """Give all advice about a project that is active.

    Raises:
        NotAllowed, SourceError, ConfigError: as in gcp_clients. Some advice without the rest would look like all of it.
    """
    endpoint = options.recommender_endpoint
    with opened("Google's Recommender", endpoint, token_for(endpoint)) as rest:
        for one in RECOMMENDERS:
            for place in (place for kind in one.where for place in places[kind]):
                path = f"/v1/projects/{project}/locations/{place}/recommenders/{one.id}/recommendations"
                for item in _items(rest, path, one):
                    try:
                        if (item.get("stateInfo") or {}).get("state") == "ACTIVE":
                            yield _resource(project, place, one, item)
                    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
                        raise rest.broken(path, f"a recommendation cannot be read ({error!r})") from error


def first_page(options: GcpOptions, project: str, permission: str) -> None:
    """Ask for one piece of advice, to see whether it may be asked; raises as `resources`."""
    [one] = [one for one in RECOMMENDERS if one.needs == permission]
    # Any place will do where Google has all of its services.
    place = {"zone": "us-central1-a", "region": "us-central1", "global": "global"}[one.where[0]]
    path = f"/v1/projects/{project}/locations/{place}/recommenders/{one.id}/recommendations"
    endpoint = options.recommender_endpoint
    with opened("Google's Recommender", endpoint, token_for(endpoint)) as rest:
        _page(rest, path, {"pageSize": "1"}, one)


def _items(rest: Rest, path: str, recommender: Recommender) -> Iterator[dict[str, Any]]:
    tokens = {""}
    query = {"pageSize": _PAGE, "filter": "stateInfo.state:ACTIVE"}
    while True:
        page = _page(rest, path, query, recommender)
        yield from page.get("recommendations") or ()
        token = str(page.get("nextPageToken") or "")
        if not token:
            return
        if token in tokens:
            raise rest.broken(path, "the same page was sent twice")
        tokens.add(token)
        query = {**query, "pageToken": token}


def _page(rest: Rest, path: str, query: Mapping[str, str], recommender: Recommender) -> dict[str, Any]:
    try:
        return rest.ask("GET", path, query=query)
    except Refused as refusal:
        details = (refusal.body.get("error") or {}).get("details") or ()
        is_off = any(isinstance(one, dict) and one.get("reason") == "SERVICE_DISABLED" for one in details)
        raise NotAllowed(f"API {_SERVICE}" if is_off else recommender.needs, refusal.said) from refusal


def _resource(project: str, place: str, recommender: Recommender, item: Mapping[str, Any]) -> Resource:
    operation = _operation(item)
    saving, currency = _monthly_saving(item)
    value = operation.get("value")
    attributes = {
        "service": "Google Recommender",
        "recommender": recommender.id,
        "advised_resource": operation.get("resource"),
        "resource_kind": operation.get("resourceType"),
        "action": item.get("recommenderSubtype"),
        "says": item.get("description"),
        # Of a machine type or the like; an operation that tests or removes something has none.
        "target": value.rpartition("/")[2] if isinstance(value, str) and operation["action"] == "replace" else None,
        "monthly_saving": None if saving is None else format(saving, "f"),
        "currency": currency,
        "impact": item.get("priority"),
        "refreshed_at": item.get("lastRefreshTime"),
    }
    return Resource(
        type=TYPE,
        resource_id=f"//{_SERVICE}/{item['name']}",
        account=project,
        region=place if _REGION.match(place) else re.sub(r"-[a-z]$", "", place),
        name=str(item["name"]).rpartition("/")[2],
        state="active",
        state_since=None,
        created_at=time(str(item.get("lastRefreshTime") or "")),
        attributes={name: str(text) for name, text in attributes.items() if text},
    )


def _operation(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the operation that saves something: a disk is snapshotted, which costs, and then removed."""
    groups = (item.get("content") or {}).get("operationGroups") or ()
    operations = [one for group in groups for one in group.get("operations") or ()]
    saving = [one for one in operations if one.get("action") in ("remove", "replace")]
    return next(iter(saving or operations), {})


def _monthly_saving(item: Mapping[str, Any]) -> tuple[Decimal | None, str]:
    """Give what is saved in a month of 365/12 days, a cost below zero; None where Google gives no number."""
    projection = (item.get("primaryImpact") or {}).get("costProjection") or {}
    cost = projection.get("cost") or {}
    if not cost or not projection.get("duration"):
        return None, ""
    amount = Decimal(str(cost.get("units") or 0)) + Decimal(str(cost.get("nanos") or 0)) / 10**9
    seconds = Decimal(str(projection["duration"]).removesuffix("s"))
    return round(-amount * _MONTH_S / seconds, 6), str(cost.get("currencyCode") or "")
