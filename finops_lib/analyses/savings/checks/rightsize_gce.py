"""Compute Engine machines that fit into a smaller machine type (domain.md 2)."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import inventory, metrics
from finops_lib.analyses.savings.rightsizing import Kind, rightsize
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

_KIND = Kind("rightsize-gce", "gcp", "gcp-instance", "gce")


@rule(
    "rightsize-gce",
    check="2.3",
    providers=("gcp",),
    needs=(inventory("gcp-instance"), metrics("gcp-instance", "cpu")),
    better_with=(metrics("gcp-instance", "memory"),),
    step="rightsize",
    effort="Medium",
)
def rightsize_gce(estate: Estate) -> Iterator[Recommendation]:
    yield from rightsize(estate, _KIND)
