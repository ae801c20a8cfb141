"""The classic screen: which level of usage was there in at least 80 % of the last 90 days' hours?

A screen, and no proposal: it knows no price. At a discount of 60 % it leaves out usage that pays above 40 % of the
hours, at one of 15 % it lets through usage that needs 85 %. Its figures never enter a sum; `propose` says what to buy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np
import polars as pl

from finops_lib.analyses.commitments.demand import Pool, demands
from finops_lib.analyses.commitments.waterfall import Array
from finops_lib.offers import CommitmentPolicy

Grain = Literal["hourly", "daily"]

LEAST_SHARE = 0.8
DAYS = 90
LABEL = "screen: 80 % of the hours of 90 days"


@dataclass(frozen=True, slots=True)
class Screened:
    """What the screen says of one pool; money on demand per hour, in `currency`.

    Args:
        steady: the highest level that at least 80 % of the hours (or days) reached; 0 = it fails the screen.
        mean: what the pool costs on demand on average.
        grain: `daily` = the bill knows days only, and a day's mean hides its empty hours.
        days: how many there were; fewer than 90 is too young for the classic rule.
    """

    provider: str
    pool: str
    steady: float
    mean: float
    grain: Grain
    days: int
    currency: str
    label: str = LABEL

    @property
    def passes(self) -> bool:
        return self.steady > 0 and self.days >= DAYS


def screen(hours: pl.DataFrame, *, least_share: float = LEAST_SHARE) -> tuple[Screened, ...]:
    """Screen every pool, the largest steady level first; one row per pool and grain.

    Args:
        hours: rows of `commitments_hours`, of one currency; only what is on demand is screened.
    """
    on_demand = hours.filter(pl.col("use") == "on-demand") if hours.height else hours
    found = []
    for demand in demands(on_demand, policy=CommitmentPolicy(lookback_days=DAYS)):
        by_hour: dict[Pool, Array] = {}
        for row, item in enumerate(demand.usage.items):
            pool = demand.pool_of[item]
            by_hour[pool] = by_hour.get(pool, np.zeros(demand.hours)) + demand.usage.on_demand[row]
        grains: tuple[tuple[Grain, Mapping[Pool, Array]], ...] = (("hourly", by_hour), ("daily", demand.by_day))
        for grain, costs in grains:
            for pool, cost in costs.items():
                steady = _reached(cost, least_share)
                mean = float(cost.mean())
                found.append(Screened(demand.provider, pool.name, steady, mean, grain, demand.days, demand.currency))
    return tuple(sorted(found, key=lambda one: (-one.steady, one.provider, one.pool, one.grain)))


def _reached(cost: Array, share: float) -> float:
    """Give the highest cost that at least this share of the hours reaches."""
    enough = ceil(share * cost.size - 1e-9)
    return float(np.sort(cost)[cost.size - enough])
