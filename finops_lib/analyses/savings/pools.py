"""What does a commitment still save when the machines it is for are stopped, switched off at night or made smaller?

A commitment is for a pool of usage and not for one resource: it is bought for what the counted actions leave. Which
machine is in which pool the rules say with the fact `pool`; without it, every machine of the commitment's provider,
account and region is taken to be in the first pool that has room for it: too little saving rather than too much.
Source: domain.md 6.2, "commitment on the residual".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from finops_lib.analyses.savings.chain import Share, share_left
from finops_lib.findings import Recommendation

POOL = "pool"
# Commitments that name the same group are different ways to promise the same usage.
CONFLICT_GROUP = "conflict_group"
# Steps after which fewer hours, or cheaper ones, are left to commit to.
LESS_USE = ("terminate", "schedule", "rightsize")

# What a commitment saves a month when so much of its pool's monthly cost is gone: the waterfall simulator, where the
# hours are known.
CommitmentSaving = Callable[[Recommendation, Decimal], Decimal]


def in_proportion(commitment: Recommendation, removed: Decimal) -> Decimal:
    """Give what is left of a commitment's saving when so much of its pool's monthly cost is gone, in proportion."""
    return share_left(commitment, removed)


def after_actions(
    commitments: Sequence[Share], actions: Sequence[Share], saving: CommitmentSaving
) -> tuple[list[Share], Decimal]:
    """Give the commitments with what they save after the actions, and the cost of their pools beyond the actions' own.

    Args:
        commitments: in the order in which they are bought.
        actions: on resources; each lessens one pool.
    """
    shares: list[Share] = []
    beyond = Decimal(0)
    free = [share for share in actions if share.recommendation.step in LESS_USE]
    for commitment in commitments:
        here = {_resource(s.recommendation) for s in free if _is_in_pool(s.recommendation, commitment.recommendation)}
        mine = [share for share in free if _resource(share.recommendation) in here]
        free = [share for share in free if _resource(share.recommendation) not in here]
        removed = sum((share.net for share in mine), Decimal(0))
        pool = commitment.recommendation.current_monthly_cost
        left = max(Decimal(0), pool - removed)
        net = max(Decimal(0), min(commitment.net, left, saving(commitment.recommendation, removed)))
        shares.append(Share(commitment.recommendation, net))
        known = {_resource(share.recommendation): share.recommendation.current_monthly_cost for share in mine}
        beyond += max(Decimal(0), pool - sum(known.values(), Decimal(0)))
    return shares, beyond


def _is_in_pool(action: Recommendation, commitment: Recommendation) -> bool:
    named = action.facts.get(POOL, ""), commitment.facts.get(POOL, "")
    if all(named) and named[0] != named[1]:
        return False
    return (
        action.provider == commitment.provider
        and commitment.account in ("", action.account)
        and commitment.region in ("", action.region)
    )


def _resource(recommendation: Recommendation) -> tuple[str, str, str]:
    return recommendation.provider, recommendation.account, recommendation.resource_id
