"""What is proposed, and what is not, and why: frozen records (domain.md 3.9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from finops_lib.offers import CommitmentKind, Payment

Alternative = Literal["specific", "flexible", "other terms"]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What a month costs, of usage not covered yet, with so much promised per hour."""

    level: float
    monthly_cost: float


@dataclass(frozen=True, slots=True)
class CapCost:
    """A cap that holds a proposal below its optimum: so much per hour, and the saving per month that it gives up."""

    cap: str
    hourly_commitment: Decimal
    monthly_saving_lost: Decimal


@dataclass(frozen=True, slots=True)
class Proposal:
    """A purchase that the hours speak for. The workbench never buys. Money in `currency`, months of 730 hours.

    Args:
        pool: what it covers, in words; `pools` are its parts.
        hourly_commitment: what is promised per hour, interest left out.
        unit, units: the price of one unit on demand and how many are reserved; None where the bill names no price or
            the commitment is one of money.
        discount: what is saved per unit of on-demand cost after interest (d_eff); of a mixed basket, of what it covers.
        optimum: the hourly commitment of least cost, before caps (x*).
        utilisation: the used share, simulated over the look-back.
        coverage_before, coverage_after: of all eligible usage of these pools, at contracted on-demand cost.
        saving_net: per month over all scenarios, with existing commitments paid first and this one in its place.
        saving_p10: the saving per month that nine of ten weeks, of all scenarios, reach.
        break_even_utilisation: below this it costs more than on demand.
        payback_months: until the upfront payment is earned back; 0 = at once, None = not within the term.
        regret_down_30: what it costs more per month than the best choice would, if usage falls by 30 %.
        saving_down_30: the saving per month that is left then; negative = a loss.
        on_demand_min, on_demand_mean, on_demand_max: what is on demand now, per hour.
        evidence_hours: hours of the look-back, all of them of hourly data.
        caps: policies that hold it below the optimum.
        next_tranche: what of it to buy now, per hour; the rest later, so that not all of it ends at once.
        conflict_group: proposals of one group are for the same usage: take one alternative and leave the others.
        alternative: `specific` ones of a group go together (reservations, and a plan for what they leave); `flexible`
            is one plan for all of it; `other terms` are the same for another term or payment.
        is_preferred: of the alternative that saves most.
        one_plan_saves: what the flexible alternative saves more than the specific one per month, all proposals of the
            group together; None where there is only one.
        curve: monthly cost over the level, for a chart.
    """

    provider: str
    pool: str
    pools: tuple[str, ...]
    region: str
    accounts: tuple[str, ...]
    instrument: CommitmentKind
    term_months: int
    payment: Payment
    currency: str
    hourly_commitment: Decimal
    unit: float | None
    units: int | None
    discount: float
    optimum: Decimal
    utilisation: float
    coverage_before: float
    coverage_after: float
    saving_net: Decimal
    saving_p10: Decimal
    break_even_utilisation: float
    payback_months: float | None
    regret_down_30: Decimal
    saving_down_30: Decimal
    on_demand_min: float
    on_demand_mean: float
    on_demand_max: float
    lookback_days: int
    evidence_hours: int
    data_through: date
    rate_source: str
    is_observed_rate: bool
    caps: tuple[CapCost, ...]
    next_tranche: Decimal
    conflict_group: str
    alternative: Alternative
    curve: tuple[CurvePoint, ...]
    data_grain: Literal["hourly"] = "hourly"
    is_preferred: bool = False
    one_plan_saves: Decimal | None = None

    @property
    def monthly_commitment(self) -> Decimal:
        return self.hourly_commitment * 730

    @property
    def key(self) -> str:
        """The same for the same advice, whenever it is found."""
        parts = (
            self.conflict_group,
            self.pool,
            self.instrument,
            f"{self.term_months}m",
            self.payment,
            self.alternative,
        )
        return "|".join(parts)


@dataclass(frozen=True, slots=True)
class Withheld:
    """Usage that commitments could pay for and for which nothing is proposed.

    Args:
        on_demand_per_month: what of it is on demand.
        saving_at_most: an upper bound per month, where there is a price but no hours: daily means hide the hours in
            which a commitment is not used. Never part of a sum.
    """

    provider: str
    pool: str
    on_demand_per_month: Decimal
    saving_at_most: Decimal | None
    reason: str
    currency: str


@dataclass(frozen=True, slots=True)
class Advice:
    """Everything there is to say about new commitments."""

    proposals: tuple[Proposal, ...] = ()
    withheld: tuple[Withheld, ...] = ()
