"""Azure VM sizes, from the naming conventions of Microsoft: letter, cores, features, version.

A name says its cores, what it has beside them (`a` AMD, `p` ARM, `d` a local disk, `s` premium disks, `l` half the
memory) and its version; the letter says the memory for each core. Sizes that break the rule are left out. Names say
nothing of network and disk limits, so those are not known. A core is a hyper-thread, and two data disks may be attached
for each, up to 32 (64 from 64 cores of version 5 on do not matter for advice).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from finops_lib.sources.shapes import ShapeRow

_SOURCE = "derived from Azure's naming conventions for VM sizes"
_SMALL = (2, 4, 8, 16, 32)
_LARGE = (2, 4, 8, 16, 32, 48)


@dataclass(frozen=True, slots=True)
class _Series:
    """Sizes of one name: letter, {cores}, features, version; `temporary_disk`: older ones have it without saying so."""

    letter: str
    features: str
    version: int
    gib_per_core: float
    cores: tuple[int, ...]
    temporary_disk: bool = False

    @property
    def vendor(self) -> str:
        return "amd" if "a" in self.features else "arm" if "p" in self.features else "intel"


_SERIES = (
    *(_Series("d", features, 3, 4, _SMALL, temporary_disk=True) for features in ("", "s")),
    *(_Series("e", features, 3, 8, _SMALL, temporary_disk=True) for features in ("", "s")),
    *(_Series("d", features, 4, 4, _LARGE) for features in ("", "s", "d", "ds", "as")),
    *(_Series("e", features, 4, 8, _LARGE) for features in ("", "s", "d", "ds", "as")),
    *(_Series("d", features, 5, 4, _LARGE) for features in ("", "s", "d", "ds", "as", "ads", "ps", "pds")),
    *(_Series("e", features, 5, 8, _LARGE) for features in ("", "s", "d", "ds", "as", "ads")),
    *(_Series("e", features, 5, 8, _SMALL) for features in ("ps", "pds")),
    *(_Series("d", features, 5, 2, _LARGE) for features in ("ls", "lds")),
    *(_Series("d", features, 6, 4, _LARGE) for features in ("s", "ds", "as", "ads", "ps", "pds")),
    *(_Series("e", features, 6, 8, _LARGE) for features in ("s", "ds", "as", "ads", "ps", "pds")),
    *(_Series("d", features, 6, 2, _LARGE) for features in ("ls", "lds", "als", "alds", "pls", "plds")),
    _Series("f", "s", 2, 2, _LARGE, temporary_disk=True),
)
# The first burstable series: cores and GiB stand in no rule. What they earn is not in the name, so none is advised.
_BURSTABLE = {"b1s": (1, 1), "b1ms": (1, 2), "b2s": (2, 4), "b2ms": (2, 8), "b4ms": (4, 16), "b8ms": (8, 32)}


def rows(day: str) -> Iterator[ShapeRow]:
    """Derive every size, as of a day (ISO)."""
    for series in _SERIES:
        for cores in series.cores:
            family = f"{series.letter}{series.features}v{series.version}"
            name = f"{series.letter}{cores}{series.features}_v{series.version}"
            yield _row(name, family, series, float(cores), round(cores * series.gib_per_core * 1024), day)
    for name, (cores, gib) in _BURSTABLE.items():
        series = _Series("b", name.lstrip("b0123456789"), 1, 0, ())
        yield _row(name, f"b{series.features}", series, float(cores), gib * 1024, day, burstable=True)


def _row(
    name: str, family: str, series: _Series, cores: float, memory_mib: int, day: str, *, burstable: bool = False
) -> ShapeRow:
    # A local disk is there or not; its size is not in the name.
    has_disk = series.temporary_disk or "d" in series.features or burstable
    return ShapeRow(
        provider="azure",
        service="vm",
        machine_type=name,
        family=family,
        line=series.letter,
        generation=series.version,
        traits=series.features,
        vendor=series.vendor,
        vcpus=cores,
        memory_mib=memory_mib,
        architecture="arm64" if series.vendor == "arm" else "x86_64",
        hypervisor="hyper-v",
        ena="",
        nvme="",
        boot_modes="",
        network_gbps=None,
        peak_network_gbps=None,
        disk_mbps=None,
        peak_disk_mbps=None,
        disk_iops=None,
        peak_disk_iops=None,
        burstable=burstable,
        cpu_baseline_percent=None,
        interfaces=None,
        volumes=min(32, 2 * int(cores)),
        current_generation=series.version >= 5,
        instance_store_gb=int(has_disk),
        bare_metal=False,
        gpus=0,
        valid_from=day,
        source=_SOURCE,
        licence="facts, no licence needed",
        fetched_at=day,
        sha256=sha256(f"{name} {cores:g} {memory_mib}".encode()).hexdigest(),
    )
