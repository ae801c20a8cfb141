"""What do several actions on one resource save together? Each one takes from what the ones before it have left.

    alternatives   terminate against everything else; two actions of the same step (m5.large or m5.xlarge)
    a chain        terminate > schedule > clean-up > rightsize > tier > licence > commit > spot

The saving of a step falls with the part of the cost that earlier steps took (`shrinks_with`: cost), unless it is of
meters that no other step touches (own). What a later step adds is its marginal contribution in this order.
Source: domain.md 6.2; rightsizing by 50 % and then a plan at 30 % save 65 of 100, not 80.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import get_args

from finops_lib.findings import Recommendation, Step

STEPS: tuple[Step, ...] = get_args(Step)
# A fact with which a rule says which part of the resource's monthly cost its saving is a share of; absent = all of it.
ACTED_ON = "acted_on_monthly_cost"
_SMALLEST = Decimal("0.000001")

# What a recommendation brings when it saves so much a month.
Worth = Callable[[Recommendation, Decimal], Decimal]


@dataclass(frozen=True, slots=True)
class Share:
    """A recommendation that is counted, and what it adds per month to those before it."""

    recommendation: Recommendation
    net: Decimal


def settle(group: Sequence[Recommendation], worth: Worth) -> list[Share]:
    """Choose among the recommendations for one resource those that are worth most together, in the order of the chain.

    Those that are not among them are alternatives, or bring nothing after the others.

    Args:
        group: of one resource, in one currency, each with a saving.
        worth: what decides between alternatives.
    """
    best = _best_of_each_step(group, worth)
    going = [r for r in best if r.step == "terminate" or r.shrinks_with == "own"]
    staying = [r for r in best if r.step != "terminate"]
    # Where both are worth the same, what is gone cannot come back.
    return max((_walk(going, worth), _walk(staying, worth)), key=lambda shares: _total(shares, worth))


def share_left(recommendation: Recommendation, taken: Decimal) -> Decimal:
    """Give the part of a saving that is left when `taken` of the monthly cost it is a share of is gone."""
    base = _acted_on(recommendation)
    with localcontext(prec=50):
        left = recommendation.monthly_savings * max(Decimal(0), base - taken) / base
        return left.quantize(_SMALLEST, rounding=ROUND_DOWN) if taken else recommendation.monthly_savings


def _best_of_each_step(group: Iterable[Recommendation], worth: Worth) -> list[Recommendation]:
    best: dict[tuple[str, ...], Recommendation] = {}
    for recommendation in sorted(group, key=lambda r: (-worth(r, r.monthly_savings), r.type, r.target)):
        # Meters of one's own are those of one rule: another rule's are others.
        own = recommendation.type if recommendation.shrinks_with == "own" else ""
        best.setdefault((recommendation.step, own), recommendation)
    return sorted(best.values(), key=lambda r: (STEPS.index(r.step), r.shrinks_with, r.type))


def _walk(ordered: Sequence[Recommendation], worth: Worth) -> list[Share]:
    """Take each step in turn from what is left of the cost."""
    shares: list[Share] = []
    cost = max(Decimal(0), min((r.current_monthly_cost for r in ordered), default=Decimal(0)))
    total = taken = Decimal(0)
    for recommendation in ordered:
        is_own = recommendation.shrinks_with == "own"
        net = recommendation.monthly_savings if is_own else share_left(recommendation, taken)
        net = min(net, cost - total)
        if net <= 0 or worth(recommendation, net) <= 0:
            continue
        shares.append(Share(recommendation, net))
        total += net
        taken += Decimal(0) if is_own else net
    return shares


def _acted_on(recommendation: Recommendation) -> Decimal:
    said = recommendation.facts.get(ACTED_ON, "")
    base = Decimal(said) if said else recommendation.current_monthly_cost
    # A saving is never more than what it is a share of.
    return max(base, recommendation.monthly_savings)


def _total(shares: Iterable[Share], worth: Worth) -> Decimal:
    return sum((worth(share.recommendation, share.net) for share in shares), Decimal(0))
