"""Which kinds of waste are planted, which check of the catalogue finds each, and what only looks like waste?

The numbers of checks are those of the waste catalogue: A.. on AWS, Z.. on Azure, G.. on Google; 2.3 is the fit test.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of planted waste.

    Args:
        check: its number in the catalogue.
        needs: `bill`, `inventory` or `metrics`: the most that one has to look at to see it.
        is_review: nobody can put a number to it, so the planted saving is 0.
        also: other rules that are right to name the same resource.
    """

    check: str
    needs: str = "bill"
    is_review: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LookAlike:
    """What a careless rule would take a fleet for, why that would be wrong, and what shows it."""

    looks_like: tuple[str, ...]
    reason: str
    shown_by: str = "bill"


_METRICS, _INVENTORY = "metrics", "inventory"
# By provider, since one rule may have a number for each.
KINDS: dict[str, dict[str, Kind]] = {
    "aws": {
        "rightsize-ec2": Kind("A15", _METRICS),
        "rightsize-rds": Kind("A18", _METRICS),
        "unattached-volume": Kind("A01"),
        "stopped-instance-disk": Kind("A02"),
        "gp2-volume": Kind("A03"),
        "io-volume-overprovisioned": Kind("A04", _METRICS),
        "low-io-volume": Kind("A05", _METRICS),
        "old-snapshot": Kind("A06"),
        "unused-image": Kind("A08", _INVENTORY, also=("old-snapshot",)),
        "idle-public-ipv4": Kind("A09"),
        "idle-load-balancer": Kind("A10"),
        "idle-nat-gateway": Kind("A11"),
        "idle-vpc-endpoint": Kind("A13"),
        "idle-vpn": Kind("A13"),
        "idle-ec2": Kind("A14", _METRICS, also=("rightsize-ec2",)),
        "off-hours-schedule": Kind("A16", _METRICS),
        "idle-rds": Kind("A17", _METRICS, also=("rightsize-rds",)),
        "extended-support": Kind("A18"),
        "previous-generation": Kind("A22", is_review=True),
        "graviton-eligible": Kind("A23", _INVENTORY),
        "bucket-without-lifecycle": Kind(
            "A24", _INVENTORY, is_review=True, also=("incomplete-uploads", "bucket-over-50")
        ),
        "incomplete-uploads": Kind("A25", _INVENTORY, is_review=True),
        "noncurrent-versions": Kind("A26", _INVENTORY, is_review=True),
        "abandoned-bucket": Kind("A27", _INVENTORY),
        "cluster-without-nodes": Kind("A33", _INVENTORY),
        "regional-transfer": Kind("A34", _INVENTORY, is_review=True),
        "unused-commitment": Kind("A35"),
        "idle-capacity-reservation": Kind("A36"),
        "marketplace-without-usage": Kind("A37", _INVENTORY, is_review=True),
    },
    "azure": {
        "rightsize-azure-vm": Kind("Z18", _METRICS),
        "azure-vm-stopped-not-deallocated": Kind("Z01", _INVENTORY),
        "stopped-instance-disk": Kind("Z02", also=("azure-vm-deallocated",)),
        "azure-unattached-disk": Kind("Z03", _INVENTORY),
        "azure-unattached-public-ip": Kind("Z04", _INVENTORY),
        "azure-idle-balancer": Kind("Z05", also=("idle-load-balancer",)),
        "azure-nat-without-subnet": Kind("Z06", also=("idle-nat-gateway",)),
        "idle-vpn": Kind("Z07", also=("azure-gateway-without-connections",)),
        "azure-empty-plan": Kind("Z08", _INVENTORY),
        "azure-empty-elastic-pool": Kind("Z09", _INVENTORY),
        "azure-idle-sql": Kind("Z09", _METRICS),
        "azure-premium-snapshot": Kind("Z10", _INVENTORY),
        "azure-legacy-storage": Kind("Z11", _INVENTORY, is_review=True, also=("bucket-over-50",)),
        "azure-underused-premium-disk": Kind("Z14", _METRICS),
        "azure-orphan-nic": Kind("Z15", _INVENTORY, is_review=True),
        "unused-commitment": Kind("A35"),
    },
    "gcp": {
        "rightsize-gce": Kind("2.3", _METRICS),
        "gcp-idle-vm": Kind("G01", _METRICS, also=("rightsize-gce",)),
        "gcp-blank-disk": Kind("G02", _INVENTORY),
        "gcp-detached-disk": Kind("G03", _INVENTORY),
        "idle-public-ipv4": Kind("G04", also=("gcp-unattached-address",)),
        "gcp-unused-image": Kind("G05", _INVENTORY),
        "stopped-instance-disk": Kind("G06", also=("gcp-stopped-vm-disks",)),
        "gcp-idle-cloud-sql": Kind("G07", _METRICS),
        "gcp-old-snapshot": Kind("G09", also=("old-snapshot",)),
        "idle-load-balancer": Kind("G11", also=("gcp-idle-forwarding-rule",)),
        "idle-nat-gateway": Kind("G11"),
        "unused-commitment": Kind("G14"),
    },
}

