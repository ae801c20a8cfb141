"""What is all of it worth together? One saving per resource, and never more than the resource costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from finops_lib.errors import QualityError
from finops_lib.findings import Recommendation

# Sure enough to be counted on.
SURE = 0.75


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Savings per month after overlaps, in one currency.

    Args:
        low: sure recommendations only, each weighed by its confidence.
        base: all of them, each weighed by its confidence: what can be expected.
        high: all of them accepted and working out.
        gross: before overlaps are taken out; for details only.
        counted: what low, base and high are made of, one per resource, the largest expected saving first.
        left_out: alternatives for a resource that is counted with a larger saving.
        reviews: worth a look, but the bill gives no number.
    """

    currency: str
    low: Decimal
    base: Decimal
    high: Decimal
    gross: Decimal
    counted: tuple[Recommendation, ...]
    left_out: tuple[Recommendation, ...]
    reviews: tuple[Recommendation, ...]


def portfolio(recommendations: Iterable[Recommendation]) -> Portfolio:
    """Add up recommendations without counting a resource twice (domain.md 6.2).

    Raises:
        QualityError: they are in more than one currency.
    """
    found = list(recommendations)
    currencies = {recommendation.currency for recommendation in found}
    if len(currencies) > 1:
        raise QualityError(
            f"savings in {' and '.join(sorted(currencies))} cannot be added", next_step="find savings per currency"
        )
    best: dict[tuple[str, ...], Recommendation] = {}
    left_out = []
    for recommendation in sorted((r for r in found if r.monthly_savings > 0), key=_rank):
        if _resource_key(recommendation) in best:
            left_out.append(recommendation)
        else:
            best[_resource_key(recommendation)] = recommendation
    counted = tuple(best.values())
    return Portfolio(
        currency=next(iter(currencies), ""),
        low=_total(_weighed(r) for r in counted if r.confidence >= SURE),
        base=_total(_weighed(r) for r in counted),
        high=_total(r.monthly_savings for r in counted),
        gross=_total(r.monthly_savings for r in found),
        counted=counted,
        left_out=tuple(left_out),
        reviews=tuple(sorted((r for r in found if r.monthly_savings == 0), key=_by_cost)),
    )


def _rank(recommendation: Recommendation) -> tuple[Decimal, str, str]:
    return -_weighed(recommendation), recommendation.type, recommendation.resource_id


def _by_cost(recommendation: Recommendation) -> tuple[Decimal, str, str]:
    return -recommendation.current_monthly_cost, recommendation.type, recommendation.resource_id


def _resource_key(recommendation: Recommendation) -> tuple[str, ...]:
    named = (recommendation.provider, recommendation.account, recommendation.resource_id)
    # Charges without a resource id are a different pile for each rule.
    return named if recommendation.resource_id else (*named, recommendation.type)


def _weighed(recommendation: Recommendation) -> Decimal:
    return recommendation.monthly_savings * Decimal(str(recommendation.confidence))


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
