"""EC2 instances that fit into a smaller, newer or burstable type (A15; domain.md 2)."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import inventory, metrics
from finops_lib.analyses.savings.rightsizing import Kind, rightsize
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

_KIND = Kind("rightsize-ec2", "aws", "aws-ec2-instance", "ec2")


@rule(
    "rightsize-ec2",
    check="A15",
    providers=("aws",),
    needs=(inventory("aws-ec2-instance"), metrics("aws-ec2-instance", "cpu")),
    better_with=(metrics("aws-ec2-instance", "memory"),),
    step="rightsize",
    effort="Medium",
)
def rightsize_ec2(estate: Estate) -> Iterator[Recommendation]:
    yield from rightsize(estate, _KIND)
