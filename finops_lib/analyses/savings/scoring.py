"""What is a recommendation worth, per hour of work? (domain.md 6.3)

expected = (12 months of saving - what is paid once) x confidence x share of such advice that is taken
score    = expected / hours of work; risk holds a label back, never the number
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import get_args

from finops_lib.findings import Effort, Recommendation, Risk

MONTHS = 12
# The names and their order are those of AWS's Cost Optimization Hub; the hours are the workbench's.
EFFORT_HOURS: Mapping[Effort, Decimal] = {
    "VeryLow": Decimal("0.5"),
    "Low": Decimal(2),
    "Medium": Decimal(8),
    "High": Decimal(24),
    "VeryHigh": Decimal(80),
}
RISKS: tuple[Risk, ...] = get_args(Risk)
# Expected saving per month from which on a recommendation has that label, and the worst risk it may carry.
LABELS: tuple[tuple[Decimal, str, Risk], ...] = (
    (Decimal(1000), "critical", "low"),
    (Decimal(500), "high", "medium"),
    (Decimal(100), "medium", "high"),
)


def expected_year(recommendation: Recommendation, *, net: Decimal | None = None, p_accept: float = 1.0) -> Decimal:
    """Give what can be expected of a recommendation within twelve months; negative where it costs more than it brings.

    Args:
        net: saving per month after what other actions take; None = on its own.
        p_accept: share of such advice that owners take.
    """
    monthly = recommendation.monthly_savings if net is None else net
    return (MONTHS * monthly - recommendation.one_time_cost) * weight(recommendation, p_accept=p_accept)


def weight(recommendation: Recommendation, *, p_accept: float = 1.0) -> Decimal:
    """Give the share of a saving that can be expected, 0 to 1."""
    return Decimal(str(recommendation.confidence)) * Decimal(str(p_accept))


def score(recommendation: Recommendation, *, net: Decimal | None = None, p_accept: float = 1.0) -> Decimal:
    """Give what can be expected within twelve months per hour of work."""
    return expected_year(recommendation, net=net, p_accept=p_accept) / EFFORT_HOURS[recommendation.effort]


def label_of(expected_monthly: Decimal, risk: Risk, *, labels: tuple[tuple[Decimal, str, Risk], ...] = LABELS) -> str:
    """Name the size of an expected saving; what could go badly wrong is never among the first to be done."""
    allowed = (name for least, name, worst in labels if expected_monthly >= least and _at_most(risk, worst))
    return next(allowed, "low")


def worst_risk(*risks: Risk) -> Risk:
    """Give the worst of the risks of reversibility, environment and performance."""
    return max(risks, key=RISKS.index, default="low")


def _at_most(risk: Risk, worst: Risk) -> bool:
    return RISKS.index(risk) <= RISKS.index(worst)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A recommendation and what can be expected of it within twelve months per hour of work."""

    recommendation: Recommendation
    per_hour: Decimal


def do_first(recommendations: Iterable[Recommendation]) -> list[Ranked]:
    """Put first what brings most for the work; what carries a high risk comes after everything else."""
    found = [Ranked(one, score(one)) for one in recommendations]
    return sorted(found, key=_by_worth)


def _by_worth(one: Ranked) -> tuple[bool, Decimal, str]:
    return one.recommendation.risk == "high", -one.per_hour, one.recommendation.fingerprint