# Fleets of a kind that a bill shows, of which it takes more to see these.
NEEDS_MORE = {"waste-aws-scratch": _INVENTORY}

_USED = "it is used: the same resource is charged for what went through it"
_MEMBER = "a member of a group that replaces its machines: advice is for the group"
_NEW = "younger than the fourteen days that a judgement needs"
# Fleet -> what it looks like.
LOOK_ALIKES = {
    "aws-pay-ip": LookAlike(("idle-public-ipv4",), "an address that a machine has"),
    "aws-shared-nat": LookAlike(("idle-nat-gateway",), _USED),
    "aws-shared-vpn": LookAlike(("idle-vpn",), _USED),
    "aws-shared-endpoint": LookAlike(("idle-vpc-endpoint",), _USED),
    "aws-pay-lb": LookAlike(("idle-load-balancer",), _USED),
    "aws-search-lb": LookAlike(("idle-load-balancer",), _USED),
    "aws-shared-magnetic": LookAlike(("unattached-volume",), "its requests are on the bill"),
    "az-corp-gateway": LookAlike(("idle-vpn", "azure-gateway-without-connections"), _USED),
    "gcp-web-nat": LookAlike(("idle-nat-gateway",), _USED),
    "gcp-web-rule": LookAlike(("idle-load-balancer", "gcp-idle-forwarding-rule"), _USED),
    "aws-pay-disks": LookAlike(("gp2-volume", "low-io-volume"), "a volume of the newer type, in use"),
    "aws-shared-snapshots": LookAlike(("old-snapshot",), "replaced every few weeks"),
    "aws-pay-standby": LookAlike(
        ("idle-ec2", "rightsize-ec2"), "a standby for disaster recovery, as its tag says", _INVENTORY
    ),
    "aws-pay-workers": LookAlike(("rightsize-ec2", "idle-ec2"), _MEMBER, _INVENTORY),
    "aws-search-indexers": LookAlike(("rightsize-ec2",), _MEMBER, _INVENTORY),
    "aws-shared-nodes-search": LookAlike(("rightsize-ec2",), "a node of a cluster", _INVENTORY),
    "aws-search-heap": LookAlike(("rightsize-ec2",), "bound by its memory: CPU is low, memory is at 88 %", _METRICS),
    "aws-data-newcomer": LookAlike(("idle-ec2", "rightsize-ec2"), _NEW, _INVENTORY),
    "aws-shared-erp": LookAlike(
        ("rightsize-ec2",), "its licence is bound to its cores (Windows with SQL Server)", _INVENTORY
    ),
    "aws-data-spot": LookAlike(("rightsize-ec2", "idle-ec2"), "a spot machine", _INVENTORY),
    "aws-dev-burst": LookAlike(
        ("rightsize-ec2",), "throttled: its burst credits are used up, so CPU stands at its baseline", _METRICS
    ),
    "aws-pay-closing": LookAlike(
        ("rightsize-ec2", "idle-ec2"), "needed whole at the end of each month, and only then", _METRICS
    ),
    "aws-data-kept": LookAlike(
        ("idle-ec2", "rightsize-ec2"), "its tag finops:keep-until says until when", _INVENTORY
    ),
    "aws-search-swap": LookAlike(("unattached-volume",), "detached three days ago", _METRICS),
    "aws-pay-journal": LookAlike(
        ("io-volume-overprovisioned",), "needs more IOPS than the cheaper type can give", _METRICS
    ),
    "aws-shared-vault": LookAlike(("old-snapshot",), "a backup plan owns it", _INVENTORY),
    "aws-pay-base": LookAlike(("unused-image", "old-snapshot"), "an image that was launched last week", _INVENTORY),
    "aws-pay-replica": LookAlike(("idle-rds", "rightsize-rds"), "the replica of another database", _INVENTORY),
    "aws-search-thumbs": LookAlike(
        ("bucket-without-lifecycle", "abandoned-bucket"),
        "twenty million tiny objects: moving them costs more than 42 months of what it saves",
        _INVENTORY,
    ),
    "aws-search-media": LookAlike(("abandoned-bucket", "bucket-without-lifecycle"), "a hot bucket", _INVENTORY),
    "az-corp-balancer": LookAlike(("azure-idle-balancer", "idle-load-balancer"), _USED),
    "az-corp-nat": LookAlike(("azure-nat-without-subnet", "idle-nat-gateway"), _USED),
    "az-corp-replica-disk": LookAlike(
        ("azure-unattached-disk",), "the replica that site recovery keeps for a fail-over", _INVENTORY
    ),
    "az-mobile-moved-disk": LookAlike(("azure-unattached-disk",), "detached three days ago", _INVENTORY),
    "az-mobile-export-disk": LookAlike(("azure-unattached-disk",), "somebody reads it through a link", _INVENTORY),
    "az-test-public-ip": LookAlike(("azure-unattached-public-ip",), "a machine has it", _INVENTORY),
    "az-mobile-vmss": LookAlike(("rightsize-azure-vm",), "members of a scale set", _INVENTORY),
    "az-corp-standby": LookAlike(
        ("rightsize-azure-vm",), "a standby for disaster recovery, as its tag says", _INVENTORY
    ),
    "az-corp-licensed": LookAlike(
        ("rightsize-azure-vm",), "its licence is bound to its cores (SQL Server)", _INVENTORY
    ),
    "gcp-sandbox-vm": LookAlike(("rightsize-gce", "gcp-idle-vm"), _MEMBER, _INVENTORY),
    "gcp-web-cluster-node": LookAlike(("rightsize-gce", "gcp-idle-vm"), "a node of a cluster", _INVENTORY),
    "gcp-web-dark": LookAlike(
        ("rightsize-gce",), "nobody knows how much memory it uses: a smaller one may be too small", _METRICS
    ),
    "gcp-ml-fresh-disk": LookAlike(("gcp-detached-disk", "gcp-blank-disk"), "detached three days ago", _INVENTORY),
    "gcp-web-claim": LookAlike(("gcp-blank-disk", "gcp-detached-disk"), "a volume of a cluster", _INVENTORY),
    "gcp-web-read-replica": LookAlike(("gcp-idle-cloud-sql",), "the replica of another database", _INVENTORY),
}  # fmt: skip

# A subscription that is paid every month and of which nothing is used.
UNUSED_SUBSCRIPTION = "arn:aws:aws-marketplace:us-east-1:480155729384:agreement/agmt-2c9x5f8t4m"
UNUSED_FEE = 420
