"""Does a machine fit into a smaller or cheaper type? Need against limit in every dimension (domain.md 2.3).

Of what is measured, the need must be within the limit. What is not measured must not get less, for nobody knows how
much of it is used. Where the memory is not measured nothing at all may get less: another line of machines is chosen by
memory per vCPU, and that is what is not known. A move that takes nothing away fits whatever is used.

So one metric more can only open moves, and one less only close them. Where the catalogue knows no limit, the dimension
is untested, which makes the advice less sure.
"""

from __future__ import annotations

from dataclasses import dataclass

from finops_lib.analyses.savings.rightsizing.demand import UNITS, Demand
from finops_lib.analyses.savings.rightsizing.profiles import Dimension
from finops_lib.analyses.savings.rightsizing.shapes import Shape

# RDS lets MySQL have a session for each 12,582,880 bytes of memory, and PostgreSQL for fewer; the smaller number of
# sessions counts for all engines.
_BYTES_A_CONNECTION = 12_582_880
_MOST_CONNECTIONS = 5_000
_FLOWS: tuple[Dimension, ...] = ("network", "disk throughput", "disk operations")
# The collectors give databases no network and disk rates that could be held against their class.
_OF_MACHINES: tuple[Dimension, ...] = ("memory", *_FLOWS)
_OF_DATABASES: tuple[Dimension, ...] = ("memory", "connections")


@dataclass(frozen=True, slots=True)
class Test:
    """One need against one limit; `allowed` is the share of the capacity that may be used."""

    dimension: Dimension
    quantile: str
    need: float
    allowed: float

    @property
    def margin(self) -> float:
        """Share of what is allowed that stays free; negative = it does not fit."""
        return 1 - self.need / self.allowed if self.allowed > 0 else -1.0

    @property
    def words(self) -> str:
        return f"{self.quantile} needs {self.need:.3g} of {self.allowed:.3g} {UNITS[self.dimension]} allowed"


@dataclass(frozen=True, slots=True)
class Fit:
    """How a machine fits a type.

    Args:
        fails: the first dimension in which it does not; "" = it fits.
        untested: dimensions whose need or limit nobody knows.
        guesses_memory: something gets less although nobody knows how much memory is used.
    """

    fails: str
    tests: tuple[Test, ...] = ()
    untested: tuple[Dimension, ...] = ()
    guesses_memory: bool = False

    @property
    def margin(self) -> float:
        return min((test.margin for test in self.tests), default=0.0)


def fit(demands: tuple[Demand, ...], current: Shape, target: Shape, *, guess_memory: bool = False) -> Fit:
    """Hold what a machine needs against what a type gives all the time.

    Args:
        guess_memory: less is let through although the use of the memory is not known.
    """
    known = {one.dimension for one in demands}
    takes = not takes_nothing(current, target)
    if takes and "memory" not in known and not guess_memory:
        return Fit("memory: not measured, so nothing may get less")
    tests = []
    for one in demands:
        capacity = capacity_of(target, one.dimension)
        if capacity is None:
            continue
        allowed = one.limit.share * capacity
        if takes and one.amount > allowed:
            may_stay = one.dimension in _FLOWS and not _is_less(one.dimension, current, target)
            if not may_stay:
                return Fit(f"{one.dimension}: it needs more")
        tests.append(Test(one.dimension, one.quantile, one.amount, allowed))
    # Databases have network and disks too, only that nobody measures them against their class.
    of_kind = _OF_DATABASES if current.service == "rds" else _OF_MACHINES
    for dimension in of_kind if takes else ():
        if dimension not in known and dimension != "memory" and _is_less(dimension, current, target):
            return Fit(f"{dimension}: not measured, and there would be less")
    untested = tuple(
        one
        for one in dict.fromkeys((*of_kind, *_FLOWS))
        if one not in known or capacity_of(target, one) is None
        if one == "memory" or one not in of_kind or capacity_of(current, one) is None
    )
    return Fit("", tuple(tests), untested, guesses_memory=takes and "memory" not in known)


def takes_nothing(current: Shape, target: Shape) -> bool:
    """Say whether a type gives at least as much of everything, as far as the catalogue knows."""
    if target.burstable and not current.burstable:
        return False
    return not any(_is_less(one, current, target) for one in ("cpu", *_OF_MACHINES))


def capacity_of(shape: Shape, dimension: Dimension) -> float | None:
    """Give what a type gives of a dimension all the time, in the units of `demand`; None = not known."""
    if dimension == "cpu":
        return shape.vcpus
    if dimension == "memory":
        return shape.memory_gib
    if dimension == "connections":
        return min(float(_MOST_CONNECTIONS), shape.memory_mib * 1024**2 / _BYTES_A_CONNECTION)
    if dimension == "network":
        return shape.network_gbps
    if dimension == "disk throughput":
        return shape.disk_mbps
    return None if shape.disk_iops is None else float(shape.disk_iops)


def _is_less(dimension: Dimension, current: Shape, target: Shape) -> bool:
    now, then = capacity_of(current, dimension), capacity_of(target, dimension)
    return now is not None and (then is None or then < now)
