"""RDS instances that fit into a smaller or newer class (A18; domain.md 2)."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import inventory, metrics
from finops_lib.analyses.savings.rightsizing import Kind, rightsize
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

_KIND = Kind("rightsize-rds", "aws", "aws-rds-instance", "rds", "instance_class")


@rule(
    "rightsize-rds",
    check="A18",
    providers=("aws",),
    needs=(inventory("aws-rds-instance"), metrics("aws-rds-instance", "cpu")),
    better_with=(metrics("aws-rds-instance", "memory_free"),),
    step="rightsize",
    effort="Medium",
)
def rightsize_rds(estate: Estate) -> Iterator[Recommendation]:
    yield from rightsize(estate, _KIND)
