"""Is a service new, and does it cost enough to be told? Its first ten days, for it has no past to be judged by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.rolling import Matrix

DAYS = 10
# A file's first weeks are new to us, not to the bill.
KNOWN_BEFORE = 28
LEAST_A_DAY = 15.0
LEAST_SHARE = 0.02


def new_services(costs: Matrix, born: NDArray[np.int64], groups: Sequence[NDArray[np.int64]], sizes: Matrix) -> Matrix:
    """Give the confidence, series x day, that a service is new and matters.

    Args:
        costs: series x day.
        born: first day with a charge, per series.
        groups: the rows of each account.
        sizes: what each series usually costs a day, series x day: a service matters beside its account.
    """
    confidence = np.zeros_like(costs)
    length = costs.shape[1]
    for rows in groups:
        for row in rows[(born[rows] >= KNOWN_BEFORE) & (born[rows] < length)]:
            begin = int(born[row])
            first_days = costs[row, begin : begin + DAYS]
            a_day = np.cumsum(first_days) / np.arange(1, len(first_days) + 1)
            others = float(sizes[rows, begin].sum() - sizes[row, begin])
            times = a_day / max(LEAST_A_DAY, LEAST_SHARE * others)
            confidence[row, begin : begin + DAYS] = np.where(times >= 1.0, 1.0 - 0.5 * np.exp(0.5 - times), 0.0)
    return confidence
