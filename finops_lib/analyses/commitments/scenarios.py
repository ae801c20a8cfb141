"""What if usage falls? A commitment outlives the weeks it was computed from (domain.md 3.6).

A scenario is the same hours with less, or more, usage. Their hours side by side, weighed by how likely they are, are
the usage distribution of the remaining term; the optimum of that is taken like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from finops_lib.analyses.commitments.optimum import CostLine, quantile_level
from finops_lib.analyses.commitments.waterfall import Array, Commitment, Usage, simulate
from finops_lib.errors import ConfigError

HOURS_PER_WEEK = 168
# Recent weeks tell more of the next ones.
RECENT_HOURS, RECENT_WEIGHT = 30 * 24, 2.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A future that may come.

    Args:
        probability: all scenarios of a set add up to 1.
        usage_left: the share of today's usage.
        items: items whose share is another one, e.g. of a fleet that moves away.
    """

    name: str
    probability: float
    usage_left: float = 1.0
    items: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """What existing commitments leave on demand, in every scenario.

    `on_demand` is item x (scenario x hour), one scenario after the other; `weights` are per column, and add up to the
    hours of one scenario, so that a weighted sum over them is money of the look-back.
    """

    items: tuple[str, ...]
    on_demand: Array
    weights: Array
    hours: int

    def of(self, items: Sequence[str]) -> Array:
        """Give the rows of these items, in this order."""
        row = {item: number for number, item in enumerate(self.items)}
        return self.on_demand[[row[item] for item in items]]


def recency_weights(hours: int, *, recent_hours: int = RECENT_HOURS, weight: float = RECENT_WEIGHT) -> Array:
    """Weigh the hours of a look-back, oldest first: the recent ones more; the mean weight is 1."""
    weights = np.ones(hours)
    weights[max(0, hours - recent_hours) :] = weight
    return np.asarray(weights * (hours / weights.sum()))


def residual(usage: Usage, existing: Sequence[Commitment], weights: Array, scenarios: Sequence[Scenario]) -> Residual:
    """Let existing commitments pay first, in every scenario; what they leave is what a new one may pay for.

    Args:
        weights: one per hour, of mean 1.
    Raises:
        ConfigError: the probabilities do not add up to 1.
    """
    if abs(sum(scenario.probability for scenario in scenarios) - 1) > 1e-9:
        raise ConfigError(
            f"the scenarios {', '.join(scenario.name for scenario in scenarios)} do not add up to certainty",
            next_step="give probabilities whose sum is 1",
        )
    left = []
    for scenario in scenarios:
        left.append(simulate(_in(scenario, usage), existing).on_demand_rest)
    likely = np.concatenate([scenario.probability * weights for scenario in scenarios])
    return Residual(usage.items, np.concatenate(left, axis=1), likely, usage.on_demand.shape[1])


def regret(line: CostLine, level: float) -> float:
    """Give what a level costs more than the best one would have, over the hours of a line that came true."""
    return line.cost_at(level) - line.cost_at(line.optimum)


def hourly_saving(
    usage: Usage, existing: Sequence[Commitment], new: Sequence[Commitment], scenarios: Sequence[Scenario]
) -> Array:
    """Give what new commitments save in each hour of each scenario; negative where they are not used enough.

    Each stands in its own place of the waterfall: what it takes from an existing one is not saved.

    Returns:
        scenario x hour; the columns of a Residual in another shape.
    """
    # Everything else costs the same before and after.
    part, running = _touched(usage, existing, new)
    saved = []
    for scenario in scenarios:
        left = _in(scenario, part)
        saved.append(simulate(left, running).cost - simulate(left, [*running, *new]).cost)
    return np.array(saved)


def low_weekly_saving(saving: Array, weights: Array, hours: int, *, share: float = 0.1) -> float:
    """Give the saving per hour that only a tenth of the weeks, of all scenarios, stay below.

    Whole weeks, counted back from the newest hour: a week is the shortest time with its share of nights and weekends.

    Args:
        saving, weights: one per scenario and hour.
        hours: how many of them a scenario has.
    """
    week = min(HOURS_PER_WEEK, hours)
    whole = hours // week * week
    means = _by_week(saving, hours, whole, week).mean(axis=2).ravel()
    likely = _by_week(weights, hours, whole, week).sum(axis=2).ravel()
    # quantile_level never goes below 0, and a saving may.
    lowest = float(means.min())
    return lowest + quantile_level(means - lowest, share, likely)


def _touched(usage: Usage, existing: Sequence[Commitment], new: Sequence[Commitment]) -> tuple[Usage, list[Commitment]]:
    """Give the items that new commitments may pay for, those they share an existing one with, and so on, and these."""
    items = {item for commitment in new for item in commitment.rates}
    left, running = list(existing), []
    while met := [commitment for commitment in left if not items.isdisjoint(commitment.rates)]:
        running += met
        items |= {item for commitment in met for item in commitment.rates}
        left = [commitment for commitment in left if commitment not in met]
    # In their old order, in which they take their turns.
    return usage.only(items), [commitment for commitment in existing if commitment in running]


def _in(scenario: Scenario, usage: Usage) -> Usage:
    return usage.scaled({item: scenario.items.get(item, scenario.usage_left) for item in usage.items})


def _by_week(values: Array, hours: int, whole: int, week: int) -> Array:
    of_scenario = values.reshape(-1, hours)[:, hours - whole :]
    return of_scenario.reshape(len(of_scenario), -1, week)
