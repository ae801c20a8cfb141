"""What instances of Cloud SQL are there? By REST: there is no client library of its own.

The bill names an instance `//cloudsql.googleapis.com/projects/<project id>/instances/<name>`; it has no number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.gcp_clients import GcpOptions, token_for
from finops_lib.sources.inventory.gcp_compute import time
from finops_lib.sources.inventory.looks import NotAllowed
from finops_lib.sources.inventory.rest import Refused, Rest, opened

TYPE, PERMISSION = "gcp-sql-instance", "cloudsql.instances.list"
_PAGE = "500"


def resources(options: GcpOptions, project: str) -> list[Resource]:
    """Give all instances of a project.

    Raises:
        NotAllowed, SourceError, ConfigError: as in gcp_clients.
    """
    path = f"/v1/projects/{project}/instances"
    found: dict[str, Resource] = {}
    tokens = {""}
    query = {"maxResults": _PAGE}
    with opened("Cloud SQL", options.sql_endpoint, token_for(options.sql_endpoint)) as rest:
        while True:
            page = _page(rest, path, query)
            try:
                these = [_resource(project, item) for item in page.get("items") or ()]
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise rest.broken(path, f"an instance cannot be read ({error!r})") from error
            if any(one.resource_id in found for one in these):
                raise rest.broken(path, "an instance was sent twice, so another one may be missing")
            found |= {one.resource_id: one for one in these}
            # One region that does not answer is no error to this API.
            if page.get("warnings"):
                raise rest.broken(path, str(page["warnings"])[:200])
            token = str(page.get("nextPageToken") or "")
            if not token:
                return list(found.values())
            if token in tokens:
                raise rest.broken(path, "the same page was sent twice")
            tokens.add(token)
            query = {"maxResults": _PAGE, "pageToken": token}


def first_page(options: GcpOptions, project: str) -> None:
    """Ask for one instance, to see whether it may be asked; raises as `resources`."""
    with opened("Cloud SQL", options.sql_endpoint, token_for(options.sql_endpoint)) as rest:
        _page(rest, f"/v1/projects/{project}/instances", {"maxResults": "1"})


def _page(rest: Rest, path: str, query: Mapping[str, str]) -> dict[str, Any]:
    try:
        return rest.ask("GET", path, query=query)
    except Refused as refusal:
        error = refusal.body.get("error") or {}
        details = [one for one in error.get("details") or () if isinstance(one, dict)]
        reasons = {one.get("reason") for one in (*details, *(error.get("errors") or ()))}
        off = reasons & {"SERVICE_DISABLED", "accessNotConfigured"}
        raise NotAllowed("API sqladmin.googleapis.com" if off else PERMISSION, refusal.said) from refusal


def _resource(project: str, item: Mapping[str, Any]) -> Resource:
    settings = item.get("settings") or {}
    attributes = {
        "instance_type": settings.get("tier"),
        "edition": settings.get("edition"),
        "engine": item.get("databaseVersion"),
        # Stopped by its owner: `state` stays RUNNABLE.
        "activation_policy": settings.get("activationPolicy"),
        "availability": settings.get("availabilityType"),
        "size_gb": settings.get("dataDiskSizeGb"),
        "disk_type": settings.get("dataDiskType"),
        "role": item.get("instanceType"),
        "replica_of": item.get("masterInstanceName"),
        "replicas": ",".join(item.get("replicaNames") or ()),
    }
    name = str(item["name"])
    return Resource(
        type=TYPE,
        resource_id=f"//cloudsql.googleapis.com/projects/{project}/instances/{name}",
        account=project,
        region=str(item.get("region") or ""),
        name=name,
        state=str(item.get("state") or "").lower(),
        created_at=time(str(item.get("createTime") or "")),
        attributes={key: str(value) for key, value in attributes.items() if value},
        tags={str(key): str(value) for key, value in (settings.get("userLabels") or {}).items()},
    )
