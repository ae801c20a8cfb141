"""What happens to services? Each function changes one course in place and says which days, and how much money."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Course = NDArray[np.float64]
# First day, last day, money more (or less) than without it.
Happened = tuple[int, int, float]

KINDS_OF_USAGE = ("steady", "office", "own week", "month end", "usage and fee", "usage and credit", "weekday batch")


def spike(costs: Course, start: int, rng: Generator) -> Happened:
    """One day costs a multiple."""
    return _times(costs, start, start, rng.uniform(1.6, 6.0))


def long_spike(costs: Course, start: int, rng: Generator) -> Happened:
    """Two to six days cost more."""
    return _times(costs, start, start + int(rng.integers(1, 6)), rng.uniform(1.4, 3.5))


def level_shift(costs: Course, start: int, rng: Generator) -> Happened:
    """From a day on everything costs more; two in three stay, others are set right after some weeks."""
    last = len(costs) - 1 if rng.random() < 0.67 else start + int(rng.integers(14, 60))
    return _times(costs, start, last, rng.uniform(1.25, 2.2))


def ramp(costs: Course, start: int, rng: Generator) -> Happened:
    """A climb of two to five weeks to a level that stays."""
    length, top = int(rng.integers(14, 36)), rng.uniform(1.3, 2.2)
    factor = np.interp(np.arange(len(costs)), [start, start + length], [1.0, top])
    return _scale(costs, start, min(start + length, len(costs) - 1), factor)


def drop(costs: Course, start: int, rng: Generator) -> Happened:
    """An outage: some days cost next to nothing."""
    return _times(costs, start, start + int(rng.integers(1, 5)), rng.uniform(0.0, 0.4))


def step_down(costs: Course, start: int, rng: Generator) -> Happened:
    """Something was switched off or made cheaper, for good."""
    return _times(costs, start, len(costs) - 1, rng.uniform(0.4, 0.8))


def fee_jump(costs: Course, start: int, rng: Generator) -> Happened:
    """The next charge is a multiple, and so are those after it."""
    charged = np.flatnonzero(costs[start:])
    first = start + int(charged[0]) if charged.size else start
    factor = np.where(np.arange(len(costs)) >= first, rng.uniform(1.4, 2.5), 1.0)
    return _scale(costs, first, first, factor)


def burst(costs: Course, start: int, rng: Generator) -> Happened:
    """A sparse service costs a multiple of its usual days, on one day."""
    more = rng.uniform(5, 12) * float(np.median(costs[costs > 0]))
    costs[start] += more
    return start, start, more


USAGE: dict[str, tuple[Callable[[Course, int, Generator], Happened], float]] = {
    "spike": (spike, 0.22),
    "long spike": (long_spike, 0.16),
    "level shift": (level_shift, 0.24),
    "ramp": (ramp, 0.14),
    "drop": (drop, 0.14),
    "step down": (step_down, 0.1),
}


def _times(costs: Course, start: int, end: int, factor: float) -> Happened:
    end = min(end, len(costs) - 1)
    days = np.arange(len(costs))
    return _scale(costs, start, end, np.where((days >= start) & (days <= end), factor, 1.0))


def _scale(costs: Course, start: int, end: int, factor: Course) -> Happened:
    before = costs[start : end + 1].sum()
    costs *= factor
    return start, end, float(costs[start : end + 1].sum() - before)
