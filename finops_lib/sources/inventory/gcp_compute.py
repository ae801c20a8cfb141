"""Which resources of Compute Engine are looked at, and what does the API say of each?

Question: which of its names is a resource's id?
Choice: `resource.global_name` of the detailed billing export: `//compute.googleapis.com/projects/<project number>/
zones/<zone>/instances/<numeric id>`, with `disk` for a disk.
Why: it is what a bill of another resource with the same name does not have. The name that people gave is
`Resource.name` (resource.name of the bill), and `full_name` is what other resources call it.

One look covers all zones and regions of a project: its Scope has no region, its resources have theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.gcp_clients import GcpOptions, broken, compute_client, told, tries
from finops_lib.sources.inventory.looks import NotAllowed

_HOST = "//compute.googleapis.com/"
NUMBER_PERMISSION = "compute.projects.get"
_PAGE = 500
_NOTHING_THERE = "NO_RESULTS_ON_PAGE"
_GKE = "goog-gke-"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource.

    Args:
        type: as in `Resource.type`.
        client: its class in google-cloud-compute.
        field: of an aggregated list; "" where there is only one list of all.
        collection: as the bill's global name writes it.
        permission: to list it.
        attributes: what is kept of one.
    """

    type: str
    client: str
    field: str
    collection: str
    permission: str
    needed_for: str
    attributes: Callable[[Any], Mapping[str, object]]


def _instance(one: Any) -> Mapping[str, object]:
    items = {item.key: item.value for item in one.metadata.items}
    return {
        "instance_type": _last(one.machine_type),
        "zone": _last(one.zone),
        "provisioning_model": one.scheduling.provisioning_model.lower(),
        "preemptible": one.scheduling.preemptible,
        # Members of a group and nodes of a cluster get no advice of their own.
        "group": _full_name(items.get("created-by", "")),
        "gke_cluster": one.labels.get("goog-k8s-cluster-name", ""),
        "gke": any(key.startswith(_GKE) for key in one.labels),
        "accelerators": ",".join(f"{_last(a.accelerator_type)}:{a.accelerator_count}" for a in one.guest_accelerators),
        "local_ssds": sum(disk.type_ == "SCRATCH" for disk in one.disks),
        "licences": ",".join(sorted({_last(licence) for disk in one.disks for licence in disk.licenses})),
        "disks": ",".join(_full_name(disk.source) for disk in one.disks if disk.source),
        "last_started_at": one.last_start_timestamp,
        "last_stopped_at": one.last_stop_timestamp,
        "deletion_protection": one.deletion_protection,
    }


def _disk(one: Any) -> Mapping[str, object]:
    return {
        "disk_type": _last(one.type_),
        "size_gb": one.size_gb,
        "zone": _last(one.zone),
        "attached_to": ",".join(_full_name(user) for user in one.users),
        "last_attached_at": one.last_attach_timestamp,
        "last_detached_at": one.last_detach_timestamp,
        # A disk that was made empty and never attached holds nothing that a snapshot would keep.
        "source": _full_name(one.source_image or one.source_snapshot or one.source_disk),
        "gke": any(key.startswith(_GKE) for key in one.labels) or "kubernetes.io/created-for" in one.description,
        "provisioned_iops": one.provisioned_iops or "",
        "replica_zones": ",".join(_last(zone) for zone in one.replica_zones),
    }


def _address(one: Any) -> Mapping[str, object]:
    return {
        "address": one.address,
        "address_type": one.address_type.lower(),
        "purpose": one.purpose.lower(),
        "network_tier": one.network_tier.lower(),
        "version": one.ip_version.lower(),
        "attached_to": ",".join(_full_name(user) for user in one.users),
    }


def _snapshot(one: Any) -> Mapping[str, object]:
    return {
        "size_gb": one.disk_size_gb,
        "storage_bytes": one.storage_bytes,
        "source": _full_name(one.source_disk),
        "snapshot_type": one.snapshot_type.lower(),
        "auto_created": one.auto_created,
        "schedule": _full_name(one.source_snapshot_schedule_policy),
        "storage_locations": ",".join(one.storage_locations),
    }


def _image(one: Any) -> Mapping[str, object]:
    return {
        "size_gb": one.disk_size_gb,
        "storage_bytes": one.archive_size_bytes,
        "family": one.family,
        "source": _full_name(one.source_disk or one.source_snapshot or one.source_image),
        "storage_locations": ",".join(one.storage_locations),
    }


def _forwarding_rule(one: Any) -> Mapping[str, object]:
    return {
        "address": one.I_p_address,
        "scheme": one.load_balancing_scheme.lower(),
        "network_tier": one.network_tier.lower(),
        "target": _full_name(one.target),
        "backend_service": _full_name(one.backend_service),
    }


KINDS = (
    Kind(
        "gcp-instance",
        "InstancesClient",
        "instances",
        "instances",
        "compute.instances.list",
        "stopped and idle machines",
        _instance,
    ),
    Kind("gcp-disk", "DisksClient", "disks", "disk", "compute.disks.list", "unattached disks", _disk),
    Kind(
        "gcp-address",
        "AddressesClient",
        "addresses",
        "addresses",
        "compute.addresses.list",
        "unused addresses",
        _address,
    ),
    Kind(
        "gcp-forwarding-rule",
        "ForwardingRulesClient",
        "forwarding_rules",
        "forwardingRules",
        "compute.forwardingRules.list",
        "idle load balancers",
        _forwarding_rule,
    ),
    Kind("gcp-snapshot", "SnapshotsClient", "", "snapshots", "compute.snapshots.list", "old snapshots", _snapshot),
    Kind("gcp-image", "ImagesClient", "", "images", "compute.images.list", "unused images", _image),
)


