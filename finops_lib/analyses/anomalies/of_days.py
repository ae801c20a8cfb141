"""Is one day, or are two or three in a row, further out than the series goes by itself?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.evidence import (
    FLOOR_A_DAY,
    SETTLED_AFTER,
    SPARSE_BELOW,
    WINDOW,
    Evidence,
    Value,
    evidence_of,
    settled,
)
from finops_lib.analyses.anomalies.expectation import Expectation, on_busy_weekdays
from finops_lib.analyses.anomalies.rolling import Matrix, lagged, mean_before, most_before, rank_before

RUNS = (2, 3)
# A service that costs more often than this has bursts, and no places of the month.
OFTEN = 0.08


@dataclass(frozen=True, slots=True)
class _Days:
    """What the tests of one direction share, for the rows that any of them may speak of.

    Args:
        beyond: money further out than expected and than any charge of the calendar; series x day, all columns.
        judged: the same where it is news, and not only back to where the cost lately was; judged days only.
    """

    given: Expectation
    sign: int
    beyond: Matrix
    charged: Matrix
    judged: Matrix
    steps: Matrix
    percent: Matrix
    can_be: NDArray[np.bool_]

    @property
    def now(self) -> slice:
        return slice(self.given.first, None)

    def common(self) -> list[Value]:
        age = np.arange(self.given.first, self.given.costs.shape[1])[None, :] - self.given.born[:, None]
        return [
            Value(self.judged),
            Value(self.percent),
            Value(self.given.noise[:, self.now]),
            Value(age.astype(np.float64), SETTLED_AFTER, 150),
        ]


def of_days(given: Expectation, sign: int, may_point: NDArray[np.bool_]) -> list[Evidence]:
    """Make the tests of days in one direction."""
    days = _days(given, sign, may_point)
    now, charged = days.now, days.charged[:, days.now]
    tenths = days.judged / (0.1 * charged + 1e-9)
    recurs, is_sparse = charged > 0, given.busy[:, now] < SPARSE_BELOW
    is_charge = days.can_be & recurs & (tenths > 0.8) & (days.steps > 2.5)
    is_sudden = days.can_be & ~is_sparse & ~recurs & (days.steps > 2.5) & (days.percent > 0.08)
    is_burst = days.can_be & is_sparse & ~recurs
    is_run = days.can_be & ~is_sparse & (days.steps > 1.5) & (days.percent > 0.1)
    # Only a series that may be told is worth the filters that look for its own records.
    rows = np.flatnonzero((is_charge | is_sudden | is_burst | is_run).any(axis=1))
    largest, second, in_logs, log_record = (np.ones_like(days.judged) for _ in range(4))
    low = {k: np.zeros_like(days.judged) for k in RUNS}
    record = {k: np.zeros_like(days.judged) for k in RUNS}
    deviations = np.ones_like(days.judged)
    bursts = np.flatnonzero(is_burst.any(axis=1)) if sign > 0 else rows[:0]
    deviations[bursts] = _in_deviations(given, bursts)
    if rows.size:
        asked, past = given.days.newest, days.beyond[rows]
        least = 0.02 * given.size[rows, now] + 0.5
        largest[rows] = past[:, now] / (most_before(past, WINDOW, newest=asked) + least)
        second[rows] = past[:, now] / (rank_before(past, WINDOW, WINDOW - 2, newest=asked) + least)
        far, usual = _in_logs(days, rows)
        in_logs[rows] = far[:, now] / usual
        log_record[rows] = far[:, now] / (rank_before(far, WINDOW, WINDOW - 2, newest=asked) + 0.02)
        run = far
        for k in RUNS:
            run = np.minimum(run, lagged(far, k - 1))
            low[k][rows] = run[:, now] / usual
            record[k][rows] = run[:, now] / (rank_before(run, WINDOW, WINDOW - 2, skip=k, newest=asked) + 0.02)
    records = [Value(largest, 0.1, 30), Value(second, 0.1, 30)]
    mark = "+" if sign > 0 else "-"
    evidence = [
        evidence_of(
            f"sudden{mark}",
            is_sudden & (second > 0.8),
            [Value(days.steps), Value(in_logs, 0.1, 100), *records, Value(log_record, 0.1, 30), *days.common()],
        ),
        evidence_of(
            f"charge{mark}", is_charge, [Value(tenths, 0.1, 30), Value(days.steps), records[0], *days.common()]
        ),
    ]
    for k in RUNS:
        where = is_run & (low[k] > 1.0) & (record[k] > 0.8)
        evidence.append(
            evidence_of(f"run {k}{mark}", where, [Value(low[k], 0.1, 100), Value(record[k], 0.1, 30), *days.common()])
        )
    if sign > 0:
        found = is_burst & (largest > 0.8)
        values = [*records, Value(deviations, 0.1, 30), Value(given.busy[:, now], is_share=True), *days.common()]
        evidence.append(evidence_of(f"sparse{mark}", found, values))
    return evidence


def _days(given: Expectation, sign: int, may_point: NDArray[np.bool_]) -> _Days:
    now = slice(given.first, None)
    is_irregular = (given.busy < SPARSE_BELOW) & (given.busy > OFTEN)
    charged = np.where(is_irregular, 0.0, given.charged[sign])
    # Charges of the calendar say nothing about how far a day of usage can go.
    beyond = np.maximum(np.maximum(sign * (given.costs - given.expected), 0.0) - 1.1 * charged, 0.0)
    expected = given.expected[:, now]
    # Back to where it lately was is no news.
    back = given.share[:, now] * (given.lately_high if sign > 0 else given.lately_low)[:, now]
    usual = np.where(sign * back > sign * expected, back, expected)
    judged = np.maximum(np.minimum(sign * (given.costs[:, now] - usual), beyond[:, now]), 0.0)
    return _Days(
        given=given,
        sign=sign,
        beyond=beyond,
        charged=charged,
        judged=judged,
        steps=judged / (given.noise * given.unit)[:, now],
        percent=judged / (np.abs(expected) + charged[:, now] + 0.05 * given.size[:, now]),
        can_be=settled(given, SETTLED_AFTER) & (judged >= FLOOR_A_DAY) & may_point,
    )


def _in_logs(days: _Days, rows: NDArray[np.int64]) -> tuple[Matrix, Matrix]:
    """Give how far out each day is as a logarithm, and what is usual of it: noise that multiplies makes rises large.

    Returns:
        all columns; the usual one of judged days only.
    """
    given = days.given
    least = 0.05 * given.size[rows]
    usual = np.abs(given.expected[rows])
    expected = np.log(np.maximum(usual, least))
    missed = np.abs(np.log(np.maximum(np.abs(given.cleaned[rows]), least)) - expected)
    missed = on_busy_weekdays(missed, given.share[rows])
    far = np.abs(np.log(np.maximum(usual + days.sign * days.beyond[rows], least)) - expected)
    return far, np.maximum(rank_before(missed, 63, 50, newest=given.days.newest), 0.02)


def _in_deviations(given: Expectation, rows: NDArray[np.int64]) -> Matrix:
    """Give how far a burst is above the usual one, in standard deviations of logarithms of the bursts before."""
    costs = given.costs[rows]
    has_cost = costs > 1e-9
    logs = np.log(np.where(has_cost, costs, 1.0))
    count = np.maximum(mean_before(has_cost.astype(np.float64), WINDOW), 1e-9)
    mean = mean_before(logs, WINDOW) / count
    spread = np.sqrt(np.maximum(mean_before(logs**2, WINDOW) / count - mean**2, 0.0))
    now = slice(given.first, None)
    return np.asarray((logs - mean)[:, now] / np.maximum(spread[:, now], 0.25))
