"""What does the customer pay for an hour of an instance type? Observed on the bill, the same size first.

Within a family AWS prices grow with the size (large = 4, xlarge = 8, 2xlarge = 16, ...), so the price of one size gives
that of another (grade B); that of the very type is grade A.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Self

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import Meter, Resource

# `USE1-BoxUsage:m5.xlarge`, `Multi-AZUsage:db.r6g.large`, `NodeUsage:cache.t3.micro`, or in a description.
_TYPE = re.compile(r"\b((?:db\.|cache\.)?[a-z]+\d+[a-z0-9-]*)\.(nano|micro|small|medium|large|xlarge|\d+xlarge)\b")
_SIZES = {"nano": 0.25, "micro": 0.5, "small": 1, "medium": 2, "large": 4, "xlarge": 8}


class InstanceType(NamedTuple):
    """Family and size, e.g. `db.r6g` and `large`."""

    family: str
    size: str

    @property
    def name(self) -> str:
        return f"{self.family}.{self.size}"

    @property
    def weight(self) -> Decimal:
        """How many of the smallest this size is worth."""
        return Decimal(str(_SIZES[self.size] if self.size in _SIZES else 8 * int(self.size.removesuffix("xlarge"))))


class HourPrice(NamedTuple):
    """A price per hour, and its grade (see Recommendation)."""

    price: Decimal
    grade: str


def type_of(meter: Meter) -> InstanceType | None:
    """Read the instance type out of a meter's name; None = it names none."""
    found = _TYPE.search(meter.name.lower())
    return InstanceType(found[1], found[2]) if found else None


def own_price(meter: Meter) -> Decimal | None:
    """Give what an hour of a meter costs where no commitment pays for it; None = there is no such hour."""
    hours = meter.quantity - meter.committed_quantity
    cost = meter.effective_cost - meter.committed_effective_cost
    return cost / hours if hours > 0 and cost > 0 else None


@dataclass(frozen=True, slots=True)
class HourPrices:
    """Prices by kind of hour, region, platform and family, then by size."""

    prices: dict[tuple[str, str, str, str], dict[str, tuple[Decimal, Decimal]]]

    @classmethod
    def of(cls, estate: Estate, *kinds: str) -> Self:
        """Collect what is paid for the hours of these kinds of meter."""
        found: dict[tuple[str, str, str, str], dict[str, tuple[Decimal, Decimal]]] = defaultdict(dict)
        for resource in estate.with_meter(*kinds):
            for kind in kinds:
                meter = resource.meters.get(kind)
                type_ = type_of(meter) if meter is not None and resource.provider == "aws" else None
                if meter is None or type_ is None or own_price(meter) is None:
                    continue
                sizes = found[_key(resource, meter, type_.family)]
                cost, hours = sizes.get(type_.size, (Decimal(0), Decimal(0)))
                sizes[type_.size] = (
                    cost + meter.effective_cost - meter.committed_effective_cost,
                    hours + meter.quantity - meter.committed_quantity,
                )
        return cls(dict(found))

    def price(self, resource: Resource, meter: Meter, target: InstanceType) -> HourPrice | None:
        """Give the price of an hour of `target` where and as this resource runs; None = the bill has none."""
        sizes = self.prices.get(_key(resource, meter, target.family))
        if not sizes:
            return None
        if target.size in sizes:
            cost, hours = sizes[target.size]
            return HourPrice(cost / hours, "A")
        weighed = sum(
            (InstanceType(target.family, size).weight * hours for size, (_, hours) in sizes.items()), Decimal(0)
        )
        cost = sum((cost for cost, _ in sizes.values()), Decimal(0))
        return HourPrice(target.weight * cost / weighed, "B")


def _key(resource: Resource, meter: Meter, family: str) -> tuple[str, str, str, str]:
    attributes = resource.described.attributes if resource.described else {}
    platform = attributes.get("platform_details") or attributes.get("engine") or ""
    # `Multi-AZUsage` costs twice what `InstanceUsage` does.
    kind = meter.name.lower().partition(":")[0]
    return re.sub(r"^[a-z]{2,4}\d?-", "", kind), resource.region, platform, family
