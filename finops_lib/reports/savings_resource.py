"""What is a resource called outside of the bill? Its kind and its short id, read from the id that the bill gives.

Only ids of a known form are handed on: a policy or a plan is run by machines, and a bill's text is not to be trusted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """A kind of resource as Cloud Custodian and Terraform know it.

    Args:
        custodian: resource type, "" = none that deletes it; `key` is the attribute that holds its id.
        terraform: resource type; "" = none.
        grace_days: how long an owner has after being told, before anything is deleted.
    """

    custodian: str
    key: str
    terraform: str
    grace_days: int = 14


@dataclass(frozen=True, slots=True)
class Named:
    """A resource of a known kind with the id that its provider's tools take."""

    kind: ResourceKind
    id: str


_VOLUME = ResourceKind("aws.ebs", "VolumeId", "aws_ebs_volume", 30)
_ADDRESS = ResourceKind("aws.elastic-ip", "AllocationId", "aws_eip", 7)
_BALANCER = ResourceKind("aws.app-elb", "LoadBalancerArn", "aws_lb")
_DATABASE = ResourceKind("aws.rds", "DBInstanceIdentifier", "aws_db_instance")
_INSTANCE = ResourceKind("aws.ec2", "InstanceId", "aws_instance")
_HEX = "[0-9a-f]{8,17}"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9_])?"

# How an id ends -> what it is. AWS bills mix bare ids and ARNs.
_AWS = (
    (rf"(?P<id>i-{_HEX})", _INSTANCE),
    (rf"(?P<id>vol-{_HEX})", _VOLUME),
    (rf"(?P<id>snap-{_HEX})", ResourceKind("aws.ebs-snapshot", "SnapshotId", "aws_ebs_snapshot", 30)),
    (rf"(?P<id>eipalloc-{_HEX})", _ADDRESS),
    (rf"(?P<id>nat-{_HEX})", ResourceKind("aws.nat-gateway", "NatGatewayId", "aws_nat_gateway")),
    (rf"(?P<id>vpce-{_HEX})", ResourceKind("", "VpcEndpointId", "aws_vpc_endpoint")),
    (rf"(?P<id>vpn-{_HEX})", ResourceKind("", "VpnConnectionId", "aws_vpn_connection")),
    (
        r"(?P<id>arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/(?:app|net|gwy)/[A-Za-z0-9/-]+)",
        _BALANCER,
    ),
    (r"arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:db:(?P<id>[A-Za-z][A-Za-z0-9-]{0,62})", _DATABASE),
    (r"arn:aws[a-z-]*:s3:::(?P<id>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])", ResourceKind("aws.s3", "Name", "aws_s3_bucket")),
)
_AZURE = {
    "microsoft.compute/disks": ("azure.disk", "azurerm_managed_disk", 30),
    "microsoft.compute/snapshots": ("azure.resource", "azurerm_snapshot", 30),
    "microsoft.compute/virtualmachines": ("azure.vm", "azurerm_linux_virtual_machine", 14),
    "microsoft.network/publicipaddresses": ("azure.publicip", "azurerm_public_ip", 7),
    "microsoft.network/loadbalancers": ("azure.loadbalancer", "azurerm_lb", 14),
    "microsoft.network/natgateways": ("azure.resource", "azurerm_nat_gateway", 14),
    "microsoft.network/virtualnetworkgateways": ("azure.resource", "azurerm_virtual_network_gateway", 14),
    "microsoft.network/applicationgateways": ("azure.application-gateway", "azurerm_application_gateway", 14),
}
_AZURE_ID = re.compile(
    rf"/subscriptions/[0-9a-f-]{{36}}/resourcegroups/[\w.()-]{{1,90}}/providers/(?P<type>[a-z.]+/[a-z]+)/{_NAME}",
    re.IGNORECASE | re.ASCII,
)
_GCP = {
    "disks": ("gcp.disk", "google_compute_disk", 30),
    "instances": ("gcp.instance", "google_compute_instance", 14),
    "snapshots": ("gcp.snapshot", "google_compute_snapshot", 30),
    "addresses": ("", "google_compute_address", 7),
}
_GCP_ID = re.compile(
    r"(?:.*/)?projects/[a-z][a-z0-9:.-]{4,62}/(?:.*/)?(?P<type>[a-zA-Z]+)/(?P<id>[a-z][a-z0-9-]{0,62})"
)


def resource_named(provider: str, resource_id: str) -> Named | None:
    """Read a resource's id; None for one of a form or a kind that is not known."""
    if provider == "aws":
        for pattern, kind in _AWS:
            if found := re.fullmatch(
                rf"(?:arn:aws[a-z-]*:ec2:[a-z0-9-]*:\d*:[a-z-]+/)?{pattern}", resource_id, re.ASCII
            ):
                return Named(kind, found["id"])
    if provider == "azure" and (found := _AZURE_ID.fullmatch(resource_id)):
        return _named(_AZURE.get(found["type"].lower()), "id", resource_id)
    if provider == "gcp" and (found := _GCP_ID.fullmatch(resource_id)):
        return _named(_GCP.get(found["type"]), "name", found["id"])
    return None


def _named(known: tuple[str, str, int] | None, key: str, id: str) -> Named | None:
    if known is None:
        return None
    custodian, terraform, grace_days = known
    return Named(ResourceKind(custodian, key, terraform, grace_days), id)
