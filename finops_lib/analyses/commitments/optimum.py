"""How much should be promised per hour? Exactly, from the hours themselves.

One discount d: buy while more than 1 - d of the hours use the next unit, so the optimum is the d-quantile of hourly
usage (the newsvendor's answer). Several prices under one plan: what an hour costs falls and rises along straight lines
in the money promised, so the whole cost is one convex line with known corners, and its lowest corner is the optimum.

Hours may weigh: recent ones more, and those of a scenario as much as it is likely (scenarios.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from finops_lib.analyses.commitments.waterfall import Array
from finops_lib.errors import ConfigError

# Sums of many weights: what is smaller than this part of them is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class CostLine:
    """What all hours together cost at each level of a commitment: straight between the corners, and convex.

    Args:
        levels: money per hour promised, rising from 0, one per corner.
        costs: weighted cost of all hours at each level, the promised money included.
        slope: how the cost rises beyond the last corner, where nothing is left to cover: the weight of all hours.
    """

    levels: Array
    costs: Array
    slope: float

    def cost_at(self, level: float) -> float:
        """Give the weighted cost of all hours at a level."""
        beyond = max(0.0, level - float(self.levels[-1]))
        return float(np.interp(level, self.levels, self.costs)) + beyond * self.slope

    @property
    def optimum(self) -> float:
        """The lowest level of the least cost; 0 = promise nothing."""
        least = float(self.costs.min())
        return float(self.levels[np.argmax(self.costs <= least + _ROUNDING * abs(float(self.costs[0])))])

    def saving_at(self, level: float) -> float:
        """Give what a level saves against promising nothing; negative = it costs more."""
        return float(self.costs[0]) - self.cost_at(level)


def quantile_level(usage: Array, discount: float, weights: Array | None = None) -> float:
    """Give the cheapest level for one discount: the smallest x that a share `discount` of the hours does not exceed.

    Args:
        usage: what each hour uses, in any unit.
        discount: the share of the on-demand price that the commitment saves, 0 to 1.
        weights: how much each hour counts; None = all the same.
    Returns:
        a usage that occurs, or 0 without a discount or without hours.
    Source:
        domain.md 3.3; with equal weights it is the element ceil(d n) of the sorted hours.
    """
    if not 0 <= discount < 1:
        raise ConfigError(f"a discount of {discount}", next_step="give a share from 0 to below 1")
    if not usage.size or discount == 0:
        return 0.0
    order = np.argsort(usage, kind="stable")
    up_to = np.cumsum(np.ones(usage.size) if weights is None else weights[order])
    # 0.07 x 100 is a little more than 7: the seventh element is meant.
    at = int(np.searchsorted(up_to, discount * up_to[-1] * (1 - _ROUNDING)))
    return max(0.0, float(usage[order[at]]))


def usage_cost(usage: Array, level: float, discount: float, weights: Array | None = None) -> float:
    """Give what all hours cost with `level` units promised at (1 - discount) each, and the rest at 1 each."""
    hours = level * (1 - discount) + np.maximum(0.0, usage - level)
    return float(hours.sum() if weights is None else hours @ weights)


def whole_units(usage: Array, discount: float, weights: Array | None = None) -> int:
    """Give the cheapest whole number of units; of two equally cheap ones the smaller.

    Source:
        domain.md 3.3: unit k is worth it where a share of at least 1 - d of the hours uses it. The cost is convex, so
        the best whole number is next to the quantile.
    """
    level = quantile_level(usage, discount, weights)
    low, high = floor(level), ceil(level)
    gain = usage_cost(usage, low, discount, weights) - usage_cost(usage, high, discount, weights)
    return high if gain > _ROUNDING * max(1.0, abs(float(usage.sum()))) else low


def cost_line(on_demand: Array, rates: Array, weights: Array | None = None) -> CostLine:
    """Draw the cost of all hours over the money promised per hour.

    Args:
        on_demand: item x hour, what is not covered yet, in on-demand money; less than nothing counts as nothing.
        rates: the plan's price of each item as a share of its on-demand price, above 0 and at most 1.
        weights: how much each hour counts; None = all the same.
    Source:
        domain.md 3.4: within an hour the item with the highest saving is filled first.
    """
    hours = on_demand.shape[1]
    weight = np.ones(hours) if weights is None else weights
    total, paid = float(weight.sum()), float((on_demand.sum(axis=0) * weight).sum())
    order = np.argsort(rates, kind="stable")
    rate = rates[order]
    ends = np.cumsum(np.maximum(on_demand[order], 0.0) * rate[:, None], axis=0)
    # Money promised saves 1 / rate of on-demand cost while an item is filled; where one ends, the next saves less.
    per_money = 1 / rate
    less = (per_money - np.append(per_money[1:], 0.0))[:, None] * weight
    first = total - (per_money[0] if rate.size else 0.0) * total
    at, where = np.unique(np.append(0.0, ends.ravel()), return_inverse=True)
    change = np.bincount(where, weights=np.append(first, less.ravel()), minlength=at.size)
    slopes = np.cumsum(change)
    costs = paid + np.append(0.0, np.cumsum(slopes[:-1] * np.diff(at)))
    return CostLine(at, costs, total)
