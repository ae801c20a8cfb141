"""One run a day, on what the bills showed that evening: what would people have been told, and when?

A day that was flagged once stays told; flags on days longer ago than a week are not told any more. The delay counts
from the start of an event to the evening of the run that told of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tests.bench.anomalies.methods import Method
from tests.bench.estate import Estate

Matrix = NDArray[np.float64]
TOLD_WITHIN = 7


def replay(
    method: Method, estate: Estate, *, first: int, last: int
) -> tuple[Mapping[str, Matrix], Mapping[str, Matrix]]:
    """Run a method on each evening of `[first, last]`.

    Returns:
        per node and day: the highest confidence of any run that told of it, and the column of the first that did (nan).
    """
    confidence: dict[str, Matrix] = {}
    told_on: dict[str, Matrix] = {}
    for evening in range(first, last + 1):
        scores = method.score(estate.bills.known_on(evening), estate)
        for node, values in scores.items():
            recent = np.zeros(last + 1)
            begin = max(evening + 1 - TOLD_WITHIN, 0)
            recent[begin : evening + 1] = values[begin : evening + 1]
            known = confidence.setdefault(node, np.zeros(last + 1))
            when = told_on.setdefault(node, np.full(last + 1, np.nan))
            when[(recent >= method.threshold) & (recent > 0) & np.isnan(when)] = evening
            np.maximum(known, recent, out=known)
    return confidence, told_on
