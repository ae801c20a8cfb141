"""What became of advice? What was claimed against what the bills show, and what that says of the next advice.

    feedback     how often owners take a type of advice (p_accept), and how much of its estimate comes true (bias)
    calibrated   the confidence of new advice, brought down by what came true of the old
    realised     claimed and banked, by type: since a day, usually the first of the year

Few cases say little: each type starts with `PRIOR` imagined cases that were taken and came true in full.
Source: domain.md 6.5.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from finops_lib.analyses.savings.scoring import label_of
from finops_lib.analyses.savings.usage_days import divided
from finops_lib.analyses.savings.verification import MOST_CLAIMED
from finops_lib.findings import KeptRecommendation, Recommendation
from finops_lib.periods import DAYS_PER_MONTH

PRIOR = 5
ACCEPTED = ("approved", "scheduled", "implemented", "verified", "partially_verified", "not_realised", "regressed")
REFUSED = ("rejected", "withdrawn")
CLAIMED = ("implemented", "verified", "partially_verified", "not_realised", "regressed")
_DAY = timedelta(days=1)
_SMALLEST = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Feedback:
    """What became of one type of advice.

    Args:
        accepted, refused: how many owners took, and refused.
        verified: how many were held against bills; their estimate and what came true, per month, in shares of the
            estimate, so that currencies can be put together.
        share_realised: sum of realised / estimated.
    """

    type: str
    accepted: int = 0
    refused: int = 0
    verified: int = 0
    share_realised: float = 0.0

    @property
    def p_accept(self) -> float:
        """The share of such advice that owners take."""
        return (self.accepted + PRIOR) / (self.accepted + self.refused + PRIOR)

    @property
    def bias(self) -> float:
        """What comes true of an estimate, 0 to 1; one that comes true in full is not made surer than it said."""
        return max(0.0, min(1.0, (self.share_realised + PRIOR) / (self.verified + PRIOR)))


@dataclass(frozen=True, slots=True)
class Realised:
    """What was claimed and what was banked of one type, in one currency, since a day.

    Args:
        count, verified: how many are said to be implemented, and how many of them bills were held against.
        claimed: what the estimates come to for the days since the changes.
        banked: what the bills show that was paid less.
        unverified: the part of `claimed` that no bill was held against yet.
        rate: banked over the claims that were verified; None = nothing was.
    """

    type: str
    currency: str
    count: int
    verified: int
    claimed: Decimal
    banked: Decimal
    unverified: Decimal

    @property
    def rate(self) -> float | None:
        claimed = self.claimed - self.unverified
        return float(self.banked / claimed) if claimed > 0 else None


def feedback(kept: Iterable[KeptRecommendation]) -> dict[str, Feedback]:
    """Give what became of each type of advice."""
    found: dict[str, Feedback] = {}
    for one in kept:
        name = one.recommendation.type
        known = found.get(name, Feedback(name))
        known = replace(
            known,
            accepted=known.accepted + (one.status in ACCEPTED),
            refused=known.refused + (one.status in REFUSED),
        )
        verification = one.verification
        if verification is not None and verification.estimated > 0:
            # One that brought five times its estimate, or cost as much, says no more than twice, or nothing.
            share = max(0.0, min(2.0, float(verification.realised / verification.estimated)))
            known = replace(known, verified=known.verified + 1, share_realised=known.share_realised + share)
        found[name] = known
    return found


def p_accept(known: Mapping[str, Feedback]) -> dict[str, float]:
    """Give type -> share of such advice that owners take, as `portfolio` wants it."""
    return {name: one.p_accept for name, one in known.items()}


def calibrated(found: Iterable[Recommendation], known: Mapping[str, Feedback]) -> list[Recommendation]:
    """Bring the confidence of new advice down by what came true of the old; its label follows."""
    return [_calibrated(one, known[one.type].bias) if one.type in known else one for one in found]


def realised(kept: Sequence[KeptRecommendation], *, since: date, through: date) -> list[Realised]:
    """Give what was claimed and what was banked, the largest claim first.

    Args:
        since: the first day that counts, the first of a month.
        through: the last one.
    """
    groups: dict[tuple[str, str], list[KeptRecommendation]] = defaultdict(list)
    for one in kept:
        if one.status in CLAIMED and one.implemented_on is not None and one.implemented_on <= through:
            groups[one.recommendation.type, one.recommendation.currency].append(one)
    rows = []
    for (name, currency), group in groups.items():
        claims = [(one, _claimed(one, since, through)) for one in group]
        rows.append(
            Realised(
                name,
                currency,
                count=len(group),
                verified=sum(one.verification is not None for one in group),
                claimed=sum((amount for _, amount in claims), Decimal(0)),
                banked=sum((_banked(one, since, through) for one in group), Decimal(0)),
                unverified=sum((amount for one, amount in claims if one.verification is None), Decimal(0)),
            )
        )
    return sorted(rows, key=lambda row: (row.currency, -row.claimed, row.type))


def estimated_of(kept: KeptRecommendation) -> Decimal:
    """Give the saving per month that was approved."""
    return kept.approvals[-1].monthly_savings if kept.approvals else kept.recommendation.monthly_savings


def _claimed(kept: KeptRecommendation, since: date, through: date) -> Decimal:
    done = kept.implemented_on
    if done is None:
        return Decimal(0)
    last = min(through, done + MOST_CLAIMED - _DAY)
    if kept.status == "regressed" and kept.verification is not None:
        last = min(last, kept.verification.after_end)
    days = max(0, (last - max(since, done)).days + 1)
    factor = divided(Decimal(DAYS_PER_MONTH.denominator), Decimal(DAYS_PER_MONTH.numerator))
    return (estimated_of(kept) * days * factor).quantize(_SMALLEST)


def _banked(kept: KeptRecommendation, since: date, through: date) -> Decimal:
    months = kept.verification.banked if kept.verification else {}
    return sum(
        (amount for month, amount in months.items() if f"{since:%Y-%m}" <= month <= f"{through:%Y-%m}"), Decimal(0)
    )


def _calibrated(recommendation: Recommendation, bias: float) -> Recommendation:
    sure = round(recommendation.confidence * bias, 3)
    if sure == recommendation.confidence:
        return recommendation
    expected = recommendation.monthly_savings * Decimal(str(sure))
    return replace(recommendation, confidence=sure, priority=label_of(expected, recommendation.risk))
