"""What does a policy allow? Caps give up saving on purpose, and say how much (domain.md 3.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from finops_lib.analyses.commitments.waterfall import Array

_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Cap:
    """A level that a policy does not go beyond.

    Args:
        name: what it asks for, in words.
        level: money per hour.
    """

    name: str
    level: float


def utilisation_cap(
    needed: Array, *, at_least: float, most: float, window_hours: int = 30 * 24, last_hours: int = 90 * 24
) -> Cap:
    """Find the highest level that is used by at least this share in the worst 30 days of the last 90.

    Args:
        needed: what each hour could use of the commitment, in its own money, oldest first.
        most: the level beyond which nobody asks.
    """
    recent = needed[-last_hours:]
    window = min(window_hours, recent.size)

    def is_used(level: float) -> bool:
        used = np.append(0.0, np.cumsum(np.minimum(recent, level)))
        # A window begins every day: within a day the worst one would only be an accident of the hour.
        ends = np.arange(recent.size, window - 1, -24)
        return bool((used[ends] - used[ends - window]).min() >= at_least * level * window * (1 - 1e-12))

    level = _highest(is_used, most) if recent.size else 0.0
    return Cap(f"at least {100 * at_least:.0f} % used in the worst 30 of the last 90 days", level)


def coverage_cap(coverage_at: Callable[[float], float], *, at_most: float, most: float) -> Cap:
    """Find the highest level at which no more than this share of eligible usage is covered.

    Args:
        coverage_at: level -> covered share, never falling.
    """
    level = _highest(lambda level: coverage_at(level) <= at_most, most)
    return Cap(f"at most {100 * at_most:.0f} % of eligible usage covered", level)


def _highest(is_allowed: Callable[[float], bool], most: float) -> float:
    """Give the highest level that is allowed, where all below an allowed one are."""
    if is_allowed(most):
        return most
    low, high = 0.0, most
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_allowed(middle) else (low, middle)
    return low
