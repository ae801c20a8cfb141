"""Write down how a budget stands: its verdict and every figure that goes with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from finops_lib.analyses.budgets.calendar import amount_of
from finops_lib.analyses.budgets.ledger import BURN_DAYS, LAKE_DIGITS, NOTHING, Ledger
from finops_lib.analyses.budgets.projection import Projection, first_crossing
from finops_lib.analyses.budgets.standing import FEWEST_DAYS, Verdict, judge, undefined
from finops_lib.findings import BudgetStatus
from finops_lib.plans import Budget


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a budget before it is judged.

    Args:
        projection: None where the past is too short, or nothing can be added up.
        burn_multiple: share used over share planned.
        days_known: complete days of the scope's past.
        is_seen: any charge was ever in its scope.
    """

    budget: Budget
    ledger: Ledger
    projection: Projection | None
    burn_multiple: float | None
    days_known: int
    is_seen: bool

    @property
    def amount(self) -> Decimal:
        period = self.ledger.period
        return amount_of(self.budget, period) if period.label else self.budget.amount

    @property
    def crossed(self) -> date | None:
        """The day on which what is known reached the amount; a budget of nothing has none."""
        if self.amount <= 0 or self.ledger.missing_rate or not self.ledger.period.label:
            return None
        return first_crossing(self.ledger, self.amount)


def status_of(facts: Facts) -> BudgetStatus:
    """Give the status, but for its watermark and drivers."""
    budget, ledger, projection = facts.budget, facts.ledger, facts.projection
    verdict = _verdict(facts)
    low, middle, high = projection.totals if projection else (None, None, None)
    early, likely, late, p_exceed = _used_up(facts, verdict)
    return BudgetStatus(
        budget=budget.name,
        scope_type=budget.scope_type,
        scope_value=budget.scope_value,
        period_start=ledger.period.start,
        period_end=ledger.period.end,
        currency=budget.currency,
        amount=facts.amount,
        actual=ledger.actual,
        burn_per_day=_burn(facts),
        forecast_p50=middle,
        exhaustion_date=likely,
        colour=verdict.colour,
        on_track=verdict.colour in ("green", "yellow"),
        data_through=min(ledger.reach.through or ledger.through, ledger.through),
        reason=verdict.reason,
        version=budget.version,
        actual_known=ledger.known,
        before_credits=ledger.known - ledger.credits,
        prior_period=ledger.prior,
        burn_mtd=_burn_mtd(ledger),
        burn_required=_burn_required(ledger, facts.amount),
        burn_multiple=facts.burn_multiple,
        forecast_p10=low,
        forecast_p90=high,
        exhaustion_p10=early,
        exhaustion_p90=late,
        p_exceed=p_exceed,
        standing=verdict.standing,
        method=projection.method if projection else "",
    )


def _used_up(facts: Facts, verdict: Verdict) -> tuple[date | None, date | None, date | None, float | None]:
    if verdict.standing == "undefined":
        return None, None, None, None
    crossed = facts.crossed
    # What has happened needs no forecast.
    if crossed is not None:
        return crossed, crossed, crossed, 1.0
    if facts.projection is None or facts.amount <= 0:
        return None, None, None, None
    return (*facts.projection.used_up, facts.projection.p_exceed)


def _verdict(facts: Facts) -> Verdict:
    budget, ledger = facts.budget, facts.ledger
    period = ledger.period
    if not period.label:
        return undefined(f"its calendar has no period for {period.start.day} {period.start:%b %Y}: add boundaries")
    # A budget of nothing watches for what is not there yet.
    if not facts.is_seen and facts.amount:
        return undefined(f"no charge is in its scope, {budget.scope}: check scope and tags")
    if ledger.missing_rate:
        return undefined(ledger.missing_rate.reason)
    if ledger.upfront > 0 and not budget.accepts_upfront:
        return undefined(
            f"{ledger.upfront:,.0f} {budget.currency} were paid in advance, which uses up a budget in one day: "
            "accept it (accepts_upfront: true), or leave commitment_purchase out of counts"
        )
    verdict = judge(
        budget,
        ledger,
        facts.amount,
        facts.projection,
        crossed=facts.crossed,
        multiple=facts.burn_multiple,
        days_known=facts.days_known,
    )
    made = budget.valid_from
    if made and period.start < made < period.end:
        note = f"made on {made.day} {made:%b}, it counts from {period.start.day} {period.start:%b}"
        return replace(verdict, reason=f"{verdict.reason}; {note}")
    return verdict


def _burn(facts: Facts) -> Decimal | None:
    """Give the mean usage of the last week of complete days, or of those there are if at least three."""
    ledger, days = facts.ledger, min(BURN_DAYS, facts.days_known)
    if days < FEWEST_DAYS or ledger.missing_rate:
        return None
    first = ledger.through - timedelta(days=days - 1)
    total = sum((cost for day, cost in ledger.regular.items() if first <= day <= ledger.through), NOTHING)
    return (total / days).quantize(LAKE_DIGITS)


def _burn_mtd(ledger: Ledger) -> Decimal | None:
    if ledger.days_complete <= 0 or ledger.missing_rate:
        return None
    used = (cost for day, cost in ledger.regular.items() if ledger.period.start <= day <= ledger.through)
    return (sum(used, NOTHING) / ledger.days_complete).quantize(LAKE_DIGITS)


def _burn_required(ledger: Ledger, amount: Decimal) -> Decimal | None:
    if ledger.days_left <= 0 or ledger.missing_rate:
        return None
    return ((amount - ledger.actual) / ledger.days_left).quantize(LAKE_DIGITS)
