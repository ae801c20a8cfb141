"""Is a service new, and does it cost enough to be told? Its first ten days, for it has no past to be judged by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.expectation import Expectation
from finops_lib.analyses.anomalies.rolling import Matrix

DAYS = 10
# A file's first weeks are new to us, not to the bill.
KNOWN_BEFORE = 28
LEAST_A_DAY = 15.0
LEAST_SHARE = 0.01


def new_services(costs: Matrix, given: Expectation, groups: Sequence[NDArray[np.int64]]) -> Matrix:
    """Give the confidence, series x judged day, that a service is new and matters beside its account.

    Args:
        costs: series x day, all known days.
        groups: the rows of each account.
    """
    known, newest = costs.shape[1], given.days.newest
    confidence = np.zeros((len(costs), newest))
    # Both count columns; the newest is the same.
    born = given.born + known - given.costs.shape[1]
    for rows in groups:
        for row in rows[(born[rows] >= max(KNOWN_BEFORE, known - newest - DAYS)) & (born[rows] < known)]:
            begin = int(born[row])
            first_days = costs[row, begin : begin + DAYS]
            a_day = np.cumsum(first_days) / np.arange(1, len(first_days) + 1)
            sizes = given.size[:, begin - known]
            times = a_day / max(LEAST_A_DAY, LEAST_SHARE * float(sizes[rows].sum() - sizes[row]))
            # At the least cost that matters, three in five do.
            sure = np.where(times > 0.3, 1.0 / (1.0 + np.maximum(times, 0.3) ** -2.0 / 1.5), 0.0)
            judged = np.arange(begin, begin + len(sure)) - known + newest
            confidence[row, judged[judged >= 0]] = sure[judged >= 0]
    return confidence
