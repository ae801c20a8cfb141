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
MOST = 12
_ROUNDS, _STEPS = 2, 12
# The search looks at every fifth hour, which meets each hour of the day and of the week; what it finds is then
# evaluated over all of them.
_EVERY = 5
# An improvement below this share of the cost is not worth another decision.
_TOLERANCE = 1e-3
_LITTLE_LESS = 0.98


def lowered(setting: Setting, bought: Sequence[Commitment], plan: Product) -> list[Commitment]:
    """Lower reservations to what is worth it beside one plan; 0 = the plan does better.

    Args:
        bought: one per pool, each at its own optimum, the highest discount first; a level is never raised.
        plan: what pays for the rest, at the level that is best then.
    """
    levels, joint = list(bought), _Joint(setting, plan)
    if len(levels) > MOST:
        return levels
    for _ in range(_ROUNDS):
        before = joint.cost(levels)
        for at in range(len(levels)):
            levels = _lowered_one(joint, levels, at)
        if before - joint.cost(levels) <= _TOLERANCE * abs(before):
            break
    return levels


class _Joint:
    """What commitments and the best level of a plan for what they leave cost together."""

    def __init__(self, setting: Setting, plan: Product) -> None:
        demand = setting.demand
        self._usage = replace(demand.usage, on_demand=demand.usage.on_demand[:, ::_EVERY])
        self._weights = setting.weights[::_EVERY]
        self._existing, self._scenarios = setting.existing, setting.scenarios
        self._rates = {
            item: plan.rates[demand.pool_of[item]] for item in demand.hourly if demand.pool_of[item] in plan.rates
        }

    def cost(self, bought: Sequence[Commitment]) -> float:
        """Give the weighted cost of the hours."""
        left = residual(self._usage, [*self._existing, *bought], self._weights, self._scenarios)
        line = cost_line(left.of(list(self._rates)), np.array(list(self._rates.values())), left.weights)
        rest = float((left.on_demand.sum(axis=0) * left.weights).sum()) - float(line.costs[0])
        promised = sum(float(np.max(one.hourly_cost)) for one in bought) * float(left.weights.sum())
        return promised + rest + float(line.costs.min())


def _lowered_one(joint: _Joint, levels: list[Commitment], at: int) -> list[Commitment]:
    """Search one level by thirds: the cost is convex in it, or nearly so where owners come first."""

    def at_level(level: float) -> list[Commitment]:
        return [*levels[:at], replace(levels[at], hourly_cost=level), *levels[at + 1 :]]

    low, high = 0.0, float(np.max(levels[at].hourly_cost))
    now = joint.cost(levels)
    # What a little less does not make cheaper, much less does not either.
    if joint.cost(at_level(_LITTLE_LESS * high)) >= now:
        return levels
    for _ in range(_STEPS):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if joint.cost(at_level(left)) <= joint.cost(at_level(right)):
            high = right
        else:
            low = left
    cost, level = min((joint.cost(at_level(level)), level) for level in (0.0, (low + high) / 2))
    return at_level(level) if cost < now - _TOLERANCE * abs(now) else levels
