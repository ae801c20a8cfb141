"""What one finding of a type is called, and many of them; what is done about them."""

# Type -> one of them, many of them.
NOUNS = {
    "abandoned-bucket": ("bucket nobody reads", "buckets nobody reads"),
    "aws-advice": ("advice of AWS", "pieces of advice of AWS"),
    "azure-advice": ("advice of Azure", "pieces of advice of Azure"),
    "azure-basic-sku": ("retired Basic address or balancer", "retired Basic addresses and balancers"),
    "azure-empty-elastic-pool": ("empty elastic pool", "empty elastic pools"),
    "azure-empty-plan": ("App Service plan without a site", "App Service plans without a site"),
    "azure-gateway-without-connections": ("gateway without a connection", "gateways without a connection"),
    "azure-hot-storage": ("storage account nobody reads", "storage accounts nobody reads"),
    "azure-idle-balancer": ("load balancer with nothing behind it", "load balancers with nothing behind them"),
    "azure-idle-sql": ("database nobody connects to", "databases nobody connects to"),
    "azure-legacy-storage": ("storage account of an old kind", "storage accounts of an old kind"),
    "azure-nat-without-subnet": ("NAT gateway without a subnet", "NAT gateways without a subnet"),
    "azure-orphan-nic": ("network interface of nothing", "network interfaces of nothing"),
    "azure-premium-snapshot": ("snapshot on premium storage", "snapshots on premium storage"),
    "azure-unattached-disk": ("disk without a machine", "disks without a machine"),
    "azure-unattached-public-ip": ("public address of nothing", "public addresses of nothing"),
    "azure-underused-premium-disk": ("premium disk that hardly works", "premium disks that hardly work"),
    "azure-vm-deallocated": ("disk or address of a deallocated machine", "disks and addresses of deallocated machines"),
    "azure-vm-stopped-not-deallocated": ("machine shut down but billed", "machines shut down but billed"),
    "bucket-over-50": ("bucket worth a look", "buckets worth a look"),
    "bucket-tiering": ("bucket for a colder class", "buckets for colder classes"),
    "bucket-without-lifecycle": ("bucket without a lifecycle rule", "buckets without a lifecycle rule"),
    "cluster-without-nodes": ("cluster without nodes", "clusters without nodes"),
    "commitment-purchase": ("commitment to buy", "commitments to buy"),
    "duplicate-cloudtrail": ("second trail of the same events", "second trails of the same events"),
    "extended-support": ("surcharge for an old version", "surcharges for old versions"),
    "gcp-advice": ("advice of Google", "pieces of advice of Google"),
    "gcp-blank-disk": ("disk that was never used", "disks that were never used"),
    "gcp-detached-disk": ("disk without a machine", "disks without a machine"),
    "gcp-idle-cloud-sql": ("database nobody connects to", "databases nobody connects to"),
    "gcp-idle-forwarding-rule": ("idle forwarding rule", "idle forwarding rules"),
    "gcp-idle-vm": ("idle machine", "idle machines"),
    "gcp-old-snapshot": ("old snapshot", "old snapshots"),
    "gcp-stopped-vm-disks": ("disk or address of a stopped machine", "disks and addresses of stopped machines"),
    "gcp-unattached-address": ("reserved address nothing uses", "reserved addresses nothing uses"),
    "gcp-unused-image": ("image no disk was made from", "images no disk was made from"),
    "gp2-volume": ("gp2 volume", "gp2 volumes"),
    "graviton-eligible": ("machine that could run on Graviton", "machines that could run on Graviton"),
    "idle-cache-or-warehouse": ("idle cache or warehouse", "idle caches and warehouses"),
    "idle-capacity-reservation": ("unused capacity reservation", "unused capacity reservations"),
    "idle-ec2": ("idle machine", "idle machines"),
    "idle-load-balancer": ("idle load balancer", "idle load balancers"),
    "idle-nat-gateway": ("idle NAT gateway", "idle NAT gateways"),
    "idle-public-ipv4": ("idle public address", "idle public addresses"),
    "idle-rds": ("database nobody connects to", "databases nobody connects to"),
    "idle-transit-attachment": ("idle transit attachment", "idle transit attachments"),
    "idle-vpc-endpoint": ("idle private endpoint", "idle private endpoints"),
    "idle-vpn": ("idle VPN", "idle VPNs"),
    "incomplete-uploads": ("bucket that keeps broken uploads", "buckets that keep broken uploads"),
    "io-volume-overprovisioned": ("volume bought too fast", "volumes bought too fast"),
    "log-group-without-retention": ("log group without an end", "log groups without an end"),
    "low-io-volume": ("volume that hardly works", "volumes that hardly work"),
    "marketplace-without-usage": ("subscription nobody uses", "subscriptions nobody uses"),
    "noncurrent-versions": ("bucket that keeps every version", "buckets that keep every version"),
    "off-hours-schedule": ("machine idle at night", "machines idle at night"),
    "old-snapshot": ("old snapshot", "old snapshots"),
    "orphan-rds-snapshot": ("backup of a database that is gone", "backups of databases that are gone"),
    "previous-generation": ("machine of a previous generation", "machines of a previous generation"),
    "regional-transfer": ("source of traffic between zones", "sources of traffic between zones"),
    "rightsize-azure-vm": ("machine that is too large", "machines that are too large"),
    "rightsize-ec2": ("machine that is too large", "machines that are too large"),
    "rightsize-gce": ("machine that is too large", "machines that are too large"),
    "rightsize-rds": ("database that is too large", "databases that are too large"),
    "stopped-instance-disk": ("disk of a stopped machine", "disks of stopped machines"),
    "unattached-volume": ("volume without a machine", "volumes without a machine"),
    "unused-commitment": ("partly unused commitment", "partly unused commitments"),
    "unused-image": ("image nobody starts", "images nobody starts"),
}
NOBODY = "no team named"


def noun(type_: str, count: int = 1) -> str:
    """Name so many findings of a type; a type nobody named goes by its own name."""
    one, many = NOUNS.get(type_, (type_.replace("-", " "), f"{type_.replace('-', ' ')}s"))
    return one if count == 1 else many


def short(resource_id: str) -> str:
    """Give the last two parts of a long id: enough to find it, short enough to read."""
    if not resource_id:
        return "(the bill names none)"
    parts = [part for part in resource_id.replace(":", "/").split("/") if part]
    return resource_id if len(resource_id) <= 40 else "/".join(parts[-2:])
