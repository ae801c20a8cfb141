"""Did it pay? What later bills say of a change that somebody says was made (domain.md 6.5).

    before   up to 30 complete days, frozen when the change was approved, none of the three days before the change
    after    up to 30 complete days from three days after the change on; 14 at least, 3 for what is gone

How a saving is measured depends on the action (measures.py). What the provider does to its prices, credits, and more
or less use than before are not savings; the range says how sure the measure is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from finops_lib.analyses.savings.measures import Measured, deleted, earned, fewer, lower_rate, main_unit
from finops_lib.analyses.savings.uncertainty import around
from finops_lib.analyses.savings.usage_days import UseDay, Window, divided
from finops_lib.findings import Recommendation, RecommendationStatus, Verification
from finops_lib.periods import DAYS_PER_MONTH

SETTLING_DAYS = 3
LEAST_DAYS, MOST_DAYS = 14, 30
GONE_DAYS = 3
# A saving is claimed for a year at most: what would have become of it later, nobody knows.
MOST_CLAIMED = timedelta(days=365)
# Shares of the estimate from which on a change has that status.
STATUSES: tuple[tuple[Decimal, RecommendationStatus], ...] = (
    (Decimal("0.7"), "verified"),
    (Decimal("0.2"), "partially_verified"),
)
_DAY = timedelta(days=1)
_SMALLEST = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was used before, frozen at the approval.

    Args:
        window: complete days; shorter than the resource's life only.
        days: its rows, in the currency of the recommendation.
    """

    window: Window
    days: tuple[UseDay, ...]


@dataclass(frozen=True, slots=True)
class After:
    """What later bills hold.

    Args:
        through: the last complete day of the resource's source.
        days: rows of the resource from the day of the change to `through`.
        price_changes: meter -> price after over price before, as all of the estate pays it; absent = unchanged.
        replaced: daily cost of what took the place of a resource that is gone.
        earned: of a commitment: day -> net saving (domain.md 3.1), which may be negative.
    """

    through: date
    days: tuple[UseDay, ...]
    price_changes: Mapping[str, Decimal] = field(default_factory=dict)
    replaced: Decimal = Decimal(0)
    earned: Mapping[date, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TooEarly:
    """Nothing can be said yet."""

    reason: str


def verify(
    recommendation: Recommendation,
    baseline: Baseline,
    after: After,
    *,
    estimated: Decimal,
    implemented_on: date,
) -> Verification | TooEarly:
    """Hold an implemented change against the bills.

    Args:
        estimated: saving per month that was approved.
    """
    last_before = min(baseline.window.last, implemented_on - timedelta(days=SETTLING_DAYS + 1))
    before = Window(baseline.window.first, last_before)
    if recommendation.step != "commit" and before.days < GONE_DAYS:
        return TooEarly("the days before the change are too few to compare with")
    settled = implemented_on + timedelta(days=SETTLING_DAYS)
    window = Window(settled, min(after.through, settled + timedelta(days=MOST_DAYS - 1)))
    is_gone = _absent_days(after, implemented_on) >= GONE_DAYS
    if not (is_gone and recommendation.step in ("terminate", "clean-up")) and window.days < LEAST_DAYS:
        ready = settled + timedelta(days=LEAST_DAYS - 1)
        return TooEarly(f"bills must be complete through {ready}, they are through {after.through}")
    claimed = Window(implemented_on, min(after.through, implemented_on + MOST_CLAIMED - _DAY))
    measured = _measure(recommendation, baseline, after, before, window, claimed, is_gone=is_gone)
    realised = monthly(measured.daily)
    low, high = around(realised, [error * float(DAYS_PER_MONTH) for error in measured.errors])
    return Verification(
        method=measured.method,
        status=status_of(realised, estimated),
        estimated=estimated,
        realised=realised,
        low=low.quantize(_SMALLEST),
        high=high.quantize(_SMALLEST),
        before_start=before.first,
        before_end=before.last,
        after_start=window.first,
        after_end=max(window.first, window.last),
        avoided=monthly(measured.avoided),
        banked=_by_month(claimed, measured.saved),
        note=measured.note,
    )


def status_of(realised: Decimal, estimated: Decimal) -> RecommendationStatus:
    """Name how much of an estimate came true."""
    if estimated <= 0:
        return "verified" if realised >= 0 else "not_realised"
    return next((name for share, name in STATUSES if realised >= share * estimated), "not_realised")


def monthly(daily: Decimal) -> Decimal:
    """Give a mean of daily money as money per month of 365/12 days."""
    factor = divided(Decimal(DAYS_PER_MONTH.numerator), Decimal(DAYS_PER_MONTH.denominator))
    return (daily * factor).quantize(_SMALLEST)


def _measure(
    recommendation: Recommendation,
    baseline: Baseline,
    after: After,
    before: Window,
    window: Window,
    claimed: Window,
    *,
    is_gone: bool,
) -> Measured:
    if recommendation.step == "commit":
        return earned(after.earned, window, claimed)
    if recommendation.step == "terminate" or (recommendation.step == "clean-up" and is_gone):
        # What was to be paid instead stays to be paid.
        instead = recommendation.current_monthly_cost - recommendation.monthly_savings
        paid = divided(max(Decimal(0), instead), monthly(Decimal(1)))
        return deleted(
            baseline.days,
            before,
            after.days,
            window,
            claimed,
            paid_instead=paid,
            replaced=after.replaced,
            is_gone=is_gone,
        )
    if recommendation.step in ("schedule", "clean-up"):
        return fewer(baseline.days, before, after.days, window, claimed)
    return lower_rate(
        baseline.days,
        before,
        after.days,
        window,
        claimed,
        price_changes=after.price_changes,
        counts_other_meters=recommendation.step == "tier",
        quantity_is_size=recommendation.step == "rightsize" and _is_size(recommendation, baseline),
    )


def _is_size(recommendation: Recommendation, baseline: Baseline) -> bool:
    # Google bills a machine by the hours of its cores; the others by its own hours, whatever its size.
    return recommendation.provider == "gcp" or main_unit(baseline.days, baseline.window) != "hours"


def _absent_days(after: After, implemented_on: date) -> int:
    """Count the complete days since the last charge."""
    last = max((row.day for row in after.days), default=implemented_on - _DAY)
    return (after.through - max(last, implemented_on - _DAY)).days


def _by_month(claimed: Window, saved: Sequence[Decimal]) -> dict[str, Decimal]:
    months: dict[str, Decimal] = {}
    for offset, amount in enumerate(saved):
        month = f"{claimed.first + timedelta(days=offset):%Y-%m}"
        months[month] = months.get(month, Decimal(0)) + amount
    return {month: amount.quantize(_SMALLEST) for month, amount in months.items()}
