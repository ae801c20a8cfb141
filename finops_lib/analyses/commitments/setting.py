"""What are all products of one provider judged against? Its usage, what runs already, the futures and the policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from finops_lib.analyses.commitments.demand import Demand, Pool
from finops_lib.analyses.commitments.scenarios import Residual, Scenario, hourly_saving, recency_weights, residual
from finops_lib.analyses.commitments.waterfall import Array, Commitment
from finops_lib.offers import CommitmentPolicy

AS_IT_WAS = (Scenario("as it was", 1.0),)
THIRTY_PERCENT_LESS = (Scenario("30 % less", 1.0, usage_left=0.7),)


class Setting:
    """Usage, running commitments and policy; what follows from them alone is computed once."""

    def __init__(self, demand: Demand, existing: Sequence[Commitment], policy: CommitmentPolicy) -> None:
        self.demand, self.existing, self.policy = demand, tuple(existing), policy
        fall = policy.fall_probability
        self.scenarios = (Scenario("as it was", 1 - fall), Scenario("less", fall, usage_left=policy.fall))
        self.weights = recency_weights(demand.hours)

    def with_bought(self, bought: Sequence[Commitment]) -> Setting:
        """Give the setting in which these run as well."""
        return Setting(self.demand, (*self.existing, *bought), self.policy)

    @cached_property
    def mixture(self) -> Residual:
        """What is left on demand in all scenarios, each as much as it is likely."""
        return residual(self.demand.usage, self.existing, self.weights, self.scenarios)

    @cached_property
    def history(self) -> Residual:
        """What is left on demand in the look-back as it was."""
        return residual(self.demand.usage, self.existing, self.weights, AS_IT_WAS)

    @cached_property
    def fallen(self) -> Residual:
        """What is left on demand of 30 % less usage."""
        return residual(self.demand.usage, self.existing, self.weights, THIRTY_PERCENT_LESS)

    def saved(self, new: Commitment) -> Array:
        """Give scenario x hour: what a commitment saves in each, in its place of the waterfall."""
        return hourly_saving(self.demand.usage, self.existing, [new], self.scenarios)

    def saving_if_fallen(self, new: Commitment) -> float:
        """Give what a commitment saves per hour of 30 % less usage."""
        return float(
            (hourly_saving(self.demand.usage, self.existing, [new], THIRTY_PERCENT_LESS)[0] * self.weights).mean()
        )

    def eligible(self, pools: Mapping[Pool, object]) -> tuple[float, float]:
        """Give per hour, of these pools and any grain: all eligible usage, and what running commitments cover of it."""
        demand = self.demand
        rows = [row for row, item in enumerate(demand.usage.items) if demand.pool_of[item] in pools]
        known = float(demand.usage.on_demand[rows].sum())
        covered = known - float(self.history.on_demand[rows].sum())
        by_day = sum(float(demand.by_day[pool].sum()) for pool in pools if pool in demand.by_day)
        return (known + by_day) / demand.hours, covered / demand.hours


class Basket:
    """The hourly items of a product: what they leave for it, in on-demand money and in its own.

    Args:
        rates: item -> its price as a share of the on-demand price.
    """

    def __init__(self, setting: Setting, rates: Mapping[str, float]) -> None:
        order = sorted(rates, key=lambda item: (rates[item], item))
        self.rates = {item: rates[item] for item in order}
        self.rate: Array = np.array(list(self.rates.values()))
        self.on_demand = np.maximum(setting.history.of(order), 0.0)
        self._need = self.on_demand * self.rate[:, None]
        self._before = np.cumsum(self._need, axis=0) - self._need

    @cached_property
    def needed(self) -> Array:
        """What each hour of the look-back could use, in the product's money."""
        return np.asarray(self._need.sum(axis=0))

    def covered_at(self, level: float) -> float:
        """Give what a level covers per hour of the look-back, in on-demand money, if nothing else moves."""
        spent = np.clip(level - self._before, 0.0, self._need).sum(axis=1)
        return float((spent / self.rate).sum()) / self.needed.size

    def used_at(self, level: float) -> float:
        """Give what of a level is used per hour of the look-back."""
        return float(np.minimum(self.needed, level).mean())
