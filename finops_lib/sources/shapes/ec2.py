"""EC2 instance types, from the answers of DescribeInstanceTypes that the moto wheel carries."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from finops_lib.errors import ConfigError
from finops_lib.sources.shapes import ShapeRow

LICENCE = "Apache-2.0"
_INSIDE = ("ec2", "resources", "instance_types.json.gz")
_FAMILY = re.compile(r"^([a-z]+?)(\d+)([a-z-]*)$")
# What each vCPU of a burstable size earns, in percent (AWS, "Key concepts for burstable performance instances").
# A day's earnings are the most that can be saved up. Sizes that are not here are never advised.
_EARNS = {"nano": 5.0, "micro": 10.0, "small": 20.0, "medium": 20.0, "large": 30.0, "xlarge": 40.0, "2xlarge": 40.0}
_EARNS_T2 = {**_EARNS, "xlarge": 22.5, "2xlarge": 17.0}
_BURSTABLE = {"t2": _EARNS_T2, "t3": _EARNS, "t3a": _EARNS, "t4g": _EARNS}


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: for ShapeRow."""

    name: str
    licence: str
    sha256: str
    day: str


def rows(day: str) -> Iterator[ShapeRow]:
    """Read the installed moto.

    Args:
        day: on which it is read, ISO.
    Raises:
        ConfigError: moto is not installed, or keeps its file elsewhere.
    """
    spec = find_spec("moto")
    path = Path(spec.origin).parent.joinpath(*_INSIDE) if spec and spec.origin else None
    if path is None or not path.is_file():
        raise ConfigError("the shapes of EC2 come from moto, which is not here", next_step="pip install finops[test]")
    content = path.read_bytes()
    source = Source(f"moto {version('moto')} {'/'.join(_INSIDE)}", LICENCE, sha256(content).hexdigest(), day)
    types: Mapping[str, Mapping[str, Any]] = json.loads(gzip.decompress(content))
    for _, described in sorted(types.items()):
        if (row := row_of(described, source)) is not None:
            yield row


def row_of(described: Mapping[str, Any], source: Source) -> ShapeRow | None:
    """Read one instance type; None for those of Apple, which are whole computers."""
    name = described["InstanceType"]
    family, _, size = name.partition(".")
    processor = described["ProcessorInfo"]
    architecture = "arm64" if "arm64" in processor["SupportedArchitectures"] else "x86_64"
    if processor["SupportedArchitectures"][0].endswith("_mac"):
        return None
    parts = _FAMILY.match(family)
    line, generation, traits = (parts[1], int(parts[2]), parts[3]) if parts else (family, 0, "")
    vendor = {"Intel": "intel", "AMD": "amd", "AWS": "arm"}.get(processor.get("Manufacturer", ""), "")
    disk = described["EbsInfo"].get("EbsOptimizedInfo", {})
    card = described["NetworkInfo"]["NetworkCards"][0]
    gpus = sum(gpu["Count"] for gpu in described.get("GpuInfo", {}).get("Gpus", ()))
    accelerators = any(f"{kind}Info" in described for kind in ("Neuron", "InferenceAccelerator", "Fpga"))
    return ShapeRow(
        provider="aws",
        service="ec2",
        machine_type=name,
        family=family,
        line=line,
        generation=generation,
        traits=traits,
        vendor=vendor,
        vcpus=described["VCpuInfo"]["DefaultVCpus"],
        memory_mib=described["MemoryInfo"]["SizeInMiB"],
        architecture=architecture,
        hypervisor=described.get("Hypervisor", ""),
        ena=described["NetworkInfo"]["EnaSupport"],
        nvme=described["EbsInfo"].get("NvmeSupport", ""),
        boot_modes=" ".join(described.get("SupportedBootModes", ())),
        network_gbps=card.get("BaselineBandwidthInGbps"),
        peak_network_gbps=card.get("PeakBandwidthInGbps"),
        disk_mbps=disk.get("BaselineThroughputInMBps"),
        peak_disk_mbps=disk.get("MaximumThroughputInMBps"),
        disk_iops=disk.get("BaselineIops"),
        peak_disk_iops=disk.get("MaximumIops"),
        burstable=described["BurstablePerformanceSupported"],
        cpu_baseline_percent=_BURSTABLE.get(family, {}).get(size),
        interfaces=described["NetworkInfo"]["MaximumNetworkInterfaces"],
        volumes=described["EbsInfo"].get("MaximumEbsAttachments"),
        current_generation=described["CurrentGeneration"],
        instance_store_gb=described.get("InstanceStorageInfo", {}).get("TotalSizeInGB", 0),
        bare_metal=described["BareMetal"],
        # An accelerator without a name of its own is one all the same.
        gpus=gpus or int(accelerators),
        valid_from=source.day,
        source=source.name,
        licence=source.licence,
        fetched_at=source.day,
        sha256=source.sha256,
    )
