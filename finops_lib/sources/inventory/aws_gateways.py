"""NAT gateways, and how much goes through them."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.aws_kinds import Measure, dry_run, kind, summed
from finops_lib.sources.inventory.aws_place import Place, tags_of, texts, utc

_TYPE = "aws-nat-gateway"
_SUMS = {"network_out": "BytesOutToDestination", "network_in": "BytesInFromDestination"}


def _measures(gateway: Resource) -> tuple[Measure, ...]:
    mine = (("NatGatewayId", gateway.attributes["nat_gateway_id"]),)
    return tuple(summed(metric, "bytes/s", "AWS/NATGateway", name, mine) for metric, name in _SUMS.items())


@kind(
    _TYPE,
    dry_run("ec2:DescribeNatGateways", "describe_nat_gateways", "NAT gateways that nothing goes through"),
    measures=_measures,
    metrics=tuple(_SUMS),
)
def nat_gateways(place: Place) -> Iterator[Resource]:
    """Find all NAT gateways; deleted ones are listed for an hour and left out."""
    for gateway in place.pages("ec2", "describe_nat_gateways", "NatGateways"):
        if gateway.get("State") == "deleted":
            continue
        tags = tags_of(gateway)
        addresses = gateway.get("NatGatewayAddresses", ())
        yield Resource(
            type=_TYPE,
            resource_id=place.arn("ec2", f"natgateway/{gateway['NatGatewayId']}"),
            account=place.account,
            region=place.region,
            name=tags.get("Name", ""),
            state=gateway.get("State", "").lower(),
            created_at=utc(gateway.get("CreateTime")),
            attributes=texts(
                nat_gateway_id=gateway["NatGatewayId"],
                connectivity=gateway.get("ConnectivityType"),
                vpc_id=gateway.get("VpcId"),
                subnet_id=gateway.get("SubnetId"),
                public_ips=[address["PublicIp"] for address in addresses if address.get("PublicIp")],
            ),
            tags=tags,
        )
