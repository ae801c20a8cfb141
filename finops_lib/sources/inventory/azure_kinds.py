"""Which resources of Azure are looked at, and what does one row of Resource Graph say of them?

The mapping is the `project` of azure_<kind>.kql: `state`, `state_since` and `created_at` are what they say, every other
column is an attribute. Ids are lower-cased, since Azure writes them in any letter case, bills included; `raw_id` keeps
the id as it was sent.

Question: which account does a resource belong to?
Choice: `/subscriptions/<id>`.
Why: that is SubAccountId in Azure's FOCUS export.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from finops_lib.sources.inventory import Resource

# Disks that Azure Site Recovery makes for itself: they look unattached, and are the replica that a fail-over needs.
_SITE_RECOVERY_STARTS, _SITE_RECOVERY_PART = ("ms-asr-", "asrseeddisk-"), "-asrreplica"
_COLUMNS = {"id", "name", "subscriptionId", "location", "tags", "state", "state_since", "created_at", "pools"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource.

    Args:
        type: as in `Resource.type`.
        query: the stem of its file, azure_<query>.kql.
        arm: the resource type as Azure's permissions write it.
        needed_for: what would be not evaluated without it.
    """

    type: str
    query: str
    arm: str
    needed_for: str

    @property
    def action(self) -> str:
        return f"{self.arm}/read"


KINDS = (
    Kind("azure-virtual-machine", "virtual_machines", "Microsoft.Compute/virtualMachines", "stopped and idle machines"),
    Kind("azure-scale-set", "scale_sets", "Microsoft.Compute/virtualMachineScaleSets", "groups of machines"),
    Kind("azure-disk", "disks", "Microsoft.Compute/disks", "unattached disks"),
    Kind("azure-snapshot", "snapshots", "Microsoft.Compute/snapshots", "old and premium snapshots"),
    Kind("azure-public-ip", "public_ips", "Microsoft.Network/publicIPAddresses", "unused addresses"),
    Kind("azure-network-interface", "network_interfaces", "Microsoft.Network/networkInterfaces", "unused addresses"),
    Kind("azure-load-balancer", "load_balancers", "Microsoft.Network/loadBalancers", "empty load balancers"),
    Kind(
        "azure-application-gateway",
        "application_gateways",
        "Microsoft.Network/applicationGateways",
        "empty application gateways",
    ),
    Kind("azure-nat-gateway", "nat_gateways", "Microsoft.Network/natGateways", "NAT gateways without subnet"),
    Kind(
        "azure-network-gateway",
        "network_gateways",
        "Microsoft.Network/virtualNetworkGateways",
        "gateways without connection",
    ),
    Kind(
        "azure-gateway-connection",
        "gateway_connections",
        "Microsoft.Network/connections",
        "gateways without connection",
    ),
    Kind("azure-app-service-plan", "app_service_plans", "Microsoft.Web/serverfarms", "empty and idle plans"),
    Kind("azure-sql-elastic-pool", "sql_elastic_pools", "Microsoft.Sql/servers/elasticPools", "empty pools"),
    Kind("azure-sql-database", "sql_databases", "Microsoft.Sql/servers/databases", "idle databases, empty pools"),
    Kind("azure-advice", "advice", "Microsoft.Advisor/recommendations", "Azure's own advice (Advisor)"),
    Kind("azure-storage-account", "storage_accounts", "Microsoft.Storage/storageAccounts", "legacy storage accounts"),
)


def query(stem: str) -> str:
    """Give the text of azure_<stem>.kql."""
    return files(__package__).joinpath(f"azure_{stem}.kql").read_text(encoding="utf-8")


def resource(kind: Kind, row: Mapping[str, Any]) -> Resource:
    """Read one row of Resource Graph.

    Raises:
        ValueError: it has no id, or a time that is none.
    """
    raw_id = row.get("id")
    if not isinstance(raw_id, str) or not raw_id:
        raise ValueError("a row without id")
    attributes = {name: _text(value) for name, value in row.items() if name not in _COLUMNS}
    attributes = {name: value for name, value in attributes.items() if value}
    attributes["raw_id"] = raw_id
    name = _text(row.get("name"))
    if "pools" in row:
        attributes["backends"] = str(_backends(row["pools"]))
    if kind.type == "azure-disk":
        low = name.lower()
        recovery = low.startswith(_SITE_RECOVERY_STARTS) or _SITE_RECOVERY_PART in low
        attributes["site_recovery"] = "true" if recovery else "false"
    return Resource(
        type=kind.type,
        resource_id=raw_id.lower(),
        account=account(_text(row.get("subscriptionId"))),
        region=_text(row.get("location")).lower(),
        name=name,
        # Power states come as PowerState/running.
        state=_text(row.get("state")).rsplit("/", 1)[-1].lower(),
        state_since=_time(row.get("state_since")),
        created_at=_time(row.get("created_at")),
        attributes=attributes,
        tags={str(key): "" if value is None else str(value) for key, value in (row.get("tags") or {}).items()},
    )


def account(subscription: str) -> str:
    return f"/subscriptions/{subscription.lower()}"


def _text(value: Any) -> str:
    """Give text of what is sent; ids in lower case, so that resources find each other."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    # tostring() of a boolean is written True by some versions and true by others.
    return text.lower() if text.lower().startswith("/subscriptions/") or text in ("True", "False") else text


def _backends(pools: Any) -> int:
    """Count what is behind a load balancer or gateway, in all of its pools."""
    members = ("backendIPConfigurations", "loadBalancerBackendAddresses", "backendAddresses")
    each = [pool.get("properties") or {} for pool in pools or []]
    # A pool lists the same machine under several names: the longest list counts.
    return sum(max(len(pool.get(name) or []) for name in members) for pool in each)


def _time(value: Any) -> datetime | None:
    if not value:
        return None
    moment = datetime.fromisoformat(str(value))
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
