"""Azure VMs that fit into a smaller or newer size (Z18; domain.md 2)."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import inventory, metrics
from finops_lib.analyses.savings.rightsizing import Kind, rightsize
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

_KIND = Kind("rightsize-azure-vm", "azure", "azure-virtual-machine", "vm")


@rule(
    "rightsize-azure-vm",
    check="Z18",
    providers=("azure",),
    needs=(inventory("azure-virtual-machine"), metrics("azure-virtual-machine", "cpu")),
    better_with=(metrics("azure-virtual-machine", "memory"),),
    step="rightsize",
    effort="Medium",
)
def rightsize_azure_vm(estate: Estate) -> Iterator[Recommendation]:
    yield from rightsize(estate, _KIND)
