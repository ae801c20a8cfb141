"""What does an hour of a type of machine cost this customer? From the bill, with a grade that says how sure that is.

    A  the agreed price of this very type is on the bill, in the same region, platform and tenancy
    B  its list price is known, there or from another size of its family; the discount is that of family and region
    C  as B, with the discount of the whole service
    D  as B, without any discount; on the bill nobody says what was agreed

Sizes of a family cost in proportion to their memory, which is how providers set prices; where they do not (Windows on
burstable machines, licences of databases) only the type's own price counts. Google has no price of a type: it is cores
and GiB at the rates of the series, so it is A where both rates are on the bill.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from finops_lib.analyses.savings.rightsizing.shapes import Catalogue, Shape

if TYPE_CHECKING:
    import polars as pl

Grade = Literal["A", "B", "C", "D"]
# What RDS bills as MySQL, PostgreSQL, MariaDB and both kinds of Aurora: no licence stands in their price.
_OPEN_ENGINES = frozenset(("0002", "0014", "0018", "0016", "0021"))


class Market(NamedTuple):
    """Where one price holds for one type."""

    provider: str
    service_name: str
    region: str
    platform: str
    tenancy: str


@dataclass(frozen=True, slots=True)
class Price:
    """Per hour, in the currency of the bill; `listed` None = not known."""

    agreed: float
    listed: float | None
    grade: Grade


@dataclass(frozen=True, slots=True)
class _Seen:
    listed: float | None
    agreed: float | None


@dataclass(frozen=True, slots=True)
class PriceBook:
    """All prices that a bill shows.

    Args:
        seen: of each market, by machine type (and part, where not of whole machines).
        by_family, by_service: the median of agreed over list price.
    """

    catalogue: Catalogue
    service: str
    seen: Mapping[Market, Mapping[tuple[str, str], _Seen]]
    by_family: Mapping[tuple[str, str, str, str], float]
    by_service: Mapping[tuple[str, str], float]

    @classmethod
    def of(cls, frame: pl.DataFrame | None, catalogue: Catalogue, service: str) -> PriceBook:
        """Read the rows of `savings_unit_prices`, one currency; `service` as in the catalogue."""
        rows: Iterable[dict[str, Any]] = () if frame is None else frame.iter_rows(named=True)
        seen: dict[Market, dict[tuple[str, str], _Seen]] = defaultdict(dict)
        families: dict[tuple[str, str, str, str], list[float]] = defaultdict(list)
        services: dict[tuple[str, str], list[float]] = defaultdict(list)
        for row in rows:
            market = Market(row["x_Provider"], row["ServiceName"], row["RegionId"], row["platform"], row["tenancy"])
            listed, agreed = _positive(row["list_unit_price"]), _positive(row["contracted_unit_price"])
            seen[market][row["machine_type"], row["part"]] = _Seen(listed, agreed)
            if listed and agreed:
                shape = catalogue.find(market.provider, service, row["machine_type"])
                family = shape.family if shape else row["machine_type"]
                families[market.provider, market.service_name, market.region, family].append(agreed / listed)
                services[market.provider, market.service_name].append(agreed / listed)
        return cls(
            catalogue,
            service,
            seen,
            {key: median(ratios) for key, ratios in families.items()},
            {key: median(ratios) for key, ratios in services.items()},
        )

    def families(self, market: Market) -> set[str]:
        """Name the families of which a price is known in a market: there they are offered, and may be advised."""
        if market.provider == "gcp":
            lines = {name for name, part in self.seen.get(market, {}) if part == "cores"}
            return {family for (_, _, family), members in self.catalogue.by_family.items() if members[0].line in lines}
        shapes = (self.catalogue.find(market.provider, self.service, name) for name, _ in self.seen.get(market, {}))
        return {shape.family for shape in shapes if shape is not None}

    def price(self, market: Market, shape: Shape) -> Price | None:
        """Give the price of an hour, the surest there is; None = the bill does not tell it."""
        seen = self.seen.get(market, {})
        if market.provider == "gcp":
            return _by_parts(seen, shape)
        own = seen.get((shape.machine_type, "machine"))
        if own is not None and own.agreed is not None:
            return Price(own.agreed, own.listed, "A")
        listed = own.listed if own is not None else None
        if listed is None and _is_in_proportion(market, shape):
            relative = self._relative(seen, shape)
            if relative is not None:
                (size, known) = relative
                factor = shape.memory_mib / size.memory_mib
                if known.listed is None:
                    return Price((known.agreed or 0.0) * factor, None, "B")
                listed = known.listed * factor
        return None if listed is None else self._discounted(market, shape, listed)

    def _relative(self, seen: Mapping[tuple[str, str], _Seen], shape: Shape) -> tuple[Shape, _Seen] | None:
        """Find the size of the family that is nearest in memory and has a price."""
        known = [
            (size, seen[size.machine_type, "machine"])
            for size in self.catalogue.relatives(shape)
            if (size.machine_type, "machine") in seen and not size.bare_metal
        ]
        priced = [(size, price) for size, price in known if price.listed or price.agreed]
        return min(priced, key=lambda one: abs(one[0].memory_mib - shape.memory_mib), default=None)

    def _discounted(self, market: Market, shape: Shape, listed: float) -> Price:
        of_family = self.by_family.get((market.provider, market.service_name, market.region, shape.family))
        if of_family is not None:
            return Price(listed * of_family, listed, "B")
        of_service = self.by_service.get((market.provider, market.service_name))
        if of_service is not None:
            return Price(listed * of_service, listed, "C")
        return Price(listed, listed, "D")


def _is_in_proportion(market: Market, shape: Shape) -> bool:
    if shape.service == "rds":
        return market.platform in _OPEN_ENGINES
    return market.platform == "linux" or (market.platform == "windows" and not shape.burstable)


def _by_parts(seen: Mapping[tuple[str, str], _Seen], shape: Shape) -> Price | None:
    name = f"{shape.line}-custom" if shape.traits == "custom" else shape.line
    cores, memory = seen.get((name, "cores")), seen.get((name, "memory"))
    if cores is None or memory is None:
        return None
    listed = (
        cores.listed * shape.vcpus + memory.listed * shape.memory_gib
        if cores.listed is not None and memory.listed is not None
        else None
    )
    if cores.agreed is not None and memory.agreed is not None:
        return Price(cores.agreed * shape.vcpus + memory.agreed * shape.memory_gib, listed, "A")
    return None if listed is None else Price(listed, listed, "D")


def _positive(price: float | None) -> float | None:
    # Free tiers and defects of exports say 0; nothing is bought at that price.
    return price if price is not None and price > 0 else None
