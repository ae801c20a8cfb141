"""Kubernetes clusters that are paid for while they have no node and no container (A33)."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.resources import GRACE_DAYS, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

_INSTANCE = "aws-ec2-instance"
_CLUSTER_TAGS = ("aws:eks:cluster-name", "eks:cluster-name", "alpha.eksctl.io/cluster-name")
_OWNED_TAG = "kubernetes.io/cluster/"


@rule(
    "cluster-without-nodes",
    check="A33",
    providers=("aws",),
    needs=(bill(), inventory(_INSTANCE)),
    step="terminate",
    effort="Medium",
    grace_days=GRACE_DAYS,
)
def cluster_without_nodes(estate: Estate) -> Iterator[Recommendation]:
    used = _used_clusters(estate)
    for found in estate.with_meter("cluster-fee"):
        if not found.id or not found.has_now("cluster-fee") or found.meters["cluster-fee"].days_charged < GRACE_DAYS:
            continue
        name = found.id.rpartition("/")[2]
        # Nodes may be of another account that nobody looked at; so one that was is the least.
        if (found.account, name) in used or not estate.has_looked(inventory(_INSTANCE), found):
            continue
        fee = found.meters["cluster-fee"]
        yield recommend(
            "cluster-without-nodes",
            found,
            action="ask its owner, then delete it",
            evidence=f"its fee is charged on {fee.days_charged} of the last {found.window_days} days, no instance is a "
            "node of it, and no Fargate container runs in it",
            monthly_savings=found.monthly_cost,
            confidence=0.75,
            facts={"cluster": name, "days_charged": fee.days_charged, "nodes": 0},
        )


def _used_clusters(estate: Estate) -> set[tuple[str, str]]:
    """Name the clusters, with their account, that have a node, whether it runs or not, or a container."""
    used = set()
    for machine in estate.of_type(_INSTANCE):
        for tag, value in machine.described.tags.items() if machine.described else ():
            if tag in _CLUSTER_TAGS:
                used.add((machine.account, value))
            elif tag.startswith(_OWNED_TAG):
                used.add((machine.account, tag.removeprefix(_OWNED_TAG)))
    for container in estate.with_meter("container-hours"):
        # arn:aws:eks:<region>:<account>:pod/<cluster>/<namespace>/<pod>/<id>
        kind, _, rest = container.id.rpartition(":")[2].partition("/")
        if kind == "pod":
            used.add((container.account, rest.partition("/")[0]))
    return used
