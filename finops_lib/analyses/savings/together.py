"""Everything that can be said about paying less: what the checks find, and what to commit to, in one list.

    find_all     frames -> recommendations of all kinds, and what is said of commitments
    still_open   without those that somebody has decided against, put off, or done

Money of alternatives is in it as often as there are alternatives; only `portfolio` adds up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from finops_lib.analyses.commitments import Advice, propose, recommendations
from finops_lib.analyses.savings.find import MIN_MONTHLY, find_savings
from finops_lib.analyses.savings.rightsizing.pools import POOL_HOURS, TERMS
from finops_lib.findings import KeptRecommendation, Recommendation, RecommendationStatus
from finops_lib.offers import CommitmentPolicy, Offer

if TYPE_CHECKING:
    import polars as pl

# Nobody is asked again about these; what is approved or scheduled is still to be done.
SETTLED: tuple[RecommendationStatus, ...] = (
    "rejected",
    "snoozed",
    "implemented",
    "verified",
    "partially_verified",
    "not_realised",
)


def find_all(
    frames: Mapping[str, pl.DataFrame],
    *,
    as_of: date,
    offers: Sequence[Offer] = (),
    policy: CommitmentPolicy | None = None,
    min_monthly: Decimal | float = MIN_MONTHLY,
) -> tuple[list[Recommendation], Advice]:
    """Run every check and the search for commitments over one estate, in one currency.

    Args:
        frames: of `savings_frames`; without hours of usage nothing is said of commitments.
        offers: prices of commitments beside those that the bill shows.
        policy: how far to go with them.
        min_monthly: smaller savings are left out; reviews, which carry no number, stay.
    Raises:
        ConfigError, QualityError: as `find_savings`.
    """
    found = find_savings(frames, as_of=as_of, min_monthly=min_monthly)
    hours, terms = frames.get(POOL_HOURS), frames.get(TERMS)
    if hours is None or terms is None:
        return found, Advice()
    advice = propose(hours, terms, offers=offers, policy=policy)
    least = Decimal(str(min_monthly))
    bought = [one for one in recommendations(advice.proposals) if one.monthly_savings >= least]
    return sorted([*found, *bought], key=_largest_first), advice


def still_open(found: Iterable[Recommendation], kept: Iterable[KeptRecommendation]) -> list[Recommendation]:
    """Leave out what somebody has decided against, put off or done; the rest as it was found."""
    settled = {one.recommendation.fingerprint for one in kept if one.status in SETTLED}
    return [one for one in found if one.fingerprint not in settled]


def _largest_first(one: Recommendation) -> tuple[Decimal, str, str, str, str]:
    return -one.monthly_savings, one.type, one.provider, one.account, one.resource_id
