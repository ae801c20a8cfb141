"""What is planted on Google Cloud beside catalogue_gcp.py: waste that inventory and metrics show, and what looks so."""

from __future__ import annotations

from finops_lib.sample.accounts import PLATFORM
from finops_lib.sample.records import Becomes, Fleet, Sku

SKUS = {
    "n2-ram": Sku(
        "gce", "N2 Instance Ram running in Americas", "N2 Instance Ram running in Americas", "0.004237",
        "gibibyte hour", "gce", "Instance", discount=5,
    ),
    "pd-snapshot": Sku(
        "gce", "Storage PD Snapshot", "Storage PD Snapshot in Iowa", "0.05", "gibibyte month", "gsnapshot", "Snapshot",
    ),
    "image": Sku("gce", "Storage Image", "Storage Image in Iowa", "0.05", "gibibyte month", "gimage", "Image"),
}  # fmt: skip

_NODE = (("goog-gke-node", ""), ("goog-k8s-cluster-name", "web-gke-01"))
_CORE, _GIBIBYTE = 0.031611 * 0.95 * 8760 / 12, 0.004237 * 0.95 * 8760 / 12


def _fixed(name: str, account: str, sku: str, monthly: float, slots: int = 1, **more: object) -> Fleet:
    return Fleet(name, account, sku, monthly, slots, "fixed", grows=False, **more)  # type: ignore[arg-type]


def _machine(name: str, account: str, cores: int, slots: int = 1, **more: object) -> tuple[Fleet, Fleet]:
    """Give n2-standard machines: 4 GiB for each core, charged apart."""
    return (
        _fixed(name, account, "n2", slots * cores * _CORE, slots, **more),
        _fixed(f"{name}-ram", account, "n2-ram", slots * 4 * cores * _GIBIBYTE, slots, group=name, **more),
    )


FLEETS = (
    *_machine(
        "waste-gcp-feature-store", "ml-training", 16, 2, waste="rightsize-gce",
        becomes=Becomes(share=0.5, target="n2-standard-8"),
    ),
    *_machine("waste-gcp-notebook", "ml-sandbox", 4, 2, waste="gcp-idle-vm"),
    *_machine("gcp-web-cluster-node", "web-analytics", 8, 1, owner=PLATFORM, tags=_NODE),
    *_machine("gcp-web-dark", "web-analytics", 16, 1),
    _fixed("waste-gcp-unformatted", "ml-sandbox", "pd", 120, 2, waste="gcp-blank-disk"),
    _fixed("waste-gcp-experiment", "ml-training", "pd", 260, 2, waste="gcp-detached-disk"),
    _fixed("gcp-ml-fresh-disk", "ml-training", "pd", 60),
    _fixed("gcp-web-claim", "web-analytics", "pd", 50, owner=PLATFORM),
    _fixed("waste-gcp-base", "ml-training", "image", 45, 2, waste="gcp-unused-image"),
    _fixed("waste-gcp-before-upgrade", "ml-training", "pd-snapshot", 110, 2, waste="gcp-old-snapshot"),
    _fixed("waste-gcp-trial-db", "web-analytics", "cloudsql", 130, waste="gcp-idle-cloud-sql"),
    _fixed("gcp-web-read-replica", "web-analytics", "cloudsql", 130),
)  # fmt: skip
