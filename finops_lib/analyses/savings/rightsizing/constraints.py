"""Can a machine become that type at all? What no utilisation shows (domain.md 2.3, hard constraints)."""

from __future__ import annotations

from finops_lib.analyses.savings.resources import Described
from finops_lib.analyses.savings.rightsizing.shapes import Shape

# An owner's word that the software also runs on ARM.
PORTABLE = "finops:portable"
_PORTABLE_KEYS = (PORTABLE, "finops-portable", "finops_portable")
_YES = ("arm64", "arm", "graviton", "true", "yes")
# What licences for SQL Server count at least.
_SQL_SERVER_CORES = 4


def obstacle(described: Described, current: Shape, target: Shape, *, platform: str, data_disks: int = 0) -> str:
    """Say what stands in the way; "" = nothing that is known.

    Args:
        platform: as the bill names it, e.g. `linux`, `windows`.
        data_disks: attached, besides the one it boots from.
    """
    attributes = described.attributes
    if target.bare_metal or target.gpus:
        return "bare metal or accelerators"
    if target.architecture != current.architecture and not (is_portable(described) and platform != "windows"):
        return f"{target.architecture}, and nobody said that it is portable"
    if target.hypervisor != current.hypervisor and not _has_drivers(described, target):
        return f"hypervisor {target.hypervisor}, and its network driver is not known"
    if current.instance_store_gb and not target.instance_store_gb:
        return "no local disk"
    # Azure refuses a resize between sizes with and without a temporary disk, and needs `s` for premium disks.
    if current.provider == "azure" and bool(current.instance_store_gb) != bool(target.instance_store_gb):
        return "another kind of temporary disk"
    if current.provider == "azure" and "s" in current.traits and "s" not in target.traits:
        return "no premium disks"
    boot_mode = attributes.get("boot_mode", "").removesuffix("-preferred")
    if boot_mode and target.boot_modes and boot_mode not in target.boot_modes.split():
        return f"boot mode {boot_mode}"
    if target.interfaces is not None and int(attributes.get("network_interfaces", "0")) > target.interfaces:
        return f"{attributes['network_interfaces']} network interfaces"
    volumes = max(data_disks, sum(bool(one) for one in attributes.get("volumes", "").split(",")))
    if target.volumes is not None and volumes > target.volumes:
        return f"{volumes} volumes"
    if "sql" in platform and target.vcpus < _SQL_SERVER_CORES:
        return f"a licence of SQL Server is for {_SQL_SERVER_CORES} cores at least"
    return ""


def is_portable(described: Described) -> bool:
    """Say whether its owner declared that it may run on another architecture."""
    tags = {key.lower(): value.strip().lower() for key, value in described.tags.items()}
    return any(tags.get(key, "") in _YES for key in _PORTABLE_KEYS)


def _has_drivers(described: Described, target: Shape) -> bool:
    return target.ena != "required" or described.attributes.get("ena_support", "").lower() in ("yes", "true")
