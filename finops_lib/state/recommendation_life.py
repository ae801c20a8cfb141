"""The life of a recommendation: what time and a new search make of one. Pure; no database is asked here.

    pending    -> approved, rejected, snoozed by people (recommendation_words.py)
               -> expired not found for 90 days; superseded the same resource should become something else;
                  resolved_externally the resource is gone
    snoozed    -> pending on its day; rejected -> pending on its day, or when the saving has grown by half
    approved   -> pending when evidence or price are no longer what was approved; expired after 60 days
    verified   -> regressed when the same is found again, which is a new occurrence, linked to the old one

Whatever is over comes back as a new occurrence. Source: domain.md 6.4.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from finops_lib.findings import Approval, KeptRecommendation, Recommendation

UNSEEN_DAYS = 90
APPROVED_DAYS = 60
LONGEST_SNOOZE = timedelta(days=180)
# A search still sees days of before a change for as long as its look-back.
LOOK_BACK = timedelta(days=30)
MATERIAL = Decimal("0.2")
GROWN = Decimal("1.5")

WAITING = ("pending", "snoozed")
AGREED = ("approved", "scheduled")
DONE = ("implemented", "verified", "partially_verified", "not_realised")
OVER = ("withdrawn", "expired", "superseded", "resolved_externally", "regressed", "not_realised")


def approvers_needed(recommendation: Recommendation) -> int:
    """Say how many people must agree: a commitment cannot be taken back."""
    return 2 if recommendation.step == "commit" else 1


def why_lapsed(approval: Approval, now: Recommendation) -> str:
    """Say why an approval no longer holds for the evidence and price as they are now; "" = it does.

    What was approved is known by its evidence hash; one more day of the same evidence is another hash and no reason.
    """
    for what, before, after in (
        ("saving", approval.monthly_savings, now.monthly_savings),
        ("cost", approval.current_monthly_cost, now.current_monthly_cost),
    ):
        if abs(after - before) > MATERIAL * abs(before):
            return f"the {what} was {before:.2f} a month when it was approved and is {after:.2f} now"
    if approval.price_grade != now.price_grade:
        return f"the price was of grade {approval.price_grade or 'none'} and is of {now.price_grade or 'none'} now"
    return ""


def why_expired(kept: KeptRecommendation, *, as_of: date, today: date) -> str:
    """Say why a recommendation is over by time alone; "" = it is not.

    Args:
        as_of: last included day of the search.
        today: the day that people's terms are counted by.
    """
    if kept.status in AGREED and kept.approved_at and (today - kept.approved_at.date()).days >= APPROVED_DAYS:
        return f"approved for {APPROVED_DAYS} days without being implemented"
    if kept.status in WAITING and (as_of - kept.last_found).days >= UNSEEN_DAYS:
        return f"not found for {UNSEEN_DAYS} days"
    return ""


def why_woken(kept: KeptRecommendation, found: Recommendation, *, rejected_savings: Decimal | None, today: date) -> str:
    """Say why a silent recommendation is told again; "" = it stays silent."""
    if kept.status in ("snoozed", "rejected") and kept.until is not None and today >= kept.until:
        return f"its day has come: {kept.until}"
    if kept.status == "rejected" and rejected_savings and found.monthly_savings > GROWN * rejected_savings:
        return f"the saving has grown from {rejected_savings:.2f} to {found.monthly_savings:.2f} a month"
    return ""


def has_regressed(kept: KeptRecommendation, *, as_of: date) -> bool:
    """Say whether finding it again means that its condition has returned, and not that old days are still seen."""
    if kept.status not in ("verified", "partially_verified") or kept.implemented_on is None:
        return False
    return as_of >= kept.implemented_on + LOOK_BACK


def comes_back(kept: KeptRecommendation, *, as_of: date) -> bool:
    """Say whether finding it again is a new occurrence."""
    if kept.status == "not_realised":
        return kept.implemented_on is None or as_of >= kept.implemented_on + LOOK_BACK
    return kept.status in OVER or has_regressed(kept, as_of=as_of)


def approval_of(found: Recommendation, *, who: str, at: datetime) -> Approval:
    """Bind somebody's approval to the evidence and price as they are now."""
    return Approval(
        who=who,
        at=at,
        evidence_hash=found.evidence_hash,
        monthly_savings=found.monthly_savings,
        current_monthly_cost=found.current_monthly_cost,
        price_grade=found.price_grade,
    )
