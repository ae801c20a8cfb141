"""What is all of it worth together? What each action adds to the others, and never more than the resource costs.

    1  recommendations for one resource are a conflict group: alternatives, or a chain (chain.py)
    2  commitments are bought for the use that is left (pools.py)
    3  what an action adds is weighed: low = the sure ones, base = all of them, high = all of them work out

Where an earlier step of a chain fails, a later one would bring more; this surplus is left out, so that the parts add
up to the sum and the sum stays on the safe side. The gross sum is for details only.
Source: domain.md 6.2 and 6.3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from finops_lib.analyses.savings.chain import STEPS, Share, settle
from finops_lib.analyses.savings.pools import CONFLICT_GROUP, POOL, CommitmentSaving, after_actions, in_proportion
from finops_lib.analyses.savings.scoring import expected_year, weight
from finops_lib.errors import QualityError
from finops_lib.findings import Recommendation

# Sure enough to be counted on.
SURE = 0.75
# A list price that nobody here has ever paid.
UNSURE_PRICE = "D"


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Savings per month after overlaps, in one currency.

    Args:
        low: sure recommendations only, each weighed by its confidence.
        base: all of them, each weighed by its confidence: what can be expected.
        high: all that are counted are accepted and work out: the net total.
        gross: before overlaps are taken out; for details only.
        counted: what low, base and high are made of, the largest expected saving first; the monthly saving of each is
            what it adds to those that come before it on its resource.
        left_out: alternatives to what is counted, and what brings nothing after it.
        reviews: worth a look, but the bill gives no number.
        guesses: with a number that is in no sum, for something that decides is not known.
        addressable: what the resources and pools of all recommendations cost a month.
        one_time_cost: of what is counted.
    """

    currency: str
    low: Decimal
    base: Decimal
    high: Decimal
    gross: Decimal
    counted: tuple[Recommendation, ...]
    left_out: tuple[Recommendation, ...]
    reviews: tuple[Recommendation, ...]
    guesses: tuple[Recommendation, ...] = ()
    addressable: Decimal = Decimal(0)
    one_time_cost: Decimal = Decimal(0)


def portfolio(
    recommendations: Iterable[Recommendation],
    *,
    p_accept: Mapping[str, float] | None = None,
    commitment_saving: CommitmentSaving = in_proportion,
) -> Portfolio:
    """Add up recommendations without counting anything twice.

    Args:
        p_accept: type -> share of such advice that owners take; a type that is not there is taken always.
        commitment_saving: what a commitment still saves when part of its pool's cost is gone.
    Raises:
        QualityError: they are in more than one currency.
    """
    # Whatever decides nothing is decided the same way, in whichever order they were found.
    found = sorted(recommendations, key=repr)
    currency = _currency_of(found)
    taken = p_accept or {}
    with_number = [r for r in found if r.monthly_savings > 0]
    headline = [r for r in with_number if r.is_headline]

    def worth(recommendation: Recommendation, net: Decimal) -> Decimal:
        return expected_year(recommendation, net=net, p_accept=taken.get(recommendation.type, 1.0))

    def weighed(share: Share) -> Decimal:
        return share.net * weight(share.recommendation, p_accept=taken.get(share.recommendation.type, 1.0))

    groups = _groups(headline)
    settled = {key: settle(group, worth) for key, group in groups.items()}
    actions = [share for key, shares in settled.items() for share in shares if not _is_pool(groups[key])]
    bought = [share for key, shares in settled.items() for share in shares if _is_pool(groups[key])]
    bought.sort(key=lambda share: (-weighed(share), share.recommendation.fingerprint))
    commitments, beyond = after_actions(bought, actions, commitment_saving)
    shares = [share for share in (*actions, *commitments) if share.net > 0]
    shares.sort(key=lambda share: (-weighed(share), share.recommendation.type, share.recommendation.resource_id))
    chosen = {id(share.recommendation) for share in shares}
    own_cost = _total(_cost(group) for group in groups.values() if not _is_pool(group))
    return Portfolio(
        currency=currency,
        low=_total(weighed(share) for share in shares if _is_sure(share.recommendation)),
        base=_total(weighed(share) for share in shares),
        high=_total(share.net for share in shares),
        gross=_total(r.monthly_savings for r in headline),
        counted=tuple(_with_net(share) for share in shares),
        left_out=tuple(sorted((r for r in headline if id(r) not in chosen), key=_by_saving)),
        reviews=tuple(sorted((r for r in found if r.monthly_savings == 0), key=_by_cost)),
        guesses=tuple(sorted((r for r in with_number if not r.is_headline), key=_by_saving)),
        addressable=own_cost + beyond,
        one_time_cost=_total(share.recommendation.one_time_cost for share in shares),
    )


def _groups(found: Sequence[Recommendation]) -> dict[tuple[str, ...], list[Recommendation]]:
    """Gather what is about the same resource, or about the same pool of usage."""
    resources = {_resource_key(r) for r in found if r.step != "commit"}
    groups: dict[tuple[str, ...], list[Recommendation]] = defaultdict(list)
    for recommendation in found:
        key = _resource_key(recommendation)
        facts = recommendation.facts
        pool = facts.get(CONFLICT_GROUP, "") or facts.get(POOL, "")
        if recommendation.step == "commit" and key not in resources and pool:
            # Two ways to commit to one pool are alternatives: taking both commits twice to the same hours.
            key = (recommendation.provider, recommendation.account, recommendation.region, POOL, pool)
        groups[key].append(recommendation)
    return dict(sorted(groups.items()))


def _resource_key(recommendation: Recommendation) -> tuple[str, ...]:
    named = (recommendation.provider, recommendation.account, recommendation.resource_id)
    # Charges without a resource id are a different pile for each rule, and in each region.
    return named if recommendation.resource_id else (*named, recommendation.type, recommendation.region)


def _is_pool(group: Sequence[Recommendation]) -> bool:
    return all(recommendation.step == "commit" for recommendation in group)


def _cost(group: Sequence[Recommendation]) -> Decimal:
    return max(Decimal(0), *(recommendation.current_monthly_cost for recommendation in group))


def _is_sure(recommendation: Recommendation) -> bool:
    return recommendation.confidence >= SURE and recommendation.price_grade != UNSURE_PRICE


def _with_net(share: Share) -> Recommendation:
    given = share.recommendation
    return given if share.net == given.monthly_savings else replace(given, monthly_savings=share.net)


def _currency_of(found: Sequence[Recommendation]) -> str:
    currencies = {recommendation.currency for recommendation in found}
    if len(currencies) > 1:
        raise QualityError(
            f"savings in {' and '.join(sorted(currencies))} cannot be added", next_step="find savings per currency"
        )
    return next(iter(currencies), "")


def _by_saving(recommendation: Recommendation) -> tuple[Decimal, int, str, str]:
    step = STEPS.index(recommendation.step)
    return -recommendation.monthly_savings, step, recommendation.type, recommendation.resource_id


def _by_cost(recommendation: Recommendation) -> tuple[Decimal, str, str]:
    return -recommendation.current_monthly_cost, recommendation.type, recommendation.resource_id


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
