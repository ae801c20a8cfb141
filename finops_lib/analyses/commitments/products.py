"""What is there to buy? Offers, matched with the pools that they are for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from finops_lib.analyses.commitments.demand import Pool
from finops_lib.analyses.commitments.money_terms import effective_discount
from finops_lib.offers import ELIGIBLE, UPFRONT_SHARE, CommitmentKind, CommitmentPolicy, Offer, Payment


@dataclass(frozen=True, slots=True)
class Product:
    """One thing to buy: its kind, its terms, and what it charges.

    Args:
        offers: pool -> the offer that holds for it.
        rates: pool -> its price as a share of the on-demand price, interest included; below 1.
        interest: what a price grows by because some of it is paid upfront: 1 = nothing is.
    """

    kind: CommitmentKind
    term_months: int
    payment: Payment
    offers: Mapping[Pool, Offer]
    rates: Mapping[Pool, float]
    interest: float

    @property
    def pools(self) -> tuple[Pool, ...]:
        return tuple(self.rates)

    @property
    def upfront_share(self) -> float:
        return UPFRONT_SHARE[self.payment]

    @property
    def is_observed(self) -> bool:
        return all(offer.is_observed for offer in self.offers.values())

    @property
    def source(self) -> str:
        return "; ".join(sorted({offer.source or "an offer without a source" for offer in self.offers.values()}))


def best_offers(pool: Pool, kind: CommitmentKind, offers: Iterable[Offer], policy: CommitmentPolicy) -> list[Offer]:
    """Give one offer per term and payment for a pool: the customer's own price, else the most specific one.

    Of several prices of their own the dearest is taken: the last purchase, and not the best one, is what comes next.
    """
    if pool.usage_class not in ELIGIBLE.get((pool.provider, kind), ()):
        return []
    fitting = [
        offer
        for offer in offers
        if (offer.provider, offer.kind, offer.usage_class) == (pool.provider, kind, pool.usage_class)
        and offer.region in ("", pool.region)
        and offer.family in ("", pool.family)
        and offer.platform in ("", pool.platform)
        and offer.term_months <= policy.longest_term_months
    ]
    best: dict[tuple[int, Payment], Offer] = {}
    for offer in sorted(fitting, key=_rank):
        best.setdefault((offer.term_months, offer.payment), offer)
    return list(best.values())


def specific_products(pools: Iterable[Pool], offers: Sequence[Offer], policy: CommitmentPolicy) -> Iterator[Product]:
    """Give what can be bought for one pool at a time."""
    kinds: tuple[CommitmentKind, ...] = ("reservation", "instance-plan")
    for pool in pools:
        for kind in kinds:
            for offer in best_offers(pool, kind, offers, policy):
                if found := _product(kind, {pool: offer}, policy):
                    yield found


def flexible_products(pools: Iterable[Pool], offers: Sequence[Offer], policy: CommitmentPolicy) -> Iterator[Product]:
    """Give the plans that pay for many pools: one per term and payment, over the pools whose price is known."""
    by_terms: dict[tuple[int, Payment], dict[Pool, Offer]] = {}
    for pool in pools:
        for offer in best_offers(pool, "compute-plan", offers, policy):
            by_terms.setdefault((offer.term_months, offer.payment), {})[pool] = offer
    for of_pools in by_terms.values():
        if found := _product("compute-plan", of_pools, policy):
            yield found


def _product(kind: CommitmentKind, offers: Mapping[Pool, Offer], policy: CommitmentPolicy) -> Product | None:
    one = next(iter(offers.values()))
    # Interest is a factor on every price of one term and payment: at a discount of 0 it is all that is left.
    interest = 1 - effective_discount(
        0.0, one.term_months, upfront_share=one.upfront_share, cost_of_capital=policy.cost_of_capital
    )
    rates = {pool: (1 - offer.discount) * interest for pool, offer in offers.items()}
    # What interest makes as dear as on demand is not worth a promise.
    cheaper = {pool: rate for pool, rate in rates.items() if rate < 1}
    if not cheaper:
        return None
    return Product(kind, one.term_months, one.payment, {pool: offers[pool] for pool in cheaper}, cheaper, interest)


def _rank(offer: Offer) -> tuple[bool, int, float, str]:
    named = sum(bool(part) for part in (offer.region, offer.family, offer.platform))
    return not offer.is_observed, -named, offer.discount, offer.source
