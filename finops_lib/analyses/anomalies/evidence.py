"""What is a piece of evidence, and on which days may there be any?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.expectation import Expectation
from finops_lib.analyses.anomalies.rolling import Matrix

# Days of the newest bill may still grow: nothing that lacks cost is said of them.
OPEN_DAYS = 3
# Money a day below which nobody wants to hear of it, in the currency of the series.
FLOOR_A_DAY = 4.0
FLOOR_A_MONTH = 30.0
# A record is what a series did in so many days.
WINDOW = 126
SETTLED_AFTER, LEVEL_SETTLED_AFTER = 28, 42
SPARSE_BELOW = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one test says.

    Args:
        test: its name, the direction as its last letter: `sudden+`, `level 7/21-`.
        where: series x judged day, True where it speaks.
        values: one array per feature, one entry per True of `where`; logarithms but for shares.
    """

    test: str
    where: NDArray[np.bool_]
    values: NDArray[np.float64]


def settled(given: Expectation, after: int) -> NDArray[np.bool_]:
    """Say on which judged days a series is old enough."""
    column = np.arange(given.first, given.costs.shape[1])[None, :]
    return np.asarray(column >= given.born[:, None] + after)


def may_point(given: Expectation, sign: int, open_days: int) -> NDArray[np.bool_]:
    """Say where a move in this direction can be meant: open days and the end of the year make everything smaller."""
    now = slice(given.first, None)
    is_credit = (given.expected[:, now] < -1e-9) | (given.costs[:, now] < 0)
    makes_smaller = is_credit if sign > 0 else ~is_credit
    may_grow: NDArray[np.bool_] = np.zeros(is_credit.shape, bool)
    may_grow[:, max(may_grow.shape[1] - open_days, 0) :] = True
    is_year_end = given.days.is_year_end[-given.days.newest :]
    blocked = makes_smaller & (is_year_end[None, :] | may_grow)
    return np.asarray(~blocked if sign > 0 else ~(blocked | may_grow))


@dataclass(frozen=True, slots=True)
class Value:
    """One feature, worked out only where a test speaks: a share as it is, or a logarithm between two limits."""

    values: Matrix
    low: float = 1e-3
    high: float = 1e5
    is_share: bool = False

    def at(self, row: NDArray[np.int64], day: NDArray[np.int64]) -> Matrix:
        there = self.values[row, day]
        return there if self.is_share else np.log(np.clip(there, self.low, self.high))


def evidence_of(test: str, where: NDArray[np.bool_], values: list[Value]) -> Evidence:
    """Read the features of a test on the days it speaks of."""
    row, day = np.nonzero(where)
    return Evidence(test, where, np.stack([value.at(row, day) for value in values], axis=1))