def resources(options: GcpOptions, kind: Kind, project: str, number: str) -> list[Resource]:
    """Give all resources of a kind in a project.

    Args:
        number: the project's.
    Raises:
        NotAllowed, SourceError, ConfigError: as gcp_clients.told.
    """
    what = f"{kind.type} in {project}"
    found: dict[str, Resource] = {}
    with told(what, kind.permission, absent=f"project {project}"), compute_client(kind.client, options) as client:
        for place, one in _listed(client, kind, project, what):
            resource = _resource(kind, project, number, place, one)
            if resource.resource_id in found:
                raise broken(what, f"{resource.name} was sent twice, so another one may be missing")
            found[resource.resource_id] = resource
    return list(found.values())


def first_page(options: GcpOptions, kind: Kind, project: str) -> None:
    """Ask for one resource, to see whether it may be asked.

    Raises:
        NotAllowed, SourceError, ConfigError: as gcp_clients.told.
    """
    what = f"{kind.type} in {project}"
    request = {"project": project, "max_results": 1}
    with told(what, kind.permission, absent=f"project {project}"), compute_client(kind.client, options) as client:
        (client.aggregated_list if kind.field else client.list)(request=request, **tries())


def project_number(options: GcpOptions, project: str) -> str:
    """Give a project's number, by which the bill names its resources.

    Compute Engine says it only as the name of its default service account; the API that says it plainly has a
    permission and a switch of its own.

    Raises:
        NotAllowed, SourceError, ConfigError: as gcp_clients.told. Resources that are named by anything else today
            would all be gone tomorrow.
    """
    if project in options.project_numbers:
        return options.project_numbers[project]
    with (
        told(f"project {project}", NUMBER_PERMISSION, absent=f"project {project}"),
        compute_client("ProjectsClient", options) as client,
    ):
        account = str(client.get(project=project, **tries()).default_service_account)
    match = re.match(r"(\d+)-compute@", account)
    if match is None:
        said = f"the default service account of {project} is {account or 'not there'}"
        raise NotAllowed(f"options.project_numbers: {project}", said)
    return match[1]


def _listed(client: Any, kind: Kind, project: str, what: str) -> Iterator[tuple[str, Any]]:
    """Give each resource with its place, `zones/<zone>`, `regions/<region>` or `global`."""
    request = {"project": project, "max_results": _PAGE}
    pager = (client.aggregated_list if kind.field else client.list)(request=request, **tries())
    tokens: set[str] = set()
    for page in pager.pages:
        if not kind.field:
            yield from (("global", one) for one in page.items)
        else:
            for place, part in page.items.items():
                # A zone that did not answer is sent like one that is empty, but for this.
                if part.warning.code not in ("", _NOTHING_THERE):
                    raise broken(what, f"{place}: {part.warning.code} {part.warning.message}")
                yield from ((place, one) for one in getattr(part, kind.field))
            if page.unreachables:
                raise broken(what, f"no answer of {', '.join(page.unreachables)}")
        if page.next_page_token in tokens:
            raise broken(what, "the same page was sent twice")
        tokens.add(page.next_page_token)


def _resource(kind: Kind, project: str, number: str, place: str, one: Any) -> Resource:
    # Snapshots and images are global, and stored somewhere.
    locations = list(getattr(one, "storage_locations", ()))
    region = locations[0] if locations else re.sub(r"-[a-z]$", "", _last(place)) if "zones/" in place else _last(place)
    attributes = {
        **kind.attributes(one),
        "full_name": _full_name(one.self_link),
        "numeric_id": one.id,
        "project_number": number,
    }
    return Resource(
        type=kind.type,
        resource_id=f"{_HOST}projects/{number}/{place}/{kind.collection}/{one.id}",
        account=project,
        region=region,
        name=one.name,
        state=getattr(one, "status", "").lower(),
        state_since=_since(one),
        created_at=time(one.creation_timestamp),
        attributes={name: text for name, value in attributes.items() if (text := _text(value))},
        tags=dict(one.labels),
    )


def _since(one: Any) -> datetime | None:
    """Say since when a machine runs or is stopped, or a disk is attached or is not."""
    if hasattr(one, "last_stop_timestamp"):
        stamps = {
            "RUNNING": one.last_start_timestamp,
            "SUSPENDED": one.last_suspended_timestamp,
            "TERMINATED": one.last_stop_timestamp,
        }
        return time(stamps.get(one.status, ""))
    if hasattr(one, "last_detach_timestamp"):
        return time(one.last_attach_timestamp if one.users else one.last_detach_timestamp)
    return None


def time(text: str) -> datetime | None:
    """Read a time of Google's with any zone as UTC, without one; None for ""."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None) if text else None


def _full_name(link: str) -> str:
    """Turn a link to a resource into its full name, //compute.googleapis.com/projects/..., whatever API it names."""
    _, found, path = link.partition("projects/")
    return f"{_HOST}projects/{path}" if found else link


def _last(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
