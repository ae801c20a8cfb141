"""What does a type of machine give, and which are its relatives? The catalogue of `sources/shapes`, as records."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# n2-custom-4-16384: vCPUs and MiB; before there were series it was N1. `-ext` has more memory than the rule allows.
_CUSTOM = re.compile(r"^(?:([a-z]\d[a-z]?)-)?custom-(\d+)-(\d+)(?:-ext)?$")
_MIB = 1024


@dataclass(frozen=True, slots=True)
class Shape:
    """A row of the catalogue; what the fields mean stands at `sources.shapes.ShapeRow`. None = not known."""

    provider: str
    service: str
    machine_type: str
    family: str
    line: str
    generation: int
    traits: str
    vcpus: float
    memory_mib: int
    architecture: str
    hypervisor: str
    ena: str
    boot_modes: str
    network_gbps: float | None
    disk_mbps: float | None
    disk_iops: int | None
    burstable: bool
    cpu_baseline_percent: float | None
    interfaces: int | None
    volumes: int | None
    instance_store_gb: int
    bare_metal: bool
    gpus: int
    source: str
    fetched_at: date

    @property
    def name(self) -> str:
        """Its name as the provider writes it; the catalogue's is in lower case, without what all have in common."""
        if self.provider == "azure":
            return f"Standard_{self.machine_type[:1].upper()}{self.machine_type[1:]}"
        return self.machine_type

    @property
    def memory_gib(self) -> float:
        return self.memory_mib / _MIB

    def age(self, day: date) -> int:
        """Give how many days old its row was on a day."""
        return (day - self.fetched_at).days


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All shapes: by provider, service and type, and by family, the smallest first."""

    by_type: Mapping[tuple[str, str, str], Shape]
    by_family: Mapping[tuple[str, str, str], tuple[Shape, ...]]

    @classmethod
    def of(cls, frame: pl.DataFrame | None) -> Catalogue:
        """Read the frame of `sources.shapes.read_shapes`; no frame, no shapes."""
        if frame is None or not frame.height:
            return cls({}, {})
        names = [field.name for field in fields(Shape)]
        shapes = [Shape(*row) for row in frame.select(names).iter_rows()]
        families: dict[tuple[str, str, str], list[Shape]] = defaultdict(list)
        for shape in shapes:
            families[shape.provider, shape.service, shape.family].append(shape)
        return cls(
            {(shape.provider, shape.service, shape.machine_type): shape for shape in shapes},
            {
                key: tuple(sorted(members, key=lambda one: (one.bare_metal, one.memory_mib, one.vcpus)))
                for key, members in families.items()
            },
        )

    def find(self, provider: str, service: str, machine_type: str) -> Shape | None:
        """Give a type by its name in any spelling; a custom type of Google from the numbers in it."""
        name = machine_type.lower().removeprefix("standard_").replace(" ", "_")
        found = self.by_type.get((provider, service, name))
        return found or (self._custom(name) if provider == "gcp" else None)

    def relatives(self, shape: Shape) -> tuple[Shape, ...]:
        """Give the sizes of its family, itself included."""
        return self.by_family.get((shape.provider, shape.service, shape.family), ())

    def sizes_between(self, current: Shape, target: Shape) -> int | None:
        """Say how many sizes of the family lie from one to the other, downwards; None = not of one family."""
        sizes = [one.machine_type for one in self.relatives(current)]
        if target.machine_type not in sizes or current.machine_type not in sizes:
            return None
        return sizes.index(current.machine_type) - sizes.index(target.machine_type)

    def _custom(self, name: str) -> Shape | None:
        parts = _CUSTOM.match(name)
        line = (parts[1] or "n1") if parts else ""
        members = self.by_family.get(("gcp", "gce", f"{line}-standard"), ())
        if parts is None or not members:
            return None
        return replace(
            members[0],
            machine_type=name,
            family=f"{line}-custom",
            traits="custom",
            vcpus=float(parts[2]),
            memory_mib=int(parts[3]),
        )
