"""How much of a reservation is worth it when a plan pays for the rest? (domain.md 3.4, two products)

By itself a reservation is held against on-demand prices; beside a plan it is held against the plan's. So, one after the
other and the highest discount first, each reservation is lowered to the level at which it and the best plan for what it
leaves cost least together: coordinate descent, the plan's level being exact at every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from finops_lib.analyses.commitments.optimum import cost_line
from finops_lib.analyses.commitments.products import Product
from finops_lib.analyses.commitments.scenarios import residual
from finops_lib.analyses.commitments.setting import Setting
from finops_lib.analyses.commitments.waterfall import Commitment

# With more of them each is judged by itself: a search costs a simulation a step.
MOST = 30
_ROUNDS, _STEPS = 2, 14
_LITTLE_LESS = 0.98
# An improvement below this share of the cost is not worth another purchase plan.
_TOLERANCE = 1e-3


def lowered(setting: Setting, bought: Sequence[Commitment], plan: Product) -> list[Commitment]:
    """Lower reservations to what is worth it beside one plan; 0 = the plan does better.

    Args:
        bought: one per pool, each at its own optimum, the highest discount first; a level is never raised.
        plan: what pays for the rest, at the level that is best then.
    """
    levels = list(bought)
    if len(levels) > MOST:
        return levels
    for _ in range(_ROUNDS):
        before = _cost(setting, levels, plan)
        for at in range(len(levels)):
            levels = _lowered_one(setting, levels, at, plan)
        if before - _cost(setting, levels, plan) <= _TOLERANCE * abs(before):
            break
    return levels


def _lowered_one(setting: Setting, levels: list[Commitment], at: int, plan: Product) -> list[Commitment]:
    """Search one level by thirds: the cost is convex in it, or nearly so where owners come first."""

    def at_level(level: float) -> list[Commitment]:
        return [*levels[:at], replace(levels[at], hourly_cost=level), *levels[at + 1 :]]

    low, high = 0.0, float(np.max(levels[at].hourly_cost))
    now = _cost(setting, levels, plan)
    # What a little less does not make cheaper, much less does not either.
    if _cost(setting, at_level(_LITTLE_LESS * high), plan) >= now:
        return levels
    for _ in range(_STEPS):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if _cost(setting, at_level(left), plan) <= _cost(setting, at_level(right), plan):
            high = right
        else:
            low = left
    tried = [(_cost(setting, at_level(level), plan), level) for level in (0.0, (low + high) / 2)]
    cost, level = min(tried)
    return at_level(level) if cost < now - _TOLERANCE * abs(now) else levels


def _cost(setting: Setting, bought: Sequence[Commitment], plan: Product) -> float:
    """Give the cost of all weighted hours with these and the best level of the plan for what they leave."""
    demand = setting.demand
    left = residual(demand.usage, [*setting.existing, *bought], setting.weights, setting.scenarios)
    rates = {item: plan.rates[demand.pool_of[item]] for item in demand.hourly if demand.pool_of[item] in plan.rates}
    line = cost_line(left.of(list(rates)), np.array(list(rates.values())), left.weights)
    rest = float((left.on_demand.sum(axis=0) * left.weights).sum()) - float(line.costs[0])
    promised = sum(float(np.max(one.hourly_cost)) for one in bought) * float(left.weights.sum())
    return promised + rest + float(line.costs.min())
