"""What could a machine become? Types within two sizes, for which the bill knows a price, the cheapest first.

    same family smaller · newer generation of the same line · another line by memory per vCPU (c, m, r; D, E, F)
    another processor (AMD; ARM where it is declared portable) · burstable

At most two sizes at once: a quarter of the vCPUs and of the memory. What comes after is measured again first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from finops_lib.analyses.savings.rightsizing.prices import Market, Price, PriceBook
from finops_lib.analyses.savings.rightsizing.shapes import Catalogue, Shape

# Two halvings; families do not have every size, so it is also counted in sizes of the family.
LEAST_SHARE = 0.25
MOST_SIZES = 2
# Lines that differ in memory per vCPU only; a machine of any other line has its reason and stays in it.
_GENERAL = {
    "aws": ("c", "m", "r", "t"),
    "azure": ("b", "d", "e", "f"),
    "gcp": ("e2", "n1", "n2", "n2d", "n4", "t2d", "t2a", "c4a"),
}
# They promise the full CPU for 95 % of the time only, which no metric here can hold against the need.
_FLEX = "flex"


@dataclass(frozen=True, slots=True)
class Move:
    """A type that a machine could become, and what an hour of it costs."""

    shape: Shape
    price: Price


@dataclass(frozen=True, slots=True)
class Moves:
    """The moves of each type in each market; worked out once for all machines that share them."""

    catalogue: Catalogue
    prices: PriceBook
    _known: dict[tuple[Market, str], tuple[Move, ...]] = field(default_factory=dict)

    def of(self, current: Shape, market: Market) -> tuple[Move, ...]:
        """Give all moves from a type in a market, the cheapest first; whether they fit is another question."""
        key = market, current.machine_type
        if key not in self._known:
            found = [
                Move(shape, price)
                for shape in self._shapes(current, market)
                if (price := self.prices.price(market, shape)) is not None
            ]
            self._known[key] = tuple(sorted(found, key=lambda move: (move.price.agreed, move.shape.machine_type)))
        return self._known[key]

    def _shapes(self, current: Shape, market: Market) -> Iterator[Shape]:
        for family in sorted(self.prices.families(market) | {current.family}):
            for shape in self.catalogue.by_family.get((current.provider, current.service, family), ()):
                if self._is_step(current, shape):
                    yield shape

    def _is_step(self, current: Shape, target: Shape) -> bool:
        if (
            target.machine_type == current.machine_type
            or target.bare_metal
            or target.gpus
            or target.vcpus > current.vcpus
        ):
            return False
        if target.vcpus < LEAST_SHARE * current.vcpus or target.memory_mib < LEAST_SHARE * current.memory_mib:
            return False
        if target.burstable and target.cpu_baseline_percent is None:
            return False
        if target.family == current.family:
            sizes = self.catalogue.sizes_between(current, target)
            return sizes is not None and 0 < sizes <= MOST_SIZES
        # No way back to the old hypervisor, whose types look cheap and are slower.
        if _FLEX in target.traits or (target.hypervisor == "xen" != current.hypervisor):
            return False
        general = _GENERAL.get(current.provider, ())
        same_line = target.line == current.line or (target.line in general and current.line in general)
        # Burstable families count their generations on their own.
        is_old = target.generation < current.generation and not (target.burstable and not current.burstable)
        return same_line and not is_old
