"""Do the credits of a burstable machine suffice? Hour by hour, in hours of one vCPU.

    balance(t + 1) = min(most, balance(t) + earned - used)        most = what 24 hours earn

The balance is full at the beginning: what was before the look-back is not known, and a day below the baseline fills it.
Surplus credits (`unlimited`) are not counted on: a machine that would need them is not advised to burst.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finops_lib.analyses.savings.rightsizing.shapes import Shape

_DAY = 24


def lowest_balance(means: Sequence[float], *, vcpus: float, target: Shape) -> float | None:
    """Give the lowest balance of the look-back, in vCPU-hours; None = what the type earns is not known.

    Args:
        means: percent of `vcpus`, the mean of each hour, oldest first.
        vcpus: of the type on which it was measured.
    """
    if not target.burstable or target.cpu_baseline_percent is None or not len(means):
        return None
    earned = target.cpu_baseline_percent / 100 * target.vcpus
    most = _DAY * earned
    used = np.asarray(means, dtype=np.float64) / 100 * vcpus
    path = most + np.cumsum(earned - used)
    # What is earned with a full balance is lost: the path falls back by as much as it was ever above the most.
    over = np.maximum(np.maximum.accumulate(path) - most, 0.0)
    return float((path - over).min())


def stays_below_baseline(means: Sequence[float], *, vcpus: float, target: Shape) -> bool:
    """Say whether the mean of every 24 hours in a row is at most what the target earns."""
    if target.cpu_baseline_percent is None or len(means) < _DAY:
        return False
    used = np.asarray(means, dtype=np.float64) / 100 * vcpus
    sums = np.cumsum(np.concatenate(([0.0], used)))
    busiest = float((sums[_DAY:] - sums[:-_DAY]).max()) / _DAY
    # Sums of many floats: what is equal must not be more.
    return busiest <= target.cpu_baseline_percent / 100 * target.vcpus + 1e-9


def can_burst(means: Sequence[float], *, vcpus: float, target: Shape) -> bool:
    """Say whether a machine may become a burstable one: below the baseline on every day, and never out of credits."""
    balance = lowest_balance(means, vcpus=vcpus, target=target)
    return balance is not None and balance > 0 and stays_below_baseline(means, vcpus=vcpus, target=target)
