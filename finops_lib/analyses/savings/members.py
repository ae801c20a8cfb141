"""Which resources are run by something else? A node of a cluster or a member of a group gets no advice of its own.

What made it would make it again, and how many there are is decided there. Spot machines come and go by themselves.
"""

from __future__ import annotations

from finops_lib.analyses.savings.resources import Resource

# Tags and labels that clusters and data services put on what they make, lower case.
_MADE_BY = (
    "aks-managed",
    "k8s-azure-created-by",
    "kubernetes.io-created-for",
    "kubernetes.io/created-for",
    "goog-gke-",
    "goog-k8s-",
    "goog-dataflow-",
    "goog-dataproc-",
    "databricks-",
    "vendor:databricks",
)
# Azure Kubernetes Service keeps its nodes, disks and addresses in a resource group of its own.
_AKS_GROUP = "/resourcegroups/mc_"
_GROUPS = ("scale_set", "group", "gke_cluster")
_SPOT = ("spot", "low")


def is_member(resource: Resource) -> bool:
    """Say whether a scale set, an instance group, a cluster or a data service made this resource."""
    described = resource.described
    if described is None:
        return False
    attributes = described.attributes
    return (
        any(attributes.get(name) for name in _GROUPS)
        or attributes.get("gke") == "true"
        or _AKS_GROUP in resource.id.lower()
        or any(tag.lower().startswith(_MADE_BY) for tag in described.tags)
    )


def is_spot(resource: Resource) -> bool:
    """Say whether the provider may take this machine away at any time."""
    attributes = resource.described.attributes if resource.described else {}
    return (
        attributes.get("priority", "").lower() in _SPOT
        or attributes.get("provisioning_model") == "spot"
        or attributes.get("preemptible") == "true"
    )
