"""Google's predefined machine types, from their names: series, memory class, vCPUs.

`n2-highmem-8` has 8 vCPUs and 8 GiB for each. Names say nothing of network and disk limits, so those are not known.
Shared-core types (e2-micro, f1-micro, ...) earn no credits that can be simulated, so they are known but never advised.
Custom types have their numbers in the name; whoever meets one reads them there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256

from finops_lib.sources.shapes import ShapeRow

_SOURCE = "derived from Google's machine type names"
_TO_32 = (2, 4, 8, 16, 32)
# Series: vendor, memory class -> GiB per vCPU, vCPUs.
_SERIES: dict[str, tuple[str, dict[str, float], tuple[int, ...]]] = {
    "n1": ("", {"standard": 3.75, "highmem": 6.5, "highcpu": 0.9}, (*_TO_32, 64, 96)),
    "n2": ("intel", {"standard": 4, "highmem": 8, "highcpu": 1}, (*_TO_32, 48, 64, 80)),
    "n2d": ("amd", {"standard": 4, "highmem": 8, "highcpu": 1}, (*_TO_32, 48, 64, 80)),
    "n4": ("intel", {"standard": 4, "highmem": 8, "highcpu": 2}, (*_TO_32, 48, 64, 80)),
    "e2": ("", {"standard": 4, "highmem": 8, "highcpu": 1}, (2, 4, 8, 16)),
    "c2": ("intel", {"standard": 4}, (4, 8, 16, 30, 60)),
    "c2d": ("amd", {"standard": 4, "highmem": 8, "highcpu": 2}, (2, 4, 8, 16, 32, 56, 112)),
    "c3": ("intel", {"standard": 4, "highmem": 8, "highcpu": 2}, (4, 8, 22, 44, 88, 176)),
    "c4": ("intel", {"standard": 3.75, "highmem": 7.75, "highcpu": 2}, (2, 4, 8, 16, 24, 32, 48, 96)),
    "t2d": ("amd", {"standard": 4}, (1, 2, 4, 8, 16, 32, 48, 60)),
    "t2a": ("arm", {"standard": 4}, (1, 2, 4, 8, 16, 32, 48)),
    "c4a": ("arm", {"standard": 4, "highmem": 8, "highcpu": 2}, (1, 2, 4, 8, 16, 32, 48, 64, 72)),
}
# vCPUs that can be had for minutes, and MiB.
_SHARED = {
    "e2-micro": (2, 1024),
    "e2-small": (2, 2048),
    "e2-medium": (2, 4096),
    "f1-micro": (1, 614),
    "g1-small": (1, 1741),
}
_NOW = ("n4", "c4", "c4a", "c3", "n2", "n2d", "e2", "t2d", "t2a", "c2d")


def rows(day: str) -> Iterator[ShapeRow]:
    """Derive every type, as of a day (ISO)."""
    for series, (vendor, classes, sizes) in _SERIES.items():
        for memory_class, gib in classes.items():
            for vcpus in sizes:
                name = f"{series}-{memory_class}-{vcpus}"
                yield _row(name, f"{series}-{memory_class}", series, memory_class, vendor, vcpus, gib * 1024, day)
    for name, (vcpus, mib) in _SHARED.items():
        series = name.partition("-")[0]
        yield _row(name, f"{series}-shared", series, "shared", "", vcpus, mib, day)


def _row(
    name: str, family: str, series: str, memory_class: str, vendor: str, vcpus: int, per: float, day: str
) -> ShapeRow:
    is_shared = memory_class == "shared"
    memory_mib = round(per) if is_shared else round(per * vcpus)
    return ShapeRow(
        provider="gcp",
        service="gce",
        machine_type=name,
        family=family,
        line=series,
        generation=int(re.sub(r"\D", "", series)),
        traits=memory_class,
        vendor=vendor,
        vcpus=vcpus,
        memory_mib=memory_mib,
        architecture="arm64" if vendor == "arm" else "x86_64",
        hypervisor="kvm",
        ena="",
        nvme="",
        boot_modes="",
        network_gbps=None,
        peak_network_gbps=None,
        disk_mbps=None,
        peak_disk_mbps=None,
        disk_iops=None,
        peak_disk_iops=None,
        burstable=is_shared,
        cpu_baseline_percent=None,
        interfaces=None,
        # The machine counts too, but all sizes allow 128 disks, and shared cores 16.
        volumes=16 if is_shared else 128,
        current_generation=series in _NOW,
        instance_store_gb=0,
        bare_metal=False,
        gpus=0,
        valid_from=day,
        source=_SOURCE,
        licence="facts, no licence needed",
        fetched_at=day,
        sha256=sha256(f"{name} {vcpus} {memory_mib}".encode()).hexdigest(),
    )
