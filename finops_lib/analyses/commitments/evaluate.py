"""How much of one product should be bought, and what would it do?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import floor

import numpy as np

from finops_lib.analyses.commitments.demand import Demand
from finops_lib.analyses.commitments.ladder import next_tranche
from finops_lib.analyses.commitments.limits import Cap, coverage_cap, utilisation_cap
from finops_lib.analyses.commitments.money_terms import break_even_utilisation, payback_months
from finops_lib.analyses.commitments.optimum import CostLine, cost_line
from finops_lib.analyses.commitments.products import Product
from finops_lib.analyses.commitments.proposals import Alternative, Cost, CurvePoint, Proposal
from finops_lib.analyses.commitments.scenarios import (
    Scenario,
    hourly_saving,
    low_weekly_saving,
    recency_weights,
    regret,
    residual,
)
from finops_lib.analyses.commitments.waterfall import Array, Commitment, simulate
from finops_lib.offers import CommitmentPolicy
from finops_lib.periods import HOURS_PER_MONTH

_CURVE_POINTS = 41
_STRESS = 0.7
# Providers sell commitments of money in thousandths.
_SMALLEST_HOURLY = 0.001
_MONEY = Decimal("0.000001")


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What all products of one provider are judged against: usage, what is bought already, and the policy."""

    demand: Demand
    existing: tuple[Commitment, ...]
    policy: CommitmentPolicy

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        fall = self.policy.fall_probability
        return Scenario("as it was", 1 - fall), Scenario("less", fall, usage_left=self.policy.fall)

    @property
    def weights(self) -> Array:
        return recency_weights(self.demand.hours)

    def with_bought(self, bought: Sequence[Commitment]) -> Setting:
        """Give the setting in which these are bought as well."""
        return Setting(self.demand, (*self.existing, *bought), self.policy)


def evaluated(
    setting: Setting, product: Product, *, alternative: Alternative, group: str
) -> tuple[Proposal, Commitment] | None:
    """Find the level of a product and say what it does; None where nothing of it is worth buying.

    Returns:
        the proposal, and the commitment that it would be, for what is judged after it.
    """
    demand, policy = setting.demand, setting.policy
    rates = {
        item: product.rates[demand.pool_of[item]] for item in demand.hourly if demand.pool_of[item] in product.rates
    }
    if not rates:
        return None
    left = residual(demand.usage, setting.existing, setting.weights, setting.scenarios)
    line = cost_line(left.of(list(rates)), np.array(list(rates.values())), left.weights)
    optimum = line.optimum
    if optimum <= 0:
        return None
    needed = residual(demand.usage, setting.existing, setting.weights, [Scenario("as it was", 1.0)]).of(list(rates))
    wanted = (np.maximum(needed, 0.0) * np.array(list(rates.values()))[:, None]).sum(axis=0)
    covered = _Coverage(setting, product, rates)
    caps = (
        utilisation_cap(wanted, at_least=policy.least_utilisation, most=optimum),
        coverage_cap(covered.at, at_most=policy.most_coverage, most=optimum),
    )
    level, units, unit = _whole(product, demand, line, min(optimum, *(cap.level for cap in caps)))
    if level <= 0:
        return None
    new = covered.commitment(level)
    saved = hourly_saving(demand.usage, setting.existing, [new], setting.scenarios)
    saving = _monthly(float((saved.ravel() * left.weights).sum()) / left.hours)
    if saving < Decimal(str(policy.least_saving)):
        return None
    on_demand, used = needed.sum(axis=0), float(np.minimum(wanted, level).mean()) / level
    stress = hourly_saving(demand.usage, setting.existing, [new], [Scenario("30 % less", 1.0, usage_left=_STRESS)])
    worth = float(simulate(demand.usage, [*setting.existing, new]).covered[-1].sum())
    discount = 1 - float(np.minimum(wanted, level).sum()) / worth
    nominal = Decimal(str(level / product.interest))
    proposal = Proposal(
        provider=demand.provider,
        pool=_name(product),
        pools=tuple(pool.name for pool in product.pools),
        region=next(iter({pool.region for pool in product.pools})) if len(product.pools) == 1 else "",
        accounts=tuple(sorted({demand.usage.accounts[demand.usage.items.index(item)] for item in rates})),
        instrument=product.kind,
        term_months=product.term_months,
        payment=product.payment,
        currency=demand.currency,
        hourly_commitment=nominal.quantize(_MONEY),
        unit=unit,
        units=units,
        discount=discount,
        optimum=Decimal(str(optimum / product.interest)).quantize(_MONEY),
        utilisation=used,
        coverage_before=covered.at(0.0),
        coverage_after=covered.at(level),
        saving_net=saving,
        saving_p10=_monthly(low_weekly_saving(saved.ravel(), left.weights, left.hours)),
        break_even_utilisation=break_even_utilisation(discount),
        payback_months=payback_months(
            product.term_months,
            1 - (1 - discount) / product.interest,
            upfront_share=next(iter(product.offers.values())).upfront_share,
            utilisation=used,
        ),
        regret_down_30=_monthly(_regret(setting, rates, level)),
        loss_down_30=_monthly(float(stress.mean())),
        on_demand_min=float(on_demand.min()),
        on_demand_mean=float(on_demand.mean()),
        on_demand_max=float(on_demand.max()),
        lookback_days=demand.days,
        evidence_hours=demand.hours,
        data_through=demand.data_through,
        rate_source=product.source,
        is_observed_rate=product.is_observed,
        caps=_costs(caps, line, optimum, product.interest, left.hours),
        next_tranche=(Decimal(str(next_tranche(level, 0.0, policy.tranches) / product.interest))).quantize(_MONEY),
        conflict_group=group,
        alternative=alternative,
        curve=_curve(line, optimum, product.interest, left.hours),
    )
    return proposal, new


