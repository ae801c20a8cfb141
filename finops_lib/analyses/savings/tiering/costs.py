"""What does something cost in a storage class, a month and once?

Source: the formula of domain.md 5. GB are GiB, KB are KiB, as the providers bill them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from finops_lib.analyses.savings.tiering.tiers import GIB, Tier

HORIZON_MONTHS = 12
_DAYS_PER_MONTH = Decimal(365) / 12


@dataclass(frozen=True, slots=True)
class Stored:
    """Objects of one bucket, prefix or age that are moved together.

    Args:
        gib: how much, in how many `objects`.
        retrieved_share: GiB read per GiB stored and month; more than 1 where objects are read again and again.
        reads: requests a month.
        life_months: how long an object is kept from now on, on average.
        cold_share: of the GiB, what is not read for a month; None = not known, and nobody moves it by itself.
        early_delete: paid once for leaving the present class before its minimum.
    """

    gib: Decimal
    objects: int
    retrieved_share: Decimal = Decimal(0)
    reads: int = 0
    life_months: Decimal = Decimal(HORIZON_MONTHS)
    cold_share: Decimal | None = None
    early_delete: Decimal = Decimal(0)

    @property
    def mean_bytes(self) -> Decimal:
        """How large an object is; 0 where there is none."""
        return self.gib * GIB / self.objects if self.objects else Decimal(0)


@dataclass(frozen=True, slots=True)
class Costs:
    """What is paid in one class: `monthly`, of which `storage` is for being there, and `once` for getting there."""

    storage: Decimal
    monthly: Decimal
    once: Decimal


def costs_in(stored: Stored, tier: Tier, standard: Tier) -> Costs:
    """Give what is paid for `stored` in a class.

    Args:
        standard: the class at whose price the names of archived objects are kept.
    Returns:
        `storage` includes what an object that does not live to the minimum is charged for beyond its life.
    """
    thousands = Decimal(stored.objects) / 1000
    charged = max(stored.gib, stored.objects * Decimal(tier.smallest_bytes) / GIB)
    storage = charged * _price(stored, tier)
    storage += stored.objects * (tier.own_bytes * tier.price + tier.standard_bytes * standard.price) / GIB
    storage *= _life_factor(stored, tier)
    use = stored.gib * stored.retrieved_share * tier.retrieval + Decimal(stored.reads) / 1000 * tier.reads
    return Costs(
        storage=storage,
        monthly=storage + use + thousands * tier.monitoring,
        once=thousands * tier.transition + stored.early_delete,
    )


def _price(stored: Stored, tier: Tier) -> Decimal:
    """Give the price per GiB; where the class moves by itself, that of what is read and what is not."""
    if tier.cold_price is None:
        return tier.price
    cold = stored.cold_share or Decimal(0)
    return (1 - cold) * tier.price + cold * tier.cold_price


def _life_factor(stored: Stored, tier: Tier) -> Decimal:
    least = tier.least_days / _DAYS_PER_MONTH
    return max(stored.life_months, least) / stored.life_months
