"""What shapes do machines come in? A dated catalogue that travels with the package and needs no network.

    read_shapes()                                         every shape, with where its row is from and since when
    python -m finops_lib.sources.shapes 2026-11-30        makes machine_shapes.csv.gz again, as of that day

EC2 is an extract of the answers of DescribeInstanceTypes that the moto project publishes (NOTICE.txt); database
classes, Azure sizes and Google machine types follow from their names by rules that stand in their modules. The file
holds no prices: those are the customer's own, from the bill.

Question: why a file, and not a look at the providers?
Choice: an extract of what is public, refreshed with each release; whoever reads it sees its age.
Why: advice must be the same tomorrow, on a machine without a network, and without a permission more.
Declined: the price lists of the providers (gigabytes, and not what the customer pays).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

FILE = "machine_shapes.csv.gz"


@dataclass(frozen=True, slots=True)
class ShapeRow:
    """One row of the catalogue. None = not known, which is never 0.

    Args:
        service: `ec2`, `rds`, `vm` or `gce`.
        machine_type: lower case, without the `Standard_` of Azure.
        family: what sizes of one price per unit have in common, e.g. `m5`, `dsv5`, `n2-standard`.
        line, generation, traits: of the family: `m`, 5, "" for m5; `c`, 7, `i-flex` for c7i-flex.
        vendor: of the processor: intel, amd, arm, apple; "" = the provider chooses.
        network_gbps, disk_mbps, disk_iops: what is there all the time; `peak_...` only for minutes.
        cpu_baseline_percent: of burstable machines, what each vCPU earns.
        interfaces, volumes: how many can be attached.
        instance_store_gb: 0 = none.
        valid_from: the day from which the row is known to hold; `fetched_at`: when it was taken from `source`.
        sha256: of the source file; of its own text where the row follows from a rule.
    """

    provider: str
    service: str
    machine_type: str
    family: str
    line: str
    generation: int
    traits: str
    vendor: str
    vcpus: float
    memory_mib: int
    architecture: str
    hypervisor: str
    ena: str
    nvme: str
    boot_modes: str
    network_gbps: float | None
    peak_network_gbps: float | None
    disk_mbps: float | None
    peak_disk_mbps: float | None
    disk_iops: int | None
    peak_disk_iops: int | None
    burstable: bool
    cpu_baseline_percent: float | None
    interfaces: int | None
    volumes: int | None
    current_generation: bool
    instance_store_gb: int
    bare_metal: bool
    gpus: int
    valid_from: str
    source: str
    licence: str
    fetched_at: str
    sha256: str


COLUMNS = tuple(field.name for field in fields(ShapeRow))
_WHOLE = (
    "generation",
    "memory_mib",
    "disk_iops",
    "peak_disk_iops",
    "interfaces",
    "volumes",
    "instance_store_gb",
    "gpus",
)
_BROKEN = ("vcpus", "network_gbps", "peak_network_gbps", "disk_mbps", "peak_disk_mbps", "cpu_baseline_percent")
_FLAGS = ("burstable", "current_generation", "bare_metal")
_DAYS = ("valid_from", "fetched_at")


def read_shapes() -> pl.DataFrame:
    """Give the whole catalogue: columns as in ShapeRow, days as dates, sorted by provider, service and type."""
    import polars as pl
    import polars.selectors as cs

    schema = {
        name: pl.Int64()
        if name in _WHOLE
        else pl.Float64()
        if name in _BROKEN
        else pl.Boolean()
        if name in _FLAGS
        else pl.Date()
        if name in _DAYS
        else pl.String()
        for name in COLUMNS
    }
    content = (resources.files(__package__) / FILE).read_bytes()
    # An empty text is a text: only numbers can be unknown.
    return pl.read_csv(content, schema=schema).with_columns(cs.string().fill_null(""))
