"""Which machines may be judged one by one? (domain.md 2.2)

A member of a group is the group's business, a standby is meant to be idle, and a licence may forbid the change.
"""

from __future__ import annotations

from finops_lib.analyses.savings.resources import Resource, Utilisation
from finops_lib.analyses.savings.suppressed import is_standby

MACHINE_TYPES = ("aws-ec2-instance", "azure-virtual-machine", "gcp-instance")
MACHINE_HOURS = ("instance-hours", "old-instance-hours", "spot-hours")
# What a metric must be there for: share of the points, and hours (14 days).
LEAST_COVERAGE, LEAST_HOURS = 0.8, 14 * 24
_GROUPS = ("autoscaling_group", "node_group", "scale_set", "group", "gke_cluster")
# As autoscaling groups and the clusters of EKS tag what they start.
_GROUP_TAGS = ("aws:autoscaling:groupname", "aws:eks:cluster-name", "eks:cluster-name", "eks:nodegroup-name")
_CLUSTER_TAG = "kubernetes.io/cluster/"
_OWN_HOSTS = ("host", "dedicated")


def left_alone(machine: Resource) -> str:
    """Say why a machine is not judged, e.g. `member of a group`; "" = it may be."""
    known = machine.described
    if known is None:
        return "not in the inventory"
    attributes = known.attributes
    tags = {key.lower(): value.strip().lower() for key, value in known.tags.items()}
    if any(attributes.get(name) for name in _GROUPS) or any(is_cluster_tag(key) for key in tags):
        return "member of a group"
    if attributes.get("lifecycle", "") == "spot" or "spot-hours" in machine.meters:
        return "spot"
    if is_standby(tags):
        return "standby"
    if attributes.get("tenancy", "") in _OWN_HOSTS or "sql server" in attributes.get("platform_details", "").lower():
        return "bound to a licence"
    return ""


def is_cluster_tag(key: str) -> bool:
    """Say whether a tag, in lower case, is that of a group or of a cluster's node."""
    return key in _GROUP_TAGS or key.startswith(_CLUSTER_TAG)


def observed(resource: Resource, *metrics: str) -> tuple[Utilisation, ...] | None:
    """Give some metrics where all of them were seen for long and closely enough to judge by; else None."""
    found = tuple(resource.utilisation[name] for name in metrics if name in resource.utilisation)
    if len(found) < len(metrics):
        return None
    return found if all(one.coverage >= LEAST_COVERAGE and one.hours >= LEAST_HOURS for one in found) else None
