"""What does a machine need of each dimension? Quantiles of its use, in units that do not depend on its size.

    cpu               vCPUs          percent of all vCPUs x vCPUs of the current type
    memory            GiB            percent of the memory; of databases, the memory less the least that was free
    network           Gbit/s         the busier direction: a link carries both at once
    disk throughput   MB/s           read and written, added up; so are operations
    connections       sessions       of databases

A vCPU of one type counts as much as one of any other: no benchmark is configured, and none is assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from finops_lib.analyses.savings.resources import Utilisation
from finops_lib.analyses.savings.rightsizing.profiles import QUANTILE_NAMES, Dimension, Limit, Profile, Quantile
from finops_lib.analyses.savings.rightsizing.shapes import Shape

# Points of fewer hours, or with more gaps, say nothing about a size (domain.md 2.2).
LEAST_HOURS = 30
LEAST_COVERAGE = 0.8
# Metrics that ended longer ago are of another time.
STALE_DAYS = 3
UNITS: Mapping[Dimension, str] = {
    "cpu": "vCPU",
    "memory": "GiB",
    "network": "Gbit/s",
    "disk throughput": "MB/s",
    "disk operations": "IOPS",
    "connections": "sessions",
}
_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Demand:
    """What is needed of one dimension, and which share of it a target may be used to."""

    dimension: Dimension
    amount: float
    limit: Limit

    @property
    def quantile(self) -> str:
        return QUANTILE_NAMES[self.limit.quantile]


def demands(used: Mapping[str, Utilisation], shape: Shape, profile: Profile, as_of: date) -> tuple[Demand, ...]:
    """Give what is measured well enough to be asked of a target.

    Args:
        used: of the machine, by metric; what is too short, full of gaps or old counts as not measured.
        shape: the type on which it was measured.
    """
    known = {name: one for name, one in used.items() if is_enough(one, as_of)}
    return tuple(_demands(known, shape, profile))


def is_enough(used: Utilisation, as_of: date) -> bool:
    """Say whether a metric has the points to speak about a size."""
    is_fresh = (as_of - used.last_hour.date()).days <= STALE_DAYS
    return used.hours >= LEAST_HOURS and used.coverage >= LEAST_COVERAGE and is_fresh


def _demands(known: Mapping[str, Utilisation], shape: Shape, profile: Profile) -> Iterator[Demand]:
    if cpu := known.get("cpu"):
        for limit in profile.cpu:
            yield Demand("cpu", _quantile(cpu, limit.quantile) / 100 * shape.vcpus, limit)
    if memory := known.get("memory"):
        yield Demand("memory", _quantile(memory, profile.memory.quantile) / 100 * shape.memory_gib, profile.memory)
    elif free := known.get("memory_free"):
        # The least of each five minutes is what is kept, so the lowest hour is the fullest one.
        yield Demand("memory", max(0.0, shape.memory_gib - free.lowest / _GIB), profile.memory)
    for dimension, metrics, join, factor in _FLOWS:
        flows = [_quantile(known[name], profile.flow.quantile) for name in metrics if name in known]
        if len(flows) == len(metrics):
            yield Demand(dimension, join(flows) * factor, profile.flow)


def _quantile(used: Utilisation, quantile: Quantile) -> float:
    found: float = getattr(used, quantile)
    return found


_FLOWS: tuple[tuple[Dimension, tuple[str, ...], Callable[[list[float]], float], float], ...] = (
    ("network", ("network_in", "network_out"), max, 8 / 1e9),
    ("disk throughput", ("disk_read_bytes", "disk_write_bytes"), sum, 1 / 1e6),
    ("disk operations", ("disk_read_ops", "disk_write_ops"), sum, 1.0),
    ("connections", ("connections",), max, 1.0),
)
