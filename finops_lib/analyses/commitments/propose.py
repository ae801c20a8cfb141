"""What should be promised next? Every provider's pools at every known price, alternatives side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import polars as pl

from finops_lib.analyses.commitments.demand import FEWEST_DAYS, Demand, Pool, demands
from finops_lib.analyses.commitments.evaluate import evaluated, monthly
from finops_lib.analyses.commitments.existing import observed_offers, running
from finops_lib.analyses.commitments.optimum import cost_line
from finops_lib.analyses.commitments.products import Product, flexible_products, specific_products
from finops_lib.analyses.commitments.proposals import Advice, Alternative, Proposal, Withheld
from finops_lib.analyses.commitments.setting import Setting
from finops_lib.analyses.commitments.together import lowered
from finops_lib.analyses.commitments.waterfall import Commitment
from finops_lib.offers import ELIGIBLE, CommitmentPolicy, Offer

_NO_PRICE = "no price is known: nothing on the bill has covered it, and commitment_offers.yaml names no offer for it"
_BY_DAY = "the bill knows it by the day only; ask the provider for an hourly export"


@dataclass(frozen=True, slots=True)
class _Found:
    """A product, what is proposed of it, and the commitment that it would be."""

    product: Product
    proposal: Proposal
    new: Commitment


def propose(
    hours: pl.DataFrame,
    terms: pl.DataFrame,
    *,
    offers: Sequence[Offer] = (),
    policy: CommitmentPolicy | None = None,
    usage_left: Mapping[Pool, float] | None = None,
    ending: Collection[str] = (),
) -> Advice:
    """Say what to buy at which price, what it would do, and for what nothing is proposed and why.

    Args:
        hours: rows of `commitments_hours`; `terms`: rows of `commitments_terms`; both of one currency.
        offers: configured prices; what commitments have cost on the bill comes before them.
        usage_left: pool -> the share of its usage that approved actions leave: nothing is committed to what goes away.
        ending: ids of commitments that end so soon that what they cover is to be promised anew, e.g. of expiry alerts.
    Raises:
        QualityError: the rows are in more than one currency.
    """
    chosen = policy or CommitmentPolicy()
    proposals: list[Proposal] = []
    withheld: list[Withheld] = []
    for demand in demands(hours, policy=chosen, usage_left=usage_left):
        prices = (*observed_offers(demand.provider, hours, terms), *offers)
        staying = [one for one in running(demand, hours, terms) if one.commitment_id not in ending]
        setting = Setting(demand, staying, chosen)
        found = list(_proposals(setting, prices)) if demand.days >= FEWEST_DAYS else []
        proposals += found
        withheld += _withheld(demand, prices, chosen, {name for one in found for name in one.pools})
    return Advice(
        tuple(sorted(proposals, key=lambda one: (not one.is_preferred, -one.saving_net, one.key))),
        tuple(sorted(withheld, key=lambda one: (-one.on_demand_per_month, one.pool))),
    )


def _proposals(setting: Setting, prices: Sequence[Offer]) -> Iterator[Proposal]:
    """Give the alternatives of each conflict group, the one that saves most marked."""
    for name, pools in _groups(setting.demand).items():
        best, others = _best_per_pool(setting, specific_products(pools, prices, setting.policy), name)
        plans = list(flexible_products(pools, prices, setting.policy))
        flexible, other_plans = _best_of(setting, plans, name, "flexible")
        specific = _beside_a_plan(setting, best, plans, name) if plans else [one.proposal for one in best]
        yield from _marked(specific, [flexible] if flexible else [])
        yield from others
        yield from other_plans


def _groups(demand: Demand) -> dict[str, list[Pool]]:
    """Put pools that one plan may pay for together, and every other pool by itself."""
    groups: dict[str, list[Pool]] = {}
    shared = ELIGIBLE.get((demand.provider, "compute-plan"), ())
    for pool in sorted({demand.pool_of[item] for item in demand.hourly}):
        by = " and ".join(shared) if pool.usage_class in shared else pool.name
        groups.setdefault(f"{demand.provider} {by}", []).append(pool)
    return groups


def _best_per_pool(setting: Setting, products: Iterable[Product], group: str) -> tuple[list[_Found], list[Proposal]]:
    """Give for each pool what saves most by itself, the highest discount first, and the others."""
    by_pool: dict[Pool, list[_Found]] = {}
    for product in products:
        if found := evaluated(setting, product, alternative="specific", group=group):
            by_pool.setdefault(product.pools[0], []).append(_Found(product, *found))
    best, others = [], []
    for of_pool in by_pool.values():
        first, *rest = sorted(of_pool, key=lambda found: (-found.proposal.saving_net, found.proposal.key))
        best.append(first)
        others += [replace(found.proposal, alternative="other terms") for found in rest]
    return sorted(best, key=lambda found: (-found.proposal.discount, found.proposal.key)), others


def _beside_a_plan(setting: Setting, best: Sequence[_Found], plans: Sequence[Product], group: str) -> list[Proposal]:
    """Give reservations as far as they are worth it beside a plan, and the plan for what they leave."""
    if not best:
        return []
    bought = [replace(found.new, commitment_id=f"new {number}") for number, found in enumerate(best)]
    alternatives = []
    for plan in plans:
        proposals, kept = [], []
        for found, level in zip(best, lowered(setting, bought, plan), strict=True):
            again: tuple[Proposal, Commitment] | None = found.proposal, found.new
            if level.hourly_cost != found.new.hourly_cost:
                at_most = float(np.max(level.hourly_cost))
                again = evaluated(setting, found.product, alternative="specific", group=group, at_most=at_most)
            if again:
                proposals.append(again[0])
                kept.append(replace(again[1], commitment_id=level.commitment_id))
        on_top, _ = _best_of(setting.with_bought(kept), [plan], group, "specific")
        alternatives.append([*proposals, on_top] if proposals and on_top else proposals)
    return max(alternatives, key=_total)


def _best_of(
    setting: Setting, products: Iterable[Product], group: str, alternative: Alternative
) -> tuple[Proposal | None, list[Proposal]]:
    every = [evaluated(setting, product, alternative=alternative, group=group) for product in products]
    found = sorted((one[0] for one in every if one), key=lambda proposal: (-proposal.saving_net, proposal.key))
    return (found[0] if found else None), [replace(one, alternative="other terms") for one in found[1:]]


def _marked(specific: Sequence[Proposal], flexible: Sequence[Proposal]) -> Iterator[Proposal]:
    """Prefer the alternative that saves more; of equal ones the flexible one."""
    more = _total(flexible) - _total(specific)
    gain = more if specific and flexible else None
    for proposal in specific:
        yield replace(proposal, is_preferred=more < 0 or not flexible, one_plan_saves=gain)
    for proposal in flexible:
        yield replace(proposal, is_preferred=more >= 0 or not specific, one_plan_saves=gain)


def _total(proposals: Iterable[Proposal]) -> Decimal:
    return sum((proposal.saving_net for proposal in proposals), Decimal(0))


def _withheld(
    demand: Demand, prices: Sequence[Offer], policy: CommitmentPolicy, proposed: set[str]
) -> Iterator[Withheld]:
    short = f"{demand.days} days by the hour are too few; {FEWEST_DAYS} are needed"
    for pool in demand.pools:
        if not pool.usage_class:
            continue
        rates = _cheapest(demand, pool, prices, policy)
        if (by_day := demand.by_day.get(pool)) is not None:
            at_most = None
            if rates is not None:
                line = cost_line(by_day[None, :], np.array([rates]))
                at_most = monthly(line.saving_at(line.optimum) / demand.hours)
            yield _of(demand, pool, by_day.mean(), at_most, _BY_DAY if rates is not None else f"{_BY_DAY}; {_NO_PRICE}")
        items = demand.hourly_items(pool)
        if items and pool.name not in proposed:
            rows = [demand.usage.items.index(item) for item in items]
            why = short if demand.days < FEWEST_DAYS else _NO_PRICE if rates is None else "too little would be saved"
            yield _of(demand, pool, demand.usage.on_demand[rows].sum() / demand.hours, None, why)


def _cheapest(demand: Demand, pool: Pool, prices: Sequence[Offer], policy: CommitmentPolicy) -> float | None:
    products = [
        *specific_products([pool], prices, policy),
        *flexible_products([pool], prices, policy),
    ]
    return min((product.rates[pool] for product in products), default=None)


def _of(demand: Demand, pool: Pool, per_hour: float, at_most: Decimal | None, reason: str) -> Withheld:
    return Withheld(demand.provider, pool.name, monthly(float(per_hour)), at_most, reason, demand.currency)
