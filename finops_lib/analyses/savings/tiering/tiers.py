"""Which storage classes are there, what do they cost and demand? Data, as of PRICES_OF.

Prices are list prices in USD of one region each (us-east-1, East US, us-central1), written down from memory of the
providers' price pages and not checked again since: only their ratios are used where the bill has a rate of its own.
Sizes and durations are from the providers' documentation: S3's 128 KB and 40 KB overhead, and minimum durations of
30, 90 and 180 days (Amazon S3 user guide, lifecycle transitions); Azure 30, 90, 180; Google 30, 90, 365.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

PRICES_OF = "2026-11"
KIB, GIB = 1024, 1024**3


@dataclass(frozen=True, slots=True)
class Tier:
    """A storage class.

    Args:
        price: per GiB and month.
        retrieval: per GiB that is read.
        reads, transition, monitoring: per 1,000 requests, objects that are moved in, and objects a month.
        smallest_bytes: a smaller object is charged as if it were so large.
        moves_from_bytes: a smaller object is not moved by lifecycle rules.
        least_days: what is deleted earlier is charged to this day.
        own_bytes, standard_bytes: added to each object, at this price and at that of the first class.
        restore_hours: how long it takes to get an object back; 0 = at once.
        cold_price: where the class itself moves what is not read: the price of that; None = it does not.
    """

    name: str
    price: Decimal
    retrieval: Decimal = Decimal(0)
    reads: Decimal = Decimal(0)
    transition: Decimal = Decimal(0)
    monitoring: Decimal = Decimal(0)
    smallest_bytes: int = 0
    moves_from_bytes: int = 0
    least_days: int = 0
    own_bytes: int = 0
    standard_bytes: int = 0
    restore_hours: int = 0
    cold_price: Decimal | None = None


def _tier(
    name: str, price: str, retrieval: str, reads: str, transition: str, days: int, *, restore_hours: int = 0
) -> Tier:
    return Tier(
        name,
        Decimal(price),
        retrieval=Decimal(retrieval),
        reads=Decimal(reads),
        transition=Decimal(transition),
        least_days=days,
        restore_hours=restore_hours,
    )


def _infrequent(tier: Tier) -> Tier:
    """S3 charges a small object of its infrequent classes as 128 KB, and does not move it there."""
    return replace(tier, smallest_bytes=128 * KIB, moves_from_bytes=128 * KIB)


def _archived(tier: Tier) -> Tier:
    """S3 keeps 32 KB with an archived object, and its name of 8 KB in Standard."""
    return replace(tier, moves_from_bytes=128 * KIB, own_bytes=32 * KIB, standard_bytes=8 * KIB)


# The first class of each provider is the one that everything starts in.
TIERS = {
    "aws": (
        Tier("Standard", Decimal("0.023"), reads=Decimal("0.0004")),
        Tier(
            "Intelligent-Tiering",
            Decimal("0.023"),
            reads=Decimal("0.0004"),
            transition=Decimal("0.01"),
            monitoring=Decimal("0.0025"),
            moves_from_bytes=128 * KIB,
            cold_price=Decimal("0.0125"),
        ),
        _infrequent(_tier("Standard-IA", "0.0125", "0.01", "0.001", "0.01", 30)),
        _infrequent(_tier("Glacier Instant Retrieval", "0.004", "0.03", "0.01", "0.02", 90)),
        _archived(_tier("Glacier Flexible Retrieval", "0.0036", "0.01", "0.05", "0.03", 90, restore_hours=5)),
        _archived(_tier("Glacier Deep Archive", "0.00099", "0.02", "0.1", "0.05", 180, restore_hours=12)),
    ),
    "azure": (
        Tier("Hot", Decimal("0.018"), reads=Decimal("0.0004")),
        _tier("Cool", "0.01", "0.01", "0.001", "0.01", 30),
        _tier("Cold", "0.0036", "0.03", "0.01", "0.018", 90),
        _tier("Archive", "0.002", "0.02", "0.5", "0.011", 180, restore_hours=15),
    ),
    "gcp": (
        Tier("Standard", Decimal("0.02"), reads=Decimal("0.0004")),
        _tier("Nearline", "0.01", "0.01", "0.001", "0.01", 30),
        _tier("Coldline", "0.004", "0.02", "0.01", "0.02", 90),
        _tier("Archive", "0.0012", "0.05", "0.05", "0.05", 365),
    ),
}


def priced(provider: str, own_price: Decimal | None) -> tuple[Tier, ...]:
    """Give a provider's classes at the customer's own rate.

    Args:
        own_price: what the customer pays per GiB and month in the first class, whatever the currency; None = not known,
            and the list prices stay.
    Returns:
        All prices times own over listed: discounts and exchange rates differ little from class to class.
    """
    tiers = TIERS[provider]
    if own_price is None:
        return tiers
    factor = own_price / tiers[0].price
    return tuple(_times(tier, factor) for tier in tiers)


def _times(tier: Tier, factor: Decimal) -> Tier:
    return replace(
        tier,
        price=tier.price * factor,
        retrieval=tier.retrieval * factor,
        reads=tier.reads * factor,
        transition=tier.transition * factor,
        monitoring=tier.monitoring * factor,
        cold_price=None if tier.cold_price is None else tier.cold_price * factor,
    )
