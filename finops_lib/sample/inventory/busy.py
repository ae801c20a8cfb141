"""How busy are machines, databases and volumes? Profiles by name: a level, a peak, and when the peak is.

Levels are of the five-minute maxima of a metric, in its own unit: percent, bytes/s, ops/s or a count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

# `day`: highest in the afternoon; `office`: from Monday to Friday by day; `month_end`: the last two days of a month and
# the first; `flat`: always between the two.
When = Literal["flat", "day", "office", "month_end"]


@dataclass(frozen=True, slots=True)
class Busy:
    """One metric: between `low` and `high`, and within an hour up to `spread` above and below."""

    low: float
    high: float
    when: When = "day"
    spread: float = 0.1


Profile = Mapping[str, Busy]


def _machine(
    cpu: Busy, memory: Busy, network: Busy, operations: Busy, *, bytes_each: float = 16_384.0
) -> dict[str, Busy]:
    moved = replace(operations, low=operations.low * bytes_each, high=operations.high * bytes_each)
    return {
        "cpu": cpu,
        "memory": memory,
        "network_in": network,
        "network_out": network,
        "disk_read_ops": operations,
        "disk_write_ops": operations,
        "disk_read_bytes": moved,
        "disk_write_bytes": moved,
    }


def _volume(reads: Busy, writes: Busy) -> dict[str, Busy]:
    size = 16_384
    return {
        "disk_read_ops": reads,
        "disk_write_ops": writes,
        "disk_read_bytes": replace(reads, low=reads.low * size, high=reads.high * size),
        "disk_write_bytes": replace(writes, low=writes.low * size, high=writes.high * size),
    }


_NOTHING = Busy(0, 0, "flat", 0)
_GIB = 1024.0**3

MACHINES: dict[str, dict[str, Busy]] = {
    "healthy": _machine(Busy(42, 62), Busy(60, 68), Busy(2e6, 6e6), Busy(200, 500)),
    "oversized": _machine(Busy(6, 14), Busy(22, 26, "flat"), Busy(2e5, 8e5), Busy(5, 20)),
    # 15 bytes a second each way are 2.6 MB a day.
    "idle": _machine(Busy(0.2, 0.6, "flat"), Busy(18, 20, "flat"), Busy(8, 14, "flat"), Busy(0, 0.4, "flat")),
    "office": _machine(
        Busy(1.4, 62, "office"), Busy(66, 72, "flat"), Busy(150, 8e5, "office"), Busy(0.2, 120, "office")
    ),
    "memory-bound": _machine(Busy(5, 9), Busy(85, 87, "flat", 0.01), Busy(5e5, 2e6), Busy(5, 20)),
    "pinned": _machine(Busy(40, 40, "flat", 0), Busy(24, 26, "flat"), Busy(2e5, 8e5), Busy(5, 20)),
    "month-end": _machine(
        Busy(4, 88, "month_end", 0.05), Busy(28, 80, "month_end", 0.03), Busy(2e4, 3e6, "month_end"),
        Busy(2, 300, "month_end"),
    ),
    "low": _machine(Busy(4, 9), Busy(30, 35, "flat"), Busy(2e5, 8e5), Busy(5, 20)),
    # Busy, with disks that hardly move.
    "still-disks": _machine(Busy(42, 62), Busy(60, 68), Busy(2e6, 6e6), Busy(8, 24)),
    "member": {"cpu": Busy(9, 24)},
}  # fmt: skip
VOLUMES: dict[str, dict[str, Busy]] = {
    "healthy": _volume(Busy(80, 300), Busy(60, 200)),
    "slow": _volume(Busy(300, 700), Busy(200, 400)),
    "fast": _volume(Busy(9_000, 11_000), Busy(7_000, 8_000)),
    "still": _volume(_NOTHING, _NOTHING),
}


def database(profile: str, memory_gib: float) -> dict[str, Busy]:
    """Give what is measured of an RDS database with so much memory; of memory, what is free."""
    cpu, connections, free = {
        "healthy": (Busy(38, 60), Busy(40, 120), 0.28),
        "office": (Busy(20, 48, "office"), Busy(2, 30, "office"), 0.30),
        "oversized": (Busy(5, 12), Busy(12, 30), 0.72),
        "idle": (Busy(1, 2, "flat"), _NOTHING, 0.80),
    }[profile]
    level = free * memory_gib * _GIB
    return {"cpu": cpu, "connections": connections, "memory_free": Busy(level, level * 1.05, "flat", 0.01)}


def sql_database(profile: str) -> dict[str, Busy]:
    """Give what is measured of an Azure SQL database, or with `pool` of a pool of them."""
    cpu = _NOTHING if profile in ("idle", "pool") else Busy(40, 62)
    found = {"cpu": cpu, "storage": Busy(55, 56, "flat", 0)}
    if profile != "pool":
        found["connections"] = _NOTHING if profile == "idle" else Busy(12, 60)
    return found


def cloud_sql(profile: str) -> dict[str, Busy]:
    """Give what is measured of an instance of Cloud SQL."""
    idle = profile == "idle"
    return {
        "cpu": Busy(1, 2, "flat") if idle else Busy(40, 60),
        "memory": Busy(22, 24, "flat") if idle else Busy(60, 66, "flat"),
        "connections": _NOTHING if idle else Busy(15, 60),
    }


def plan() -> dict[str, Busy]:
    """Give what is measured of an App Service plan with sites."""
    return {"cpu": Busy(35, 62), "memory": Busy(58, 66, "flat")}


NETWORK = {"network_in": Busy(4e6, 2e7), "network_out": Busy(4e6, 2e7)}
STILL_NETWORK = {"network_in": _NOTHING, "network_out": _NOTHING}
REQUESTS = {"requests": Busy(3_000, 20_000)}


def of(profile: Mapping[str, Busy], *metrics: str) -> dict[str, Busy]:
    """Give some metrics of a profile."""
    return {name: profile[name] for name in metrics}


def doubled(profile: Mapping[str, Busy]) -> dict[str, Busy]:
    """Give the shares of a machine that became half as large; what passes through it stays."""
    twice = ("cpu", "memory")
    return {
        name: replace(busy, low=busy.low * 2, high=busy.high * 2) if name in twice else busy
        for name, busy in profile.items()
    }
