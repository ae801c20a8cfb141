"""Is there anything to say about a machine's size? First whether it looks idle, then whether advice would be right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from finops_lib.analyses.savings.resources import Described, Resource, Utilisation
from finops_lib.analyses.savings.rightsizing.burst import lowest_balance
from finops_lib.analyses.savings.rightsizing.demand import is_enough
from finops_lib.analyses.savings.rightsizing.shapes import Shape
from finops_lib.analyses.savings.rightsizing.use import Use
from finops_lib.analyses.savings.suppressed import is_standby

# Percent: a filter, so that few machines are looked at closely; the fit test decides (domain.md 2.2).
CANDIDATE_MEAN, CANDIDATE_P95 = 20.0, 30.0
LEAST_AGE_DAYS = 14
LEAST_LOOK_BACK = timedelta(days=14)
RUNNING = ("running", "available", "runnable")
# Whoever runs in a group is sized with the group, whoever is a node by its cluster.
_GROUP_ATTRIBUTES = ("autoscaling_group", "node_group", "group", "gke_cluster", "scale_set", "cluster")
_GROUP_TAGS = (
    *("aws:autoscaling:groupname", "aws:elasticmapreduce:job-flow-id", "eks:cluster-name", "eks:nodegroup-name"),
    *("karpenter.sh/nodepool", "aws:ecs:clustername", "aks-managed-poolname", "databricks-instance-name"),
)
_GROUP_TAG_STARTS = ("kubernetes.io/cluster/", "k8s.io/cluster-autoscaler")
_SPOT = ("spot", "preemptible", "low")
_LICENCE_KEYS = ("license-bound", "licence-bound", "finops:licence-bound", "finops:license-bound")
_NO = ("", "false", "no", "0")
# Engines whose licences are counted by core, and engines of others on dedicated hosts.
_LICENSED_ENGINES = ("oracle", "sqlserver", "db2", "custom-")


def is_candidate(used: Mapping[str, Utilisation]) -> bool:
    """Say whether a machine looks as if it had too much CPU."""
    cpu = used.get("cpu")
    return cpu is not None and cpu.mean < CANDIDATE_MEAN and cpu.p95 < CANDIDATE_P95


def refusal(
    resource: Resource,
    described: Described,
    shape: Shape,
    use: Use,
    *,
    as_of: date,
    hourly_cpu: Sequence[float] | None,
) -> str:
    """Say why a machine gets no advice about its size; "" = it may.

    Args:
        hourly_cpu: percent, the mean of each hour, oldest first; None = not known.
    """
    cpu = resource.utilisation["cpu"]
    tags = {key.lower(): value.strip().lower() for key, value in described.tags.items()}
    if described.state not in RUNNING:
        return f"it is {described.state or 'in no known state'}"
    if described.age(as_of) < LEAST_AGE_DAYS or use.days < LEAST_AGE_DAYS:
        return "it is new"
    if not is_enough(cpu, as_of) or cpu.last_hour - cpu.first_hour < LEAST_LOOK_BACK - timedelta(hours=1):
        return "its metrics have gaps, or begin too late"
    if use.spot > 0 or _is_spot(described):
        return "it is spot"
    if _is_member(described, tags):
        return "it is a member of a group"
    if is_standby(tags):
        return "it is a standby"
    if described.attributes.get("replica_of"):
        return "it is a replica, which keeps up with its source only at its size"
    if _is_licence_bound(described, tags):
        return "its licences are counted by core"
    if shape.bare_metal or shape.gpus or described.attributes.get("accelerators"):
        return "it is bare metal, or has accelerators"
    if _has_own_disks(described):
        return "it has disks that a resize would empty"
    if described.attributes.get("capacity_reservation_id"):
        return "its capacity is reserved"
    if len(use.types) > 1:
        return "its type was changed"
    if shape.burstable and _may_be_throttled(resource.utilisation, shape, hourly_cpu):
        return "its credits ran out, so its use is not its need"
    return ""


def _is_spot(described: Described) -> bool:
    attributes = described.attributes
    kinds = (attributes.get(name, "").lower() for name in ("lifecycle", "provisioning_model", "priority"))
    return any(kind in _SPOT for kind in kinds) or attributes.get("preemptible", "") == "true"


def _has_own_disks(described: Described) -> bool:
    attributes = described.attributes
    return attributes.get("local_ssds", "0") != "0" or attributes.get("root_device_type", "") == "instance-store"


def _is_member(described: Described, tags: Mapping[str, str]) -> bool:
    attributes = described.attributes
    return (
        any(attributes.get(name) for name in _GROUP_ATTRIBUTES)
        or attributes.get("gke") == "true"
        or any(key in _GROUP_TAGS or key.startswith(_GROUP_TAG_STARTS) for key in tags)
    )


def _is_licence_bound(described: Described, tags: Mapping[str, str]) -> bool:
    attributes = described.attributes
    return (
        attributes.get("tenancy", "") in ("host", "dedicated")
        or attributes.get("license_model", "") == "bring-your-own-license"
        or attributes.get("engine", "").lower().startswith(_LICENSED_ENGINES)
        or "sql" in attributes.get("licences", "").lower()
        or any(tags.get(key, "") not in _NO for key in _LICENCE_KEYS)
    )


def _may_be_throttled(used: Mapping[str, Utilisation], shape: Shape, hourly_cpu: Sequence[float] | None) -> bool:
    """Say whether a burstable machine may have been out of credits, so that its CPU shows less than it wanted."""
    balance = used.get("credit_balance")
    if balance is not None and balance.lowest <= 0:
        return True
    if shape.cpu_baseline_percent is None:
        return True
    if hourly_cpu is None:
        # Without hours it is only sure of a machine that never used more than it earned.
        return used["cpu"].maximum > shape.cpu_baseline_percent
    lowest = lowest_balance(hourly_cpu, vcpus=shape.vcpus, target=shape)
    return lowest is None or lowest <= 0
