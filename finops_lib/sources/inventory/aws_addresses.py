"""Elastic IP addresses, and whether anything has them."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.aws_kinds import dry_run, kind
from finops_lib.sources.inventory.aws_place import Place, tags_of, texts

_TYPE = "aws-elastic-ip"


@kind(_TYPE, dry_run("ec2:DescribeAddresses", "describe_addresses", "addresses that nothing has"))
def addresses(place: Place) -> Iterator[Resource]:
    """Find all addresses; AWS gives them in one answer."""
    for address in place.ask("ec2", "describe_addresses").get("Addresses", ()):
        tags = tags_of(address)
        allocation = address.get("AllocationId", "")
        yield Resource(
            type=_TYPE,
            resource_id=place.arn("ec2", f"elastic-ip/{allocation or address['PublicIp']}"),
            account=place.account,
            region=place.region,
            name=tags.get("Name", ""),
            state="associated" if address.get("AssociationId") or address.get("InstanceId") else "unassociated",
            attributes=texts(
                public_ip=address.get("PublicIp"),
                allocation_id=allocation,
                attached_to=address.get("InstanceId") or address.get("NetworkInterfaceId"),
                network_interface_id=address.get("NetworkInterfaceId"),
                # Those of AWS services go with what owns them.
                managed_by=address.get("ServiceManaged"),
                own_pool=address.get("PublicIpv4Pool") if address.get("PublicIpv4Pool") != "amazon" else None,
            ),
            tags=tags,
        )
