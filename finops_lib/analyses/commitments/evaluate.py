"""How much of one product should be bought, and what would it do?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor

import numpy as np

from finops_lib.analyses.commitments.demand import Pool
from finops_lib.analyses.commitments.ladder import next_tranche
from finops_lib.analyses.commitments.limits import Cap, coverage_cap, utilisation_cap
from finops_lib.analyses.commitments.money_terms import break_even_utilisation, payback_months
from finops_lib.analyses.commitments.optimum import CostLine, cost_line
from finops_lib.analyses.commitments.products import Product
from finops_lib.analyses.commitments.proposals import Alternative, CapCost, CurvePoint, Proposal
from finops_lib.analyses.commitments.scenarios import low_weekly_saving, regret
from finops_lib.analyses.commitments.setting import Basket, Setting
from finops_lib.analyses.commitments.waterfall import Commitment
from finops_lib.offers import CommitmentPolicy
from finops_lib.periods import HOURS_PER_MONTH

_CURVE_POINTS = 41
# Providers sell commitments of money in thousandths.
_SMALLEST_HOURLY = 0.001
_ROUNDING = 1e-9
MONEY = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class _Sold:
    """A level as it is sold: in money with interest per hour, and in units where it is sold in units."""

    level: float
    unit: float | None = None
    units: int | None = None


def evaluated(
    setting: Setting, product: Product, *, alternative: Alternative, group: str, at_most: float | None = None
) -> tuple[Proposal, Commitment] | None:
    """Find the level of a product and say what it does; None where nothing of it is worth buying.

    Args:
        at_most: what is worth it beside a plan for the rest, with interest, per hour; None = it stands alone.
    Returns:
        the proposal, and the commitment that it would be, for what is judged after it.
    """
    demand, policy = setting.demand, setting.policy
    rates = {
        item: product.rates[demand.pool_of[item]] for item in demand.hourly if demand.pool_of[item] in product.rates
    }
    if not rates:
        return None
    basket = Basket(setting, rates)
    line = cost_line(setting.mixture.of(list(basket.rates)), basket.rate, setting.mixture.weights)
    eligible, covered = setting.eligible(product.rates)
    caps = _caps(policy, basket, line.optimum, eligible, covered)
    if at_most is not None:
        caps += (Cap("a plan for the rest costs less than more of it", at_most),)
    sold = _sold(product, demand.unit_price, line, min(line.optimum, *(cap.level for cap in caps)))
    if sold.level <= 0:
        return None
    # The payer buys: it has no usage of its own that would come first.
    new = Commitment("new", product.kind, "", sold.level, rates)
    saved = setting.saved(new)
    saving = monthly(float((saved.ravel() * setting.mixture.weights).sum()) / demand.hours)
    if saving < Decimal(str(policy.least_saving)):
        return None
    on_demand, used, covers = basket.on_demand.sum(axis=0), basket.used_at(sold.level), basket.covered_at(sold.level)
    discount = 1 - used / covers
    tranche = _tranche(sold, active=covered * (1 - discount), tranches=policy.tranches)
    fallen = cost_line(setting.fallen.of(list(basket.rates)), basket.rate, setting.fallen.weights)
    proposal = Proposal(
        provider=demand.provider,
        pool=_name(product),
        pools=tuple(pool.name for pool in product.pools),
        region=product.pools[0].region if len({pool.region for pool in product.pools}) == 1 else "",
        accounts=tuple(sorted({demand.account_of[item] for item in rates})),
        instrument=product.kind,
        term_months=product.term_months,
        payment=product.payment,
        currency=demand.currency,
        hourly_commitment=_nominal(sold.level, product),
        unit=sold.unit,
        units=sold.units,
        discount=discount,
        optimum=_nominal(line.optimum, product),
        utilisation=used / sold.level,
        coverage_before=covered / eligible,
        coverage_after=(covered + covers) / eligible,
        saving_net=saving,
        saving_p10=monthly(low_weekly_saving(saved.ravel(), setting.mixture.weights, demand.hours)),
        break_even_utilisation=break_even_utilisation(discount),
        payback_months=payback_months(
            product.term_months,
            1 - (1 - discount) / product.interest,
            upfront_share=product.upfront_share,
            utilisation=used / sold.level,
        ),
        regret_down_30=monthly(regret(fallen, sold.level) / demand.hours),
        saving_down_30=monthly(setting.saving_if_fallen(new)),
        on_demand_min=float(on_demand.min()),
        on_demand_mean=float(on_demand.mean()),
        on_demand_max=float(on_demand.max()),
        lookback_days=demand.days,
        evidence_hours=demand.hours,
        data_through=demand.data_through,
        rate_source=product.source,
        is_observed_rate=product.is_observed,
        caps=_cap_costs(caps, line, product, demand.hours),
        next_tranche=_nominal(tranche, product),
        conflict_group=group,
        alternative=alternative,
        curve=_curve(line, product, demand.hours),
    )
    return proposal, new


def monthly(per_hour: float) -> Decimal:
    """Give money per month of 730 hours, exact from here on."""
    return (Decimal(str(per_hour)) * HOURS_PER_MONTH).quantize(MONEY)


def _caps(policy: CommitmentPolicy, basket: Basket, most: float, eligible: float, covered: float) -> tuple[Cap, ...]:
    return (
        utilisation_cap(basket.needed, at_least=policy.least_utilisation, most=most),
        coverage_cap(
            lambda level: (covered + basket.covered_at(level)) / eligible if eligible > 0 else 1.0,
            at_most=policy.most_coverage,
            most=most,
        ),
    )


def _sold(product: Product, unit_price: dict[Pool, float], line: CostLine, level: float) -> _Sold:
    """Round a level to what is sold: units of a reservation if their price is known, else thousandths of money."""
    price = unit_price.get(product.pools[0]) if product.kind == "reservation" else None
    if price is None:
        thousandths = floor(level / product.interest / _SMALLEST_HOURLY + _ROUNDING)
        return _Sold(thousandths * _SMALLEST_HOURLY * product.interest)
    per_unit = price * product.rates[product.pools[0]]
    units = floor(level / per_unit + _ROUNDING)
    # The best whole number is next to the optimum, on either side; but a cap is a cap.
    is_free = level >= line.optimum
    if is_free and line.cost_at((units + 1) * per_unit) < line.cost_at(units * per_unit) - _ROUNDING:
        units += 1
    return _Sold(units * per_unit, price, units)


def _tranche(sold: _Sold, *, active: float, tranches: int) -> float:
    """Give what to buy now, of what is sold: the ladder's part of old and new together."""
    part = next_tranche(active + sold.level, active, tranches)
    if not sold.units:
        return part
    per_unit = sold.level / sold.units
    return min(sold.level, ceil(part / per_unit - _ROUNDING) * per_unit)


def _cap_costs(caps: Sequence[Cap], line: CostLine, product: Product, hours: int) -> tuple[CapCost, ...]:
    """Say of each cap that holds what it costs by itself."""
    return tuple(
        CapCost(cap.name, _nominal(cap.level, product), monthly(regret(line, cap.level) / hours))
        for cap in caps
        if cap.level < line.optimum * (1 - _ROUNDING)
    )


def _curve(line: CostLine, product: Product, hours: int) -> tuple[CurvePoint, ...]:
    levels = sorted({line.optimum, *np.linspace(0, float(line.levels[-1]), _CURVE_POINTS).tolist()})
    return tuple(
        CurvePoint(level / product.interest, line.cost_at(level) / hours * HOURS_PER_MONTH) for level in levels
    )


def _nominal(level: float, product: Product) -> Decimal:
    """Give what is promised per hour: interest is our cost, and no part of the offer."""
    return Decimal(str(level / product.interest)).quantize(MONEY)


def _name(product: Product) -> str:
    if len(product.pools) == 1:
        return product.pools[0].name
    return f"{product.pools[0].provider} {' and '.join(sorted({pool.usage_class for pool in product.pools}))}"
