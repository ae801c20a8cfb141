"""What was looked at in the sample's accounts, and which looks were refused? Some are, as everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from finops_lib.sample.accounts import ACCOUNT, ACCOUNTS
from finops_lib.sample.inventory.items import Item

AWS_TYPES = (
    "aws-classic-load-balancer", "aws-ebs-snapshot", "aws-ebs-volume", "aws-ec2-image", "aws-ec2-instance",
    "aws-elastic-ip", "aws-load-balancer", "aws-nat-gateway", "aws-rds-instance",
)  # fmt: skip
_BUCKET, _BUCKET_ASPECTS = "aws-s3-bucket", ("lifecycle", "region", "size", "tags", "versioning")
AZURE_TYPES = (
    "azure-app-service-plan", "azure-application-gateway", "azure-disk", "azure-gateway-connection",
    "azure-load-balancer", "azure-nat-gateway", "azure-network-gateway", "azure-network-interface", "azure-public-ip",
    "azure-scale-set", "azure-snapshot", "azure-sql-database", "azure-sql-elastic-pool", "azure-storage-account",
    "azure-virtual-machine",
)  # fmt: skip
GCP_TYPES = (
    "gcp-address", "gcp-disk", "gcp-forwarding-rule", "gcp-image", "gcp-instance", "gcp-snapshot", "gcp-sql-instance",
)  # fmt: skip
_IO = ("disk_read_bytes", "disk_read_ops", "disk_write_bytes", "disk_write_ops")
_MACHINE = ("cpu", *_IO, "memory", "network_in", "network_out")
METRICS = {
    "aws-ec2-instance": _MACHINE,
    "aws-ebs-volume": _IO,
    "aws-load-balancer": ("requests",),
    "aws-nat-gateway": ("network_in", "network_out"),
    "aws-rds-instance": ("connections", "cpu", "memory_free"),
    "azure-virtual-machine": _MACHINE,
    "azure-app-service-plan": ("cpu", "memory"),
    "azure-sql-database": ("connections", "cpu", "storage"),
    "azure-sql-elastic-pool": ("cpu", "storage"),
    "gcp-instance": _MACHINE,
    "gcp-sql-instance": ("connections", "cpu", "disk_read_ops", "disk_write_ops", "memory"),
}
# A region in which nothing runs, but that is looked at all the same.
_OTHER_REGION = ("data-platform", "eu-central-1")


@dataclass(frozen=True, slots=True)
class Refused:
    """What a look needs that the role does not have, and what the provider said."""

    needs: str
    said: str


_NO_METRICS = Refused("cloudwatch:GetMetricData", "User is not authorized to perform: cloudwatch:GetMetricData")
_NO_MEMORY = Refused(
    "Azure Monitor's metric 'Available Memory Percentage'", "Failed to find metric configuration for the resource"
)
# (account, region, type); a type/* stands for all metrics of all types.
_REFUSED = {
    ("shared", "us-east-1", "*/*"): _NO_METRICS,
    (*_OTHER_REGION, "aws-rds-instance"): Refused(
        "rds:DescribeDBInstances", "User is not authorized to perform: rds:DescribeDBInstances"
    ),
    ("payments-dev", "us-east-1", "aws-ebs-snapshot"): Refused(
        "ec2:DescribeSnapshots", "You are not authorized to perform this operation"
    ),
    ("eu-commerce", "", "azure-sql-database"): Refused(
        "Microsoft.Sql/servers/databases/read",
        "no role of the identity allows Microsoft.Sql/servers/databases/read in the whole subscription",
    ),
    ("corp-it", "eastus2", "azure-virtual-machine/memory"): _NO_MEMORY,
}


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a type of resource, or a `type/metric`, in one account and region; "" = all its regions."""

    type: str
    account: str
    region: str
    needs: str = ""
    said: str = ""


def refused(account: str, region: str, type_: str) -> Refused | None:
    """Say what a look lacked; None = it was made. `account` is its key in the sample."""
    whole = _REFUSED.get((account, region, type_))
    return whole or (_REFUSED.get((account, region, "*/*")) if "/" in type_ else None)


def is_seen(item: Item) -> bool:
    """Say whether the look that would have found this resource was made."""
    account = next(one for one in ACCOUNTS if one.id == item.account)
    return refused(account.key, _scope(item.type, item.region), item.type) is None


def is_measured(item: Item, metric: str) -> bool:
    """Say whether a metric of this resource could be read."""
    account = next(one for one in ACCOUNTS if one.id == item.account)
    return refused(account.key, item.region, f"{item.type}/{metric}") is None


def looks(provider: str, items: Sequence[Item]) -> Iterator[Look]:
    """Give every look of one provider: at each type in each account, and at each metric of what there is."""
    for account in (one for one in ACCOUNTS if one.provider == provider):
        if provider == "aws":
            regions = [account.region, *([_OTHER_REGION[1]] if account.key == _OTHER_REGION[0] else [])]
            scopes = [(region, type_) for region in regions for type_ in AWS_TYPES]
            scopes += [("", _BUCKET), *(("", f"{_BUCKET}/{aspect}") for aspect in _BUCKET_ASPECTS)]
        else:
            scopes = [("", type_) for type_ in (AZURE_TYPES if provider == "azure" else GCP_TYPES)]
        for region, type_ in scopes:
            yield _look(account.key, region, type_)
    measured = Counter((item.account, item.region, item.type) for item in items if item.type in METRICS)
    for account_id, region, type_ in sorted(measured):
        key = next(one.key for one in ACCOUNTS if one.id == account_id)
        for metric in METRICS[type_]:
            yield _look(key, region, f"{type_}/{metric}")


def _look(account: str, region: str, type_: str) -> Look:
    why = refused(account, region, type_)
    return Look(type_, ACCOUNT[account].id, region, why.needs if why else "", why.said if why else "")


def _scope(type_: str, region: str) -> str:
    return region if type_.startswith("aws-") and type_ != _BUCKET else ""
