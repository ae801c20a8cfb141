"""What would Google Cloud say of the sample's resources? Types, ids and attributes as its APIs give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from finops_lib.sample.accounts import PROJECT_NUMBERS
from finops_lib.sample.curves import Calendar
from finops_lib.sample.inventory import busy
from finops_lib.sample.inventory.items import LONG_AGO, Holding, Item, ago, iso, until
from finops_lib.sample.resources import numeric_id

STOPPED = frozenset({"gcp-stopped-vm"})
_PROFILES = {
    "waste-gcp-feature-store": "oversized", "waste-gcp-notebook": "idle", "gcp-web-cluster-node": "low",
    "gcp-web-dark": "low",
}  # fmt: skip
# The Ops Agent, which alone knows the memory, runs in this project only.
_WITH_AGENT = "ml-training"
# Fleet of disks -> the machines that have them; what is not here is attached to nothing.
_ATTACHED = {
    "gcp-ml-disks": "gcp-ml-gpu", "gcp-ml-fresh-disk": "gcp-ml-gpu", "gcp-sandbox-disks": "waste-gcp-notebook",
    "waste-gcp-disks": "gcp-stopped-vm",
}  # fmt: skip
# Fleet of disks -> days since they were made and since they were detached; None = never attached.
_DETACHED = {
    "waste-gcp-unformatted": (60, None), "waste-gcp-experiment": (LONG_AGO, 50), "gcp-ml-fresh-disk": (LONG_AGO, 3),
    "gcp-web-claim": (90, None),
}  # fmt: skip
_LABEL = "goog-gke-node"


def items(holdings: list[Holding], calendar: Calendar) -> Iterator[Item]:
    """Give every resource of a kind that is looked at, once."""
    machines = {(one.fleet, one.slot): one for one in holdings if one.kind == "gce" and "Ram" not in one.meter}
    seen: set[str] = set()
    for one in holdings:
        item = _item(one, machines, calendar)
        if item is not None and item.resource_id not in seen:
            seen.add(item.resource_id)
            yield item


def _item(one: Holding, machines: Mapping[tuple[str, int], Holding], calendar: Calendar) -> Item | None:
    is_waste = bool(one.line.fleet.waste)
    if one.kind == "gce" and "Ram" not in one.meter:
        return _machine(one)
    if one.kind == "pd":
        return _disk(one, machines, calendar)
    if one.kind == "gip":
        facts = {"address_type": "external", "network_tier": "premium", "version": "ipv4"}
        return _of(one, "gcp-address", "addresses", facts, state="reserved")
    if one.kind == "rule" and "Minimum" in one.meter:
        facts = {"scheme": "external_managed", "network_tier": "premium"}
        if not is_waste:
            facts["target"] = _full(one, f"global/targetHttpsProxies/{one.name}")
        return _of(one, "gcp-forwarding-rule", "forwardingRules", facts)
    if one.kind == "gsnapshot":
        facts = {
            "size_gb": "500",
            "storage_bytes": f"{one.monthly_quantity * 1024**3:.0f}",
            "snapshot_type": "standard",
        }
        facts |= {"auto_created": "false", "storage_locations": one.account.region}
        return _of(one, "gcp-snapshot", "snapshots", facts, state="ready", created_at=ago(calendar, 410))
    if one.kind == "gimage":
        facts = {"size_gb": "50", "storage_bytes": f"{one.monthly_quantity * 1024**3:.0f}"}
        facts["storage_locations"] = one.account.region
        return _of(one, "gcp-image", "images", facts, state="ready", created_at=ago(calendar, 300))
    return _database(one) if one.kind == "cloudsql" else None


def _machine(one: Holding) -> Item:
    is_gpu = "A100" in one.meter
    cores = max(round(one.monthly_quantity * 12 / 8760), 1)
    if one.line.fleet.shape != "fixed":
        cores = 8
    facts = {
        "instance_type": "a2-highgpu-1g" if is_gpu else f"n2-standard-{cores}",
        "zone": _zone(one),
        "provisioning_model": "standard",
        "preemptible": "false",
        "accelerators": "nvidia-tesla-a100:1" if is_gpu else "",
        "gke": "true" if _LABEL in one.tags else "false",
        "gke_cluster": one.tags.get("goog-k8s-cluster-name", ""),
        "local_ssds": "0",
        "last_started_at": f"{iso(one.created_at)}Z",
        "last_stopped_at": f"{iso(one.stopped_at)}Z" if one.stopped_at else "",
        "deletion_protection": "false",
    }
    if one.is_member:
        manager = one.line.fleet.name.removeprefix("gcp-")
        facts["group"] = _full(one, f"zones/{_zone(one)}/instanceGroupManagers/{manager}")
    profile = busy.MACHINES["member" if one.is_member else _PROFILES.get(one.fleet, "healthy")]
    if one.fleet not in _PROFILES and not one.is_member:
        profile = busy.of(profile, "cpu", "memory")
    if one.account.key != _WITH_AGENT:
        profile = {name: level for name, level in profile.items() if name != "memory"}
    if one.line.fleet.name != one.fleet:
        profile = busy.doubled(profile)
    running = one.stopped_at is None
    return _of(
        one, "gcp-instance", "instances", facts,
        state="running" if running else "terminated",
        since=one.created_at if running else one.stopped_at,
        created_at=one.created_at,
        measured=profile if running else {},
    )  # fmt: skip


def _disk(one: Holding, machines: Mapping[tuple[str, int], Holding], calendar: Calendar) -> Item:
    fleet = _ATTACHED.get(one.fleet, "")
    slots = sorted(slot for name, slot in machines if name == fleet)
    made, detached = _DETACHED.get(one.fleet, (LONG_AGO, None))
    created, gone = ago(calendar, made), None if detached is None else ago(calendar, detached)
    if gone is not None and gone > until(calendar):
        gone = None
    holder = machines[fleet, slots[one.slot % len(slots)]] if slots and gone is None else None
    is_blank = one.fleet in _DETACHED and detached is None
    facts = {
        "disk_type": "pd-balanced",
        "size_gb": f"{one.monthly_quantity:.0f}",
        "zone": _zone(one),
        "attached_to": _full(holder, f"zones/{_zone(one)}/instances/{holder.name}") if holder else "",
        "last_attached_at": "" if is_blank else f"{iso(created)}Z",
        "last_detached_at": f"{iso(gone)}Z" if gone else "",
        "source": "" if is_blank else "//compute.googleapis.com/projects/debian-cloud/global/images/debian-12-bookworm",
        "gke": "true" if one.fleet == "gcp-web-claim" else "false",
    }
    since = created if holder else gone
    return _of(one, "gcp-disk", "disks", facts, state="ready", since=since, created_at=created)


def _database(one: Holding) -> Item:
    is_replica = one.fleet == "gcp-web-read-replica"
    facts = {
        "instance_type": "db-custom-4-16384",
        "edition": "ENTERPRISE",
        "engine": "POSTGRES_15",
        "activation_policy": "ALWAYS",
        "availability": "ZONAL",
        "size_gb": "100",
        "disk_type": "PD_SSD",
        "role": "READ_REPLICA_INSTANCE" if is_replica else "CLOUD_SQL_INSTANCE",
        "replica_of": f"{one.account.id}:web-sql-01" if is_replica else "",
    }
    idle = bool(one.line.fleet.waste) or is_replica
    return Item(
        "gcp-sql-instance", one.resource_id, one.account.id, one.account.region, one.name, "runnable", None,
        one.created_at, {key: value for key, value in facts.items() if value}, one.tags,
        busy.cloud_sql("idle" if idle else "healthy"),
    )  # fmt: skip


def _zone(one: Holding) -> str:
    return f"{one.account.region}-b"


def _full(one: Holding, path: str) -> str:
    return f"//compute.googleapis.com/projects/{one.account.id}/{path}"


def _of(
    one: Holding,
    type_: str,
    collection: str,
    facts: Mapping[str, str],
    *,
    state: str = "",
    since: datetime | None = None,
    created_at: datetime | None = None,
    measured: Mapping[str, busy.Busy] | None = None,
) -> Item:
    place = one.resource_id.partition(f"/projects/{PROJECT_NUMBERS[one.account.id]}/")[2].rsplit("/", 2)[0]
    attributes = {
        **facts,
        "full_name": _full(one, f"{place}/{collection}/{one.name}"),
        "numeric_id": numeric_id(one.account, one.kind, one.name),
        "project_number": PROJECT_NUMBERS[one.account.id],
    }
    return Item(
        type_, one.resource_id, one.account.id, one.account.region, one.name, state, since,
        created_at or one.created_at, {key: value for key, value in attributes.items() if value}, one.tags,
        measured or {}, created_at,
    )  # fmt: skip