class _Coverage:
    """The covered share of all eligible usage of a product's pools, of any grain, at each level of it."""

    def __init__(self, setting: Setting, product: Product, rates: dict[str, float]) -> None:
        demand = setting.demand
        self._setting, self._product, self._rates = setting, product, rates
        self._rows = [row for row, item in enumerate(demand.usage.items) if demand.pool_of[item] in product.rates]
        by_day = sum(float(demand.by_day[pool].sum()) for pool in product.pools if pool in demand.by_day)
        self._whole = float(demand.usage.on_demand[self._rows].sum()) + by_day
        self._by_day = by_day

    def commitment(self, level: float) -> Commitment:
        """Give what would be bought; the owner is the payer, whose own usage does not come first."""
        return Commitment("new", self._product.kind, "", level, self._rates)

    def at(self, level: float) -> float:
        bought = [*self._setting.existing, self.commitment(level)]
        rest = simulate(self._setting.demand.usage, bought).on_demand_rest[self._rows]
        return 1 - (float(rest.sum()) + self._by_day) / self._whole if self._whole > 0 else 0.0


def _whole(product: Product, demand: Demand, line: CostLine, level: float) -> tuple[float, int | None, float | None]:
    """Round a level to what is sold: whole units of a reservation, where the bill names their price, else thousandths."""
    price = demand.unit_price.get(product.pools[0]) if product.kind == "reservation" else None
    if price is None:
        thousandths = floor(level / product.interest / _SMALLEST_HOURLY + 1e-9)
        return thousandths * _SMALLEST_HOURLY * product.interest, None, None
    per_unit = price * product.rates[product.pools[0]]
    # Not up: a cap is a cap, and below the optimum the cost falls with every unit.
    units = floor(level / per_unit + 1e-9)
    if level >= line.optimum and line.cost_at((units + 1) * per_unit) < line.cost_at(units * per_unit):
        units += 1
    return units * per_unit, units, price


def _regret(setting: Setting, rates: dict[str, float], level: float) -> float:
    """Give per hour what the level costs more than the best one if usage has fallen by 30 %."""
    fallen = residual(
        setting.demand.usage, setting.existing, setting.weights, [Scenario("30 % less", 1.0, usage_left=_STRESS)]
    )
    line = cost_line(fallen.of(list(rates)), np.array(list(rates.values())), fallen.weights)
    return regret(line, level) / fallen.hours


def _costs(caps: Sequence[Cap], line: CostLine, optimum: float, interest: float, hours: int) -> tuple[Cost, ...]:
    """Say of each cap that holds what it costs by itself."""
    return tuple(
        Cost(cap.name, cap.level / interest, _monthly((line.cost_at(cap.level) - line.cost_at(optimum)) / hours))
        for cap in caps
        if cap.level < optimum * (1 - 1e-9)
    )


def _curve(line: CostLine, optimum: float, interest: float, hours: int) -> tuple[CurvePoint, ...]:
    highest = max(float(line.levels[-1]), optimum)
    levels = sorted({optimum, *np.linspace(0, highest, _CURVE_POINTS).tolist()})
    return tuple(CurvePoint(level / interest, line.cost_at(level) / hours * HOURS_PER_MONTH) for level in levels)


def _name(product: Product) -> str:
    if len(product.pools) == 1:
        return product.pools[0].name
    return f"{product.pools[0].provider} {' and '.join(sorted({pool.usage_class for pool in product.pools}))}"


def _monthly(per_hour: float) -> Decimal:
    return (Decimal(str(per_hour)) * HOURS_PER_MONTH).quantize(_MONEY)
