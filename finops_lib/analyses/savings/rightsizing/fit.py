"""Does a machine fit into a smaller or cheaper type? Need against limit in every dimension (domain.md 2.3).

What was measured must fit. What was not measured must not get less, for nobody knows how much of it is used; where
the catalogue does not know a limit at all, the dimension is untested, which makes the advice less sure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from finops_lib.analyses.savings.rightsizing.demand import UNITS, Demand, measured
from finops_lib.analyses.savings.rightsizing.profiles import Dimension
from finops_lib.analyses.savings.rightsizing.shapes import Shape

# PostgreSQL allows a session for each 9,531,392 bytes of memory, MySQL and MariaDB for each 12,582,880: the RDS
# defaults; the smaller number counts for both, and for engines whose rule we do not know.
_BYTES_A_CONNECTION = 12_582_880
_MOST_CONNECTIONS = 5_000
_GUARDED: tuple[Dimension, ...] = ("memory", "network", "disk throughput", "disk operations")
# The collectors give databases no network and disk rates that could be held against their class.
_NOT_MEASURED_OF_DATABASES: tuple[Dimension, ...] = ("network", "disk throughput", "disk operations")


@dataclass(frozen=True, slots=True)
class Test:
    """One need against one limit; `allowed` is the share of the capacity that may be used."""

    dimension: Dimension
    quantile: str
    need: float
    allowed: float

    @property
    def margin(self) -> float:
        """Share of what is allowed that stays free."""
        return 1 - self.need / self.allowed if self.allowed > 0 else 0.0

    @property
    def words(self) -> str:
        return f"{self.quantile} needs {self.need:.3g} of {self.allowed:.3g} {UNITS[self.dimension]} allowed"


@dataclass(frozen=True, slots=True)
class Fit:
    """How a machine fits a type.

    Args:
        fails: the first dimension in which it does not; "" = it fits.
        untested: dimensions whose need or limit nobody knows.
        guesses_memory: it gets less memory, and nobody knows how much it uses.
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
        guess_memory: a target with less memory is let through where the use is not known.
    """
    tests = []
    untested = []
    for one in demands:
        capacity = capacity_of(target, one.dimension)
        if capacity is None:
            untested.append(one.dimension)
            continue
        test = Test(one.dimension, one.quantile, one.amount, one.limit.share * capacity)
        if test.need > test.allowed:
            return Fit(f"{one.dimension}: {test.words}")
        tests.append(test)
    less = _less(_open(current, measured(demands)), current, target)
    if less and not (less == ["memory"] and guess_memory):
        return Fit(f"{less[0]}: not measured, and there would be less")
    untested += [one for one in _unknown(current, measured(demands)) if one not in untested]
    return Fit("", tuple(tests), tuple(untested), guesses_memory=bool(less))


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


def _open(current: Shape, known: frozenset[Dimension]) -> Iterable[Dimension]:
    """Name what is not measured, but could be."""
    never = _NOT_MEASURED_OF_DATABASES if current.service == "rds" else ()
    return (one for one in _GUARDED if one not in known and one not in never)


def _less(dimensions: Iterable[Dimension], current: Shape, target: Shape) -> list[Dimension]:
    found = []
    for one in dimensions:
        now, then = capacity_of(current, one), capacity_of(target, one)
        if now is not None and (then is None or then < now):
            found.append(one)
    return found


def _unknown(current: Shape, known: frozenset[Dimension]) -> list[Dimension]:
    """Name what can be held against nothing: a rate that is not measured, or a limit that no catalogue knows."""
    return [
        one
        for one in _GUARDED
        if one not in known and (one == "memory" or current.service == "rds" or capacity_of(current, one) is None)
    ]
