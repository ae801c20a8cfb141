"""What is planted on Azure beside catalogue_azure.py: waste that inventory and metrics show, and what looks like it."""

from __future__ import annotations

from finops_lib.sample.records import Becomes, Fleet, Sku

SKUS = {
    "lb-rules": Sku(
        "network", "Standard Included LB Rules and Outbound Rules",
        "Load Balancer - Standard Included LB Rules and Outbound Rules", "0.025", "1 Hour", "lb", "Load balancer",
    ),
    "lb-bytes": Sku(
        "network", "Standard Data Processed", "Load Balancer - Standard Data Processed", "0.005", "1 GB", "lb",
        "Load balancer",
    ),
    "az-nat": Sku(
        "network", "Standard Gateway", "NAT Gateway - Standard Gateway", "0.045", "1 Hour", "aznat", "NAT gateway",
    ),
    "az-nat-bytes": Sku(
        "network", "Standard Data Processed", "NAT Gateway - Standard Data Processed", "0.045", "1 GB", "aznat",
        "NAT gateway",
    ),
    "pool": Sku(
        "sql", "vCore", "SQL Database Single/Elastic Pool General Purpose - Compute Gen5 - vCore", "0.252", "1 Hour",
        "sqlpool", "SQL elastic pool", discount=8,
    ),
    "snapshot-premium": Sku(
        "storage", "P LRS Snapshots", "Premium SSD Managed Disks - LRS Snapshots", "0.12", "1 GB/Month", "azsnapshot",
        "Snapshot",
    ),
    "snapshot-standard": Sku(
        "storage", "LRS Snapshots", "Standard HDD Managed Disks - LRS Snapshots", "0.05", "1 GB/Month", "azsnapshot",
        "Snapshot",
    ),
    "disk-p30": Sku(
        "storage", "P30 LRS Disk", "Premium SSD Managed Disks - P30 LRS Disk", "122.88", "1/Month", "disk", "Disk",
    ),
    "disk-e30": Sku(
        "storage", "E30 LRS Disk", "Standard SSD Managed Disks - E30 LRS Disk", "76.8", "1/Month", "disk", "Disk",
    ),
    "blob-v1": Sku(
        "storage", "LRS Data Stored", "General Block Blob - LRS Data Stored", "0.024", "1 GB/Month", "storage",
        "Storage account", discount=4,
    ),
}  # fmt: skip


def _clock(name: str, account: str, sku: str, slots: int = 1, **more: object) -> Fleet:
    return Fleet(name, account, sku, slots=slots, shape="clock", grows=False, **more)  # type: ignore[arg-type]


def _fixed(name: str, account: str, sku: str, monthly: float, slots: int = 1, **more: object) -> Fleet:
    return Fleet(name, account, sku, monthly, slots, "fixed", grows=False, **more)  # type: ignore[arg-type]


FLEETS = (
    # machines
    _clock(
        "waste-az-api", "mobile-prod", "vm-d8", 2, units=4, waste="rightsize-azure-vm",
        becomes=Becomes("vm-d8", units=2, target="Standard_D8s_v5"),
    ),
    _clock("waste-az-parked", "mobile-test", "vm-e4", units=1, waste="azure-vm-stopped-not-deallocated"),
    _clock("az-corp-standby", "corp-it", "vm-d8", units=2, tags=(("dr", "standby"),)),
    _clock("az-corp-licensed", "corp-it", "vm-e4", units=2),
    # disks and snapshots
    _fixed("waste-az-spare", "mobile-test", "disk", 146.44, 2, waste="azure-unattached-disk"),
    _fixed("az-corp-replica-disk", "corp-it", "disk", 73.22),
    _fixed("az-mobile-moved-disk", "mobile-prod", "disk", 73.22),
    _fixed("az-mobile-export-disk", "mobile-prod", "disk", 73.22),
    _fixed(
        "waste-az-history", "corp-it", "disk-p30", 245.76, 2, waste="azure-underused-premium-disk",
        becomes=Becomes("disk-e30", target="StandardSSD_LRS"),
    ),
    _fixed(
        "waste-az-image-copy", "mobile-prod", "snapshot-premium", 96, 2, starts=70, waste="azure-premium-snapshot",
        becomes=Becomes("snapshot-standard", target="Standard_LRS"),
    ),
    # networks
    _clock("waste-az-address", "corp-it", "public-ip", 3, waste="azure-unattached-public-ip"),
    _clock("waste-az-front", "mobile-test", "lb-rules", waste="azure-idle-balancer"),
    _clock("az-corp-balancer", "corp-it", "lb-rules"),
    _fixed("az-corp-balancer-bytes", "corp-it", "lb-bytes", 40, group="az-corp-balancer"),
    _clock("waste-az-outbound", "mobile-test", "az-nat", waste="azure-nat-without-subnet"),
    _clock("az-corp-nat", "corp-it", "az-nat"),
    _fixed("az-corp-nat-bytes", "corp-it", "az-nat-bytes", 60, group="az-corp-nat"),
    # plans, databases, accounts
    _clock("waste-az-campaign", "mobile-test", "app", waste="azure-empty-plan"),
    _fixed("waste-az-tenants", "corp-it", "pool", 338, waste="azure-empty-elastic-pool"),
    _fixed("waste-az-wiki-db", "corp-it", "sql", 338, waste="azure-idle-sql"),
    _fixed("waste-az-reports", "corp-it", "blob-v1", 120, waste="azure-legacy-storage"),
    _fixed(
        "waste-az-reports-ops", "corp-it", "blob-ops", 12, group="waste-az-reports", waste="azure-legacy-storage",
    ),
)  # fmt: skip
